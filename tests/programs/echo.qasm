; Input:
;   one
;
;   Größe: drei 𝄞
;   the last line
; Output:
;   one
;
;   Größe: drei 𝄞
;   the last line
; Exit: 4
;
; Each line back, up to the end of input; the exit code counts them.

  constant r10 0x403            ; console input
  constant r11 0x303            ; console output
  constant r12 1
  constant r13 2
  constant r14 3
  constant r15 10               ; a newline
@read:
  store r10 r13
  constant r20 @reading
@reading:
  load r1 r10
  eq r2 r1 r14
  jnz r2 r20
  constant r20 @end
  jnz r1 r20                    ; error: the end of input
  add r0 r0 r12
  add r2 r10 r13
  load r1 r2                    ; size
  add r3 r11 r13
  add r4 r1 r12
  store r3 r4
  constant r20 @copy
  constant r21 @copied
@copy:
  add r2 r2 r12
  add r3 r3 r12
  jz r1 r21
  load r4 r2
  store r3 r4
  sub r1 r1 r12
  jmp r20
@copied:
  store r3 r15
  store r11 r12
  constant r20 @writing
@writing:
  load r1 r11
  eq r1 r1 r14
  jnz r1 r20
  constant r20 @read
  jmp r20
@end:
  halt
