; sieve: primes below 8,192, a flag a word, by hand.
;
; Expect: 0x00000404

  constant r21 @kernel
  constant r20 @again
  jmp r21
@again:
  constant r20 @end
  jmp r21
@end:
  mov r0 r1
  halt

; Gives the count in r1; returns to r20.
@kernel:
  constant r10 1
  constant r11 0
  constant r12 2
  constant r30 0x20000          ; the flags
  constant r31 0x22000          ; their end

  mov r2 r30                    ; set them, eight a turn
  constant r3 @fill
@fill:
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  store r2 r10
  add r2 r2 r10
  lt r4 r2 r31
  jnz r4 r3

  constant r1 0
  add r5 r30 r12                ; address of the flag of ...
  constant r6 2                 ; ... this number
  constant r15 @number
  constant r16 @next
  constant r17 @strike_four
  constant r18 @strike
  constant r19 @few
@number:
  load r4 r5
  jz r4 r16
  add r1 r1 r10
  add r7 r5 r6                  ; its multiples, from twice itself
  add r8 r6 r6
  add r8 r8 r6
  sub r9 r31 r8                 ; below here there are four more
  lt r4 r7 r9
  jz r4 r19
@strike_four:
  store r7 r11
  add r7 r7 r6
  store r7 r11
  add r7 r7 r6
  store r7 r11
  add r7 r7 r6
  store r7 r11
  add r7 r7 r6
  lt r4 r7 r9
  jnz r4 r17
@few:
  lt r4 r7 r31
  jz r4 r16
@strike:
  store r7 r11
  add r7 r7 r6
  lt r4 r7 r31
  jnz r4 r18
@next:
  add r5 r5 r10
  add r6 r6 r10
  lt r4 r5 r31
  jnz r4 r15
  jmp r20
