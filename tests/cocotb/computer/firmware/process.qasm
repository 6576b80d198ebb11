; Runs the instructions of {BODY} as a process. A fault is counted, and the instruction that made it
; skipped; the count is the exit code.

  constant r1 {FAULT_ENTRY}
  constant r2 @fault
  store r1 r2
  constant r1 {HIGHEST}
  constant r2 {END}
  store r1 r2
  constant r1 {END_ENTRY}
  constant r2 @over
  store r1 r2
  constant r1 {MMU}
  constant r2 {TABLE}
  store r1 r2
  constant r1 {FRAME_IP}
  constant r2 @process
  store r1 r2
  constant r0 0
  int r0

@fault:
  constant r1 @count
  load r2 r1
  constant r3 1
  add r2 r2 r3
  store r1 r2
  constant r1 {FRAME_IP}
  load r2 r1
  add r2 r2 r3
  store r1 r2
  constant r0 0
  int r0

@over:
  constant r1 @count
  load r0 r1
  halt

@process:
  constant r50 {DATA}
  constant r51 {OUTSIDE}
{BODY}
  constant r1 {END}
  int r1

data @count 0
