; support.qasm: what QLL cannot say. Entry, interrupt entries, resume, and the word-copying loops.
;
; The kernel is one thread of control. It is entered by an interrupt, runs with interrupts masked on
; one stack, and leaves by returning from the interrupt: either to the process that was interrupted
; (its registers are in the hardware's frame all the time), or to another through `resume`.
;
; An entry finds the interrupted program's values in all general registers; the hardware has
; saved them to the frame, so any may be destroyed. Nothing may be assumed of them, r62 and r63
; included: the program may be hostile.
;
; Constants and the members of a process have the names and values that they have in QLL: the build
; defines `machine::FRAME_IP`, `limits::STACK_TOP`, `process::process::next` (an offset) and so on.

; --- entry from reset: first word of the image -----------------------------------------------------
@_entrypoint:
  constant r0 machine::ENABLED
  store r0 r0                   ; mask interrupts: r0 is 0
  constant r1 limits::FIRST_DATA
  constant r2 @global::support::inside ; the first data of the image
  constant r3 @kernel$begin
@kernel$copy_data:                    ; from r2 to r1, then on at r3: nothing has a stack yet
  constant r62 1
  constant r4 limits::FIRST_DATA_WORDS
  add r4 r1 r4
  constant r5 @kernel$copy_data_word
@kernel$copy_data_word:
  repeat n 6 9
    load r{n} r2
    add r2 r2 r62
  end
  repeat n 6 9
    store r1 r{n}
    add r1 r1 r62
  end
  lt r6 r1 r4
  jnz r6 r5
  jmp r3
@kernel$begin:
  constant r63 limits::STACK_TOP
  constant r0 @_after_init
  constant r1 @global::_init
  jmp r1
@_after_init:
  constant r0 @_after_main
  constant r1 @global::kernel::main
  jmp r1
@_after_main:
  constant r1 @kernel$resume          ; main returns the first process
  jmp r1

; --- interrupt entries ------------------------------------------------------------------------------
;
; Each calls a QLL function that returns 0 to go on with the interrupted process, or the address of
; the process to resume. `inside` is 1 while the kernel runs, so that a fault of its own is
; recognised. As the kernel runs masked, an entry that finds it 1 came in the last step of `resume`,
; which lets interrupts in.
;
; Of a process this file knows the first members, in their order: `registers` (r0 ... r63, ip), `pages`,
; `next` in the ring, `state`, the call's `again` and `progress`, and `ticks`, its time slices.

data @global::support::inside 1

@global::support::serial_entry:
  constant r0 @global::support::inside
  load r0 r0
  constant r1 @kernel$missed
  jnz r0 r1
  constant r5 @global::scheduler::_serial
  constant r6 @kernel$call
  jmp r6
@kernel$missed:                       ; `scheduler::next` looks after it, or the next tick
  constant r0 @global::scheduler::chores
  load r1 r0
  constant r2 scheduler::MISSED
  or r1 r1 r2
  store r0 r1
  constant r1 @kernel$again
  jmp r1

; The debugger's break is what the machine's own handler makes it, but for the last step of `resume`.
@global::support::debug_entry:
  constant r0 @global::peripherals::debug_break
  load r0 r0
  constant r1 1
  store r0 r1
  constant r0 @global::support::inside
  load r0 r0
  constant r1 @kernel$again
  jnz r0 r1
  int r0

@global::support::fault_entry:
  constant r5 @global::process::_fault
  constant r6 @kernel$call
  jmp r6

; A call by number, with its arguments in r1 to r3. What the program had in r32 to r61 is there until the
; call's function has returned. The debug kernel has no `audit::DIRECT_CALLS`: there `syscall::_syscall`
; does all of this; tests/kernel/test_tick.py compares them.
@global::support::syscall_entry:
  constant r62 1
  constant r63 limits::CALL_STACK ; the three arguments
  constant r4 @global::support::inside
  store r4 r62
  constant r4 audit::DIRECT_CALLS
  lt r5 r0 r4
  constant r4 @kernel$indirect
  jz r5 r4
  constant r4 number::yield
  eq r5 r0 r4
  constant r4 @kernel$yield
  jnz r5 r4
@kernel$direct:
  store r63 r3
  add r4 r63 r62
  store r4 r2
  add r4 r4 r62
  store r4 r1
  constant r4 @global::process::given
  constant r5 0
  store r4 r5
  constant r4 @global::syscall::calls
  add r4 r4 r0
  load r4 r4
  constant r0 @kernel$returned
  jmp r4
@kernel$alone:                        ; `yield` where nobody else can run
  constant r0 0
@kernel$returned:                     ; r0 is the result
  constant r1 @global::scheduler::current
  load r1 r1
  constant r2 process::process::state
  add r2 r1 r2
  load r3 r2
  constant r4 scheduler::RUNNING
  eq r3 r3 r4
  constant r4 @kernel$left
  jz r3 r4
  add r2 r2 r62                 ; `again`
  load r3 r2
  constant r4 @kernel$repeated
  jnz r3 r4
  add r2 r2 r62                 ; `progress`, 0 as `again` is
  store r2 r3
  constant r2 machine::FRAME_REGISTERS
  store r2 r0
  constant r2 @global::support::inside
  store r2 r3
  int r3

; The process cannot go on: r32 to r61 are its own still.
@kernel$left:
  constant r2 32
  add r1 r1 r2
  repeat n 32 61
    store r1 r{n}
    add r1 r1 r62
  end
@kernel$repeated:                     ; or it goes on, but makes its call again
  sub r63 r63 r62               ; the call's own arguments are read
  store r63 r0                  ; argument: the result
  constant r0 @kernel$called
  constant r5 @global::syscall::_leave
  jmp r5

; `yield` saves as a tick does, but for what was used since: it has r4, r5, r62, r63 and ip of the frame.
@kernel$yield:
  constant r4 @global::scheduler::chores
  load r4 r4
  constant r5 scheduler::MISSED
  and r4 r4 r5
  constant r5 @kernel$direct
  jnz r4 r5
  constant r4 @global::scheduler::current
  load r4 r4
  constant r5 process::process::next
  add r5 r4 r5
  load r5 r5
  eq r5 r5 r4
  constant r0 @kernel$alone
  jnz r5 r0
  store r4 r5                   ; r0, the result: 0
  add r4 r4 r62
  repeat n 1 3
    store r4 r{n}
    add r4 r4 r62
  end
  constant r5 2
  add r4 r4 r5
  repeat n 6 61
    store r4 r{n}
    add r4 r4 r62
  end
  constant r5 machine::FRAME_R62
  repeat n 6 8                  ; r62, r63 and ip
    load r{n} r5
    add r5 r5 r62
    store r4 r{n}
    add r4 r4 r62
  end
  add r9 r4 r62                 ; `next`, behind `pages`
  load r10 r9
  constant r5 process::process::pages
  sub r6 r4 r5                  ; the process
  constant r5 4
  add r7 r6 r5
  constant r5 machine::FRAME_R4
  load r8 r5
  store r7 r8
  add r5 r5 r62
  add r7 r7 r62
  load r8 r5
  store r7 r8
  mov r1 r62
  constant r8 @kernel$turn
  jmp r8

@kernel$indirect:
  constant r5 @global::syscall::_syscall
; r5 = function to call
@kernel$call:
  constant r62 1
  constant r63 limits::STACK_TOP
  constant r6 @global::support::inside
  load r7 r6
  sub r63 r63 r62
  store r63 r7                  ; argument: was the kernel interrupted?
  store r6 r62
  constant r0 @kernel$called
  jmp r5
@kernel$called:
  constant r1 @kernel$resume
  jnz r0 r1
  constant r1 @global::support::inside
  constant r0 0
  store r1 r0
  int r0

; --- the timer -------------------------------------------------------------------------------------

@global::support::timer_entry:
  constant r0 @global::support::inside
  load r0 r0
  constant r1 @kernel$missed
  jnz r0 r1
  ; Save straight from the registers to the process, whose first 65 words are r0 ... r63, ip.
  ; That is half the work of copying the frame, and a tick mostly switches.
  constant r0 @global::scheduler::current
  load r0 r0
  constant r1 2                 ; past r0 and r1
  add r0 r0 r1
  constant r1 1
  repeat n 2 63
    store r0 r{n}
    add r0 r0 r1
  end
  constant r2 machine::FRAME_IP ; ip, r0 and r1 come from the frame
  load r3 r2
  constant r2 machine::FRAME_REGISTERS
  load r4 r2
  add r2 r2 r1
  load r5 r2
  store r0 r3
  constant r3 machine::SAVED_IP
  sub r6 r0 r3
  store r6 r4
  add r7 r6 r1
  store r7 r5

  ; The usual tick: no chores, and another process is there. It takes its turn, by what
  ; `scheduler::_timer` does too, at a fifth of its length; tests/kernel/test_tick.py compares them.
  constant r2 @global::scheduler::chores
  load r2 r2
  constant r8 @kernel$tick
  jnz r2 r8
  add r9 r0 r1
  add r9 r9 r1                  ; `next`, behind ip and `pages`
  load r10 r9
  eq r2 r10 r6
  jnz r2 r8
@kernel$turn:                         ; of r10, after that of r6, whose `next` is at r9; r1 is 1
  add r9 r9 r1
  store r9 r1                   ; state = scheduler::READY, which is 1
  constant r2 @global::scheduler::tail
  store r2 r6
  constant r9 process::process::ticks
  add r9 r10 r9
  load r2 r9
  mov r0 r10
  add r2 r2 r1                  ; one more slice
  store r9 r2
  constant r2 3
  sub r9 r9 r2                  ; `state`, in front of `again` and `progress`
  constant r2 scheduler::RUNNING
  store r9 r2
  ; and goes on into `resume`

; --- resume a process -------------------------------------------------------------------------------
;
; r0 = its address. Lets interrupts in, loads r0 ... r62 into the registers themselves and raises an
; interrupt of our own, so that the hardware puts them into the frame: two instructions a register,
; where copying memory to memory takes four. r63 and ip are put right in the frame by `switched`.
; Another interrupt that comes before ours starts all this again: a tick is put off then, and so is
; what the serial line has.
@kernel$resume:
  constant r62 1
  constant r2 process::process::pages
  add r2 r0 r2
  load r2 r2
  constant r1 @global::peripherals::mmu
  load r1 r1
  constant r3 @global::scheduler::current
  store r3 r0
  constant r3 @global::support::inside
  store r3 r62
  store r1 r2
  constant r3 machine::ENABLED
  store r3 r62
  mov r63 r0
  repeat n 0 61
    load r{n} r63
    add r63 r63 r62
  end
  load r62 r63
  constant r63 machine::SWITCH
  int r63

@kernel$again:
  constant r0 @global::scheduler::current
  load r0 r0
  constant r1 @kernel$resume
  jmp r1

@kernel$tick:
  constant r5 @global::scheduler::_timer
  constant r6 @kernel$call
  jmp r6

; A program may raise this interrupt too: then `inside` is 0, and it is an unknown call.
@global::support::switch_entry:
  constant r0 @global::support::inside
  load r2 r0
  constant r1 @kernel$unknown
  jz r2 r1
@kernel$switched:
  constant r1 @global::scheduler::current
  load r1 r1
  constant r3 0
  store r0 r3
  constant r2 machine::SAVED_R63
  add r1 r1 r2
  load r2 r1
  constant r6 1
  add r1 r1 r6
  load r4 r1
  constant r5 machine::FRAME_R63
  store r5 r2
  add r5 r5 r6
  store r5 r4
  int r3
@kernel$unknown:
  constant r5 @global::syscall::_unknown
  constant r6 @kernel$call
  jmp r6

; --- what runs when no process can: privileged, because its page table is 0 ---------------------------
@global::support::idle:
  wait                          ; what is interrupted, and begun again: nothing comes behind it

; --- what a process runs that is ending, privileged too: step after step of `process::bury` ------------
@global::support::die:
  constant r0 machine::SYSCALL
  int r0
  constant r0 @global::support::die
  jmp r0

; --- the machine starts again: what the image held is put back, as after a reset ---------------------
; Interrupts are masked, and stay so until `resume`, which sets the page table.
@global::support::restart:
  constant r1 @global::support::inside
  constant r2 limits::FIRST_DATA
  constant r3 @_entrypoint
  constant r4 @kernel$copy_data
  jmp r4

; --- leaves, by the calling convention --------------------------------------------------------------

; halt(code: byte): void
@global::support::halt:
  load r0 r63
  halt

; These loops take most of the time of a machine that reads and writes files. Each goes in rounds of
; 16 words or octets and then in small steps. What a round costs is nearly what must be: without an
; offset in `load` and `store` a word that is read or written takes two instructions.

; copy(to: * byte, from: * byte, words: byte): void; ascending. 4.2 instructions a word.
@global::support::copy:
  load r1 r63                   ; words
  add r2 r63 r62
  load r3 r2                    ; from
  add r2 r2 r62
  load r4 r2                    ; to
  constant r5 16
  constant r6 @kernel$copy_round
  constant r7 @kernel$copy_rest
  constant r8 @kernel$copy_one
  lt r9 r1 r5
  jnz r9 r7
@kernel$copy_round:
  repeat n 10 25
    load r{n} r3
    add r3 r3 r62
  end
  repeat n 10 25
    store r4 r{n}
    add r4 r4 r62
  end
  sub r1 r1 r5
  lt r9 r1 r5
  jz r9 r6
@kernel$copy_rest:
  jz r1 r0
@kernel$copy_one:
  load r10 r3
  add r3 r3 r62
  store r4 r10
  add r4 r4 r62
  sub r1 r1 r62
  jnz r1 r8
  jmp r0

; fill(to: * byte, value: byte, words: byte): void. 2.2 instructions a word.
@global::support::fill:
  load r1 r63                   ; words
  add r2 r63 r62
  load r3 r2                    ; value
  add r2 r2 r62
  load r4 r2                    ; to
  constant r5 16
  constant r6 @kernel$fill_round
  constant r7 @kernel$fill_rest
  constant r8 @kernel$fill_one
  lt r9 r1 r5
  jnz r9 r7
@kernel$fill_round:
  repeat n 1 16
    store r4 r3
    add r4 r4 r62
  end
  sub r1 r1 r5
  lt r9 r1 r5
  jz r9 r6
@kernel$fill_rest:
  jz r1 r0
@kernel$fill_one:
  store r4 r3
  add r4 r4 r62
  sub r1 r1 r62
  jnz r1 r8
  jmp r0

; hash(seed: byte, word: * byte, most: byte): byte. 7 instructions a word.
@global::support::hash:
  load r1 r63                   ; most
  add r2 r63 r62
  load r3 r2                    ; word
  add r2 r2 r62
  mov r9 r0
  load r0 r2                    ; seed
  constant r4 31
  constant r5 @kernel$hash_word
  jz r1 r9
@kernel$hash_word:
  load r6 r3
  jz r6 r9
  mul r0 r0 r4
  add r0 r0 r6
  add r3 r3 r62
  sub r1 r1 r62
  jnz r1 r5
  jmp r9

; unpack(to: * byte, from: * byte, first: byte, octets: byte): void
; Octets `first` ... of packed words become one word each. 4.2 instructions an octet.
@global::support::unpack:
  load r1 r63                   ; octets
  add r2 r63 r62
  load r3 r2                    ; first
  add r2 r2 r62
  load r4 r2                    ; from
  add r2 r2 r62
  load r5 r2                    ; to
  jz r1 r0
  constant r6 2
  shr r7 r3 r6
  add r4 r4 r7                  ; the word that holds the first octet
  constant r8 3
  and r3 r3 r8                  ; octet within it
  constant r9 8
  constant r10 0xff
  constant r14 16
  constant r8 24
  constant r12 @kernel$unpack_round
  constant r13 @kernel$unpack_octet
  constant r16 @kernel$unpack_rest
  constant r6 4
  constant r18 @kernel$unpack_rounds
  jz r3 r18
  sub r15 r6 r3                 ; octets left in this word
  load r11 r4
  add r4 r4 r62
  mul r7 r3 r9
  shr r11 r11 r7
  jmp r13
@kernel$unpack_rounds:
  lt r7 r1 r14
  jnz r7 r16
@kernel$unpack_round:
  repeat n 19 22
    load r{n} r4
    add r4 r4 r62
  end
  repeat n 19 22
    and r7 r{n} r10
    store r5 r7
    add r5 r5 r62
    shr r7 r{n} r9
    and r7 r7 r10
    store r5 r7
    add r5 r5 r62
    shr r7 r{n} r14
    and r7 r7 r10
    store r5 r7
    add r5 r5 r62
    shr r7 r{n} r8
    store r5 r7
    add r5 r5 r62
  end
  sub r1 r1 r14
  lt r7 r1 r14
  jz r7 r12
@kernel$unpack_rest:                  ; up to 15 octets, from a whole word on
  jz r1 r0
  load r11 r4
  add r4 r4 r62
  mov r15 r6
@kernel$unpack_octet:
  and r7 r11 r10
  store r5 r7
  shr r11 r11 r9
  add r5 r5 r62
  sub r1 r1 r62
  jz r1 r0
  sub r15 r15 r62
  jnz r15 r13
  jmp r18

; pack(to: * byte, first: byte, from: * byte, octets: byte): void
; One octet a word becomes octets `first` ... of packed words; what surrounds them stays. Of a word
; counts its lowest octet. 4.9 instructions an octet.
@global::support::pack:
  load r1 r63                   ; octets
  add r2 r63 r62
  load r4 r2                    ; from
  add r2 r2 r62
  load r3 r2                    ; first
  add r2 r2 r62
  load r5 r2                    ; to
  constant r6 2
  shr r7 r3 r6
  add r5 r5 r7
  constant r8 3
  and r3 r3 r8
  constant r9 8
  constant r10 0xff
  constant r14 16
  constant r8 24
  constant r17 32
  constant r12 @kernel$pack_round
  constant r13 @kernel$pack_octet
  constant r16 @kernel$pack_rest
  constant r21 @kernel$pack_rounds
  mul r15 r3 r9                 ; shift of the octet
  jnz r15 r16
@kernel$pack_rounds:
  lt r7 r1 r14
  jnz r7 r16
@kernel$pack_round:
  repeat n 1 4
    load r11 r4
    add r4 r4 r62
    load r18 r4
    add r4 r4 r62
    load r19 r4
    add r4 r4 r62
    load r20 r4
    add r4 r4 r62
    and r11 r11 r10
    and r18 r18 r10
    and r19 r19 r10
    shl r18 r18 r9
    shl r19 r19 r14
    shl r20 r20 r8
    or r11 r11 r18
    or r19 r19 r20
    or r11 r11 r19
    store r5 r11
    add r5 r5 r62
  end
  sub r1 r1 r14
  lt r7 r1 r14
  jz r7 r12
@kernel$pack_rest:
  jz r1 r0
@kernel$pack_octet:
  load r7 r4
  and r7 r7 r10
  shl r7 r7 r15
  shl r11 r10 r15
  not r11 r11
  load r18 r5
  and r18 r18 r11
  or r18 r18 r7
  store r5 r18
  add r4 r4 r62
  sub r1 r1 r62
  jz r1 r0
  add r15 r15 r9
  neq r7 r15 r17
  jnz r7 r13
  constant r15 0
  add r5 r5 r62
  jmp r21
