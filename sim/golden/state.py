"""What the golden model's loop keeps between two calls, and what its numbers mean.

Memory, registers and `cpu` are arrays of words; the words of `cpu` have their names here, and so
have the reasons why the loop comes back, its events and the rules of lockstep.
"""

from isa.machine import Interrupt, PageFlag, Reason
from isa.trace import Kind, Stop, Word, Wrote

# --- words of `cpu` -------------------------------------------------------------------------------

IP          = 0
CYCLES      = 1
SKIPPED     = 2   # cycles that were slept through or spent on a fault: not instructions
DEADLINE    = 3   # leave with BUDGET when `CYCLES` gets here
TRANSLATING = 4   # between a return from interrupt and the next interrupt
BASE        = 5   # of the page table
IN_FAULT    = 6   # between taking a fault and the return from its handler
PENDING     = 7   # a bit for each interrupt number
PERIOD      = 8   # of the timer, cycles; 0 while stopped
TIMER_DUE   = 9   # cycle of its next interrupt
TICK_DUE    = 10  # cycle of the clock's next millisecond
STOPPED     = 11  # `Stop` + 1, 0 while running
REASON      = 12  # of the last fault
CAUSE       = 13  # ip of the last fault or `halt`
AT          = 14  # position in the trace
IO_ADDRESS  = 15  # of the store that made it leave with IO
IO_VALUE    = 16
# Set once: what kind of machine.
RAM_WORDS   = 17
CYCLES_MS   = 18
CLOCK       = 19  # address of its word; 0 without a clock
TWO_LEVEL   = 20
CLOCK_ID    = 21
SOURCES     = 22  # a bit for each interrupt number that a fitted peripheral uses
TICKS       = 23  # milliseconds that the clock counted
FINDS_SEEN  = 24  # FOLLOW: `FINDS` at the record before
FIELD       = 25  # FOLLOW: the first field that differs (`Word`), or a rule from RULE_MASKED on
SEEN        = 26  # FOLLOW: 12 words, the record as the model would have made it
CAUSE_INSN  = 38  # words of the instruction at `CAUSE`, 0 where they were not fetched
CAUSE_IMM   = 39
# FOLLOW: is the timer's interrupt neither early nor late?
TIME        = 40  # cycle of the other machine
TIMER_SET   = 41  # cycle of the last store to the timer
TIMER_CARRY = 42  # 1 if an interrupt may have been pending at that store
TIMER_TAKEN = 43  # interrupts accepted since
CHANGES     = 44  # of what is masked: entries, returns, stores to `ENABLED`
TICK_TIME   = 45  # these three as they were when the clock last ticked
TICK_CHANGES = 46
TICK_WAITS  = 47
RECENT      = 48  # ranges found lately: for READ, WRITE, EXECUTE `WAYS` each of low, high, delta
FINDS       = 84  # how often a range was looked for in a page table
DROPS       = 85  # set once: a peripheral's interrupt that comes while masked is lost
TIMER_GONE  = 86  # FOLLOW: as TIMER_TAKEN, with those that may have been lost
WAS_MASKED  = 87  # FOLLOW: at the record before
CPU_WORDS   = 88

WAYS        = 4
RANGE_WORDS = 3   # low, high, delta
KINDS       = 3   # of accesses: READ, WRITE, EXECUTE

TIMER_SLACK  = 16      # cycles between a store's record and its effect, at most
LATE_CYCLES  = 20_000  # an interrupt that is not masked is accepted by then

# --- why the loop came back -----------------------------------------------------------------------

BUDGET   = 1  # the deadline
IO       = 2  # a store to an IO word that a host stands behind
ASLEEP   = 3  # `wait`, and nothing in here will end it
STOP     = 4  # the machine stopped
END      = 5  # RECORD: the trace is full; FOLLOW: it is used up
DEVICE   = 6  # FOLLOW: a DEVICE record that a peripheral has to perform
DIVERGED = 7  # FOLLOW: the two machines disagree

HALTED, NO_HANDLER, DOUBLE_FAULT = (int(stop) + 1 for stop in Stop)  # as `STOPPED` has them

# --- rules of lockstep, reported in FIELD besides the fields themselves ---------------------------

RULE_MASKED  = 32  # an interrupt was accepted while masked
RULE_SOURCE  = 33  # an interrupt that no fitted peripheral has
RULE_STOPPED = 34  # a record after the machine had stopped
RULE_RUNNING = 35  # a STOP record, though nothing stopped the machine
RULE_CLOCK   = 36  # the clock went to something else than the next millisecond
RULE_EARLY   = 37  # a timer interrupt before its time
RULE_LATE    = 38  # a timer interrupt that is pending and not masked is not accepted
RULE_ASLEEP  = 39  # a `wait` retired

# --- what a store to a word below RESERVED_LIMIT does ---------------------------------------------

PLAIN, FIXED, HOST, TIMER, MMU = range(5)

# --- events at the end of an instruction: fault reasons, or one of these --------------------------

INVALID_INSTRUCTION       = int(Reason.INVALID_INSTRUCTION)
UNIMPLEMENTED_INSTRUCTION = int(Reason.UNIMPLEMENTED_INSTRUCTION)
MEMORY_FAULT              = int(Reason.MEMORY_FAULT)
OUT_OF_BOUNDS             = int(Reason.OUT_OF_BOUNDS)
INVALID_INTERRUPT         = int(Reason.INVALID_INTERRUPT)
REMAP   = 16  # translation may have changed
TO_HOST = 17  # back to the caller, for a store to an IO word
SLEEP   = 18
RECHECK = 19  # interrupts may have become unmasked, or the machine has stopped

# --- decoding -------------------------------------------------------------------------------------

# What a register field is used for, by opcode: bits of `uses`.
USES_D_WRITTEN, USES_D_READ, USES_S0, USES_S1 = 1, 2, 4, 8

OPCODES  = 256
NO_OP    = 255      # instead of the opcode of what faults before it is executed
FAULT_AT = 32       # in `checks`: above the bits to look at, the fault of each such instruction
FIELD_MASK = 0xFF
OPCODE_AT, D_AT, S0_AT = 24, 16, 8  # where the fields of an instruction begin

# --- trace records: the words of one, kinds, and what an instruction wrote ------------------------

W_KIND, W_IP, W_INSN, W_IMM      = (int(word) for word in list(Word)[:4])
W_WROTE, W_D, W_VALUE, W_ADDRESS = (int(word) for word in list(Word)[4:8])
W_DATA, W_CODE, W_ARG, W_CYCLE   = (int(word) for word in list(Word)[8:])
INSN, FAULTED, INTERRUPTED, EVENT, STOPS = (int(kind) for kind in Kind)
A_REGISTER, MEMORY = int(Wrote.REGISTER), int(Wrote.MEMORY)
LOADED             = int(Wrote.LOADED)
ACCESSED           = MEMORY | LOADED

# --- variants -------------------------------------------------------------------------------------

RUN, RECORD, FOLLOW = range(3)

READ, WRITE, EXECUTE = int(PageFlag.READ), int(PageFlag.WRITE), int(PageFlag.EXECUTE)
PRESENT              = int(PageFlag.PRESENT)
TICK                 = int(Interrupt.TIMER)
