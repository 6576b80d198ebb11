; crc32: bitwise CRC-32 of 1,024 octets, one octet a word, by hand.
;
; Expect: 0xc35519de
;
; The machine has no exclusive or: a ^ b is (a | b) - (a & b). What one bit does to the sum is
; spelled out eight times, without a jump.

  constant r21 @kernel
  constant r20 @again
  jmp r21
@again:
  constant r20 @end
  jmp r21
@end:
  mov r0 r1
  halt

; Gives the sum in r1; returns to r20.
@kernel:
  constant r10 1
  constant r11 24
  constant r12 1664525
  constant r13 1013904223
  constant r14 0xedb88320
  constant r30 0x20000          ; the octets
  constant r31 0x20400

  constant r1 12345
  mov r2 r30
  constant r3 @fill
@fill:
  mul r1 r1 r12
  add r1 r1 r13
  shr r4 r1 r11
  store r2 r4
  add r2 r2 r10
  lt r4 r2 r31
  jnz r4 r3

  constant r1 0xffffffff
  mov r2 r30
  constant r3 @octet
@octet:
  load r4 r2
  add r2 r2 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 1
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 2
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 3
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 4
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 5
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 6
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 7
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  and r4 r1 r10                 ; bit 8
  mul r4 r4 r14
  shr r1 r1 r10
  or r5 r1 r4
  and r6 r1 r4
  sub r1 r5 r6

  lt r4 r2 r31
  jnz r4 r3
  not r1 r1
  jmp r20
