"""From assignments under conditions to multiplexers.

Amaranth lists what is assigned to a signal in the order of the program, each assignment with the
bit that says whether it happens. These bits come from its `If` and `Switch` statements, one inside
another; here they become statements again, and these become multiplexers, one behind another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sim.engine.netlist import Word, const, join, width_of
from sim.engine.simplify import operation

__all__ = ["Body", "Switch", "either", "one_of", "statement", "value_after"]


@dataclass(eq=False)
class Switch:
    """Of several cases, at most one happens.

    Parameters
    ----------
    source : int
        Which one of the design's statements this is.
    cases : dict of int to Body
        By their numbers; the others change nothing.
    """
    source: int
    cases:  dict[int, "Body"] = field(default_factory=dict)


Body   = list[Word | Switch]  # one after another; a word is assigned
Choose = Callable[[int], tuple[Sequence[Word], bool]]
# By a statement's source: the bits that choose its cases, of which the first that is 1 decides, and
# whether at most one of them is.


def statement(body: Body, path: Sequence[tuple[int, int]], word: Word) -> None:
    """Put an assignment behind what there is, into the cases of the statements on its path."""
    for source, case in path:
        last = body[-1] if body else None
        if not isinstance(last, Switch) or last.source != source:
            last = Switch(source)
            body.append(last)
        body = last.cases.setdefault(case, [])
    body[:] = [word]  # what was assigned before is lost


def value_after(body: Body, before: Word, choose: Choose) -> Word:
    """What a signal is behind these statements that was `before` in front of them."""
    value = before
    for item in body:
        if isinstance(item, Switch):
            bits, is_one_hot = choose(item.source)
            values = [value_after(item.cases[n], value, choose) if n in item.cases else value
                      for n in range(len(bits))]
            value = (selected if is_one_hot else first_of)(bits, values, value)
        else:
            value = item
    return value


def first_of(bits: Sequence[Word], values: Sequence[Word], otherwise: Word) -> Word:
    """The value of the first bit that is 1."""
    for bit, value in zip(reversed(bits), reversed(values), strict=True):
        otherwise = either(bit, otherwise, value)
    return otherwise


def selected(bits: Sequence[Word], values: Sequence[Word], otherwise: Word) -> Word:
    """The value of the bit that is 1; at most one is, but for a last one that is always."""
    if bits and bits[-1] == const(1, 1):
        bits, values, otherwise = bits[:-1], values[:-1], values[-1]
    by_value: dict[Word, list[Word]] = {}
    for bit, value in zip(bits, values, strict=True):
        if value != otherwise and bit != const(0, 1):
            by_value.setdefault(value, []).append(bit)
    if len(by_value) < 2:
        for value, found in by_value.items():
            otherwise = either(one_of(found), otherwise, value)
        return otherwise
    selects = join(part for found in by_value.values() for part in one_of(found))
    return operation("pmux", width_of(otherwise), (otherwise, selects, *by_value))


def one_of(bits: Sequence[Word]) -> Word:
    """Whether one of these bits is 1."""
    if const(1, 1) in bits:
        return const(1, 1)
    bits = [bit for bit in bits if bit != const(0, 1)]
    if len(bits) < 2:
        return bits[0] if bits else const(0, 1)
    return operation("reduce_or", 1, (join(part for bit in bits for part in bit),))


def either(bit: Word, low: Word, high: Word) -> Word:
    """`high` if the bit is 1, else `low`."""
    return operation("mux", width_of(low), (bit, low, high))
