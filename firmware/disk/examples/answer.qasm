; A program for the kernel: its status is the answer. Make and run it with
;   as -t user -o answer answer.qasm; /answer; echo $?
@global::_init:
  jmp r0
@global::main:
  mov r2 r0             ; where to return to
  constant r0 42
  jmp r2
