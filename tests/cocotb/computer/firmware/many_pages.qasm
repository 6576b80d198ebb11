; A program reads more pages than there are entries in the TLB, again and again. Each octet on the
; serial line interrupts it; the handler returns at once, to one of two places in turn, whatever walk
; was under way. After {INTERRUPTS} octets: halt.
;
; The first word of each page is its virtual address, from {VIRTUAL} on; r10 of the frame counts the
; words that are not. Exit code: that count.

  constant r1 {HANDLER_ENTRY}
  constant r2 @handler
  store r1 r2
  constant r1 {MMU}
  constant r2 {TABLE}
  store r1 r2
  constant r1 {FRAME_IP}
  constant r2 @program
  store r1 r2
  constant r1 @there
  store r1 r2
  constant r1 @here
  constant r2 @before_program
  store r1 r2
  constant r10 0
  constant r1 {FRAME_R10}
  store r1 r10
  constant r0 0
  int r0

@handler:
  constant r1 {SERIAL_ACKNOWLEDGE}
  store r1 r1
  constant r1 @left
  load r2 r1
  constant r3 1
  sub r2 r2 r3
  store r1 r2
  constant r4 @over
  jz r2 r4
  constant r1 @here
  constant r2 @there
  load r3 r1
  load r4 r2
  store r1 r4
  store r2 r3
  constant r1 {FRAME_IP}
  store r1 r3
  constant r0 0
  int r0
@over:
  constant r1 {FRAME_R10}
  load r0 r1
  halt

@before_program:
  constant r20 20
  constant r21 21
@program:
  constant r11 0x1000
  constant r12 1
  constant r13 @page
  constant r14 @good
  constant r15 @program
  constant r1 {VIRTUAL}
  constant r2 {PAGES}
@page:
  load r3 r1
  eq r4 r3 r1
  jnz r4 r14
  add r10 r10 r12
@good:
  add r1 r1 r11
  sub r2 r2 r12
  jnz r2 r13
  jmp r15

data @left {INTERRUPTS}
data @here 0
data @there 0
