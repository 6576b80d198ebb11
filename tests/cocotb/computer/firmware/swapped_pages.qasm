; Each octet on the serial line swaps the page that a program runs in for another one.
;
; The program runs at {VIRTUAL} and begins again there for ever; the page at {FIRST} counts r20 up,
; that at {SECOND} r21. The handler changes the one word of the table that says which of them it is,
; {ENTRY}, and returns: the next fetch must come out of the other page. After {SWAPS} octets: halt,
; with the count of the first page in r20 and that of the second in r21 of the frame.

  constant r1 {HANDLER_ENTRY}
  constant r2 @swap
  store r1 r2
  constant r1 @first_code       ; copy the program, once for each page
  constant r2 {FIRST}
  constant r5 @copied_first
  constant r6 @copy
  jmp r6
@copied_first:
  constant r1 @second_code
  constant r2 {SECOND}
  constant r5 @copied_second
  jmp r6
@copied_second:
  constant r1 {MMU}
  constant r2 {TABLE}
  store r1 r2
  constant r20 0
  constant r21 0
  constant r1 0x16              ; r20 and r21 of the frame
  store r1 r20
  constant r1 0x17
  store r1 r20
  constant r1 {FRAME_IP}
  constant r2 {VIRTUAL}
  store r1 r2
  constant r0 0
  int r0

; 8 words from r1 to r2; back to r5
@copy:
  constant r3 8
  constant r4 1
  constant r8 @copy_word
@copy_word:
  load r7 r1
  store r2 r7
  add r1 r1 r4
  add r2 r2 r4
  sub r3 r3 r4
  jnz r3 r8
  jmp r5

@swap:
  constant r1 {SERIAL_ACKNOWLEDGE}
  store r1 r1
  constant r1 {ENTRY}
  constant r2 @other
  load r3 r1
  load r4 r2
  store r1 r4
  store r2 r3
  constant r1 @left
  load r2 r1
  constant r3 1
  sub r2 r2 r3
  store r1 r2
  constant r4 @done
  jz r2 r4
  constant r0 0
  int r0
@done:
  constant r0 0
  halt

@first_code:
  constant r30 1
  add r20 r20 r30
  constant r31 {VIRTUAL}
  jmp r31
@second_code:
  constant r30 1
  add r21 r21 r30
  constant r31 {VIRTUAL}
  jmp r31

data @left {SWAPS}
data @other {OTHER}
