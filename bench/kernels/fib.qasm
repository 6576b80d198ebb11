; fib: fib(20), doubly recursive: exactly 21,891 calls, by hand.
;
; Expect: 0x00001a6d

  constant r63 0x20000
  constant r20 @again
  constant r21 @kernel
  jmp r21
@again:
  constant r20 @end
  jmp r21
@end:
  mov r0 r1
  halt

; Gives fib(20) in r1; returns to r20.
@kernel:
  constant r10 1
  constant r11 2
  constant r12 @first
  constant r13 @second
  constant r14 @fib
  constant r1 20
  mov r2 r20
  jmp r14

; Takes n in r1 and the return address in r2; gives fib(n) in r1.
@fib:
  lt r3 r1 r11
  jnz r3 r2                     ; a number below 2 is its own result
  sub r63 r63 r10
  store r63 r2
  sub r63 r63 r10
  store r63 r1
  sub r1 r1 r10
  mov r2 r12
  jmp r14
@first:
  load r4 r63
  store r63 r1                  ; fib(n - 1) where n was
  sub r1 r4 r11
  mov r2 r13
  jmp r14
@second:
  load r4 r63
  add r63 r63 r10
  load r2 r63
  add r63 r63 r10
  add r1 r1 r4
  jmp r2
