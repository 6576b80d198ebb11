; entry.qasm: where the boot loader is entered, and what QLL cannot say.
;
; Takes:    nothing; reset has left all registers zero and interrupts let in.
; Gives:    `boot::main` a stack that grows down from the end of the loader's memory, r62 = 1.

@_entrypoint:
  constant r0 machine::ENABLED
  store r0 r0                   ; mask interrupts: r0 is 0
  constant r63 board::STACK_TOP
  constant r62 1
  constant r1 @global::_init
  constant r0 @_after_init
  jmp r1
@_after_init:
  constant r1 @global::boot::main
  constant r0 @_after_main
  jmp r1
@_after_main:
  halt

; leave(code: byte): .abort void; 0 starts the program at its first word, else the loader begins again
@global::boot::leave:
  load r0 r63
  halt

; clear(from: * byte, to: * byte): void; zeros, by 8 words
@global::boot::clear:
  load r1 r63                   ; to
  add r2 r63 r62
  load r2 r2                    ; from
  constant r3 0
  constant r5 @boot$clear_line
@boot$clear_line:
  repeat n 1 8
    store r2 r3
    add r2 r2 r62
  end
  lt r4 r2 r1
  jnz r4 r5
  jmp r0

; number(from: * byte, to: * byte): void; each word becomes its own address
@global::boot::number:
  load r1 r63                   ; to
  add r2 r63 r62
  load r2 r2                    ; from
  constant r5 @boot$number_next
@boot$number_next:
  repeat n 1 8
    store r2 r2
    add r2 r2 r62
  end
  lt r4 r2 r1
  jnz r4 r5
  jmp r0

; invert(from: * byte, to: * byte): * byte; each word must be its own address, and becomes the
; complement of it. Returns the address of the first wrong word, which stays, or `to`.
@global::boot::invert:
  load r1 r63                   ; to
  add r2 r63 r62
  load r2 r2                    ; from
  constant r10 @boot$invert_next
  constant r11 @boot$swept
@boot$invert_next:
  load r5 r2
  neq r6 r5 r2
  jnz r6 r11
  not r5 r2
  store r2 r5
  add r2 r2 r62
  lt r6 r2 r1
  jnz r6 r10
@boot$swept:
  mov r1 r0
  mov r0 r2
  jmp r1

; erase(from: * byte, to: * byte): * byte; each word must be the complement of its own address, and
; becomes 0. Returns as `invert`.
@global::boot::erase:
  load r1 r63                   ; to
  add r2 r63 r62
  load r2 r2                    ; from
  constant r3 0
  constant r10 @boot$erase_next
  constant r11 @boot$swept
@boot$erase_next:
  load r5 r2
  not r6 r2
  neq r6 r5 r6
  jnz r6 r11
  store r2 r3
  add r2 r2 r62
  lt r6 r2 r1
  jnz r6 r10
  mov r1 r0
  mov r0 r2
  jmp r1

; crc(sum: byte, octets: byte, count: byte): byte; CRC-32 (polynomial 0xEDB88320) over the lowest
; `count` octets of a word, begun with 0xFFFFFFFF and not yet complemented
@global::boot::crc:
  load r1 r63                   ; count
  add r4 r63 r62
  load r2 r4                    ; octets
  add r4 r4 r62
  load r3 r4                    ; sum
  constant r4 3
  shl r1 r1 r4                  ; bits
  constant r9 0xEDB88320
  constant r10 @boot$crc_next
  constant r12 @boot$crc_even
@boot$crc_next:
  and r5 r3 r2                  ; r6 = (sum xor octets) and 1
  or r6 r3 r2
  not r5 r5
  and r6 r6 r5
  and r6 r6 r62
  shr r3 r3 r62
  shr r2 r2 r62
  jz r6 r12
  and r5 r3 r9                  ; sum xor polynomial
  or r3 r3 r9
  not r5 r5
  and r3 r3 r5
@boot$crc_even:
  sub r1 r1 r62
  jnz r1 r10
  mov r1 r0
  mov r0 r3
  jmp r1
