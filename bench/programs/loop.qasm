; A loop without end over a small table: loads, stores, arithmetic, jumps, a multiplication. What a
; compiled program does, more or less. For measuring engines.

  constant r60 1
  constant r61 63
  constant r50 0x8000
  constant r40 @loop
  constant r41 @skip
  constant r42 1664525
  constant r43 1013904223
@loop:
  add r1 r1 r60
  and r2 r1 r61
  add r3 r50 r2
  load r4 r3
  mul r5 r5 r42
  add r5 r5 r43
  constant r6 24
  shr r7 r5 r6
  add r4 r4 r7
  store r3 r4
  and r8 r5 r60
  jz r8 r41
  constant r9 0x8040
  load r10 r9
  add r10 r10 r60
  store r9 r10
@skip:
  jmp r40
