; Output:
;   Hello, Quince!
; Exit: 42
;
; A string to the console, a part of whose window is copied by a loop.

  constant r10 0x303            ; console output
  constant r11 @text
  constant r12 1
  constant r13 2
  load r1 r11                   ; length
  add r2 r10 r13
  store r2 r1
  constant r20 @copy
  constant r21 @send
@copy:
  jz r1 r21
  add r11 r11 r12
  add r2 r2 r12
  load r3 r11
  store r2 r3
  sub r1 r1 r12
  jmp r20
@send:
  store r10 r12
  constant r13 3
  constant r20 @pending
@pending:
  load r1 r10
  eq r1 r1 r13
  jnz r1 r20
  constant r0 42
  halt

data @text 'Hello, Quince!\n'
