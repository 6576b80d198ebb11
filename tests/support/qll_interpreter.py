"""What a program means, by the definition of the language alone: an interpreter of typed trees.

A second opinion on lowering, written for plainness. Memory is a dictionary of words; every
variable and every temporary of an activation has its own place, which is never used again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from toolchain.qll import tree
from toolchain.qll.tree import BinaryOp, Function, Global, Place, Statement, Value
from toolchain.qll.types import FLOAT, Array, Slice, Type, is_aggregate

__all__ = ["NULL_TRAP", "OutOfSteps", "Stop", "interpret", "trace"]

MASK = 0xFFFFFFFF
NULL_TRAP, BOUNDS_TRAP, CAPACITY_TRAP = 0xE0000000, 0xE0000001, 0xE0000002

Words = Any  # an int for a scalar, a list of ints for an aggregate, None for void


class _Trap(Exception):
    def __init__(self, code: int):
        super().__init__(hex(code))
        self.code = code


class _Enough(Exception):
    pass


class OutOfSteps(Exception):
    """The program runs for too long."""


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Return(Exception):
    def __init__(self, value: Words):
        super().__init__()
        self.value = value


def interpret(program: tree.Program, steps: int = 1_000_000) -> int:
    """Result of the program's `main`, or the code of the trap that ended it."""
    machine = _Machine(program, steps)
    try:
        return machine.run()
    except _Trap as trap:
        return trap.code


@dataclass(frozen=True)
class Stop:
    """A statement, or the condition of a loop, about to be run: its place, the functions that have
    been called, innermost first, the variables of each by name and line, and the globals."""
    line:      int
    column:    int
    functions: list[str]
    variables: list[dict[tuple[str, int], list[int]]]
    globals:   dict[str, list[int]]


def trace(program: tree.Program, most: int) -> list[Stop]:
    """The first statements that a program runs.

    Raises
    ------
    OutOfSteps
        If it runs for too long.
    """
    machine = _Tracer(program, most)
    try:
        machine.run()
    except (_Trap, _Enough):
        pass
    return machine.stops


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word


def _divide(a: int, b: int) -> tuple[int, int]:
    """Quotient toward zero and the remainder that goes with it; 0 and 0 for a zero divisor."""
    if b == 0:
        return 0, 0
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient, a - quotient * b


def _number(word: int) -> np.float32:
    return np.uint32(word).view(np.float32)


def _pattern(number: np.float32) -> int:
    return int(np.float32(number).view(np.uint32))


def _binary(op: BinaryOp, a: int, b: int) -> int:
    name = op.value
    if name[0] == "f":
        return _float_binary(name[1:], _number(a), _number(b))
    if name in ("sdiv", "smod", "sar", "slt", "sgt", "sle", "sge"):
        name, a, b = name[1:], _signed(a), _signed(b) if name != "sar" else b
    if name in ("div", "mod"):
        return _divide(a, b)[name == "mod"]
    shift = b & 31
    return int({"add": a + b, "sub": a - b, "mul": a * b, "and": a & b, "or": a | b,
                "shl": a << shift, "shr": a >> shift, "ar": a >> shift, "eq": a == b,
                "ne": a != b, "lt": a < b, "gt": a > b, "le": a <= b, "ge": a >= b}[name])


def _float_binary(name: str, a: np.float32, b: np.float32) -> int:
    with np.errstate(all="ignore"):
        if name in ("add", "sub", "mul", "div"):
            return _pattern({"add": np.add, "sub": np.subtract, "mul": np.multiply,
                             "div": np.divide}[name](a, b))
        return int({"eq": a == b, "ne": not a == b, "lt": a < b, "gt": a > b,
                    "le": not a > b, "ge": not a < b}[name])


class _Frame:
    """One activation: addresses of locals and of temporaries."""

    def __init__(self, slots: list[int], function: Function | None = None,
                 outer: "_Frame | None" = None):
        self.slots = slots
        self.temporaries: dict[int, int] = {}
        self.function = function
        self.outer = outer
        self.declared: list[tree.Local] = [] if function is None else [*function.parameters]


class _Machine:
    def __init__(self, program: tree.Program, steps: int):
        self.program = program
        self.steps = steps
        self.memory: dict[int, int] = {}
        self.next = 0x100000
        self.frame = _Frame([])
        self.static: dict[int, int] = {}
        self.is_initialising = True
        functions = [*program.functions, *program.unreachable, *program.externals]
        self.address = {function: 0x10 + at for at, function in enumerate(functions)}
        self.function = {address: function for function, address in self.address.items()}
        self.globals = {glob: self.allocate(glob.type.size) for glob in program.globals}

    def run(self) -> int:
        for glob in self.program.globals:
            for at, word in enumerate(glob.image or []):
                self.memory[self.globals[glob] + at] = self.image_word(word)
        for glob in self.program.globals:
            if glob.initialiser is not None:
                self.at(glob.pos)
                self.store(self.globals[glob], self.value(glob.initialiser))
        self.is_initialising = False
        [main] = [function for function in self.program.functions
                  if function.label == "global::main"]
        return self.call(main, [])

    def image_word(self, word: int | Function | Global) -> int:
        if isinstance(word, Function):
            return self.address[word]
        return self.globals[word] if isinstance(word, Global) else word

    # --- memory ----------------------------------------------------------------------------------

    def allocate(self, words: int) -> int:
        self.next += words + 1
        return self.next - words - 1

    def load(self, address: int, kind: Type) -> Words:
        if is_aggregate(kind):
            return [self.memory.get(address + at & MASK, 0) for at in range(kind.size)]
        return self.memory.get(address & MASK, 0)

    def store(self, address: int, value: Words) -> None:
        words = value if isinstance(value, list) else [] if value is None else [value]
        for at, word in enumerate(words):
            self.memory[address + at & MASK] = word & MASK

    # --- functions -------------------------------------------------------------------------------

    def call(self, function: Function, arguments: list[Words]) -> Words:
        assert function.body is not None
        outer = self.frame
        self.frame = _Frame([self.allocate(local.type.size) for local in function.locals],
                            function, outer)
        for slot, argument in zip(self.frame.slots, arguments, strict=False):
            self.store(slot, argument)
        result = None
        try:
            self.block(function.body)
        except _Return as returned:
            result = returned.value
        self.frame = outer
        return result

    # --- statements ------------------------------------------------------------------------------

    def at(self, pos: int) -> None:
        """What begins at this position is run next."""

    def block(self, statements: list[Statement]) -> None:
        frame, declared = self.frame, len(self.frame.declared)
        try:
            for statement in statements:
                self.statement(statement)
        finally:
            del frame.declared[declared:]

    def statement(self, node: Statement) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise OutOfSteps
        self.at(node.pos)
        match node:
            case tree.Var():
                value = [0] * node.local.type.size if node.initialiser is None \
                    else self.value(node.initialiser)
                self.store(self.frame.slots[node.local.index], value)
                self.frame.declared.append(node.local)
            case tree.Assign():
                address = self.place(node.place)
                value = self.value(node.value)
                if isinstance(node.place, tree.Length) and node.place.checked \
                        and value > self.memory.get(address + 1, 0):
                    raise _Trap(CAPACITY_TRAP)
                self.store(address, value)
            case tree.Evaluate():
                self.value(node.value)
            case tree.If():
                self.block(node.then if self.value(node.condition) else node.other)
            case tree.While():
                self.loop(node.condition, node.body, None)
            case tree.For():
                declared = len(self.frame.declared)
                self.statement(node.first)
                self.loop(node.condition, node.body, node.update)
                del self.frame.declared[declared:]
            case tree.Return():
                raise _Return(None if node.value is None else self.value(node.value))
            case tree.Break():
                raise _Break
            case tree.Continue():
                raise _Continue
            case _:
                raise NotImplementedError(type(node).__name__)

    def loop(self, condition: Value, body: list[Statement], update: Statement | None) -> None:
        while self.test(condition):
            self.steps -= 1
            if self.steps < 0:
                raise OutOfSteps
            try:
                self.block(body)
            except _Break:
                return
            except _Continue:
                pass
            if update is not None:
                self.statement(update)

    def test(self, condition: Value) -> Words:
        self.at(condition.pos)
        return self.value(condition)

    # --- places ----------------------------------------------------------------------------------

    def place(self, node: Place) -> int:
        """The address of a place, after its checks."""
        match node:
            case tree.LocalPlace():
                return self.frame.slots[node.local.index]
            case tree.GlobalPlace():
                return self.globals[node.glob]
            case tree.Deref():
                return self.not_null(self.value(node.pointer))
            case tree.AtAddress():
                return self.value(node.address)
            case tree.RetypePlace():
                return self.place(node.base)
            case tree.MemberPlace():
                return self.place(node.base) + node.member.offset
            case tree.Length():
                return self.place(node.base) + 1
            case tree.Temporary():
                return self.temporary(node)
            case tree.ArrayIndex():
                array = node.base.type.base
                assert isinstance(array, Array)
                address = self.place(node.base)
                index = self.value(node.index)
                return self.element(address, index, array.length, node)
            case tree.SliceIndex():
                descriptor = self.place(node.base)
                index = self.value(node.index)
                address, length, _ = self.load(descriptor, node.base.type)
                return self.element(address, index, length, node)
            case tree.PointerIndex():
                pointer = self.value(node.pointer)
                index = self.value(node.index)
                return self.not_null(pointer) + index * node.type.size & MASK
        raise NotImplementedError(type(node).__name__)

    def not_null(self, pointer: int) -> int:
        if pointer == 0:
            raise _Trap(NULL_TRAP)
        return pointer

    def element(self, address: int, index: int, length: int,
                node: tree.ArrayIndex | tree.SliceIndex) -> int:
        if index >= length and not node.unsafe:
            raise _Trap(BOUNDS_TRAP)
        return address + index * node.type.size & MASK

    def temporary(self, node: tree.Temporary) -> int:
        value = self.value(node.value)
        is_static = isinstance(node.value, tree.StringLiteral) and node.value.static
        known = self.static if is_static else self.frame.temporaries
        if id(node) not in known:
            known[id(node)] = self.allocate(node.type.size)
        self.store(known[id(node)], value)
        return known[id(node)]

    # --- values ----------------------------------------------------------------------------------

    def value(self, node: Value) -> Words:
        match node:
            case tree.Const():
                return node.word
            case tree.Read():
                return self.load(self.place(node.place), node.type)
            case tree.Binary():
                left = self.value(node.left)
                return _binary(node.op, left, self.value(node.right)) & MASK
            case tree.Logical():
                left = self.value(node.left)
                is_true = left[0] if isinstance(left, list) else left
                return self.value(node.right) if bool(is_true) == node.is_and else left
            case tree.Conditional():
                return self.value(node.then if self.value(node.condition) else node.other)
            case tree.Not():
                return int(self.value(node.operand) == 0)
            case tree.Negate():
                operand = self.value(node.operand)
                if node.type.base is FLOAT:
                    return _float_binary("sub", np.float32(0), _number(operand))
                return -operand & MASK
            case tree.Retype():
                return self.value(node.operand)
            case tree.IntToFloat():
                return _pattern(np.float32(_signed(self.value(node.operand))))
            case tree.FloatToInt():
                number = float(_number(self.value(node.operand)))
                return int(number) & MASK if abs(number) < float("inf") else 0
            case tree.AddressOf():
                return self.place(node.place)
            case tree.FunctionAddress():
                return self.address[node.function]
            case tree.Call():
                return self.call(node.function, [self.value(part) for part in node.arguments])
            case tree.CallPointer():
                pointer = self.not_null(self.value(node.pointer))
                return self.call(self.function[pointer],
                                 [self.value(part) for part in node.arguments])
            case tree.VoidValue():
                return None
        return self.aggregate(node)

    def aggregate(self, node: Value) -> Words:
        match node:
            case tree.NullSlice():
                return [0, 0, 0]
            case tree.StringLiteral():
                return list(node.words)
            case tree.ArrayLiteral():
                return [word for part in node.elements for word in self.words(part)]
            case tree.RepeatLiteral():
                return [word for _ in range(node.count) for word in self.words(node.element)]
            case tree.StructLiteral():
                words = [0] * node.type.size
                for member, part in node.members:
                    more = self.words(part)
                    words[member.offset:member.offset + len(more)] = more
                return words
            case tree.SlicePointer():
                return self.load(self.place(node.base), node.base.type)[0]
            case tree.Capacity():
                return self.load(self.place(node.base), node.base.type)[2]
            case tree.ArrayToSlice():
                return [self.place(node.base), node.length, node.length]
            case tree.PointerToSlice():
                return [self.value(node.pointer), node.length, node.length]
            case tree.Subslice():
                return self.subslice(node)
        raise NotImplementedError(type(node).__name__)

    def words(self, node: Value) -> list[int]:
        value = self.value(node)
        return value if isinstance(value, list) else [value]

    def subslice(self, node: tree.Subslice) -> list[int]:
        lower = 0 if node.lower is None else self.value(node.lower)
        upper = None if node.upper is None else self.value(node.upper)
        base = node.base.type.base
        if isinstance(base, Array):
            pointer, length, capacity = self.place(node.base), base.length, base.length
        else:
            assert isinstance(base, Slice)
            pointer, length, capacity = self.load(self.place(node.base), base)
        if upper is None:
            upper = length
        return [pointer + lower * base.element.size & MASK, upper - lower & MASK,
                capacity - lower & MASK]


class _Tracer(_Machine):
    """Keeps what is where at each statement."""

    def __init__(self, program: tree.Program, most: int):
        super().__init__(program, 1_000_000)
        self.most = most
        self.stops: list[Stop] = []

    def words_at(self, address: int, kind: Type) -> list[int]:
        return [self.memory.get(address + at, 0) for at in range(kind.size)]

    def at(self, pos: int) -> None:
        if len(self.stops) >= self.most:
            raise _Enough
        text = self.program.text
        _, line, column = text.locate(pos)
        functions, variables = [], []
        frame: _Frame | None = self.frame
        while frame is not None and frame.function is not None:
            functions.append(frame.function.label)
            variables.append({
                (local.name, text.locate(local.pos)[1]):
                    self.words_at(frame.slots[local.index], local.type)
                for local in frame.declared})
            frame = frame.outer
        if self.is_initialising:
            functions.append("global::_init")
            variables.append({})
        self.stops.append(Stop(line, column, functions, variables, {
            glob.label: self.words_at(self.globals[glob], glob.type)
            for glob in self.program.globals}))
