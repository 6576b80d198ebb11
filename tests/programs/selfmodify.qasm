; Exit: 55
;
; Instructions are written right in front of where they run: none may come from an older fetch.

  constant r1 0
  constant r2 10
  constant r3 1
  constant r4 @patched
  constant r5 0x06000001        ; add r0 r0 r1
  constant r6 @next
@next:
  add r1 r1 r3
  store r4 r5
@patched:
  halt
  constant r8 0
  store r4 r8                   ; a `halt` again, until it is patched the next time
  neq r7 r1 r2
  jnz r7 r6
  halt
