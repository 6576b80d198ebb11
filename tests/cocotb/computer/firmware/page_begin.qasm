; The page behind it: the first word of another page, which is its virtual address, is read.

  add r2 r2 r11
  and r2 r2 r12
  add r1 r2 r13
  load r3 r1
  sub r4 r3 r1
  or r10 r10 r4
  constant r14 {START}
  jmp r14
