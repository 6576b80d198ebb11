"""Building SSA form: blocks one after the other, and variables while control flow is structured.

`Builder.env` maps each variable that lives in registers to the tuple of its words' current values.
Where paths join, phis are made for the words that differ. Since programs are structured, no general
SSA construction is needed: who opens a loop says which variables it assigns, and the header gets a
phi for each word of those.

Code that nothing reaches is built like all other, but its blocks do not become part of the
function.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from toolchain.qll.middle.fold import fold
from toolchain.qll.middle.ir import Block, Function, Ins, Memory, link
from toolchain.qll.node import node

__all__ = ["Builder", "Env", "LoopPhi", "Words"]

Words = tuple[Ins, ...]
Env = dict[Any, Words]  # of variables, which are compared by identity


@node
class LoopPhi:
    """The phi for a word of a variable at the head of a loop."""
    phi: Ins
    variable: Hashable
    word: int


class Builder:
    """Appends instructions to a function.

    Attributes
    ----------
    block : Block
        Where the next instruction goes.
    dead : bool
        Nothing reaches this block.
    env : Env
        Values of the variables at this point.
    line : int
        Of the source, for the next instructions; counted through all sources, 0 if of none.
    """

    def __init__(self, fn: Function):
        self.fn = fn
        self.env: Env = {}
        self.line = 0
        self.dead = False
        self.block = Block("entry")
        fn.blocks.append(self.block)

    # --- instructions ---

    def emit(self, op: str, args: list[Ins], value: Any = None) -> Ins:
        """Append an instruction as it is."""
        ins = Ins(op, args, value, self.line)
        ins.block = self.block
        self.block.body.append(ins)
        return ins

    def op(self, op: str, a: Ins, b: Ins | None = None) -> Ins:
        """The result of an operation without effect, in its simplest form."""
        fn = self.fn
        while True:
            better = fold(fn, op, a, b)
            if better is None:
                return self.emit(op, [a] if b is None else [a, b])
            if isinstance(better, Ins):
                return better
            op, a, b = better

    def const(self, value: int) -> Ins:
        return self.fn.const(value)

    def add(self, a: Ins, offset: int) -> Ins:
        return self.op("add", a, self.fn.const(offset)) if offset else a

    def scaled(self, index: Ins, size: int) -> Ins:
        return index if size == 1 else self.op("mul", index, self.fn.const(size))

    def load(self, kind: Memory, address: Ins) -> Ins:
        return self.emit("load", [address], kind)

    def store(self, kind: Memory, address: Ins, value: Ins) -> None:
        self.emit("store", [address, value], kind)

    def param(self) -> Ins:
        """One more word of the parameters, in a register."""
        fn = self.fn
        param = Ins("param", [], len(fn.params), self.line)
        param.block = fn.blocks[0]
        fn.params.append(param)
        return param

    def guard(self, condition: Ins, trap: int, wanted: bool = True) -> None:
        """Trap unless the condition is non-zero, or, if not `wanted`, zero."""
        condition, swapped = self._stripped(condition)
        wanted = wanted is not swapped
        known = _known(condition)
        if known is None:
            self.emit("guard" if wanted else "guardnot", [condition], trap)
        elif known is not wanted:
            self.leave("trap", [], trap)

    def _stripped(self, condition: Ins) -> tuple[Ins, bool]:
        """What a condition compares with zero, and whether it is true where that is not."""
        swapped, zero = False, self.fn.const(0)
        while condition.op in ("eq", "neq") and condition.args[1] is zero:
            swapped ^= condition.op == "eq"
            condition = condition.args[0]
        return condition, swapped

    # --- blocks ---

    def leave(self, op: str, args: list[Ins], value: Any = None) -> None:
        """Leave the function here; what follows is dead until a reachable block starts."""
        if not self.dead:
            link(self.block, Ins(op, args, value, self.line))
        self.start(Block("dead"))

    def jump(self, target: Block) -> None:
        if not self.dead:
            link(self.block, Ins("jump", [], None, self.line), [target])

    def branch(self, condition: Ins, then: Block, other: Block) -> None:
        """Go to `then` if the condition is not zero, else to `other`."""
        condition, swapped = self._stripped(condition)
        if swapped:
            then, other = other, then
        known = _known(condition)
        if known is not None:
            self.jump(then if known else other)
        elif not self.dead:
            link(self.block, Ins("branch", [condition], None, self.line), [then, other])

    def start(self, block: Block) -> None:
        """Go on in `block`, which is dead if nothing goes there."""
        self.dead = not block.preds
        self.block = block
        if self.fn.marks is not None:
            self.line = self.fn.marks.rest(self.line)
        if not self.dead:
            self.fn.blocks.append(block)

    @contextmanager
    def when(self, condition: Ins) -> Iterator[None]:
        """What is built inside runs only if the condition is not zero; it assigns no variable."""
        then, after = Block("when"), Block("after")
        self.branch(condition, then, after)
        self.start(then)
        yield
        self.jump(after)
        self.start(after)

    def count(self, first: list[Ins], end: Ins) -> tuple[list[Ins], Callable[[list[Ins]], None]]:
        """Open a loop that runs at least once, over values that start as `first`.

        Returns the values in the loop, and a function to close it with their next ones; the loop
        ends when the first of these equals `end`.
        """
        header, after = Block("round"), Block("counted")
        self.jump(header)
        self.start(header)
        phis = [self._new_phi(header, [value]) for value in first]

        def again(following: list[Ins]) -> None:
            self.branch(self.op("neq", following[0], end), header, after)
            for phi, value in zip(phis, following, strict=True):
                _complete(phi, value)
            self.start(after)

        return phis, again

    # --- values that depend on the way ---

    def _new_phi(self, block: Block, args: list[Ins]) -> Ins:
        phi = Ins("phi", args, None, self.line)
        phi.block = block
        block.phis.append(phi)
        return phi

    def phi(self, block: Block, values: dict[Block, Ins]) -> Ins:
        """The value that arrives in `block`, where all edges to it are known."""
        args = [values[pred] for pred in block.preds]
        if not args:
            return self.fn.const(0)
        first = args[0]
        if all(arg is first for arg in args):
            return first
        return self._new_phi(block, args)

    def phis(self, block: Block, values: dict[Block, list[Ins]], size: int) -> list[Ins]:
        """The same for lists of `size` words."""
        return [self.phi(block, {pred: words[word] for pred, words in values.items()})
                for word in range(size)]

    def join(self, block: Block, envs: dict[Block, Env], default: Env) -> None:
        """Start `block`; `envs` has the variables for its predecessors, `default` for the others.

        Variables that are not in `default` end here.
        """
        self.start(block)
        if len(block.preds) < 2:
            self.env = dict(envs.get(block.preds[0], default) if block.preds else default)
            return
        arriving = [envs.get(pred, default) for pred in block.preds]
        first = arriving[0]
        if all(other is first for other in arriving):
            self.env = dict(first)
            return
        self.env = {}
        for variable in default:
            words = first[variable]
            if any(other[variable] is not words for other in arriving):
                words = tuple(
                    self.phi(block, {pred: other[variable][word] for pred, other
                                     in zip(block.preds, arriving, strict=True)})
                    for word in range(len(words)))
            self.env[variable] = words

    def open_loop(self, header: Block, assigned: Iterable[Hashable]) -> list[LoopPhi]:
        """Start a loop's header, where all edges but those from inside the loop are known.

        Each word of the variables that the loop assigns gets a phi.
        """
        self.env = dict(self.env)
        self.start(header)
        made: list[LoopPhi] = []
        if self.dead:
            return made
        for variable in assigned:
            words = self.env.get(variable)
            if words is None:
                continue
            phis = []
            for word, value in enumerate(words):
                phi = self._new_phi(header, [value])
                made.append(LoopPhi(phi, variable, word))
                phis.append(phi)
            self.env[variable] = tuple(phis)
        return made

    @staticmethod
    def close_loop(made: list[LoopPhi], last: Env) -> None:
        """Give the header's phis their values at the end of a round."""
        for one in made:
            _complete(one.phi, last[one.variable][one.word])


def _known(condition: Ins) -> bool | None:
    """Whether a condition is true, if that is certain: addresses are never 0."""
    if condition.op == "const":
        return bool(condition.value)
    return True if condition.op in ("label", "slot") else None


def _complete(phi: Ins, value: Ins) -> None:
    """The same operand for all edges that have none yet."""
    assert phi.block is not None
    phi.args.extend([value] * (len(phi.block.preds) - len(phi.args)))
