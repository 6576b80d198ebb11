; The end of a page, which leads into the next one. Divisions take long, and fetch has come to the end
; of the page while they last: where the next page is, is looked up while interrupts may still come.

  constant r11 0x1000
  constant r12 {MASK}
  constant r13 {VIRTUAL}
  div r5 r12 r11
  div r6 r13 r11
  div r7 r11 r11
  div r8 r12 r11
  repeat n 1 {SHORT}
    add r8 r8 r11
  end
