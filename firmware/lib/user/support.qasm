; System-call stubs: namespace `lib::support` of the user library.
;
; syscall(n), syscall1(n, a), syscall2(n, a, b), syscall3(n, a, b, c): the arguments are on the
; stack, the last one nearest to the stack pointer. They go to r0, r1, r2, r3; the kernel's answer
; comes back in r0 and is returned as it is. Argument registers that a call does not have are
; passed as they happen to be: with `syscall1`, r2 holds the number of
; the interrupt.
;
; Destroys: r0 to r5. The kernel preserves all registers but r0.

@global::lib::support::syscall:
  mov r5 r0                     ; return address
  load r0 r63                   ; n
  constant r2 machine::SYSCALL
  int r2
  jmp r5

@global::lib::support::syscall1:
  mov r5 r0
  load r1 r63                   ; a
  add r4 r63 r62
  load r0 r4                    ; n
  constant r2 machine::SYSCALL
  int r2
  jmp r5

@global::lib::support::syscall2:
  mov r5 r0
  load r2 r63                   ; b
  add r4 r63 r62
  load r1 r4                    ; a
  add r4 r4 r62
  load r0 r4                    ; n
  constant r4 machine::SYSCALL
  int r4
  jmp r5

@global::lib::support::syscall3:
  mov r5 r0
  load r3 r63                   ; c
  add r4 r63 r62
  load r2 r4                    ; b
  add r4 r4 r62
  load r1 r4                    ; a
  add r4 r4 r62
  load r0 r4                    ; n
  constant r4 machine::SYSCALL
  int r4
  jmp r5

; debugger(): stop in the debugger, if there is one.
@global::lib::support::debugger:
  constant r1 machine::DEBUG_INTERRUPT
  int r1
  jmp r0
