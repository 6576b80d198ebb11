"""What the host says when the kernel ends a process for a fault, or finds itself broken.

The kernel tells its debugger before it does anything about it (`peripherals::show_debugger`): then
the interrupt table still has the registers of what was interrupted, and the process its memory.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.heap import heap_note
from sim.host.hosts import Debugger
from sim.machine import Machine, Registers
from sim.sentences import describe_trap, frame_lines

if TYPE_CHECKING:  # what most runs need not load
    from sim.process_list import ListedProcess
    from sim.symbols import Symbols

__all__ = ["Witness", "trouble_of"]

FAULT_HANDLER = "global::process::_fault"
ON_THE_WAY = ("global::kernel::panic", "global::peripherals::show_debugger")


class Witness(Debugger):
    """A debugger that lets the machine go on at once, and tells what it saw.

    Parameters
    ----------
    symbols : callable
        Gives the symbols of kernel and processes, when they are wanted for the first time.
    tell : callable
        Hears the lines, as one text.

    Members
    -------
    machine : Machine or None
        What is looked at; to be set before it runs.
    """

    def __init__(self, symbols: "Callable[[], Symbols]", tell: Callable[[str], None]):
        super().__init__()
        self._make_symbols = symbols
        self._tell = tell
        self._symbols: "Symbols | None" = None
        self.machine: Machine | None = None

    def stopped(self) -> bool:
        if self.machine is not None:
            self._symbols = self._symbols or self._make_symbols()
            lines = trouble_of(self.machine, self._symbols)
            if lines:
                self._tell("\n".join(lines))
        return super().stopped()


def trouble_of(machine: Machine, symbols: "Symbols") -> list[str]:
    """Why the kernel asks for its debugger, with the functions that were called; nothing if it is
    none of its own reasons."""
    read = symbols.reader(0, machine.memory)
    broken, process = symbols.listed.broken(read), symbols.listed.current(read)
    if broken:
        return _panic(broken, process, machine, symbols)
    if process is None or not process.why:
        return []
    places = symbols.places(process.fault, process.space, machine.memory)
    known = symbols.process(process.space, machine.memory)
    unknown = "" if places or known is None or not known.why else f"; {known.why}"
    heap = heap_note(symbols, process.space, machine.memory)
    return [f"process {process.pid} ({process.name}): "
            f"{describe_trap(process.why, process.fault, places)}{unknown}",
            *([heap] if heap else []),
            *_interrupted(process, process.fault, machine, symbols)]


def _panic(why: str, process: "ListedProcess | None", machine: Machine,
           symbols: "Symbols") -> list[str]:
    chain = frame_lines(symbols.backtrace(machine.registers(), 0, machine.memory), ON_THE_WAY)
    if any(FAULT_HANDLER in line for line in chain):  # of what faulted the stack is overwritten
        places = symbols.places(machine.fault_ip, 0, machine.memory)
        lines = [f"kernel panic: {describe_trap(why, machine.fault_ip, places)}"]
    else:
        lines = [f"kernel panic: {why}", *chain]
    if process is not None and process.space:
        inside = _interrupted(process, machine.interrupt_frame().ip, machine, symbols)
        lines += [f"for process {process.pid} ({process.name})" + (":" if inside else ""), *inside]
    return lines


def _interrupted(process: "ListedProcess", ip: int, machine: Machine,
                 symbols: "Symbols") -> list[str]:
    """The functions that a process had called, as the kernel interrupted it."""
    registers = Registers(machine.interrupt_frame().registers, ip)
    return frame_lines(symbols.backtrace(registers, process.space, machine.memory))
