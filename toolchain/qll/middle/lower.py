"""From the typed tree to the intermediate representation.

Statements are walked once, in order. A local that nobody else can see, and that has few words, is
kept in SSA values from the start: `env` maps it to the tuple of its words, and where paths join,
phis are made for the words that differ. All other locals have a slot of the frame. Since programs
are structured, no general SSA construction is needed: which locals a loop assigns is found by a
look ahead (`_Survey`), and its header gets a phi for each word of those.

Aggregates of up to `FLAT` words travel as lists of values, larger ones by copying memory. Every
literal and every call with an aggregate result owns one slot (`_storage`), as the language demands:
it is used only where somebody may keep the address.

Checks are `guard` instructions in the middle of blocks, so that they do not cut the code in pieces.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from toolchain.qll import tree
from toolchain.qll.middle.fold import fold
from toolchain.qll.middle.ir import (
    TRAP_BOUNDS,
    TRAP_CAPACITY,
    TRAP_NULL,
    Block,
    CallInfo,
    Function,
    Ins,
    Slot,
    link,
)
from toolchain.qll.tree import BinaryOp
from toolchain.qll.types import FLOAT, VOID, Array, FunctionType, Type, is_aggregate
from toolchain.source import Source

__all__ = ["Data", "Module", "Signature", "lower"]

FLAT = 8               # words of an aggregate that travels in values
STRAIGHT = 8           # words that are copied without a loop
MAX_REGISTER_WORDS = 12  # of parameters, for the register convention
CONDITION_COPIES = 24  # nodes of a loop's condition that may be emitted twice
FROM_DATA = 4          # words of a literal from which copying it from data pays

ALLOC, DEALLOC = "global::system::alloc", "global::system::dealloc"
INIT = "global::_init"

# What can see the memory that an expression is evaluated into, before it is complete.
SEEN, HIDDEN, FRESH = 0, 1, 2  # anybody; only the expression itself, by name; nobody

Loc = tuple[str, Any, int]  # ("reg", local, word), ("words", values, word), (kind, address, offset)
Env = dict[tree.Local, tuple[Ins, ...]]


@dataclass
class Data:
    """Words of the image under a label; a word is a number or the label whose address it is."""
    label: str
    words: list[int | str]
    read_only: bool = False  # for good


@dataclass
class Module:
    """All of a program: functions in the order of emission, data, labels from outside."""
    functions: list[Function] = field(default_factory=list)
    data: list[Data] = field(default_factory=list)
    keep: set[str] = field(default_factory=set)  # functions that assembly may call
    sources: list[Source] = field(default_factory=list)
    # Lowers a function once more, with all locals in memory: for the rare one that has more values
    # at once than registers, whatever is tried.
    plain: Callable[[str], Function] | None = None
    first_lines: list[int] = field(default_factory=list)  # number of each source's first line

    def remark(self, line: int) -> str:
        """A comment that shows a source line, with the annotation that the linker takes it from;
        lines are counted through all sources, from 1."""
        index = bisect_right(self.first_lines, line) - 1
        source = self.sources[index]
        number = line - self.first_lines[index] + 1
        return f"  ;!line {number} {source.name}\n  ; {source.line(number).strip()}"


@dataclass
class Signature:
    """How a function is called; `offsets` are of the parameters from the stack pointer at entry."""
    fast: bool                 # may be called with its words in registers
    sizes: list[int]           # of the parameters
    offsets: list[int]
    words: int                 # of all parameters
    result: Type
    aggregate: bool            # the result goes to an address passed behind the arguments

    @property
    def total(self) -> int:
        return self.words + self.aggregate


def signature(kind: FunctionType) -> Signature:
    """Signature by the stack convention of a function of that type."""
    sizes = [parameter.size for parameter in kind.parameters]
    offsets, offset = [], sum(sizes)
    for size in sizes:
        offset -= size
        offsets.append(offset)
    return Signature(False, sizes, offsets, sum(sizes), kind.result, is_aggregate(kind.result))


def lower(program: tree.Program, level: int) -> Module:
    """The whole program; at `level` 0 all locals stay in memory and all calls use the stack."""
    module = Module(sources=program.text.sources)
    shared = _Shared(program, module, level)
    initialisers = []
    for glob in program.globals:
        if glob.extern:
            continue
        if glob.image is not None:
            words: list[int | str] = [
                word if isinstance(word, int) else word.label for word in glob.image]
        else:
            words = [0] * glob.type.size
            initialisers.append(glob)
        if words:
            module.data.append(Data(glob.label, words, glob.constant and glob.image is not None))
        else:
            module.data.append(Data(glob.label, [0]))  # a label needs a word
        shared.sizes[glob.label] = max(1, glob.type.size)
    promote = level > 0
    module.functions.append(_Body(shared, None, promote).initialise(initialisers))
    for function in program.functions:
        module.functions.append(_Body(shared, function, promote).function())
        if function.exported:
            module.keep.add(function.label)
    module.plain = lambda symbol: _plain(shared, initialisers, symbol)
    return module


def _plain(shared: "_Shared", initialisers: list[tree.Global], symbol: str) -> Function:
    """One function once more, with all its locals in memory."""
    if symbol == INIT:
        return _Body(shared, None, False).initialise(initialisers)
    return _Body(shared, shared.by_label[symbol], False).function()


class _Shared:
    """What the bodies of one program have in common."""

    def __init__(self, program: tree.Program, module: Module, level: int):
        self.program = program
        self.module = module
        self.level = level
        self.sizes: dict[str, int] = {}
        self.signatures: dict[tree.Function, Signature] = {}
        self.literals: dict[tuple[int, ...], str] = {}
        self.by_label = {function.label: function for function in program.functions}
        self.starts: list[int] = []
        for source, start in zip(program.text.sources, program.text.starts, strict=True):
            self.starts.append(start)
            module.first_lines.append(len(self.starts))
            text, at = source.text, source.text.find("\n")
            while at >= 0:
                self.starts.append(start + at + 1)
                at = text.find("\n", at + 1)

    def signature(self, function: tree.Function) -> Signature:
        """How a call of this very function goes."""
        found = self.signatures.get(function)
        if found is None:
            found = self.signatures[function] = signature(function.type)
            found.fast = (
                self.level > 0 and function.body is not None and not function.interrupt
                and found.total <= MAX_REGISTER_WORDS
                and all(not parameter.exposed and parameter.type.size <= FLAT
                        for parameter in function.parameters))
        return found

    def literal(self, words: tuple[int, ...]) -> str:
        """Label of read-only data with these words."""
        label = self.literals.get(words)
        if label is None:
            label = self.literals[words] = f"$literal{len(self.literals)}"
            self.module.data.append(Data(label, list(words), read_only=True))
            self.sizes[label] = len(words)
        return label

    def static(self, label: str, words: list[int | str]) -> str:
        """Label of memory of its own with these words at first."""
        self.module.data.append(Data(label, words or [0]))
        self.sizes[label] = max(1, len(words))
        return label


class _Loop:
    """Where `break` and `continue` go, and the locals' values that they bring along."""

    def __init__(self, exit_: Block, latch: Block):
        self.exit = exit_
        self.latch = latch
        self.envs: dict[Block, Env] = {}


class _Survey:
    """Locals assigned in each loop of a function, found before it is lowered."""

    def __init__(self, body: list[tree.Statement]):
        self.assigned: dict[tree.Statement, set[tree.Local]] = {}
        self._block(body)

    def _block(self, body: list[tree.Statement]) -> set[tree.Local]:
        found: set[tree.Local] = set()
        for statement in body:
            kind = type(statement)
            if kind is tree.Assign or kind is tree.DeleteSlice:
                local = tree.root(statement.place)  # type: ignore[attr-defined]
                if local is not None:
                    found.add(local)
            elif isinstance(statement, tree.If):
                found |= self._block(statement.then)
                found |= self._block(statement.other)
            elif isinstance(statement, tree.While):
                found |= self._loop(statement, statement.body)
            elif isinstance(statement, tree.For):
                found |= self._block([statement.first])
                found |= self._loop(statement, [*statement.body, statement.update])
        return found

    def _loop(self, statement: tree.Statement, body: list[tree.Statement]) -> set[tree.Local]:
        found = self.assigned[statement] = self._block(body)
        return found


def _children(node: tree.Value | tree.Place) -> list[Any]:
    """The expressions directly below an expression."""
    found: list[Any] = []
    names: tuple[str, ...] = type(node).__slots__
    for name in names:
        child = getattr(node, name)
        if isinstance(child, tree.Expression):
            found.append(child)
        elif isinstance(child, list):
            for item in child:
                if isinstance(item, tree.Expression):
                    found.append(item)
                elif isinstance(item, tuple) and isinstance(item[-1], tree.Expression):
                    found.append(item[-1])
    return found


def _weight(node: Any, limit: int) -> int:
    """Number of nodes of an expression, counted up to a limit; calls and literals weigh more."""
    total, stack = 0, [node]
    while stack and total < limit:
        node = stack.pop()
        total += 6 if isinstance(node, (tree.Call, tree.CallPointer, tree.NewArray, tree.NewObject,
                                        tree.StringLiteral, tree.ArrayLiteral)) else 1
        stack.extend(_children(node))
    return total


def _constant_words(value: tree.Value) -> list[int | str] | None:
    """The words of a value that is known without running anything."""
    if isinstance(value, tree.Const):
        return [value.word]
    if isinstance(value, tree.FunctionAddress):
        return [value.function.label]
    if isinstance(value, tree.NullSlice):
        return [0, 0, 0]
    if isinstance(value, tree.Retype):
        return _constant_words(value.operand)
    if isinstance(value, tree.AddressOf) and isinstance(value.place, tree.GlobalPlace):
        return [value.place.glob.label]
    if isinstance(value, tree.ArrayToSlice) and isinstance(value.base, tree.GlobalPlace):
        return [value.base.glob.label, value.length, value.length]
    if isinstance(value, tree.StringLiteral):
        return list(value.words)
    if isinstance(value, tree.RepeatLiteral):
        words = _constant_words(value.element)
        return words * value.count if words is not None else None
    if isinstance(value, tree.ArrayLiteral):
        total: list[int | str] = []
        for element in value.elements:
            words = _constant_words(element)
            if words is None:
                return None
            total += words
        return total
    if isinstance(value, tree.StructLiteral):
        total = [0] * value.type.size
        for member, element in value.members:
            words = _constant_words(element)
            if words is None:
                return None
            total[member.offset:member.offset + len(words)] = words
        return total
    return None


_MACHINE = {  # operation, and whether its result is to be negated
    BinaryOp.NE: ("neq", False), BinaryOp.LE: ("gt", True), BinaryOp.GE: ("lt", True),
    BinaryOp.SLE: ("sgt", True), BinaryOp.SGE: ("slt", True), BinaryOp.FNE: ("feq", True),
    BinaryOp.FLE: ("fgt", True), BinaryOp.FGE: ("flt", True),
}
_MACHINE.update({op: (op.value, False) for op in BinaryOp if op not in _MACHINE})

# With a constant on the right, `<=` and `>=` are `<` and `>` of its neighbour, except at the end.
_NEIGHBOUR = {
    BinaryOp.LE: ("lt", 1, 0xFFFFFFFF), BinaryOp.GE: ("gt", -1, 0),
    BinaryOp.SLE: ("slt", 1, 0x7FFFFFFF), BinaryOp.SGE: ("sgt", -1, 0x80000000),
}


class _Body:
    """Lowers one function."""

    def __init__(self, shared: _Shared, source: tree.Function | None, promote: bool):
        self.shared = shared
        self.source = source
        self.promote = promote
        self.fn = Function(source.label if source is not None else INIT)
        self.fn.sizes = shared.sizes
        self.env: Env = {}
        self.memory: dict[tree.Local, Loc] = {}
        self.storage: dict[tree.Node, Ins] = {}
        self.loops: list[_Loop] = []
        self.assigned: dict[tree.Statement, set[tree.Local]] = {}
        self.line = 0
        self.result: Ins | None = None  # where an aggregate result goes
        self.dead = False
        self.block = Block("entry")
        self.fn.blocks.append(self.block)

    # --- whole functions ---

    def function(self) -> Function:
        source, fn = self.source, self.fn
        assert source is not None and source.body is not None
        how = self.shared.signature(source)
        fn.fast, fn.interrupt, fn.words = how.fast, source.interrupt, how.total
        if self.promote:
            self.assigned = _Survey(source.body).assigned
        self._mark(source.pos)
        for local, size, offset in zip(source.parameters, how.sizes, how.offsets, strict=True):
            if how.fast:
                words = []
                for word in range(size):
                    words.append(self._param(len(fn.params)))
                    fn.stub_offsets.append(offset + word)
                if self.promote:
                    self.env[local] = tuple(words)
                else:
                    self._store_words(self._home(local), words)
            elif self.promote and not local.exposed and size <= FLAT:
                self.env[local] = tuple(
                    self._load("l", fn.leaf("arg", offset + word)) for word in range(size))
            else:
                self.memory[local] = ("e", fn.leaf("arg", offset), 0)
        if how.aggregate:
            if how.fast:
                self.result = self._param(len(fn.params))
                fn.stub_offsets.append(how.words)
            else:
                self.result = self._load("l", fn.leaf("arg", how.words))
        self._statements(source.body)
        if not self.dead:
            self._return(None)
        return fn

    def initialise(self, globals_: list[tree.Global]) -> Function:
        """`global::_init`."""
        for glob in globals_:
            assert glob.initialiser is not None
            self._mark(glob.pos)
            self._assign(("g", self.fn.label(glob.label), 0), glob.initialiser, SEEN)
        self._return(None)
        return self.fn

    def _param(self, index: int) -> Ins:
        param = Ins("param", [], index, self.line)
        param.block = self.fn.blocks[0]
        self.fn.params.append(param)
        return param

    # --- building blocks ---

    def _mark(self, pos: int) -> None:
        self.line = bisect_right(self.shared.starts, pos)

    def _op(self, op: str, a: Ins, b: Ins | None = None) -> Ins:
        fn = self.fn
        while True:
            better = fold(fn, op, a, b)
            if better is None:
                ins = Ins(op, [a] if b is None else [a, b], None, self.line)
                ins.block = self.block
                self.block.body.append(ins)
                return ins
            if type(better) is Ins:
                return better
            op, a, b = better  # type: ignore[misc]

    def _add(self, a: Ins, offset: int) -> Ins:
        return self._op("add", a, self.fn.const(offset)) if offset else a

    def _emit(self, op: str, args: list[Ins], value: Any = None) -> Ins:
        ins = Ins(op, args, value, self.line)
        ins.block = self.block
        self.block.body.append(ins)
        return ins

    def _load(self, kind: str, address: Ins) -> Ins:
        return self._emit("load", [address], kind)

    def _store(self, kind: str, address: Ins, value: Ins) -> None:
        self._emit("store", [address, value], kind)

    def _guard(self, condition: Ins, trap: int, wanted: bool = True) -> None:
        """Trap unless the condition is non-zero, or, if not `wanted`, zero."""
        if condition.op == "const":
            if bool(condition.value) is not wanted:
                self._end("trap", [], trap)
            return
        if condition.op in ("label", "slot"):
            if not wanted:
                self._end("trap", [], trap)
            return
        if condition.op == "eq" and condition.args[1] is self.fn.const(0):
            self._guard(condition.args[0], trap, not wanted)
            return
        if condition.op == "neq" and condition.args[1] is self.fn.const(0):
            self._guard(condition.args[0], trap, wanted)
            return
        self._emit("guard" if wanted else "guardnot", [condition], trap)

    def _end(self, op: str, args: list[Ins], value: Any = None) -> None:
        """Leave the function here; what follows is dead until a reachable block starts."""
        if not self.dead:
            link(self.block, Ins(op, args, value, self.line))
        self._start(Block("dead"))

    def _jump(self, target: Block) -> None:
        if not self.dead:
            link(self.block, Ins("jump", [], None, self.line), [target])

    def _start(self, block: Block) -> None:
        """Go on in `block`, which is dead if nothing goes there."""
        self.dead = not block.preds
        self.block = block
        if not self.dead:
            self.fn.blocks.append(block)

    def _branch(self, condition: Ins, then: Block, other: Block) -> None:
        fn = self.fn
        while condition.op in ("eq", "neq") and condition.args[1] is fn.const(0):
            if condition.op == "eq":
                then, other = other, then
            condition = condition.args[0]
        if condition.op == "const":
            self._jump(then if condition.value else other)
        elif condition.op in ("label", "slot"):
            self._jump(then)
        elif not self.dead:
            link(self.block, Ins("branch", [condition], None, self.line), [then, other])

    def _phi(self, block: Block, values: dict[Block, Ins]) -> Ins:
        """The value that arrives in `block`, where all edges to it are known."""
        args = [values[pred] for pred in block.preds]
        if not args:
            return self.fn.const(0)
        first = args[0]
        if all(arg is first for arg in args):
            return first
        phi = Ins("phi", args, None, self.line)
        phi.block = block
        block.phis.append(phi)
        return phi

    def _join(self, block: Block, envs: dict[Block, Env], default: Env) -> None:
        """Start `block`; `envs` has the locals for its predecessors, `default` for the others."""
        self._start(block)
        if len(block.preds) < 2:
            self.env = dict(envs.get(block.preds[0], default) if block.preds else default)
            return
        arriving = [envs.get(pred, default) for pred in block.preds]
        env = dict(default)
        first = arriving[0]
        if any(other is not first for other in arriving):
            for local in default:
                words = first[local]
                if any(other[local] is not words for other in arriving):
                    env[local] = tuple(
                        self._phi(block, {pred: other[local][word] for pred, other
                                          in zip(block.preds, arriving, strict=True)})
                        for word in range(len(words)))
                else:
                    env[local] = words
        else:
            env = dict(first)
        self.env = env

    def _slot(self, node: tree.Node, size: int) -> Ins:
        """Address of the storage that belongs to this occurrence of an expression."""
        found = self.storage.get(node)
        if found is None:
            if self.source is None:
                label = f"{INIT}$temporary{len(self.storage)}"
                found = self.fn.label(self.shared.static(label, [0] * size))
            else:
                found = self.fn.slot(self.fn.new_slot(size))
            self.storage[node] = found
        return found

    # --- memory ---

    def _home(self, local: tree.Local) -> Loc:
        found = self.memory.get(local)
        if found is None:
            slot: Slot = self.fn.new_slot(local.type.size, local.name)
            found = self.memory[local] = ("e", self.fn.slot(slot), 0)
        return found

    def _read(self, loc: Loc, word: int = 0) -> Ins:
        kind, base, offset = loc
        if kind == "reg":
            return self.env[base][offset + word]
        if kind == "words":
            return base[offset + word]
        return self._load(kind, self._add(base, offset + word))

    def _write(self, loc: Loc, word: int, value: Ins) -> None:
        kind, base, offset = loc
        if kind == "reg":
            words = list(self.env[base])
            words[offset + word] = value
            self.env[base] = tuple(words)
        elif kind == "words":
            pass  # a temporary that nobody reads again
        else:
            self._store(kind, self._add(base, offset + word), value)

    def _address(self, loc: Loc) -> Ins:
        return self._add(loc[1], loc[2])

    def _copy(self, kind: str, target: Ins, source_kind: str, source: Ins, size: int) -> None:
        """Copy `size` words in ascending order."""
        if size <= STRAIGHT:
            for word in range(size):
                value = self._load(source_kind, self._add(source, word))
                self._store(kind, self._add(target, word), value)
            return
        step = next(step for step in (4, 3, 2, 1) if size % step == 0)
        end = self._add(source, size)
        (source, target), again = self._count([source, target], end)
        for word in range(step):
            value = self._load(source_kind, self._add(source, word))
            self._store(kind, self._add(target, word), value)
        again([self._add(source, step), self._add(target, step)])

    def _fill(self, kind: str, target: Ins, value: Ins, size: int) -> None:
        """Set `size` words to `value`."""
        if size <= STRAIGHT:
            for word in range(size):
                self._store(kind, self._add(target, word), value)
            return
        step = next(step for step in (4, 3, 2, 1) if size % step == 0)
        end = self._add(target, size)
        (target,), again = self._count([target], end)
        for word in range(step):
            self._store(kind, self._add(target, word), value)
        again([self._add(target, step)])

    def _count(self, first: list[Ins], end: Ins) -> tuple[list[Ins], Any]:
        """Open a loop that runs at least once, over values that start as `first`.

        Returns the values in the loop, and a function to close it with their next ones; the loop
        ends when the first of these equals `end`.
        """
        header, after = Block("copy"), Block("copied")
        self._jump(header)
        self._start(header)
        phis = [Ins("phi", [value], None, self.line) for value in first]
        for phi in phis:
            phi.block = header
            header.phis.append(phi)

        def again(following: list[Ins]) -> None:
            self._branch(self._op("neq", following[0], end), header, after)
            for phi, value in zip(phis, following, strict=True):
                phi.args.extend([value] * (len(header.preds) - len(phi.args)))
            self._start(after)

        return phis, again

    def _fill_dynamic(self, target: Ins, value: Ins, words: Ins) -> None:
        """Set a number of words, known only at run time, to `value`."""
        if words.op == "const":
            self._fill("e", target, value, words.value)
            return
        body, after = Block("fill"), Block("filled")
        end = self._op("add", target, words)
        self._branch(words, body, after)
        self._start(body)
        (address,), again = self._count([target], end)
        self._store("e", address, value)
        again([self._add(address, 1)])
        self._jump(after)
        self._start(after)

    # --- places ---

    def _place(self, place: tree.Place, addressed: bool = False) -> Loc:
        """Where a place is, with all its checks; in memory if its address is wanted."""
        kind = type(place)
        if kind is tree.LocalPlace:
            local = place.local  # type: ignore[attr-defined]
            if local in self.env:
                return ("reg", local, 0)
            return self._home(local)
        if kind is tree.GlobalPlace:
            return ("g", self.fn.label(place.glob.label), 0)  # type: ignore[attr-defined]
        if isinstance(place, tree.MemberPlace):
            where, base, offset = self._place(place.base, addressed)
            return (where, base, offset + place.member.offset)
        if isinstance(place, tree.Deref):
            pointer = self._value(place.pointer)
            self._guard(pointer, TRAP_NULL)
            return ("p", pointer, 0)
        if isinstance(place, tree.SliceIndex):
            base = self._place(place.base)
            index = self._value(place.index)
            if not place.unsafe:
                self._guard(self._op("lt", index, self._read(base, 1)), TRAP_BOUNDS)
            scaled = self._scaled(index, place.type.size)
            return ("e", self._op("add", self._read(base), scaled), 0)
        if isinstance(place, tree.ArrayIndex):
            return self._array_index(place, addressed)
        if isinstance(place, tree.PointerIndex):
            pointer = self._value(place.pointer)
            index = self._value(place.index)
            self._guard(pointer, TRAP_NULL)
            scaled = self._scaled(index, place.type.size)
            return ("p", self._op("add", pointer, scaled), 0)
        if isinstance(place, tree.Length):
            where, base, offset = self._place(place.base, addressed)
            return (where, base, offset + 1)
        if isinstance(place, tree.RetypePlace):
            return self._place(place.base, addressed)
        if isinstance(place, tree.AtAddress):
            return ("p", self._value(place.address), 0)
        assert isinstance(place, tree.Temporary)
        value, size = place.value, place.type.size
        if not addressed and size <= FLAT:
            return ("words", self._words(value), 0)
        if isinstance(value, tree.StringLiteral) and value.static and self.source is not None:
            address = self.storage.get(value)
            if address is None:
                label = f"{self.fn.symbol}$text{len(self.storage)}"
                address = self.fn.label(self.shared.static(label, [0] * size))
                self.storage[value] = address
        elif self.source is None and (words := _constant_words(value)) is not None:
            label = f"{INIT}$temporary{len(self.storage)}"
            address = self.fn.label(self.shared.static(label, words))
            self.storage[value] = address
            return ("e", address, 0)  # evaluated once, so the image has it
        else:
            address = self._slot(value, size)
        self._into(value, ("e", address, 0), FRESH)
        return ("e", address, 0)

    def _array_index(self, place: tree.ArrayIndex, addressed: bool) -> Loc:
        array = place.base.type.base
        assert isinstance(array, Array)
        index, size = place.index, place.type.size
        if isinstance(index, tree.Const) and (place.unsafe or index.word < array.length):
            inside = index.word < array.length
            where, base, offset = self._place(place.base, addressed or not inside)
            return (where, base, offset + index.word * size)
        where, base, offset = self._place(place.base, True)
        number = self._value(index)
        if not place.unsafe:
            self._guard(self._op("lt", number, self.fn.const(array.length)), TRAP_BOUNDS)
        start = self._add(base, offset)
        return (where, self._op("add", start, self._scaled(number, size)), 0)

    def _scaled(self, index: Ins, size: int) -> Ins:
        return index if size == 1 else self._op("mul", index, self.fn.const(size))

    # --- scalar values ---

    def _value(self, value: tree.Value) -> Ins:
        """The one word of a scalar value; any word for void."""
        return _VALUES[type(value)](self, value)

    def _const(self, value: tree.Const) -> Ins:
        return self.fn.const(value.word)

    def _function_address(self, value: tree.FunctionAddress) -> Ins:
        return self.fn.label(value.function.label)

    def _read_value(self, value: tree.Read) -> Ins:
        place = value.place
        if isinstance(place, tree.GlobalPlace) and place.glob.constant and self.shared.level > 0:
            image = place.glob.image
            if image is not None and len(image) == 1 and isinstance(image[0], int):
                return self.fn.const(image[0])
        return self._read(self._place(place))

    def _address_of(self, value: tree.AddressOf) -> Ins:
        return self._address(self._place(value.place, True))

    def _void(self, value: tree.Value) -> Ins:
        return self.fn.const(0)

    def _retype(self, value: tree.Retype) -> Ins:
        return self._value(value.operand)

    def _binary(self, value: tree.Binary) -> Ins:
        left = self._value(value.left)
        right = self._value(value.right)
        if right.op == "const":
            near = _NEIGHBOUR.get(value.op)
            if near is not None and right.value != near[2]:
                return self._op(near[0], left, self.fn.const(right.value + near[1]))
        op, negated = _MACHINE[value.op]
        result = self._op(op, left, right)
        return self._op("eq", result, self.fn.const(0)) if negated else result

    def _negate(self, value: tree.Negate) -> Ins:
        op = "fsub" if value.type.base is FLOAT else "sub"
        return self._op(op, self.fn.const(0), self._value(value.operand))

    def _not(self, value: tree.Not) -> Ins:
        return self._op("eq", self._value(value.operand), self.fn.const(0))

    def _int_to_float(self, value: tree.IntToFloat) -> Ins:
        return self._op("itof", self._value(value.operand))

    def _float_to_int(self, value: tree.FloatToInt) -> Ins:
        return self._op("ftoi", self._value(value.operand))

    def _slice_pointer(self, value: tree.SlicePointer) -> Ins:
        return self._read(self._place(value.base))

    def _capacity(self, value: tree.Capacity) -> Ins:
        return self._read(self._place(value.base), 2)

    def _logical(self, value: tree.Logical) -> Ins:
        return self._logical_words(value)[0]

    def _logical_words(self, value: tree.Logical) -> list[Ins]:
        """`&&` and `||` on scalars and slices; the first word decides."""
        read = self._words if is_aggregate(value.type) else lambda one: [self._value(one)]
        left = read(value.left)
        other, after = Block("other"), Block("decided")
        if value.is_and:
            self._branch(left[0], other, after)
        else:
            self._branch(left[0], after, other)
        arriving = {pred: left for pred in after.preds}
        self._start(other)
        right = read(value.right)
        if not self.dead:
            arriving[self.block] = right
        self._jump(after)
        self._start(after)
        return [self._phi(after, {pred: words[word] for pred, words in arriving.items()})
                for word in range(len(left))]

    def _conditional(self, value: tree.Conditional) -> Ins:
        if value.type.base is VOID:
            self._conditional_words(value, lambda one: self._value(one) and [])
            return self.fn.const(0)
        return self._conditional_words(value, lambda one: [self._value(one)])[0]

    def _conditional_words(self, value: tree.Conditional, read: Any) -> list[Ins]:
        then, other, after = Block("then"), Block("else"), Block("chosen")
        self._condition(value.condition, then, other)
        arriving: dict[Block, list[Ins]] = {}
        size = 0
        for block, arm in ((then, value.then), (other, value.other)):
            self._start(block)
            words = read(arm)
            size = len(words)
            if not self.dead:
                arriving[self.block] = words
            self._jump(after)
        self._start(after)
        return [self._phi(after, {pred: words[word] for pred, words in arriving.items()})
                for word in range(size)]

    def _new_object(self, value: tree.NewObject) -> Ins:
        size = value.element.size
        pointer = self._allocate(self.fn.const(size))
        body, after = Block("new"), Block("made")
        self._branch(pointer, body, after)
        self._start(body)
        if value.initialiser is None:
            self._fill("e", pointer, self.fn.const(0), size)
        else:
            self._assign(("e", pointer, 0), value.initialiser, FRESH)
        self._jump(after)
        self._start(after)
        return pointer

    # --- conditions ---

    def _condition(self, value: tree.Value, then: Block, other: Block) -> None:
        """Go to one of two blocks, without making a word of the truth value."""
        while isinstance(value, tree.Not | tree.Retype):
            if isinstance(value, tree.Not):
                then, other = other, then
            value = value.operand
        if isinstance(value, tree.Logical) and not is_aggregate(value.type):
            second = Block("second")
            if value.is_and:
                self._condition(value.left, second, other)
            else:
                self._condition(value.left, then, second)
            self._start(second)
            self._condition(value.right, then, other)
        else:
            self._branch(self._value(value), then, other)

    # --- calls ---

    def _call(self, value: tree.Call | tree.CallPointer, target: Loc | None = None) -> Ins:
        """Call; the result is that of `r0`. An aggregate result goes to `target` or its own
        storage."""
        pointer = None
        if isinstance(value, tree.Call):
            how = self.shared.signature(value.function)
            symbol: str | None = value.function.label
        else:
            pointer = self._value(value.pointer)
            self._guard(pointer, TRAP_NULL)
            kind = value.pointer.type.base
            assert isinstance(kind, FunctionType)
            how, symbol = signature(kind), None
            if pointer.op == "label" and not pointer.value[1]:
                known = self.shared.by_label.get(pointer.value[0])
                if known is not None and known.type is kind:
                    how, symbol, pointer = self.shared.signature(known), known.label, None
        result = None
        arguments = self._arguments(value.arguments)
        if how.aggregate:
            place = target if target is not None else (
                "e", self._slot(value, value.type.size), 0)
            result = self._address(place)
        return self._invoke(symbol, pointer, how, arguments, result)

    def _invoke(self, symbol: str | None, pointer: Ins | None, how: Signature,
                arguments: list[list[Ins] | Loc], result: Ins | None) -> Ins:
        fn = self.fn
        if how.fast:
            words = [word for argument in arguments for word in argument]
            if result is not None:
                words.append(result)
            return self._emit("call", words, CallInfo(symbol, True))  # type: ignore[arg-type]
        if result is not None:
            self._store("o", fn.leaf("out", how.words), result)
        for argument, size, offset in zip(arguments, how.sizes, how.offsets, strict=True):
            if isinstance(argument, list):
                for word, item in enumerate(argument):
                    self._store("o", fn.leaf("out", offset + word), item)
            else:
                self._copy("o", fn.leaf("out", offset), argument[0], self._address(argument), size)
        fn.out_words = max(fn.out_words, how.total)
        return self._emit("call", [] if pointer is None else [pointer],
                          CallInfo(symbol, False, how.total))

    def _arguments(self, values: list[tree.Value]) -> list[list[Ins] | Loc]:
        """Each argument as a list of words, or as memory that holds still until the call."""
        arguments: list[list[Ins] | Loc] = []
        for index, value in enumerate(values):
            if not is_aggregate(value.type):
                arguments.append([self._value(value)])
            elif value.type.size <= FLAT:
                arguments.append(self._words(value))
            elif isinstance(value, tree.Read) and all(
                    isinstance(later, tree.Const | tree.FunctionAddress)
                    for later in values[index + 1:]):
                arguments.append(self._place(value.place, True))
            else:
                place: Loc = ("e", self._slot(value, value.type.size), 0)
                self._into(value, place, FRESH)
                arguments.append(place)
        return arguments

    def _hook(self, label: str, argument: Ins) -> Ins:
        """Call the allocator or the deallocator."""
        known = self.shared.by_label.get(label)
        if known is not None:
            how = self.shared.signature(known)
            if how.sizes == [1] and not how.aggregate:
                return self._invoke(label, None, how, [[argument]], None)
        how = Signature(False, [1], [0], 1, VOID, False)
        return self._invoke(label, None, how, [[argument]], None)

    def _allocate(self, words: Ins) -> Ins:
        return self._hook(ALLOC, words)

    # --- aggregate values ---

    def _words(self, value: tree.Value) -> list[Ins]:
        """The words of an aggregate of at most `FLAT` words."""
        fn = self.fn
        if isinstance(value, tree.Read):
            loc = self._place(value.place)
            return [self._read(loc, word) for word in range(value.type.size)]
        if isinstance(value, tree.ArrayToSlice):
            length = fn.const(value.length)
            return [self._address(self._place(value.base, True)), length, length]
        if isinstance(value, tree.StructLiteral):
            words = [fn.const(0)] * value.type.size
            for member, element in value.members:
                part = self._parts(element)
                words[member.offset:member.offset + len(part)] = part
            return words
        if isinstance(value, tree.ArrayLiteral):
            return [word for element in value.elements for word in self._parts(element)]
        if isinstance(value, tree.RepeatLiteral):
            return self._repeat_words(value)
        if isinstance(value, tree.StringLiteral):
            return [fn.const(word) for word in value.words]
        if isinstance(value, tree.NullSlice):
            return [fn.const(0)] * 3
        if isinstance(value, tree.PointerToSlice):
            length = fn.const(value.length)
            return [self._value(value.pointer), length, length]
        if isinstance(value, tree.Subslice):
            return self._subslice(value)
        if isinstance(value, tree.Retype):
            return self._words(value.operand)
        if isinstance(value, tree.Call | tree.CallPointer):
            self._call(value)
            address = self._slot(value, value.type.size)
            return [self._load("e", self._add(address, word)) for word in range(value.type.size)]
        if isinstance(value, tree.Conditional):
            return self._conditional_words(value, self._words)
        if isinstance(value, tree.Logical):
            return self._logical_words(value)
        assert isinstance(value, tree.NewArray), value
        return self._new_array(value)

    def _parts(self, element: tree.Value) -> list[Ins]:
        return self._words(element) if is_aggregate(element.type) else [self._value(element)]

    def _repeat_words(self, value: tree.RepeatLiteral) -> list[Ins]:
        if value.element.type.size == 0:
            # Nothing to store, but the element is evaluated as often as written.
            if value.count and _constant_words(value.element) is None:
                self._repeat_into(value, ("e", self._slot(value, 0), 0))
            return []
        return [word for _ in range(value.count) for word in self._parts(value.element)]

    def _subslice(self, value: tree.Subslice) -> list[Ins]:
        fn = self.fn
        lower = self._value(value.lower) if value.lower is not None else fn.const(0)
        upper = self._value(value.upper) if value.upper is not None else None
        kind = value.base.type.base
        if isinstance(kind, Array):
            pointer = self._address(self._place(value.base, True))
            length = capacity = fn.const(kind.length)
            size = kind.element.size
        else:
            base = self._place(value.base)
            pointer, capacity = self._read(base), self._read(base, 2)
            length = self._read(base, 1) if upper is None else capacity
            size = value.type.base.element.size  # type: ignore[attr-defined]
        if upper is None:
            upper = length
        return [self._op("add", pointer, self._scaled(lower, size)),
                self._op("sub", upper, lower), self._op("sub", capacity, lower)]

    def _new_array(self, value: tree.NewArray) -> list[Ins]:
        fn, size = self.fn, value.element.size
        count = self._value(value.count)
        words = self._scaled(count, size)
        pointer = self._allocate(words)
        body, after = Block("new"), Block("made")
        self._branch(pointer, body, after)
        arriving = {pred: fn.const(0) for pred in after.preds}
        self._start(body)
        if value.fill is not None:
            self._new_filled(value, pointer, words)
        elif value.source is not None:
            self._new_copied(value, pointer, count)
        else:
            self._fill_dynamic(pointer, fn.const(0), words)
        if not self.dead:
            arriving[self.block] = count
        self._jump(after)
        self._start(after)
        length = self._phi(after, arriving)
        return [pointer, length, length]

    def _new_filled(self, value: tree.NewArray, pointer: Ins, words: Ins) -> None:
        """Every element becomes a copy of `fill`."""
        assert value.fill is not None
        size = value.element.size
        if size == 1:
            self._fill_dynamic(pointer, self._parts(value.fill)[0], words)
            return
        source: Loc | list[Ins]
        if size <= FLAT:
            source = self._parts(value.fill)
        else:
            source = ("e", self._slot(value, size), 0)
            self._into(value.fill, source, FRESH)
        end = self._op("add", pointer, words)
        body, after = Block("fill"), Block("filled")
        self._branch(words, body, after)
        self._start(body)
        (element,), again = self._count([pointer], end)
        if isinstance(source, list):
            for word, item in enumerate(source):
                self._store("e", self._add(element, word), item)
        else:
            self._copy("e", element, "e", self._address(source), size)
        again([self._add(element, size)])
        self._jump(after)
        self._start(after)

    def _new_copied(self, value: tree.NewArray, pointer: Ins, count: Ins) -> None:
        """Copy from an array or slice; zeros where it is too short."""
        fn, size = self.fn, value.element.size
        source = value.source
        assert source is not None
        kind = source.type.base
        if isinstance(kind, Array):
            if count.op == "const" and count.value == kind.length:
                self._assign(("e", pointer, 0), source, FRESH)
                return
            if isinstance(source, tree.Read):
                start = self._address(self._place(source.place, True))
            else:
                start = self._slot(source, kind.size)
                self._into(source, ("e", start, 0), FRESH)
            length = fn.const(kind.length)
        else:
            start, length = self._words(source)[:2]
        # min(count, length), in words
        shorter, after = Block("shorter"), Block("least")
        self._branch(self._op("lt", length, count), shorter, after)
        arriving = {pred: count for pred in after.preds}
        self._start(shorter)
        if not self.dead:
            arriving[self.block] = length
        self._jump(after)
        self._start(after)
        copied = self._scaled(self._phi(after, arriving), size)
        body, after = Block("copy"), Block("rest")
        self._branch(copied, body, after)
        self._start(body)
        (at, to), again = self._count([start, pointer], self._op("add", start, copied))
        self._store("e", to, self._load("e", at))
        again([self._add(at, 1), self._add(to, 1)])
        self._jump(after)
        self._start(after)
        rest = self._op("sub", self._scaled(count, size), copied)
        self._fill_dynamic(self._op("add", pointer, copied), fn.const(0), rest)

    def _into(self, value: tree.Value, target: Loc, seen: int) -> None:
        """Evaluate an aggregate into memory; `seen` tells who could look at it meanwhile."""
        size = value.type.size
        if isinstance(value, tree.Retype):
            self._into(value.operand, target, seen)
        elif isinstance(value, tree.StringLiteral | tree.ArrayLiteral | tree.RepeatLiteral
                        | tree.StructLiteral):
            known = _constant_words(value) if size else None
            if known is not None and all(isinstance(word, int) for word in known):
                self._constant_into(tuple(known), target)  # type: ignore[arg-type]
            elif size <= FLAT:
                self._store_words(target, self._words(value))
            elif seen != FRESH:
                own: Loc = ("e", self._slot(value, size), 0)
                self._literal_into(value, own)
                self._copy(target[0], self._address(target), "e", own[1], size)
            else:
                self._literal_into(value, target)
        elif isinstance(value, tree.Call | tree.CallPointer) and seen != SEEN:
            self._call(value, target)
        elif size <= FLAT:
            self._store_words(target, self._words(value))
        elif isinstance(value, tree.Read):
            source = self._place(value.place, True)
            self._copy(target[0], self._address(target), source[0], self._address(source), size)
        elif isinstance(value, tree.Call | tree.CallPointer):
            self._call(value)
            self._copy(target[0], self._address(target), "e", self._slot(value, size), size)
        else:
            assert isinstance(value, tree.Conditional), value

            def arm(one: tree.Value) -> list[Ins]:
                self._into(one, target, seen)
                return []

            self._conditional_words(value, arm)

    def _store_words(self, target: Loc, words: list[Ins]) -> None:
        for word, item in enumerate(words):
            self._write(target, word, item)

    def _constant_into(self, words: tuple[int, ...], target: Loc) -> None:
        size = len(words)
        if len(set(words)) == 1:
            self._fill(target[0], self._address(target), self.fn.const(words[0]), size)
        elif size < FROM_DATA:
            self._store_words(target, [self.fn.const(word) for word in words])
        else:
            label = self.fn.label(self.shared.literal(words))
            self._copy(target[0], self._address(target), "c", label, size)

    def _literal_into(self, value: tree.Value, target: Loc) -> None:
        """A literal with parts that are not constant, piece by piece into memory."""
        kind, base, offset = target
        if isinstance(value, tree.StructLiteral):
            given = {member.name: (member, element) for member, element in value.members}
            for member in value.type.base.members:  # type: ignore[attr-defined]
                if member.name in given:
                    self._assign((kind, base, offset + member.offset), given[member.name][1],
                                 FRESH)
                elif member.type.size:
                    self._fill(kind, self._add(base, offset + member.offset), self.fn.const(0),
                               member.type.size)
        elif isinstance(value, tree.ArrayLiteral):
            for element in value.elements:
                self._assign((kind, base, offset), element, FRESH)
                offset += element.type.size
        else:
            assert isinstance(value, tree.RepeatLiteral)
            self._repeat_into(value, target)

    def _repeat_into(self, value: tree.RepeatLiteral, target: Loc) -> None:
        """Evaluate the element for each place, in a loop."""
        start, one = self._address(target), self.fn.const(1)
        (left, at), again = self._count([self.fn.const(value.count), start], self.fn.const(0))
        self._assign((target[0], at, 0), value.element, FRESH)
        again([self._op("sub", left, one), self._add(at, value.element.type.size)])

    # --- statements ---

    def _statements(self, body: list[tree.Statement]) -> None:
        starts = self.shared.starts
        for statement in body:
            self.line = bisect_right(starts, statement.pos)
            _STATEMENTS[type(statement)](self, statement)

    def _assign(self, target: Loc, value: tree.Value, seen: int) -> None:
        """Evaluate a scalar or aggregate and store it."""
        if not is_aggregate(value.type):
            self._write(target, 0, self._value(value))
        elif target[0] in ("reg", "words"):
            for word, item in enumerate(self._words(value)):
                self._write(target, word, item)
        else:
            self._into(value, target, seen)

    def _var(self, statement: tree.Var) -> None:
        local, value = statement.local, statement.initialiser
        if self.promote and not local.exposed and local.type.size <= FLAT:
            if value is None:
                words = [self.fn.const(0)] * local.type.size
            else:
                words = self._parts(value)
            self.env[local] = tuple(words)
            return
        target = self._home(local)
        if value is None:
            self._fill(target[0], self._address(target), self.fn.const(0), local.type.size)
        else:
            self._assign(target, value, SEEN if local.exposed else FRESH)

    def _assignment(self, statement: tree.Assign) -> None:
        place = statement.place
        if isinstance(place, tree.Length):
            where, base, offset = self._place(place.base)
            length = self._value(statement.value)
            if place.checked:
                capacity = self._read((where, base, offset), 2)
                self._guard(self._op("gt", length, capacity), TRAP_CAPACITY, False)
            self._write((where, base, offset), 1, length)
            return
        target = self._place(place)
        root = tree.root(place)
        hidden = root is not None and not root.exposed
        self._assign(target, statement.value, HIDDEN if hidden else SEEN)

    def _evaluate(self, statement: tree.Evaluate) -> None:
        value = statement.value
        if not is_aggregate(value.type):
            self._value(value)
        elif value.type.size <= FLAT:
            self._words(value)
        elif isinstance(value, tree.Read):
            self._place(value.place, True)
        else:
            self._into(value, ("e", self._slot(value, value.type.size), 0), FRESH)

    def _if(self, statement: tree.If) -> None:
        before = self.env
        then, after = Block("then"), Block("endif")
        other = Block("else") if statement.other else after
        self._condition(statement.condition, then, other)
        envs: dict[Block, Env] = {}
        arms = [(then, statement.then)]
        if statement.other:
            arms.append((other, statement.other))
        for block, body in arms:
            self.env = dict(before)
            self._start(block)
            self._statements(body)
            envs[self.block] = self.env
            self._jump(after)
        self._join(after, envs, before)

    def _while(self, statement: tree.While) -> None:
        self._loop(statement, statement.condition, statement.body, None)

    def _for(self, statement: tree.For) -> None:
        self._statements([statement.first])
        self._loop(statement, statement.condition, statement.body, statement.update)

    def _loop(self, statement: tree.Statement, condition: tree.Value,
              body: list[tree.Statement], update: tree.Statement | None) -> None:
        """The test stands at the bottom; at the top too, if it is short enough for two copies."""
        twice = self.promote and _weight(condition, CONDITION_COPIES) < CONDITION_COPIES
        line = self.line
        before = self.env
        entry, start, exit_ = Block("enter"), Block("loop"), Block("endloop")
        test = start if twice else Block("test")
        loop = _Loop(exit_, Block("next"))
        if twice:
            self._condition(condition, entry, exit_)
            for pred in exit_.preds:
                loop.envs[pred] = before
            self._start(entry)
            self._jump(start)
        else:
            self._jump(test)
        # `start`, or `test`, is the header: a phi for each word that the loop assigns.
        self.env = dict(before)
        self._start(test)
        phis = []
        if not self.dead:
            for local in sorted(self.assigned.get(statement, ()), key=lambda one: one.index):
                words = self.env.get(local)
                if words is None:
                    continue
                made = []
                for word, value in enumerate(words):
                    phi = Ins("phi", [value], None, line)
                    phi.block = test
                    test.phis.append(phi)
                    phis.append((phi, local, word))
                    made.append(phi)
                self.env[local] = tuple(made)
        if not twice:
            known = len(exit_.preds)
            tested = self.env
            self._condition(condition, start, exit_)
            for pred in exit_.preds[known:]:
                loop.envs[pred] = tested
            self.env = dict(tested)
            self._start(start)
        around = dict(self.env)  # what is declared in the body is not seen by `update`
        self.loops.append(loop)
        self._statements(body)
        loop.envs[self.block] = self.env
        self._jump(loop.latch)
        self._join(loop.latch, loop.envs, around)
        if update is not None:
            self._statements([update])
        self.loops.pop()
        self.line = line
        last = self.env
        if twice:
            known = len(exit_.preds)
            self._condition(condition, start, exit_)
            for pred in exit_.preds[known:]:
                loop.envs[pred] = last
        else:
            self._jump(test)
        for phi, local, word in phis:
            phi.args.extend([last[local][word]] * (len(test.preds) - len(phi.args)))
        self._join(exit_, loop.envs, before)

    def _break(self, statement: tree.Break) -> None:
        loop = self.loops[-1]
        loop.envs[self.block] = self.env
        self._jump(loop.exit)
        self._leave()

    def _continue(self, statement: tree.Continue) -> None:
        loop = self.loops[-1]
        loop.envs[self.block] = self.env
        self._jump(loop.latch)
        self._leave()

    def _leave(self) -> None:
        self.env = dict(self.env)
        self._start(Block("dead"))

    def _return_statement(self, statement: tree.Return) -> None:
        value = statement.value
        if value is None:
            self._return(None)
        elif self.result is not None:
            # Nobody else knows the result's area: it may be filled piece by piece.
            self._assign(("e", self.result, 0), value, FRESH)
            self._return(self.result)
        elif value.type.base is VOID:
            self._value(value)
            self._return(None)
        else:
            self._return(self._value(value))
        self.env = dict(self.env)

    def _return(self, value: Ins | None) -> None:
        """Leave the function. `main` without a result leaves 0, as the exit code."""
        if value is None and self.fn.symbol == "global::main":
            value = self.fn.const(0)
        self._end("ret", [] if value is None else [value])

    def _delete_pointer(self, statement: tree.DeletePointer) -> None:
        self._hook(DEALLOC, self._value(statement.pointer))

    def _delete_slice(self, statement: tree.DeleteSlice) -> None:
        place = self._place(statement.place)
        self._hook(DEALLOC, self._read(place))
        for word in range(3):
            self._write(place, word, self.fn.const(0))


_VALUES: dict[type, Any] = {
    tree.Const: _Body._const, tree.FunctionAddress: _Body._function_address,
    tree.Read: _Body._read_value, tree.AddressOf: _Body._address_of,
    tree.VoidValue: _Body._void, tree.Retype: _Body._retype, tree.Binary: _Body._binary,
    tree.Negate: _Body._negate, tree.Not: _Body._not, tree.IntToFloat: _Body._int_to_float,
    tree.FloatToInt: _Body._float_to_int, tree.SlicePointer: _Body._slice_pointer,
    tree.Capacity: _Body._capacity, tree.Logical: _Body._logical,
    tree.Conditional: _Body._conditional, tree.NewObject: _Body._new_object,
    tree.Call: _Body._call, tree.CallPointer: _Body._call,
}

_STATEMENTS: dict[type, Any] = {
    tree.Var: _Body._var, tree.Assign: _Body._assignment, tree.Evaluate: _Body._evaluate,
    tree.If: _Body._if, tree.While: _Body._while, tree.For: _Body._for,
    tree.Break: _Body._break, tree.Continue: _Body._continue,
    tree.Return: _Body._return_statement, tree.DeletePointer: _Body._delete_pointer,
    tree.DeleteSlice: _Body._delete_slice,
}
