"""Changes of QASM sources, made line by line."""

import re
from collections.abc import Iterator

from campaign.mutants.change import Mutant, source
from isa import BY_MNEMONIC

__all__ = ["qasm_mutants"]

OTHERS = {"jz": "jnz", "jnz": "jz", "add": "sub", "sub": "add", "and": "or", "or": "and",
          "eq": "neq", "neq": "eq", "lt": "gt", "gt": "lt", "shl": "shr", "shr": "shl",
          "mul": "add", "load": "mov"}
ORDERED = ("sub", "lt", "gt", "shl", "shr", "div", "mod", "load", "store", "mov")
LINE = re.compile(r"^[ \t]+(?P<name>[a-z]+)(?P<operands>(?:[ \t]+[^\s;]+)*)", re.MULTILINE)


def qasm_mutants(path: str) -> Iterator[Mutant]:
    """All changes of a file's instructions; of those in a `repeat`, in each of its rounds."""
    for line in LINE.finditer(source(path)):
        name = line["name"]
        if name in BY_MNEMONIC:
            yield Mutant(path, "dropped instruction", line.start("name"), line.end(), "")
        if name in OTHERS:
            yield Mutant(path, "another instruction", *line.span("name"), OTHERS[name])
        operands = [(operand.start() + line.start("operands"), operand[0])
                    for operand in re.finditer(r"\S+", line["operands"])]
        if name in ORDERED:
            (at, one), (behind, other) = operands[-2:]
            if one != other:
                between = source(path)[at + len(one):behind]
                yield Mutant(path, "swapped operands", at, behind + len(other),
                             f"{other}{between}{one}")
        for at, text in operands:
            if text.isdecimal() and (name in BY_MNEMONIC or name == "repeat"):
                yield Mutant(path, "off by one", at, at + len(text), str(int(text) + 1))
