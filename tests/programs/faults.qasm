; Exit: 0x4451
;
; Faults in turn, a hexadecimal digit each from the lowest: a bad opcode (1), an interrupt above the
; highest (5), a load past the end of RAM (4), and the same inside the handler of interrupt 3 (4):
; that one saves no registers, and the return goes back to what interrupt 3 interrupted.

  constant r1 0x46              ; handler of interrupt 1
  constant r2 @handler
  store r1 r2
  constant r1 0x48              ; handler of interrupt 3
  constant r2 @broken
  store r1 r2
  constant r1 0x44              ; highest interrupt number
  constant r2 4
  store r1 r2

  constant r1 @opcode           ; make an instruction that does not exist
  constant r2 0xff000000
  store r1 r2
@opcode:
  nop
  constant r1 5
  int r1
  constant r1 0x400000
  load r2 r1
  constant r1 3
  int r1
  constant r1 @collected
  load r0 r1
  halt

@broken:
  constant r1 0x400000
  load r2 r1                    ; faults: what is behind never runs
  constant r0 1
  halt

; Adds the reason as a digit, and goes on behind the instruction whose address was saved. For the
; fault in @broken that is the instruction behind the `int`, which is a word further on already:
; then it does not add 1.
@handler:
  constant r1 0x43
  load r2 r1                    ; reason
  constant r1 @shift
  load r3 r1
  shl r2 r2 r3
  constant r4 4
  add r5 r3 r4
  store r1 r5
  constant r1 @collected
  load r5 r1
  or r5 r5 r2
  store r1 r5
  constant r1 12
  eq r1 r3 r1                   ; the fourth?
  constant r2 @return
  jnz r1 r2
  constant r1 0x42
  load r2 r1
  constant r3 1
  add r2 r2 r3
  store r1 r2
@return:
  constant r1 0
  int r1

data @collected 0
data @shift 0
