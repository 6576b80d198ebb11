"""The compiler's intermediate representation: SSA over words.

A `Function` is a list of `Block`s; a block is its phis, its body and one terminator. Every value is
the instruction (`Ins`) that makes it. Leaves (constants, addresses of labels and of frame slots)
belong to the function and stand in no block until `place` gives them one: there is one object for
each, so two leaves are equal exactly if they are the same object.

The text form, which `print_function` writes and `parse_function` reads back::

    function @global::f (2) {
      slot $0 3
    b0:
      %0 = param 0
      %1 = param 1
      %2 = lt %0, 10
      guard.1 %2
      %3 = add %1, %0
      %4 = load.e %3
      store.l $0+1, %4
      branch %4, b1, b2
    b1: <- b0
      %5 = call.fast @global::g(%4, 7)
      jump b2
    b2: <- b0, b1
      %6 = phi %4, %5
      ret %6
    }

Operations named as in the instruction set do what those instructions do. The others:

=============  ==================================================================================
`param`        word `value` of the parameters, in a register (fast entry) or from the stack
`load.K`       memory at the address; `K` says what is known of it, below
`store.K`      address, value
`call.C`       `C` is `fast` (arguments in registers) or `stack` (arguments stored by `store.o`);
               the callee is `value.symbol`, or the first operand if that is None
`guard.T`      trap `T` if the operand is zero
`guardnot.T`   trap `T` if the operand is not zero
`round`        nothing: a new round of an unrolled loop begins, in which globals may have changed
`phi`          one operand for each predecessor, in their order
`jump`         to the one successor
`branch`       to the first successor if the operand is not zero, else to the second
`ret`          with a result or without
`trap.T`       stop
=============  ==================================================================================

`K` is a `Memory`.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from toolchain.arithmetic import WORD_MASK

__all__ = [
    "BINARY", "COMMUTATIVE", "LEAVES", "NO_RESULT", "OPERATIONS", "TERMINATORS", "TRAP_BOUNDS",
    "TRAP_CAPACITY", "TRAP_NULL", "UNARY", "Block", "CallInfo", "Function", "Ins", "Memory", "Slot",
    "final", "link", "parse_function", "print_function", "verify",
]

TRAP_NULL, TRAP_BOUNDS, TRAP_CAPACITY = 0, 1, 2  # added to 0xE0000000

LEAVES = frozenset(["const", "label", "slot", "arg", "out", "block"])
UNARY = frozenset(["not", "itof", "utof", "ftoi"])
BINARY = frozenset("""
    add sub mul div mod and or shl shr eq neq lt gt fadd fsub fmul fdiv feq flt fgt slt sgt sdiv
    smod sar""".split())
COMMUTATIVE = frozenset("add mul and or eq neq fadd fmul feq".split())
OPERATIONS = UNARY | BINARY
TERMINATORS = frozenset(["jump", "branch", "ret", "trap"])
NO_RESULT = TERMINATORS | frozenset(["store", "guard", "guardnot", "spill", "round"])


class Memory(StrEnum):
    """Kinds of memory access: all that the passes know about memory.

    They say what the language lets an optimiser do.
    """
    POINTER  = "p"  # through a pointer: observable, kept in its place, one access for each
    GLOBAL   = "g"  # a global by name: others may change it at calls, at POINTERs, around loops
    ELEMENT  = "e"  # ordinary memory: elements of slices, variables whose address others know
    LOCAL    = "l"  # a frame slot that nobody else can see
    OUT      = "o"  # word of the area for outgoing arguments
    CONSTANT = "c"  # read-only data made by the compiler


class Slot:
    """Words of the frame. `private`: no address of it is known outside the function's own code.
    `stale`: what the program puts there does not always arrive."""
    __slots__ = ("size", "private", "name", "number", "offset", "stale")

    def __init__(self, size: int, name: str = "", private: bool = False):
        self.size = size
        self.private = private
        self.name = name
        self.number = -1  # position in its function's list
        self.offset = -1  # from the stack pointer, once the frame is laid out
        self.stale = False


class CallInfo:
    """What a call needs besides its operands."""
    __slots__ = ("symbol", "fast", "words", "inline", "clobbers")

    def __init__(self, symbol: str | None, fast: bool, words: int = 0):
        self.symbol = symbol  # None: the first operand is the address
        self.fast = fast
        self.words = words    # of outgoing arguments on the stack
        self.clobbers = -1    # mask of registers, once known


class Ins:
    """An instruction and the value that it makes.

    `value` holds what is not an operand: the number of a constant, (name, offset) of a label,
    (slot, offset) of a frame address, the `Memory` of an access, a trap's number, a `CallInfo`, the
    `Slot` of what is spilled or reloaded, the `Block` whose address it is.
    """
    __slots__ = ("op", "args", "value", "line", "n", "reg", "block", "fwd", "is_short")

    def __init__(self, op: str, args: list["Ins"], value: Any = None, line: int = 0):
        self.op = op
        self.args = args
        self.value: Any = value
        self.line = line   # of the source, or the number of a mark (see `marks`); 0 if of none
        self.n = -1        # scratch number: printing, liveness
        self.reg = -1      # register, once allocated
        self.block: Block | None = None
        self.fwd: Ins | None = None  # what replaces this value; see `Function.resolve`
        self.is_short = False  # made to be short-lived: spilling it would not help

    def __repr__(self) -> str:
        return f"<{self.op} {self.value if self.value is not None else ''} %{self.n}>"


class Block:
    """Phis, body, terminator; `succs` are the targets of the terminator, `preds` the reverse."""
    __slots__ = ("name", "phis", "body", "term", "preds", "succs", "n", "idom", "depth", "loop",
                 "live", "label", "kids", "level", "jump", "weight", "hint", "order")

    def __init__(self, name: str = ""):
        self.name = name
        self.phis: list[Ins] = []
        self.body: list[Ins] = []
        self.term: Any = None  # an Ins, as soon as the block is complete
        self.preds: list[Block] = []
        self.succs: list[Block] = []
        self.n = -1
        self.idom: Any = None           # a Block; None for the entry
        self.kids: list[Block] = []   # in the dominator tree
        self.level = 0                # there, of the entry
        self.jump: Any = None         # a Block far above, see `cfg`
        self.depth = 0                # loops around it
        self.loop: Any = None           # the innermost one, a `cfg.Loop`
        self.live = 0
        self.label = ""
        self.weight = 1
        self.hint = 0
        self.order: list[int] = []  # of its lines or marks, before it was scheduled

    def __repr__(self) -> str:
        return f"<block {self.name} {self.n}>"

    def replace_pred(self, old: "Block", new: "Block") -> None:
        """`new` takes the place of `old` among the predecessors; the phis keep their operands."""
        self.preds[self.preds.index(old)] = new

    def remove_pred(self, old: "Block") -> None:
        """Drop one edge from `old`, and the phis' operands for it."""
        index = self.preds.index(old)
        del self.preds[index]
        for phi in self.phis:
            del phi.args[index]


class Function:
    """`words` parameters in words; `blocks[0]` is the entry, without predecessors."""
    __slots__ = ("symbol", "blocks", "params", "slots", "leaves", "fast", "interrupt", "words",
                 "out_words", "clobbers", "inline_cost", "pinned", "recursive", "stub_offsets",
                 "sizes", "marks")

    def __init__(self, symbol: str):
        self.symbol = symbol
        self.blocks: list[Block] = []
        self.params: list[Ins] = []
        self.slots: list[Slot] = []
        self.leaves: dict[tuple, Ins] = {}
        self.fast = False        # parameters and link in registers
        self.interrupt = False
        self.words = 0
        self.out_words = 0       # of the area for outgoing arguments
        self.clobbers = -1       # registers that a call of it may change, once allocated
        self.inline_cost = -1
        self.stub_offsets: list[int] = []  # where on the stack each register parameter is
        self.recursive = False
        # Leaves with registers that the function sets when called from outside, and never again.
        self.pinned: list[Ins] = []
        self.sizes: dict[str, int] = {}  # of the globals, in words: what offsets labels may have
        self.marks: Any = None  # the program's `marks.Marks`, if there is to be debug information

    def leaf(self, op: str, value: object) -> Ins:
        key = (op, value)
        leaf = self.leaves.get(key)
        if leaf is None:
            leaf = self.leaves[key] = Ins(op, [], value)
        return leaf

    def const(self, value: int) -> Ins:
        value &= WORD_MASK
        key = ("const", value)
        leaf = self.leaves.get(key)
        if leaf is None:
            leaf = self.leaves[key] = Ins("const", [], value)
        return leaf

    def label(self, name: str, offset: int = 0) -> Ins:
        return self.leaf("label", (name, offset))

    def slot(self, slot: Slot, offset: int = 0) -> Ins:
        return self.leaf("slot", (slot, offset))

    def new_slot(self, size: int, name: str = "", private: bool = False) -> Slot:
        slot = Slot(size, name, private)
        slot.number = len(self.slots)
        self.slots.append(slot)
        return slot

    def resolve(self) -> None:
        """Follow `fwd` everywhere: replaced values disappear from all operand lists."""
        for block in self.blocks:
            for ins in (*block.phis, *block.body, block.term):
                for arg in ins.args:
                    if arg.fwd is not None:
                        ins.args = [final(arg) for arg in ins.args]
                        break

    def instructions(self) -> Iterator[Ins]:
        for block in self.blocks:
            yield from block.phis
            yield from block.body
            if block.term is not None:
                yield block.term


def final(value: Ins) -> Ins:
    """The value that stands for `value` after all replacements."""
    while value.fwd is not None:
        value = value.fwd
    return value


def link(source: Block, term: Ins, targets: Iterable[Block] = ()) -> None:
    """End `source` with `term`, going to `targets`."""
    source.term = term
    term.block = source
    source.succs = list(targets)
    for target in source.succs:
        target.preds.append(source)


# --- text ---------------------------------------------------------------------------------------

def _operand(value: Ins) -> str:
    if value.op == "const":
        return str(value.value) if value.value < 0x10000 else hex(value.value)
    if value.op == "label":
        name, offset = value.value
        return f"@`{name}`+{offset}" if offset else f"@`{name}`"
    if value.op == "slot":
        slot, offset = value.value
        return f"${slot.number}+{offset}" if offset else f"${slot.number}"
    if value.op in ("arg", "out"):
        return f"{value.op}+{value.value}"
    return f"%{value.n}"


def _operation(ins: Ins) -> str:
    if ins.op == "call":
        info = ins.value
        args = list(ins.args)
        target = f"@`{info.symbol}`" if info.symbol is not None else _operand(args.pop(0))
        words = f":{info.words}" if info.words else ""
        return (f"call.{'fast' if info.fast else 'stack'}{words} {target}"
                f"({', '.join(map(_operand, args))})")
    if ins.op == "param":
        return f"param {ins.value}"
    suffix = f".{ins.value}" if ins.value is not None else ""
    return f"{ins.op}{suffix} {', '.join(map(_operand, ins.args))}".rstrip()


def print_function(function: Function) -> str:
    """The function as text; numbers values and blocks in the order of the text."""
    count = 0
    for ins in [*function.params, *function.instructions()]:
        if ins.op not in NO_RESULT:
            ins.n = count
            count += 1
    for index, block in enumerate(function.blocks):
        block.n = index
    lines = [f"function @`{function.symbol}` ({function.words}) {{"]
    lines += [f"  slot ${slot.number} {slot.size}{' private' if slot.private else ''}"
              for slot in function.slots]
    for index, block in enumerate(function.blocks):
        preds = ", ".join(f"b{pred.n}" for pred in block.preds)
        lines.append(f"b{index}:" + (f" <- {preds}" if preds else ""))
        body = [*(function.params if index == 0 else []), *block.phis, *block.body]
        for ins in body:
            text = _operation(ins)
            if ins.op in NO_RESULT:
                lines.append(f"  {text}")
            else:
                lines.append(f"  %{ins.n} = {text}")
        if block.term is not None:
            targets = [f"b{succ.n}" for succ in block.succs]
            text = _operation(block.term)
            joint = ", " if block.term.args and targets else " " if targets else ""
            lines.append(f"  {text}{joint}{', '.join(targets)}")
    lines.append("}")
    return "\n".join(lines) + "\n"


_HEAD = re.compile(r"function @`?([^`]*?)`? \((\d+)\) \{")
_SLOT = re.compile(r"slot \$(\d+) (\d+)( private)?$")
_BLOCK = re.compile(r"b(\d+):(?: <- (.*))?$")
_LINE = re.compile(r"(?:%(\d+) = )?([a-z]+)(?:\.([a-z0-9]+))?(?::(\d+))?(?: (.*))?$")


def parse_function(text: str) -> Function:
    """The function that `print_function` wrote. Comments start with `;`."""
    lines = [line.split(";")[0].strip() for line in text.strip().splitlines()]
    lines = [line for line in lines if line]
    head = _HEAD.fullmatch(lines[0])
    if head is None or lines[-1] != "}":
        raise ValueError(f"not a function: {lines[0]!r}")
    function = Function(head[1])
    function.words = int(head[2])
    values: dict[str, Ins] = {}
    blocks: dict[str, Block] = {}
    waiting: list[tuple[Ins, list[str]]] = []

    def block_of(name: str) -> Block:
        return blocks.setdefault(name, Block())

    def operand(text: str) -> Ins:
        if text[0] == "%":
            return values[text]
        if text[0] == "@":
            name, _, offset = text[1:].partition("+") if text[1] != "`" else (
                text[2:text.rindex("`")], "", text[text.rindex("`") + 1:].lstrip("+"))
            return function.label(name, int(offset or 0))
        if text[0] == "$":
            number, _, offset = text[1:].partition("+")
            return function.slot(function.slots[int(number)], int(offset or 0))
        if text.startswith(("arg+", "out+")):
            return function.leaf(text[:3], int(text[4:]))
        return function.const(int(text, 0))

    block = Block()
    for line in lines[1:-1]:
        if found := _SLOT.fullmatch(line):
            function.new_slot(int(found[2]), private=bool(found[3]))
            continue
        if found := _BLOCK.fullmatch(line):
            block = block_of(f"b{found[1]}")
            function.blocks.append(block)
            block.preds = [block_of(name) for name in (found[2] or "").split(", ") if name]
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"not an instruction: {line!r}")
        number, op, suffix, words, rest = found.groups()
        ins = Ins(op, [])
        ins.block = block
        if number is not None:
            values[f"%{number}"] = ins
        names = _split(rest or "")
        if op == "param":
            ins.value = int(rest)
            function.params.append(ins)
        elif op == "call":
            target, _, inner = rest.rpartition("(")
            args = _split(inner[:-1])
            symbol = None
            if target.startswith("@"):
                symbol = target.strip("@`")
            else:
                args.insert(0, target)
            ins.value = CallInfo(symbol, suffix == "fast", int(words or 0))
            waiting.append((ins, args))
            block.body.append(ins)
        elif op in TERMINATORS:
            block.succs = [block_of(name) for name in names if re.fullmatch(r"b\d+", name)]
            waiting.append((ins, names[:len(names) - len(block.succs)]))
            ins.value = int(suffix) if suffix else None
            block.term = ins
        else:
            if op in ("load", "store"):
                ins.value = Memory(suffix)
            else:
                ins.value = int(suffix) if suffix else None
            waiting.append((ins, names))
            (block.phis if op == "phi" else block.body).append(ins)
    for ins, names in waiting:
        ins.args = [operand(name) for name in names]
    return function


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


# --- checks -------------------------------------------------------------------------------------

def verify(function: Function) -> None:
    """Raise ValueError, naming the place, if a rule of the representation is broken."""
    def complain(what: str) -> None:
        raise ValueError(f"{function.symbol}: {what}\n{print_function(function)}")

    known = set(function.blocks)
    defined: dict[Ins, tuple[Block, int]] = {param: (function.blocks[0], -2)
                                             for param in function.params}
    for block in function.blocks:
        if block.term is None or block.term.op not in TERMINATORS:
            complain(f"b{block.n} has no terminator")
        wanted = {"jump": 1, "branch": 2, "ret": 0, "trap": 0}[block.term.op]
        if len(block.succs) != wanted:
            complain(f"b{block.n} ends with {block.term.op} to {len(block.succs)} blocks")
        for succ in block.succs:
            if succ not in known:
                complain(f"b{block.n} goes to a block outside")
            if succ.preds.count(block) != block.succs.count(succ):
                complain(f"edge b{block.n} to b{succ.n} is not among its predecessors")
        for pred in block.preds:
            if pred not in known or block not in pred.succs:
                complain(f"b{block.n} has a predecessor that does not go there")
        for phi in block.phis:
            if phi.op != "phi" or len(phi.args) != len(block.preds):
                complain(f"phi of b{block.n} does not fit its predecessors")
            if phi.block is not block:
                complain(f"{phi!r} of b{block.n} is said to stand elsewhere")
            defined[phi] = (block, -1)
        for index, ins in enumerate(block.body):
            if ins.op in TERMINATORS or ins.op == "phi":
                complain(f"{ins.op} in the body of b{block.n}")
            if ins in defined:
                complain(f"{ins!r} stands twice")
            if ins.block is not block:
                complain(f"{ins!r} in b{block.n} is said to stand elsewhere")
            defined[ins] = (block, index)

    dominators = _dominators(function)

    def reaches(value: Ins, block: Block, index: int) -> bool:
        if value.op in LEAVES and value not in defined:
            return True
        place = defined.get(value)
        if place is None:
            return False
        return place[1] < index if place[0] is block else place[0] in dominators[block]

    for block in function.blocks:
        if block not in dominators:
            continue  # unreachable
        for phi in block.phis:
            for arg, pred in zip(phi.args, block.preds, strict=True):
                if pred in dominators and not reaches(arg, pred, 1 << 30):
                    complain(f"operand {arg!r} of a phi in b{block.n} is not defined on its edge")
        for index, ins in enumerate([*block.body, block.term]):
            assert ins is not None
            for arg in ins.args:
                if arg.fwd is not None:
                    complain(f"{ins!r} in b{block.n} uses a replaced value")
                if not reaches(arg, block, index):
                    complain(f"operand {arg!r} of {ins!r} in b{block.n} is not defined there")


def _dominators(function: Function) -> dict[Block, set[Block]]:
    """For each reachable block, all its dominators: slow and obvious, for `verify` alone."""
    entry = function.blocks[0]
    reachable, stack = {entry}, [entry]
    while stack:
        for succ in stack.pop().succs:
            if succ not in reachable:
                reachable.add(succ)
                stack.append(succ)
    dominators = {block: set(reachable) for block in reachable}
    dominators[entry] = {entry}
    changed = True
    while changed:
        changed = False
        for block in function.blocks:
            if block is entry or block not in reachable:
                continue
            merged = set.intersection(*(dominators[pred] for pred in block.preds
                                        if pred in reachable)) | {block}
            if merged != dominators[block]:
                dominators[block] = merged
                changed = True
    return dominators
