; A calculator at the console: reads lines, answers, and counts with the timer.
;
; Takes:    the console, the timer and the clock, which it finds in the peripheral table.
; Leaves:   the machine stopped; the exit code is 0, or 1 if a device is missing.
;
; Registers, all along:
;   r40 console output's window    r41 console input's    r42 timer's    r43 clock's
;   r44 the last result            r45 cursor in the line r46 its end    r50 the number 1
; r1...r19 belong to whatever routine runs; r60 is the return address of a routine that calls
; none, r61 that of one that does.

; --- start: find the devices, greet ---------------------------------------------------------------

  constant r50 1
  constant r1 0x03
  constant r60 @found_output
  constant r2 @find
  jmp r2
@found_output:
  mov r40 r1
  constant r1 0x04
  constant r60 @found_input
  constant r2 @find
  jmp r2
@found_input:
  mov r41 r1
  constant r1 0x01
  constant r60 @found_timer
  constant r2 @find
  jmp r2
@found_timer:
  mov r42 r1
  constant r1 0x06
  constant r60 @found_clock
  constant r2 @find
  jmp r2
@found_clock:
  mov r43 r1

  constant r1 @greeting
  constant r60 @prompt
  constant r2 @print
  jmp r2

; --- the loop: prompt, line, answer ---------------------------------------------------------------

@prompt:
  constant r1 @prompt_text
  constant r60 @read
  constant r2 @print
  jmp r2

@read:
  constant r1 2                 ; 2 stored to control: read a line
  store r41 r1
  constant r2 3                 ; control is 3 until the line is there
  constant r3 @reading
@reading:
  load r1 r41
  eq r4 r1 r2
  jnz r4 r3
  constant r3 @quit             ; not 0: the input has ended
  jnz r1 r3

  constant r1 2                 ; +2 is the size, and from +3 on are the characters
  add r1 r41 r1
  load r2 r1
  add r45 r1 r50
  constant r3 253               ; of a longer line, only the first part
  gt r4 r2 r3
  constant r5 @long_line
  jnz r4 r5
  add r46 r45 r2

  constant r60 @look
  constant r2 @skip
  jmp r2
@look:
  eq r1 r45 r46
  constant r2 @prompt           ; nothing in the line
  jnz r1 r2

  constant r1 @quit_word
  constant r10 @quit
  constant r60 @try_time
  constant r2 @match
  jmp r2
@try_time:
  constant r1 @time_word
  constant r10 @time
  constant r60 @try_count
  constant r2 @match
  jmp r2
@try_count:
  constant r1 @count_word
  constant r10 @count
  constant r60 @try_help
  constant r2 @match
  jmp r2
@try_help:
  constant r1 @help_word
  constant r10 @help
  constant r60 @expression
  constant r2 @match
  jmp r2

; number operator number
@expression:
  constant r60 @first_number
  constant r2 @number
  jmp r2
@first_number:
  constant r2 @not_understood
  jz r11 r2
  mov r20 r10
  mov r44 r10
  constant r60 @operator
  constant r2 @skip
  jmp r2
@operator:
  eq r1 r45 r46
  constant r2 @answer           ; a number alone is its own answer
  jnz r1 r2
  load r21 r45
  add r45 r45 r50
  constant r60 @second_number
  constant r2 @number
  jmp r2
@second_number:
  constant r2 @not_understood
  jz r11 r2
  mov r22 r10
  constant r60 @end_of_line
  constant r2 @skip
  jmp r2
@end_of_line:
  eq r1 r45 r46
  constant r2 @not_understood
  jz r1 r2

  add r44 r20 r22
  constant r1 43                ; +
  eq r1 r21 r1
  constant r2 @answer
  jnz r1 r2
  sub r44 r20 r22
  constant r1 45                ; -
  eq r1 r21 r1
  jnz r1 r2
  mul r44 r20 r22
  constant r1 42                ; *
  eq r1 r21 r1
  jnz r1 r2
  constant r1 47                ; /
  eq r1 r21 r1
  constant r3 @divide
  jnz r1 r3
  constant r1 37                ; %
  eq r1 r21 r1
  jnz r1 r3
  constant r2 @not_understood
  jmp r2
@divide:
  constant r3 @by_zero
  jz r22 r3
  sdiv r44 r20 r22
  constant r1 47
  eq r1 r21 r1
  jnz r1 r2
  smod r44 r20 r22

@answer:
  mov r1 r44
  constant r60 @newline
  constant r2 @print_number
  jmp r2
@newline:
  constant r1 @newline_text
  constant r60 @prompt
  constant r2 @print
  jmp r2

; --- what else a line can say ---------------------------------------------------------------------

@time:
  load r1 r43
  constant r60 @time_unit
  constant r2 @print_number
  jmp r2
@time_unit:
  constant r1 @time_text
  constant r60 @prompt
  constant r2 @print
  jmp r2

; count N: N, N - 1, ... 1, a number each time the timer interrupts; the machine sleeps in between.
@count:
  constant r60 @count_number
  constant r2 @number
  jmp r2
@count_number:
  constant r2 @not_understood
  jz r11 r2
  mov r23 r10
  constant r1 100
  sgt r3 r23 r1
  jnz r3 r2
  constant r1 0x47              ; entry of interrupt 2 in the interrupt table
  constant r2 @tick
  store r1 r2
  constant r1 200               ; milliseconds
  store r42 r1
@count_next:
  sgt r1 r23 r24                ; r24 is always 0
  constant r2 @count_done
  jz r1 r2
  wait                          ; the handler lets it go on behind the `wait`
  mov r1 r23
  constant r60 @count_space
  constant r2 @print_number
  jmp r2
@count_space:
  constant r1 @space_text
  constant r60 @count_down
  constant r2 @print
  jmp r2
@count_down:
  sub r23 r23 r50
  constant r2 @count_next
  jmp r2
@count_done:
  store r42 r24                 ; 0 stops the timer
  constant r2 @newline
  jmp r2

; Interrupt 2. The saved ip is that of the `wait`, if the machine slept: it goes on behind it. A
; return from interrupt restores every register, so the handler may use what it likes.
@tick:
  constant r1 0x42
  load r2 r1
  load r3 r2
  constant r4 0x18000000        ; `wait`
  neq r3 r3 r4
  constant r5 @tick_done
  jnz r3 r5
  constant r3 1
  add r2 r2 r3
  store r1 r2
@tick_done:
  constant r1 0
  int r1

@help:
  constant r1 @help_text
  constant r60 @prompt
  constant r2 @print
  jmp r2

@quit:
  constant r1 @goodbye
  constant r60 @stop
  constant r2 @print
  jmp r2
@stop:
  mov r0 r24                    ; always 0
  halt

@not_understood:
  constant r1 @what_text
  constant r60 @prompt
  constant r2 @print
  jmp r2
@long_line:
  constant r1 @long_text
  constant r60 @prompt
  constant r2 @print
  jmp r2
@by_zero:
  constant r1 @zero_text
  constant r60 @prompt
  constant r2 @print
  jmp r2

; --- routines -------------------------------------------------------------------------------------

; Takes an identifier in r1; gives the window of that peripheral in r1, or stops with code 1.
@find:
  constant r2 0x200             ; count, then identifier and window of each
  load r3 r2
  add r2 r2 r50
  constant r5 @find_next
  constant r6 @find_found
  constant r7 @find_none
  constant r8 2
@find_next:
  jz r3 r7
  load r4 r2
  eq r4 r4 r1
  jnz r4 r6
  add r2 r2 r8
  sub r3 r3 r50
  jmp r5
@find_found:
  add r2 r2 r50
  load r1 r2
  jmp r60
@find_none:
  mov r0 r50
  halt

; Prints the string at r1: its length, then its characters.
@print:
  load r2 r1
  constant r3 2
  add r3 r40 r3
  store r3 r2                   ; +2: size
  constant r4 @print_send
  constant r5 @print_next
@print_next:
  jz r2 r4
  add r1 r1 r50
  add r3 r3 r50
  load r6 r1
  store r3 r6
  sub r2 r2 r50
  jmp r5
@print_send:
  store r40 r50                 ; 1 stored to control: write
  constant r2 3
  constant r4 @print_wait
@print_wait:
  load r1 r40
  eq r1 r1 r2
  jnz r1 r4
  jmp r60

; Prints r1 as a signed decimal number: digits from the last one back, the length in front of them.
@print_number:
  constant r2 @digits_end
  load r2 r2
  constant r3 10
  constant r4 0
  constant r5 48                ; 0
  slt r6 r1 r4
  mov r7 r1
  constant r8 @print_digit
  jz r6 r8
  sub r7 r4 r1
@print_digit:
  mod r9 r7 r3
  add r9 r9 r5
  store r2 r9
  sub r2 r2 r50
  add r4 r4 r50
  div r7 r7 r3
  jnz r7 r8
  constant r8 @print_length
  jz r6 r8
  constant r9 45                ; -
  store r2 r9
  sub r2 r2 r50
  add r4 r4 r50
@print_length:
  store r2 r4
  mov r1 r2
  constant r2 @print
  jmp r2

; Moves the cursor over blanks.
@skip:
  constant r1 32
  constant r3 @skip_next
  constant r4 @skip_done
@skip_next:
  eq r2 r45 r46
  jnz r2 r4
  load r2 r45
  eq r2 r2 r1
  jz r2 r4
  add r45 r45 r50
  jmp r3
@skip_done:
  jmp r60

; Jumps to r10, with the cursor behind it, if the line goes on with the word at r1.
@match:
  load r2 r1
  mov r3 r45
  constant r4 @match_next
  constant r5 @match_yes
  constant r6 @match_no
@match_next:
  jz r2 r5
  eq r7 r3 r46
  jnz r7 r6
  add r1 r1 r50
  load r7 r1
  load r8 r3
  neq r7 r7 r8
  jnz r7 r6
  add r3 r3 r50
  sub r2 r2 r50
  jmp r4
@match_yes:
  mov r45 r3
  jmp r10
@match_no:
  jmp r60

; Reads a number, perhaps behind blanks and a minus: gives it in r10, and in r11 whether one is
; there.
@number:
  mov r61 r60
  constant r60 @number_sign
  constant r1 @skip
  jmp r1
@number_sign:
  constant r10 0
  constant r11 0
  constant r12 0                ; negative?
  constant r13 48               ; 0
  constant r14 10
  constant r15 @number_next
  constant r16 @number_end
  eq r1 r45 r46
  jnz r1 r16
  load r1 r45
  constant r2 45                ; -
  eq r12 r1 r2
  jz r12 r15
  add r45 r45 r50
@number_next:
  eq r1 r45 r46
  jnz r1 r16
  load r1 r45
  sub r1 r1 r13
  lt r2 r1 r14
  jz r2 r16
  mul r10 r10 r14
  add r10 r10 r1
  mov r11 r50
  add r45 r45 r50
  jmp r15
@number_end:
  constant r1 @number_done
  jz r12 r1
  constant r2 0
  sub r10 r2 r10
@number_done:
  jmp r61

; --- data -----------------------------------------------------------------------------------------

data @greeting 'Quince calculator: try 6 * 7, or help.\n'
data @help_text '6 * 7     + - * / % of two whole numbers\ncount 5   count down with the timer\ntime      milliseconds since reset\nquit      stop the machine\n'
data @prompt_text '> '
data @newline_text '\n'
data @space_text ' '
data @time_text ' ms since reset\n'
data @what_text 'I do not understand; try help.\n'
data @long_text 'That line is too long.\n'
data @zero_text 'Nothing can be divided by zero.\n'
data @goodbye 'Goodbye.\n'
data @quit_word 'quit'
data @time_word 'time'
data @count_word 'count'
data @help_word 'help'
data @digits 0 0 0 0 0 0 0 0 0 0 0
data @last_digit 0
data @digits_end @last_digit
