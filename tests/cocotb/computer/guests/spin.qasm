; spin LETTER: fills all registers with different words, which the letter decides, and counts.

  load r0 r32                   ; the argument's first character
  constant r1 0x01010101
  mul r0 r0 r1
  mov r2 r0
  add r3 r2 r0
  add r4 r3 r0
  add r5 r4 r0
  add r6 r5 r0
  add r7 r6 r0
  add r8 r7 r0
  add r9 r8 r0
  add r10 r9 r0
  add r11 r10 r0
  add r12 r11 r0
  add r13 r12 r0
  add r14 r13 r0
  add r15 r14 r0
  add r16 r15 r0
  add r17 r16 r0
  add r18 r17 r0
  add r19 r18 r0
  add r20 r19 r0
  add r21 r20 r0
  add r22 r21 r0
  add r23 r22 r0
  add r24 r23 r0
  add r25 r24 r0
  add r26 r25 r0
  add r27 r26 r0
  add r28 r27 r0
  add r29 r28 r0
  add r30 r29 r0
  add r31 r30 r0
  add r32 r31 r0
  add r33 r32 r0
  add r34 r33 r0
  add r35 r34 r0
  add r36 r35 r0
  add r37 r36 r0
  add r38 r37 r0
  add r39 r38 r0
  add r40 r39 r0
  add r41 r40 r0
  add r42 r41 r0
  add r43 r42 r0
  add r44 r43 r0
  add r45 r44 r0
  add r46 r45 r0
  add r47 r46 r0
  add r48 r47 r0
  add r49 r48 r0
  add r50 r49 r0
  add r51 r50 r0
  add r52 r51 r0
  add r53 r52 r0
  add r54 r53 r0
  add r55 r54 r0
  add r56 r55 r0
  add r57 r56 r0
  add r58 r57 r0
  add r59 r58 r0
  add r60 r59 r0
  add r61 r60 r0
  add r62 r61 r0
  constant r63 @again
@again:
  add r2 r2 r1
  jmp r63
