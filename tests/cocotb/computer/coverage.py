"""Functional coverage: what the benches made the computer do, out of the trace and the drivers.

Each point lists what a regression should meet; cocotb-coverage counts how often it did, and
`python -m tests.cocotb` merges the counts of all runs into one report.
"""

import numpy as np
from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_db

from isa import BY_MNEMONIC, ISA
from isa.machine import FRAME_REGISTERS, Interrupt, Reason
from isa.trace import Kind, Word, Wrote
from tests.cocotb.computer.settings import settings

__all__ = ["Coverage"]

MNEMONIC = {insn.opcode: insn.mnemonic for insn in ISA}
# The kernel is compiled without floats; `halt` and `wait` are privileged. An interrupt that ends a
# `wait` comes before it, so that one in the idle process never retires.
FLOATS    = [insn.mnemonic for insn in ISA if 25 <= insn.opcode <= 34]
KERNELS   = [insn.mnemonic for insn in ISA if insn.mnemonic not in (*FLOATS, "wait")]
PROCESSES = [insn.mnemonic for insn in ISA if insn.mnemonic not in ("halt", "wait")]
INT       = BY_MNEMONIC["int"].opcode
MODES     = ["process", "kernel"]
# The two walkers have states of their own, and so points.
WALKER    = f"quince.walker.{settings()['page_table']}"
SOURCES   = {Interrupt.TIMER: "timer", Interrupt.SERIAL: "serial",
             Interrupt.DEBUG_BREAK: "debug break"}


CALLS     = settings()["calls"]
LAST_CALL = max(int(number) for number in settings()["call_names"])
NEVER_FAIL = ("exit", "yield", "key_state", "key_held", "clock", "own_pid", "sleep", "sync",
              "display_close", "console_mode")
DISK      = [f"{verb}, {outcome}, {when}" for verb in ("READ", "WRITE", "FLUSH")
             for outcome in ("done", "failed") for when in ("at once", "late")]


@CoverPoint("quince.instructions.process", xf=lambda name: name, bins=PROCESSES)
def _process_ran(name):
    pass


@CoverPoint("quince.instructions.kernel", xf=lambda name: name, bins=KERNELS)
def _kernel_ran(name):
    pass


@CoverPoint("quince.faults", xf=lambda name: name,
            bins=[reason.name for reason in Reason])
def _faulted(name):
    pass


@CoverPoint("quince.interrupt.source", xf=lambda source, mode: source, bins=[*SOURCES.values()])
@CoverPoint("quince.interrupt.mode", xf=lambda source, mode: mode, bins=MODES)
@CoverCross("quince.interrupts", items=["quince.interrupt.source", "quince.interrupt.mode"])
def _interrupted(source, mode):
    pass


@CoverPoint("quince.calls", xf=lambda name: name, bins=CALLS)
def _called(name):
    pass


@CoverPoint("quince.failed_calls", xf=lambda name: name,
            bins=[name for name in CALLS if name not in NEVER_FAIL])
def _failed(name):
    pass


@CoverPoint(f"{WALKER}.interrupted", xf=lambda state: state, bins=settings()["walker_states"])
def _walked(state):
    pass


@CoverPoint(f"{WALKER}.abandoned", xf=lambda state: state,
            bins=[state for state in settings()["walker_states"] if state != "IDLE"])
def _abandoned(state):
    pass


@CoverPoint("quince.disk", xf=lambda text: text, bins=DISK)
def _moved(text):
    pass


@CoverPoint("quince.keys", xf=lambda text: text,
            bins=[f"word {word}, {way}" for word in range(5) for way in ("down", "up")])
def _pressed(text):
    pass


class Coverage:
    """Samples for one computer; what was counted before is counted no more than once a look."""

    def __init__(self, computer):
        self.computer = computer
        self._called = None  # the call under way; "" before its number is known

    def sample(self, records, modes):
        """Look at trace records, and of each whether a process ran."""
        kinds, codes = records[:, Word.KIND], records[:, Word.CODE]
        is_insn, opcodes = kinds == Kind.INSN, records[:, Word.INSN] >> 24
        for function, mode in ((_process_ran, modes), (_kernel_ran, ~modes)):
            for opcode in np.unique(opcodes[is_insn & mode]).tolist():
                function(MNEMONIC[opcode])
        for reason in np.unique(codes[(kinds == Kind.FAULT) & modes]).tolist():
            _faulted(Reason(reason).name)
        for at in np.flatnonzero(kinds == Kind.INTERRUPT).tolist():
            source = SOURCES.get(int(codes[at]))
            if source:
                _interrupted(source, MODES[not modes[at]])
        self._calls(records, modes, is_insn & (opcodes == INT) & modes)

    def _calls(self, records, modes, is_call):
        """The kernel loads the call's function from its table, and stores the result in the frame;
        it has a place of its own for `yield` where others can run."""
        symbols, names = self.computer.symbols, settings()["call_names"]
        wrote, address = records[:, Word.WROTE], records[:, Word.ADDRESS]
        numbers  = address - symbols["global::syscall::calls"]
        is_asked = (wrote & Wrote.LOADED != 0) & (numbers <= LAST_CALL) & ~modes
        is_told  = (wrote & Wrote.MEMORY != 0) & (address == FRAME_REGISTERS) & ~modes
        for _ in range(int(np.count_nonzero(records[:, Word.IP] == symbols["kernel$yield"]))):
            _called("yield")
        for at in np.flatnonzero(is_call | is_asked | is_told).tolist():
            data = int(records[at, Word.DATA])
            if is_call[at]:
                self._called = ""
            elif is_asked[at] and self._called == "":
                self._called = names.get(str(int(numbers[at])))
                if self._called:
                    _called(self._called)
            elif is_told[at] and self._called:
                if data == 0xFFFFFFFF:
                    _failed(self._called)
                self._called = None

    def walker(self, irqs, abandoned):
        """Interrupts came, and walks were abandoned, while the walker was in these states."""
        for state in irqs:
            _walked(state)
        for state in abandoned:
            _abandoned(state)

    def disk(self, operation, late_cycles):
        """The disk was asked for something, and how late it answered."""
        _moved(f"{operation.kind.name}, {'failed' if operation.failed else 'done'}, "
               f"{'late' if late_cycles else 'at once'}")

    def key(self, changes):
        """Keys changed."""
        for change in changes:
            _pressed(f"word {change.word}, {'down' if change.down else 'up'}")

    def write(self):
        """Write all counts of this process so far to the file for them."""
        coverage_db.export_to_xml(settings()["coverage"])
