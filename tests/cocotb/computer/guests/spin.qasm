; spin LETTER: fills all registers with words that differ from each other and from those of a
; neighbouring letter, and counts.

  load r0 r32                   ; the argument's first character
  constant r1 1
  and r63 r0 r1
  add r63 r63 r63
  constant r2 @loops
  add r63 r63 r2                ; neighbours run in loops of their own
  constant r1 0x01010101
  mul r0 r0 r1
  add r1 r0 r63                 ; what r2 goes on by
  mov r2 r0
  repeat n 3 62
    add r2 r2 r0
    mov r{n} r2
  end
  add r2 r2 r0
  jmp r63

@loops:
  add r2 r2 r1
  jmp r63
  add r2 r2 r1
  jmp r63
