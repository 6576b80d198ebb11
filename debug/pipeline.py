"""The hardware's inside: what each stage of the pipeline holds and why it waits, and the TLBs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from debug.error import DebugError
from debug.look import Look
from isa.machine import Reason
from isa.trace import Kind
from toolchain.qasm import disassemble_word

__all__ = ["Region", "Stage", "regions", "stages"]

DECODED  = "core.decode.o__payload"   # between decode and execute
EXECUTED = "core.execute.o__payload"  # between execute and retire


@dataclass(frozen=True)
class Stage:
    """A stage: the address of what it holds (None for none), the instruction, why it waits, and the
    cause of that as profiles name it (`sim.profile.report.CAUSES`), "" for none."""
    name:  str
    ip:    int | None = None
    holds: str        = ""
    waits: str        = ""
    cause: str        = ""


@dataclass(frozen=True)
class Region:
    """An entry of a TLB."""
    name:     str
    first:    int
    last:     int
    physical: int
    flags:    str


def stages(look: Look) -> Iterator[Stage]:
    """From fetch to retire, as they are at the beginning of the next cycle."""
    if look.simulation is None:
        raise DebugError("the golden model has no pipeline: it runs one instruction at a time")

    def signal(path: str) -> int:
        return look.signal(path) if look.knows(path) else 0

    groups = signal("core.queue.count") - signal("core.queue.pops")
    first = 1 if signal("core.queue.pops") else 0
    yield _stage("fetch", None, f"{groups} groups of words wait for decode" if groups > 0 else "",
                 "" if groups > 0 else _fetch_waits(signal))
    if groups > 0:
        ip = signal(f"core.queue.group{first}.ip") + signal("core.queue.offset")
        word = signal(f"core.queue.group{first}.words") >> 32 * signal("core.queue.offset") \
            & 0xFFFFFFFF
        following = look.word(look.space, ip + 1) or 0
        yield _stage("decode", ip, disassemble_word(word, following), _decode_waits(look, word))
    else:
        yield Stage("decode")
    if signal("core.decode.o__valid"):
        word = signal(f"{DECODED}.word")
        imm = signal(f"{DECODED}.b") if signal(f"{DECODED}.control.is_constant") else 0
        yield _stage("execute", signal("core.execute.ip"), disassemble_word(word, imm),
                     _execute_waits(signal))
    else:
        yield Stage("execute")
    if signal("core.execute.o__valid"):
        kind = signal(f"{EXECUTED}.kind")
        text = Kind(kind).name.lower() if kind != Kind.INSN else disassemble_word(
            signal(f"{EXECUTED}.word"), signal(f"{EXECUTED}.value"))
        waits = "for its word from memory" if signal(f"{EXECUTED}.late") == 1 else ""
        yield _stage("retire", signal(f"{EXECUTED}.ip"), text, waits)
    else:
        yield Stage("retire")


# Why a stage waits, and the cause that the cycle is put down to in profiles.
CAUSE_OF = {
    "for words from memory":             "FETCH",
    "for its word from memory":          "MEMORY",
    "for an interrupt":                  "ASLEEP",
    "for the trap that it takes":        "TRAP",
    "will trap":                         "TRAP",
    "for the divider":                   "DIVIDER",
    "for the floating-point divider":    "FLOAT",
    "for memory or a device":            "MEMORY",
    "for the page table walker":         "DATA_TLB",
    "for the page table walker (fetch)": "INSN_TLB",
}


def _stage(name: str, ip: int | None, holds: str, waits: str) -> Stage:
    """A stage with the cause of what it waits for."""
    cause = CAUSE_OF.get(waits, "")
    if waits.startswith("will fault"):
        cause = "TRAP"
    elif waits.startswith("for r"):
        cause = "LOAD_USE" if waits.endswith("execute brings") else "RESULT_USE"
    return Stage(name, ip, holds, waits, cause)


def _fetch_waits(signal: Callable[[str], int]) -> str:
    if signal("mmu.fsm_state") and not signal("mmu.is_data"):
        return "for the page table walker (fetch)"
    if signal("core.execute.o__valid") == 0 and signal("core.decode.o__valid") == 0:
        return "for words from memory"
    return ""


def _decode_waits(look: Look, word: int) -> str:
    """Whether an operand is still on its way."""
    if look.signal("core.execute.o__valid") and look.signal(f"{EXECUTED}.late"):
        target = look.signal(f"{EXECUTED}.d")
        if look.signal(f"{EXECUTED}.writes_d") and target in (word >> 8 & 0xFF, word & 0xFF):
            return f"for r{target}, which a load or multiplication in retire brings"
    if look.signal("core.decode.o__valid") and look.signal(f"{DECODED}.control.is_load"):
        target = look.signal(f"{DECODED}.d")
        if target in (word >> 8 & 0xFF, word & 0xFF):
            return f"for r{target}, which the load in execute brings"
    return ""


def _execute_waits(signal: Callable[[str], int]) -> str:
    """Why what is in execute may not leave it in the next cycle."""
    control = f"{DECODED}.control"
    reason = signal(f"{DECODED}.reason")
    if reason:
        return f"will fault: {Reason(reason).name}"
    if signal(f"{control}.is_wait"):
        return "for an interrupt"
    if signal("core.traps.fsm_state"):
        return "for the trap that it takes"
    if signal(f"{control}.is_int") or signal(f"{control}.is_halt"):
        return "will trap"
    if signal("core.execute.units.divide.fsm_state"):
        return "for the divider"
    if signal("core.execute.units.float.divider.fsm_state"):
        return "for the floating-point divider"
    if signal("core.execute.load_store.fsm_state"):
        return "for memory or a device"
    if signal("mmu.fsm_state") and signal("mmu.is_data"):
        return "for the page table walker"
    return ""


def regions(look: Look) -> Iterator[Region]:
    """The entries of both TLBs that are in use."""
    if look.simulation is None:
        raise DebugError("the golden model has no TLBs")
    for tlb in ("insn_tlb", "data_tlb"):
        number = 0
        while look.knows((entry := f"mmu.{tlb}.region{number}") + ".first"):
            if look.signal(f"mmu.{tlb}.valid") >> number & 1:
                first, last, offset = (look.signal(f"{entry}.{part}")
                                       for part in ("first", "last", "offset"))
                flags = "".join(
                    letter if look.signal(f"{entry}.{name}") else "-"
                    for letter, name in (("r", "read"), ("w", "write"), ("x", "execute")))
                yield Region(f"{tlb} {number}", first, last, first + offset & 0xFFFFFFFF, flags)
            number += 1
