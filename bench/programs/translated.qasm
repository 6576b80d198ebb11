; The same loop behind a page table of four entries, which map every address to itself.

  constant r1 0x200             ; find the MMU: it is the last in the peripheral table
  load r2 r1
  constant r3 1
  shl r2 r2 r3
  add r1 r1 r2
  load r1 r1
  constant r2 @table
  store r1 r2
  constant r1 0x42              ; return from interrupt to the loop, with translation
  constant r2 @begin
  store r1 r2
  constant r1 0
  int r1

@begin:
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

; Count; virtual address, physical address, size and flags of each: code, stack, heap, table.
data @table 4 0x1000 0x1000 0x1000 9 0x4000 0x4000 0x1000 7 0x8000 0x8000 0x1000 7 0xa000 0xa000 0x1000 3
