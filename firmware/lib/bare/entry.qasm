; Entry point of programs that run on the bare machine: it is first in the image.
;
; Takes:    nothing; reset has left all registers zero.
; Gives:    `main` a stack that grows down from the end of the first mega-word, r62 = 1.
; Leaves:   the machine stopped, with the result of `main` as its exit code.

define bare::STACK_TOP 0xfffff

@_entrypoint:
  constant r63 bare::STACK_TOP
  constant r62 1                ; compiled code relies on it at all times

  constant r1 @global::_init
  constant r0 @_after_init
  jmp r1
@_after_init:

  constant r1 @global::main
  constant r0 @_after_main
  jmp r1
@_after_main:
  halt                          ; r0 is what `main` returned
