; A program runs in pages at {HERE}, and another one at {THERE}, out of page_end.qasm. Each octet on
; the serial line interrupts it; the handler returns at once to the other one, whatever walk was under
; way. A break of the debugger ends it. Exit code: r10 of the frame, 0 if all words were right.

  constant r1 {SERIAL_ENTRY}
  constant r2 @handler
  store r1 r2
  constant r1 {DEBUG_ENTRY}
  constant r2 @over
  store r1 r2
  constant r1 {MMU}
  constant r2 {TABLE}
  store r1 r2
  constant r1 {FRAME_IP}
  constant r2 {HERE}
  store r1 r2
  constant r0 0
  constant r1 {FRAME_R2}        ; of both programs: which page is read next...
  store r1 r0
  constant r1 {FRAME_R10}       ; ...and what was wrong
  store r1 r0
  int r0

@handler:
  constant r1 {SERIAL_ACKNOWLEDGE}
  store r1 r1
  constant r1 @next
  load r2 r1
  constant r3 {BOTH}            ; {HERE} + {THERE}
  sub r3 r3 r2
  store r1 r3
  constant r1 {FRAME_IP}
  store r1 r2
  constant r0 0
  int r0

@over:
  constant r1 {FRAME_R10}
  load r0 r1
  halt

data @next {THERE}
