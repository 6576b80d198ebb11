"""Atoms of random programs that operate peripherals."""

from collections.abc import Callable

from isa.config import MachineConfig
from isa.machine import DisplayControl, window_addresses
from sim.fuzz.dice import Dice
from sim.fuzz.program import Item, constant, store_word
from sim.fuzz.tables import SCRATCH
from sim.fuzz.values import encode

__all__ = ["draw", "use_device"]

BUSY_REGISTERS = tuple(range(8))


def until_done(at: int, busy: int, status: int, address: int) -> list[Item]:
    """Load the word `at` until it is not `busy` any more; a bounded number of times, for a console
    input may have to wait. The last two are registers."""
    return [*constant(address, at), *constant(58, 400), *constant(57, 1), *constant(56, busy),
            encode("load", d=status, s0=address), encode("neq", d=status, s0=status, s1=56),
            *constant(59, 8), encode("rjnz", s0=status, s1=59),
            encode("sub", d=58, s0=58, s1=57), *constant(59, -8),
            encode("rjnz", s0=58, s1=59), encode("nop")]


def use_device(rng: Dice, config: MachineConfig,
               filler: Callable[[int], list[Item]]) -> list[Item]:
    """Something of a peripheral: a look at its words, or an operation to its end."""
    windows = window_addresses(config.peripherals)
    name = rng.choice([name for name in windows if name not in ("mmu", "timer")])
    window = windows[name]
    a, b = rng.sample(BUSY_REGISTERS, 2)
    if name == "clock" or rng.random() < 0.2:
        return [*constant(a, window + rng.randrange(3 if name != "clock" else 1)),
                encode("load", d=b, s0=a), *filler(1)]
    words: list[Item] = []
    command, busy, at = rng.choice((1, 1, 2, 2, 0, 7)), 3, window
    if name in ("console_output", "console_input", "host_file"):
        words += store_word(window + 2, rng.choice((0, 1, 3, 3, 3)), (a, b))
        for i in range(3):
            words += store_word(window + 3 + i, rng.randrange(32, 127), (a, b))
    elif name == "block":
        words += store_word(window + 2, rng.choice((0, 1, 3, 9)), (a, b))
        words += store_word(window + 3, rng.choice((0, 1, 1, 2)), (a, b))
        words += store_word(window + 4, rng.choice((SCRATCH, config.ram_words - 64)), (a, b))
        command, busy, at = rng.choice((0, 1, 1, 2, 2, 3, 9)), 1, window + 1
    elif name == "display":
        words += store_word(window + 3, rng.choice((0, SCRATCH, config.ram_words - 8)), (a, b))
        command, busy = rng.choice((1, 1, 3)), DisplayControl.PENDING
    elif name == "serial":
        if rng.random() < 0.5:
            return [*store_word(window + 1, 0, (a, b)), *constant(a, window + 2),
                    encode("load", d=b, s0=a)]
        command, busy = rng.randrange(256), 1
    elif name == "keyboard":
        return [*constant(a, window + rng.randrange(5)), encode("load", d=b, s0=a)]
    elif name == "counters":
        return [*store_word(window, rng.randrange(256), (a, b)),
                *constant(a, window + rng.choice((0, 2, 3, 4))), encode("load", d=b, s0=a)]
    elif name == "debug_break":
        command, busy = rng.choice((1, 1, 0, 2)), 2
    words += store_word(window, command, (a, b))
    return words + until_done(at, busy, b, a)


def draw(rng: Dice, config: MachineConfig, window: int) -> list[Item]:
    """A flip, with some pixels drawn before it and some while the picture is being read, of which
    it may show the old or the new."""
    a, b = rng.sample(BUSY_REGISTERS, 2)
    first = rng.choice((SCRATCH, SCRATCH, SCRATCH + 5, config.ram_words - 12))

    def pixels(most: int) -> list[Item]:
        words: list[Item] = []
        for _ in range(rng.randrange(most + 1)):
            words += [encode("nop")] * rng.randrange(4)
            words += store_word(first + rng.randrange(-1, 13), rng.getrandbits(32), (a, b))
        return words

    words = store_word(window + 3, first, (a, b))
    for _ in range(rng.randrange(1, 3)):
        words += [*pixels(3), *store_word(window, DisplayControl.FLIP, (a, b)), *pixels(8)]
        words += until_done(window, DisplayControl.PENDING, b, a)
    return words
