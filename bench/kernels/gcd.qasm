; gcd: 300 greatest common divisors of 31-bit numbers, by remainder, by hand.
;
; Expect: 0x000003de

  constant r21 @kernel
  constant r20 @again
  jmp r21
@again:
  constant r20 @end
  jmp r21
@end:
  mov r0 r1
  halt

; Gives the sum in r1; returns to r20. The two numbers change places instead of moving.
@kernel:
  constant r10 1
  constant r12 1664525
  constant r13 1013904223
  constant r14 300
  constant r15 @loop
  constant r16 @add_second
  constant r17 @next
  constant r1 0
  constant r2 99
@next:
  mul r2 r2 r12
  add r2 r2 r13
  shr r3 r2 r10
  or r3 r3 r10
  mul r2 r2 r12
  add r2 r2 r13
  shr r4 r2 r10
  or r4 r4 r10
  sub r14 r14 r10
@loop:
  mod r3 r3 r4
  jz r3 r16
  mod r4 r4 r3
  jnz r4 r15
  add r1 r1 r3
  jnz r14 r17
  jmp r20
@add_second:
  add r1 r1 r4
  jnz r14 r17
  jmp r20
