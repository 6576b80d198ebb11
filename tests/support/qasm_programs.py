"""Random QASM: programs that are right, and programs with damage."""

import random

from isa import ISA

__all__ = ["qasm_program"]

NAMES = ["x", "loop", "again", "a::b", "a::c", "_entry", "data_1", "count$", "`any <text>`", "`ü`"]
SIZES = ["WORDS", "LIMIT", "os::exit", "machine::SYSCALL", "FIRST", "LAST"]
NUMBERS = ["0", "1", "-1", "0x7fFF", "0b101", "4294967295", "-2147483648", "007", "0xffffffff"]
FLOATS = ["1.5f", "-0.1f", "3e38f", "1e39f", "1e-45f", "16777217.0f", "Inf", "-Inf", "NaN",
          "0.3333333333333333333333333333333333333f", "1.17549435082e-38f", "7.006492321625e-46f"]
STRINGS = ["''", "'text'", r"'it\'s\n'", r"'back\\slash'", "'日本 ü'", "'; no comment'"]
WRONG = ["ad r1 r2", "add r1, r2 r3", "constant r1 1.5", "constant r64 1", "jmp @x", "'open",
         "data x", "mov R1 r2", "data @x 'a\\q'", "word 1.5f", "define r1 2", "end", "@",
         "0x", "lod r1 r2", "constant r1 LIMTI", "constant r2 @lopp", "repeat n 3 1",
         "movr1 r2", "halt 0X1", "$", "é", "ret", "constant r1, 5", "jmp loop", "mov sp 5", "loop:"]
SPACES = [" ", "  ", "\t", " \t "]
LETTERS = "abr019@:;'`-{}. \tx_$,é"


def qasm_program(chance: random.Random, lines: int = 40, damage: int = 0) -> str:
    """A program of about so many lines; `damage` of them are wrong, or have a character changed."""
    made = [f"define {name} {chance.choice(NUMBERS[:5])}" for name in SIZES[:4]]
    made += ["define FIRST 2", "define LAST 5"]
    names = chance.sample(NAMES, 6)
    made += [f"@{name}:" for name in names[:3]]
    made += [f"data @{name} {_operand(chance, names)}" for name in names[3:]]
    while len(made) < lines:
        made.append(_line(chance, names))
    chance.shuffle(made)
    for _ in range(chance.randrange(2)):
        at = chance.randrange(len(made))
        made[at:at] = ["repeat n FIRST LAST", "  add r{n} r1 r{n}", "  word {n} LIMIT", "end"]
    for _ in range(damage):
        at = chance.randrange(len(made))
        made[at] = chance.choice(WRONG) if chance.random() < 0.6 else _damaged(chance, made[at])
    ends = ["", "", "", "\r", " ; comment", ";! annotation", " "]
    return "".join(f"{chance.choice(['', '  ', chr(9)])}{line}{chance.choice(ends)}\n"
                   for line in made)


def _line(chance: random.Random, names: list[str]) -> str:
    insn = chance.choice(ISA)
    if insn.mnemonic == "constant" or chance.random() < 0.2:
        values = [chance.choice(NUMBERS), chance.choice(FLOATS), chance.choice(SIZES),
                  f"@{chance.choice(names)}"]
        words = ["constant", f"r{chance.randrange(64)}", chance.choice(values)]
    elif chance.random() < 0.1:
        words = ["word", *chance.choices(NUMBERS, k=chance.randint(1, 3))]
    else:
        words = [insn.mnemonic]
        for operand in insn.operands:
            registers = [f"r{chance.randrange(64)}", "r0", "r63"]
            words.append(chance.choice(registers + ["ip"] * (operand != "d")))
    return chance.choice(SPACES).join(words)


def _operand(chance: random.Random, names: list[str]) -> str:
    numbers = " ".join(chance.choices([*NUMBERS, *SIZES], k=chance.randint(1, 9)))
    return chance.choice([numbers, chance.choice(STRINGS), f"@{chance.choice(names)}"])


def _damaged(chance: random.Random, line: str) -> str:
    at, new = chance.randrange(len(line) + 1), chance.choice(LETTERS) * chance.randrange(3)
    return line[:at] + new + line[at + chance.randrange(3):]
