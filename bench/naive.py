"""Programs as a simple compiler makes them: what flat images from elsewhere look like.

Programs, written as trees and turned into assembly the way the reference's compiler does it:
every variable is in memory, its address made anew for each use out of the frame's, which lies at
`[r63]`, and a constant; every jump's target is a constant; each index is checked. Four of them
compute the same as those in `bench/workloads`. `SHARES` is what such code was measured to execute,
and the tests compare ours with it. The fifth, `coin`, is there for its jumps: of the conditional
ones three quarters are taken, and every second one nobody can predict.
"""

from collections.abc import Callable
from dataclasses import dataclass

from isa.config import MachineConfig
from sim.engine.machine import RtlMachine
from sim.machine import Status, check_image
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["PROGRAMS", "SHARES", "Measured", "Naive", "measure_naive"]

# Percentages of the instructions that the reference compiler's programs execute.
KINDS = {
    "constant": ("constant",),
    "load":     ("load",),
    "store":    ("store",),
    "add, sub": ("add", "sub"),
    "compare":  ("eq", "neq", "lt", "gt", "slt", "sgt"),
    "mul":      ("mul",),
    "jump":     ("jmp", "jz", "jnz", "rjmp", "rjz", "rjnz"),
}
SHARES = {
    #           constant  load  store  add, sub  compare  mul  jump
    "compute": (25.1,     33.2, 5.6,   25.0,     2.8,     2.8, 5.6),
    "memory":  (30.9,     28.5, 4.8,   23.8,     4.8,     0.0, 7.2),
    "sieve":   (32.4,     25.3, 5.6,   22.0,     5.3,     0.0, 9.4),
    "bubble":  (31.9,     26.3, 2.9,   23.7,     6.7,     0.0, 8.4),
}

FRAME = 0x100000
STACK = 0x200000

Expression = int | str | tuple[str, "Expression", "Expression"]  # number, variable, operation
Make = Callable[["Naive"], None]


class Naive:
    """Makes one program. Expressions are evaluated in r1, r2, ..., as on a stack.

    Parameters
    ----------
    variables : dict of str to int
        Words of each variable, in the order in which they are declared: more than one is an array.
    """

    def __init__(self, variables: dict[str, int]):
        self.sizes = variables
        self.offsets: dict[str, int] = {}
        end = 0
        for name, size in variables.items():
            end += size
            self.offsets[name] = end
        self.labels = 0
        self.lines = [f"constant r63 {STACK}", "constant r62 1", f"constant r1 {FRAME}",
                      "store r63 r1"]

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    # --- statements

    def set(self, name: str, value: Expression) -> None:
        self.evaluate(value, 1)
        self.address(name, 2)
        self.put("store r2 r1")

    def set_item(self, array: str, item: Expression, value: Expression) -> None:
        self.evaluate(value, 1)
        self.item(array, item, 2)
        self.put("store r2 r1")

    def loop(self, condition: Expression, body: Make) -> None:
        top, inside, end = self.label(), self.label(), self.label()
        self.put(f"{top}:")
        self.branch(condition, inside, end)
        body(self)
        self.put(f"constant r1 {top}", "jmp r1", f"{end}:")

    def when(self, condition: Expression, body: Make) -> None:
        inside, end = self.label(), self.label()
        self.branch(condition, inside, end)
        body(self)
        self.put(f"{end}:")

    def give(self, value: Expression) -> None:
        self.evaluate(value, 1)
        self.put("mov r0 r1", "halt")

    def count(self, name: str, first: int, limit: Expression, body: Make) -> None:
        """A loop over the numbers from `first` to below `limit`."""
        def step(n: Naive) -> None:
            body(n)
            n.set(name, ("add", name, 1))

        self.set(name, first)
        self.loop(("lt", name, limit), step)

    def branch(self, condition: Expression, inside: str, end: str) -> None:
        self.evaluate(condition, 1)
        self.put(f"constant r2 {inside}", "jnz r1 r2", f"constant r2 {end}", "jmp r2",
                 f"{inside}:")

    # --- expressions

    def evaluate(self, value: Expression, to: int) -> None:
        if isinstance(value, int):
            self.put(f"constant r{to} {value}")
        elif isinstance(value, str):
            self.address(value, to)
            self.put(f"load r{to} r{to}")
        elif value[0] == "item":
            assert isinstance(value[1], str)
            self.item(value[1], value[2], to)
            self.put(f"load r{to} r{to}")
        else:
            operation, a, b = value
            self.evaluate(a, to)
            self.evaluate(b, to + 1)
            self.put(f"{operation} r{to} r{to} r{to + 1}")

    def address(self, name: str, to: int) -> None:
        """The idiom that is nearly half of such code."""
        self.put(f"load r{to} r63")
        if self.offsets[name] == 1:
            self.put(f"sub r{to} r{to} r62")
        else:
            self.put(f"constant r{to + 1} {self.offsets[name]}", f"sub r{to} r{to} r{to + 1}")

    def item(self, array: str, item: Expression, to: int) -> None:
        """The address of an item; an index that is too large halts."""
        good = self.label()
        self.address(array, to)
        self.evaluate(item, to + 1)
        self.put(f"constant r{to + 2} {self.sizes[array]}", f"lt r{to + 2} r{to + 1} r{to + 2}",
                 f"constant r{to + 3} {good}", f"jnz r{to + 2} r{to + 3}", "halt", f"{good}:",
                 f"add r{to} r{to} r{to + 1}")

    def label(self) -> str:
        self.labels += 1
        return f"@l{self.labels}"

    def put(self, *lines: str) -> None:
        self.lines += lines


def compute() -> str:
    n = Naive({"sum": 1, "i": 1, "j": 1})

    def inner(n: Naive) -> None:
        n.set("sum", ("add", "sum", ("mul", "i", "j")))

    def outer(n: Naive) -> None:
        n.count("j", 0, 100, inner)

    n.set("sum", 0)
    n.count("i", 0, 1000, outer)
    n.give("sum")
    return n.text()


def memory() -> str:
    n = Naive({"a": 1024, "sum": 1, "i": 1, "k": 1})

    def fill(n: Naive) -> None:
        n.set_item("a", "i", "i")

    def add(n: Naive) -> None:
        n.set("sum", ("add", "sum", ("item", "a", "i")))

    def outer(n: Naive) -> None:
        n.count("i", 0, 1024, add)

    n.count("i", 0, 1024, fill)
    n.set("sum", 0)
    n.count("k", 0, 100, outer)
    n.give("sum")
    return n.text()


def sieve() -> str:
    n = Naive({"flag": 5000, "i": 1, "count": 1, "p": 1, "m": 1})

    def fill(n: Naive) -> None:
        n.set_item("flag", "i", 1)

    def clear(n: Naive) -> None:
        n.set_item("flag", "m", 0)
        n.set("m", ("add", "m", "p"))

    def is_prime(n: Naive) -> None:
        n.set("count", ("add", "count", 1))
        n.set("m", ("add", "p", "p"))
        n.loop(("lt", "m", 5000), clear)

    def outer(n: Naive) -> None:
        n.when(("item", "flag", "p"), is_prime)

    n.count("i", 0, 5000, fill)
    n.set("count", 0)
    n.count("p", 2, 5000, outer)
    n.give("count")
    return n.text()


def bubble() -> str:
    n = Naive({"a": 200, "seed": 1, "i": 1, "j": 1, "t": 1})
    here: Expression = ("item", "a", "i")
    there: Expression = ("item", "a", ("add", "i", 1))

    def fill(n: Naive) -> None:
        n.set("seed", ("mod", ("add", ("mul", "seed", 1103515245), 12345), 65536))
        n.set_item("a", "i", "seed")

    def swap(n: Naive) -> None:
        n.set("t", here)
        n.set_item("a", "i", there)
        n.set_item("a", ("add", "i", 1), "t")

    def inner(n: Naive) -> None:
        n.when(("gt", here, there), swap)

    def outer(n: Naive) -> None:
        n.count("i", 0, ("sub", 199, "j"), inner)

    n.set("seed", 12345)
    n.count("i", 0, 200, fill)
    n.count("j", 0, 199, outer)
    n.give(("item", "a", 100))
    return n.text()


def coin() -> str:
    n = Naive({"heads": 1, "seed": 1, "i": 1})

    def count(n: Naive) -> None:
        n.set("heads", ("add", "heads", 1))

    def toss(n: Naive) -> None:
        n.set("seed", ("add", ("mul", "seed", 1103515245), 12345))
        n.when(("and", ("shr", "seed", 16), 1), count)

    n.set("heads", 0)
    n.set("seed", 12345)
    n.count("i", 0, 20_000, toss)
    n.give("heads")
    return n.text()


# Assembly and result of each.
PROGRAMS = {
    "compute": (compute, 2_472_525_000),
    "memory":  (memory, 52_377_600),
    "sieve":   (sieve, 669),
    "bubble":  (bubble, 30_226),
    "coin":    (coin, 9_966),
}


@dataclass(frozen=True)
class Measured:
    """A whole run on the hardware."""
    name:         str
    cycles:       int
    instructions: int

    @property
    def cpi(self) -> float:
        return self.cycles / self.instructions


def measure_naive(name: str) -> Measured:
    """Run a program. Raises `ValueError` if its result is wrong."""
    make, expected = PROGRAMS[name]
    config = MachineConfig()
    machine = RtlMachine(config)
    machine.load(check_image(assemble([Source(f"{name}.qasm", make())]).words, config))
    while machine.run(10_000_000) is Status.RUNNING:
        pass
    result = machine.registers().general[0]
    measured = Measured(name, machine.cycles, machine.instructions)
    machine.close()
    if result != expected:
        raise ValueError(f"{name}: the result is {result}, not {expected}")
    return measured
