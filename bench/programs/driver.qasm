; Calls a compiled kernel twice, in place of the target's entry point.

@_entrypoint:
  constant r63 0xfffff          ; stack pointer
  constant r62 1                ; compiled code relies on it
  constant r1 @global::_init
  constant r0 @_after_init
  jmp r1
@_after_init:
  constant r1 @global::kernel
  constant r0 @_after_first
  jmp r1
@_after_first:
  constant r1 @global::kernel
  constant r0 @_after_second
  jmp r1
@_after_second:
  halt
