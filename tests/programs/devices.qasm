; Every optional device in turn: a picture, sectors both ways, the serial line, a key.
;
; Runs with display 64x48, keyboard, block device and serial line, in lockstep. Types back what
; the serial line brings up to a '.', then waits for the left key. Exit code: word 1 of sector 2,
; which was written as pixel 129 of the picture, 129 * 0x30201 = 0x1840281.

@_entrypoint:
  constant r1 1
  ; --- picture at 0x10000: pixel n is n * 0x30201
  constant r2 0x10000
  constant r3 0
  constant r4 0xC00          ; 64 * 48
  constant r5 0x30201
  constant r7 @draw
@draw:
  mul r6 r3 r5
  store r2 r6
  add r2 r2 r1
  add r3 r3 r1
  lt r6 r3 r4
  jnz r6 r7
  constant r2 0x606
  constant r3 0x10000
  store r2 r3
  constant r2 0x603
  store r2 r1
  constant r7 @flip
@flip:
  load r3 r2
  jnz r3 r7
  ; --- sectors: write 2 from 0x10000 to sector 1, read sector 2 back to 0x20000
  constant r10 0x60e
  constant r11 1
  store r10 r11
  constant r10 0x60f
  constant r11 2
  store r10 r11
  constant r10 0x610
  constant r11 0x10000
  store r10 r11
  constant r10 0x60c
  constant r11 2
  store r10 r11
  constant r12 0x60d
  constant r7 @busy1
@busy1:
  load r3 r12
  eq r3 r3 r1
  jnz r3 r7
  constant r11 3
  store r10 r11
  constant r7 @busy2
@busy2:
  load r3 r12
  eq r3 r3 r1
  jnz r3 r7
  constant r13 0x60e
  constant r11 2
  store r13 r11
  constant r13 0x60f
  store r13 r1
  constant r13 0x610
  constant r11 0x20000
  store r13 r11
  store r10 r1
  constant r7 @busy3
  constant r14 0x2000f
@busy3:
  load r15 r14              ; while it is being filled
  load r3 r12
  eq r3 r3 r1
  jnz r3 r7
  constant r11 0x20001
  load r20 r11               ; 129 * 0x30201
  ; --- echo serial until '.'
  constant r16 0x614
  constant r17 0x615
  constant r18 0x616
  constant r19 0x12e
  constant r7 @poll
  constant r8 @echo
  constant r9 @done
@poll:
  load r3 r18
  jz r3 r7
  eq r4 r3 r19
  jnz r4 r9
@echo:
  load r4 r16
  jnz r4 r8
  store r16 r3
  store r17 r1
  jmp r7
@done:
  ; --- key: wait until 'left' is held
  constant r10 0x607
  constant r7 @key
@key:
  load r3 r10
  jz r3 r7
  mov r0 r20
  halt
