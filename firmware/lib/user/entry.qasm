; Entry point of programs that run under the kernel: it is first in the image.
;
; Takes:    r63, the stack pointer; r32 and r33, address and length of the argument text,
;           both 0 without arguments. `global::_init` preserves r32 and r33, as every function.
; Gives:    `main` one slice as its argument, r62 = 1. A `main` without parameters ignores it.
; Leaves:   by the system call `exit` with the result of `main`.

@_entrypoint:
  constant r62 1                ; compiled code relies on it at all times

  constant r1 @global::_init
  constant r0 @_after_init
  jmp r1
@_after_init:

  sub r63 r63 r62
  store r63 r33                 ; capacity
  sub r63 r63 r62
  store r63 r33                 ; length
  sub r63 r63 r62
  store r63 r32                 ; pointer
  constant r1 @global::main
  constant r0 @_after_main
  jmp r1
@_after_main:
  constant r1 3                 ; drop the slice
  add r63 r63 r1

  mov r1 r0                     ; the result of `main` is the argument
  constant r0 os::exit
  constant r2 machine::SYSCALL
  int r2
  halt                          ; not reached: exit does not return
