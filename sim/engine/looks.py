"""When the loop looks at an output: what nobody looks at is not computed.

The words of a record are wanted in a cycle that has one. While nobody asks for records, the loop
keeps only those that can be the cause of a stop, and is not interested in what most instructions
wrote and read.
"""

from collections import defaultdict
from functools import reduce

from isa import BY_MNEMONIC
from isa.trace import Kind
from isa.trace import Word as RecordWord
from sim.engine.design import Design, Slot
from sim.engine.netlist import Netlist, Node, Word, const, cut, width_of
from sim.engine.simplify import operation

__all__ = ["COUNTING", "RECORDING", "guards_of", "looked_at"]

COUNTING  = "counting"   # an input that designs with a `Tally` get: somebody looks at it
RECORDING = "recording"  # an input that designs with slots get: somebody wants all records

ALWAYS = (RecordWord.KIND, RecordWord.INSN)  # tell whether the others are wanted


def looked_at(design: Design) -> set[str]:
    """Outputs that the loop looks at; others are not computed."""
    ports = {f"{stream.name}__{part}" for stream in design.streams
             for part in ("valid", "ready", "payload")}
    ports |= {*design.retired, design.stopped, design.asleep}
    for slot in design.slots:
        ports |= {slot.valid, *(word for word in slot.words.values() if isinstance(word, str))}
    if design.tally:
        ports |= {design.tally.address, design.tally.spent, design.tally.flow}
    return ports


def guards_of(design: Design, netlist: Netlist) -> dict[str, Word]:
    """Of the outputs that are not looked at in each cycle, the bit that says when; the inputs that
    the loop says it with become the netlist's."""
    guards: dict[str, Word] = {}
    if design.tally:
        guards |= dict.fromkeys((design.tally.spent, design.tally.flow),
                                _new_input(netlist, COUNTING))
    if design.slots:
        recording = _new_input(netlist, RECORDING)
        wanted: dict[str, list[Word]] = defaultdict(list)
        for slot in design.slots:
            _want(slot, netlist, recording, wanted)
        guards |= {name: reduce(_either, words) for name, words in wanted.items()}
    always = {*design.retired, design.stopped, design.asleep, *design.probes,
              *(slot.valid for slot in design.slots if slot.is_kept)}
    return {name: word for name, word in guards.items() if name not in always}


def _want(slot: Slot, netlist: Netlist, recording: Word, wanted: dict[str, list[Word]]) -> None:
    """Say when the ports of a slot are looked at."""
    valid = netlist.outputs[slot.valid]
    if not slot.is_kept:
        wanted[slot.valid].append(recording)
    told = _either(recording, _tells(slot, netlist)) if slot.is_kept else recording
    for word, name in slot.words.items():
        if isinstance(name, str):
            wanted[name].append(valid if slot.is_kept and word in ALWAYS else _both(valid, told))


def _tells(slot: Slot, netlist: Netlist) -> Word:
    """Whether a record is kept: it may be the cause of a stop, or is one."""
    kind, insn = (netlist.outputs[value] if isinstance(value, str) else const(value, 32)
                  for value in (slot.words.get(word, 0) for word in ALWAYS))
    is_other = _compared("ne", kind, Kind.INSN)
    return _either(is_other, _compared("eq", cut(insn, 24, 8), BY_MNEMONIC["halt"].opcode))


def _compared(kind: str, word: Word, value: int) -> Word:
    return operation(kind, 1, (word, const(value, width_of(word))))


def _either(left: Word, right: Word) -> Word:
    return operation("or", 1, (left, right))


def _both(left: Word, right: Word) -> Word:
    return operation("and", 1, (left, right))


def _new_input(netlist: Netlist, name: str) -> Word:
    word = netlist.inputs[name] = Node("input", 1, name=name).word
    return word
