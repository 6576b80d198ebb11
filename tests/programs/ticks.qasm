; Exit: 10
;
; Ten timer interrupts wake the machine out of its `wait`; every other one is taken in a loop that
; computes instead. The registers come back as they were.

  constant r1 0x47              ; handler of interrupt 2
  constant r2 @tick
  store r1 r2
  constant r10 0x300            ; timer: every 3 milliseconds
  constant r11 3
  store r10 r11
  constant r12 1
  constant r13 10
  constant r14 @count
  constant r20 @asleep
@asleep:
  wait
  load r1 r14
  constant r15 @computing
@computing:
  mul r16 r16 r13
  load r2 r14
  eq r3 r1 r2
  jnz r3 r15
  lt r3 r2 r13
  jnz r3 r20
  store r10 r0                  ; 0 stops the timer
  load r0 r14
  halt

@tick:
  constant r1 @count
  load r2 r1
  constant r3 1
  add r2 r2 r3
  store r1 r2
  constant r1 0x42
  load r2 r1
  load r4 r2
  constant r5 0x18000000        ; `wait`: go on behind it
  neq r4 r4 r5
  constant r5 @return
  jnz r4 r5
  add r2 r2 r3
  store r1 r2
@return:
  constant r1 0
  int r1

data @count 0
