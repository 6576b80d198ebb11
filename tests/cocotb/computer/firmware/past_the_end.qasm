; One operation of the block device with a buffer at {BUFFER}. Exit code: status << 8 | error.

  constant r1 {WINDOW}
  constant r2 1
  add r3 r1 r2
  add r3 r3 r2
  constant r4 1
  store r3 r4           ; sector
  add r3 r3 r2
  store r3 r2           ; count
  add r3 r3 r2
  constant r4 {BUFFER}
  store r3 r4
  constant r4 {COMMAND}
  store r1 r4
  add r3 r1 r2          ; status
  constant r5 @busy
@busy:
  load r6 r3
  eq r7 r6 r2
  jnz r7 r5
  constant r7 7
  add r3 r1 r7
  load r0 r3            ; error
  constant r7 8
  shl r6 r6 r7
  or r0 r0 r6
  halt
