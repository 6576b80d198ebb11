"""The typed tree: what the front of the compiler hands to the back.

Everything that needs knowledge of names or types has been done. Names are resolved to objects
(`Local`, `Global`, `Function`), templates are expanded, each expression has its type, operators
say which machine operation they mean, and conversions that do something are nodes of their own.
What is left to the back: checks (null, bounds, capacity), storage, calls, optimisation.

Conventions
-----------

- **Values and places.** An expression is a `Value` or a `Place`. A place denotes memory; reading
  it is the node `Read`. Evaluating a place means finding its address, with all its checks; that
  happens once, when the order of evaluation says so, whether it is then read, written or only has
  its address taken (``&e->m`` traps for a null `e`, ``&a[n]`` for an index out of bounds).
- **Types** are those of `toolchain.qll.types`, names and tags included; use `type.base`. A scalar
  value is one word. An aggregate value (array, slice, struct, see `types.is_aggregate`) has
  `type.size` words, which may be 0. Types of a value and of where it goes may differ in names, and
  a slice-shaped struct and a slice may stand for each other: the words are the same, and no node
  marks it. All else agrees.
- **One node, one occurrence.** No node stands in the tree twice, so a node's identity is an
  occurrence in the source (of an instance): each of `Temporary`, the literals and the calls with
  an aggregate result has one storage area per activation of the function that contains it. In
  initialisers of globals that storage is static.
- **Order.** Operands are evaluated in the order in which the attributes are listed in each class,
  unless its docstring says otherwise.
- **Truth.** A condition (`If`, `While`, `For`, `Conditional`, the left of `Logical` unless that is
  a slice, the operand of `Not`) is a scalar word that is not a float; true is "not zero". The
  front has inserted `SlicePointer` where the source tests a slice.
- **Positions.** `pos` is a position in `Program.text`, which turns it into file, line and column.
- **Constants.** All scalar literals are `Const`; negated ones and integer literals with a context
  of float have been worked out. Nothing else is folded.

No node has behaviour. `dump` prints a program for people (``qllc --emit tree``). The file is long
because it is a list: every kind of node, with what it means.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from toolchain.qll.node import node
from toolchain.qll.text import Text
from toolchain.qll.types import FunctionType, Member, Type

__all__ = [
    "AddressOf", "ArrayIndex", "ArrayLiteral", "ArrayToSlice", "Assign", "AtAddress", "Binary",
    "BinaryOp", "Break", "Call", "CallPointer", "Capacity", "Conditional", "Const", "Continue",
    "DeletePointer", "DeleteSlice", "Deref", "Evaluate", "Expression", "FloatToInt", "For",
    "Function", "FunctionAddress", "Global", "GlobalPlace", "If", "ImageWord", "IntToFloat",
    "Length", "Local", "LocalPlace", "Logical", "MemberPlace", "Negate", "NewArray",
    "NewObject", "Node", "Not", "NullSlice", "Place", "PointerIndex", "PointerToSlice",
    "Program", "Read", "RepeatLiteral", "Return", "Retype", "RetypePlace", "SliceIndex",
    "SlicePointer", "Statement", "StringLiteral", "StructLiteral", "Subslice", "Temporary",
    "Value", "Var", "VoidValue", "While", "children", "dump", "root",
]


@node
class Node:
    """An expression or a statement; `pos` is where it stands in `Program.text`."""
    pos: int


@node
class Expression(Node):
    """A value or a place, and its type."""
    type: Type


class Value(Expression):
    """An expression that yields `type.size` words (none if the type is void)."""

    __slots__ = ()


class Place(Expression):
    """An expression that denotes memory of `type.size` words."""

    __slots__ = ()


# --- declarations --------------------------------------------------------------------------------


class Local:
    """A parameter or a `var`, or rather: the storage of one `var` statement.

    `index` counts within the function, parameters first; names may repeat. `exposed` is true if
    the function takes the address of it or of a part of it in any way: `&`, a slice of it, a
    conversion to a slice, an index that is not a constant within bounds. A scalar local that is
    not exposed is known to nobody else.
    """

    __slots__ = ("exposed", "index", "is_parameter", "name", "pos", "type", "used")

    def __init__(self, name: str, type: Type, index: int, pos: int, is_parameter: bool = False):
        self.name = name
        self.type = type
        self.index = index
        self.pos = pos
        self.is_parameter = is_parameter
        self.exposed = False
        self.used = False

    def __repr__(self) -> str:
        return f"<Local {self.name}#{self.index}: {self.type}>"


class Function:
    """A function, or one instance of a function template.

    Attributes
    ----------
    label : str
        Label in assembly without the `@`: `global::std::str::equal`. Labels of instances hold
        other characters and need quoting; all labels of a program are distinct.
    parameters : list[Local]
        In order.
    result : Type
        `result.base is VOID` if it returns nothing.
    body : list[Statement] | None
        None: defined in assembly.
    locals : list[Local]
        The parameters, then one for each `var`, in order of `index`.
    exported, interrupt : bool
        Has the tag `.export`, `.interrupt`.
    is_instance : bool
        Made from a template.
    type : FunctionType
        Its type as a value.
    mentions : dict[Function, int]
        The functions that the body calls or takes the address of, in order of appearance.
    """

    __slots__ = ("body", "exported", "interrupt", "is_instance", "label", "locals", "mentions",
                 "name", "parameters", "pos", "result", "type")

    def __init__(self, name: str, label: str, pos: int):
        self.name = name
        self.label = label
        self.pos = pos
        self.parameters: list[Local] = []
        self.result: Type
        self.body: list[Statement] | None = None
        self.locals: list[Local] = []
        self.exported = False
        self.interrupt = False
        self.is_instance = False
        self.type: FunctionType
        self.mentions: dict[Function, int] = {}

    def __repr__(self) -> str:
        return f"<Function {self.label}>"


class Global:
    """A global variable.

    Attributes
    ----------
    label : str
        Label in assembly without the `@`.
    type : Type
        Storage is `type.size` words, in one piece.
    extern : bool
        Defined in assembly: no storage is emitted, and `image` and `initialiser` are None.
    constant : bool
        Has the tag `.constant`; no statement assigns to it (its address can still be taken).
    image : list[ImageWord] | None
        Its words in the image, if they are known; `initialiser` is then None. If both are None
        (and it is not `extern`) there is no such global: one of the two is always set.
    initialiser : Value | None
        What `_init` computes and stores; until then the words are zero.
    """

    __slots__ = ("constant", "extern", "image", "initialiser", "label", "name", "pos", "type")

    def __init__(self, name: str, label: str, type: Type, pos: int):
        self.name = name
        self.label = label
        self.type = type
        self.pos = pos
        self.extern = False
        self.constant = False
        self.image: list[ImageWord] | None = None
        self.initialiser: Value | None = None

    def __repr__(self) -> str:
        return f"<Global {self.label}: {self.type}>"


# A word of the image: a number below 2^32, or the address of a function or global.
ImageWord = int | Function | Global


class Program:
    """A whole checked program.

    Attributes
    ----------
    text : Text
        All sources; turns positions into lines.
    globals : list[Global]
        All of them, in order of declaration; this is also the order of their initialisers, which
        make up `global::_init`. That function is not in `functions`; the back always emits it.
    functions : list[Function]
        Those to emit, all with a body: in order of declaration, instances last.
    externals : list[Function]
        Functions without a body that emitted code mentions.
    unreachable : list[Function]
        Functions with a body that need not be emitted.
    """

    __slots__ = ("externals", "functions", "globals", "text", "unreachable")

    def __init__(self, text: Text):
        self.text = text
        self.globals: list[Global] = []
        self.functions: list[Function] = []
        self.externals: list[Function] = []
        self.unreachable: list[Function] = []


# --- places --------------------------------------------------------------------------------------


@node
class LocalPlace(Place):
    """A parameter or `var`."""
    local: Local

    def __init__(self, pos: int, local: Local):
        self.pos = pos
        self.type = local.type
        self.local = local


@node
class GlobalPlace(Place):
    """A global; `glob.label` is its address."""
    glob: Global

    def __init__(self, pos: int, glob: Global):
        self.pos = pos
        self.type = glob.type
        self.glob = glob


@node
class Deref(Place):
    """`*e`, and the first half of `e->m` and `e->[i]`. Traps if the pointer is null."""
    pointer: Value


@node
class AtAddress(Place):
    """A scalar word cast to an array: the array at that address. Checks nothing."""
    address: Value


@node
class Temporary(Place):
    """The storage that holds an aggregate value which is not a place: `f().m`, `[1, 2][i]`.

    Evaluating it evaluates the value into the storage of this occurrence.
    """
    value: Value

    def __init__(self, value: Value):
        self.pos = value.pos
        self.type = value.type
        self.value = value


@node
class MemberPlace(Place):
    """`base.m`; `e->m` is this over a `Deref`. `member.offset` words into `base`."""
    base:   Place
    member: Member

    def __init__(self, pos: int, base: Place, member: Member):
        self.pos = pos
        self.type = member.type
        self.base = base
        self.member = member


@node
class ArrayIndex(Place):
    """`base[index]` on an array. Traps unless `index < length`, unsigned, or `unsafe`.

    With `unsafe` the address is computed modulo 2^32.
    """
    base:   Place
    index:  Value
    unsafe: bool


@node
class SliceIndex(Place):
    """`base[index]` on a slice. Traps unless `index < length`, unsigned, or `unsafe`.

    Order: the place `base`, the index, then the descriptor is read from the place, then the check.
    """
    base:   Place
    index:  Value
    unsafe: bool


@node
class PointerIndex(Place):
    """`pointer[unsafe index]`: steps of the pointee's size, modulo 2^32.

    Order: pointer, index, then the check. Traps if the pointer is null.
    """
    pointer: Value
    index:   Value


@node
class Length(Place):
    """`len base`: the second word of a slice or slice-shaped struct.

    An `Assign` to it checks the new length against the capacity if `checked` (slices, not
    slice-shaped structs); nothing else does.
    """
    base:    Place
    checked: bool


@node
class RetypePlace(Place):
    """The same memory under another type of the same size (a cast without effect)."""
    base: Place


def root(place: Place) -> Local | None:
    """The local that a place is a part of, if it is one."""
    while isinstance(place, MemberPlace | ArrayIndex | Length | RetypePlace):
        place = place.base
    return place.local if isinstance(place, LocalPlace) else None


# --- values --------------------------------------------------------------------------------------


@node
class Read(Value):
    """The value in a place: a scalar word, or an aggregate."""
    place: Place

    def __init__(self, pos: int, place: Place):
        self.pos = pos
        self.type = place.type
        self.place = place


@node
class AddressOf(Value):
    """`&place`, after the checks of the place."""
    place: Place


@node
class Const(Value):
    """A scalar constant: `word` is what is in the register, 0 to 2^32 - 1 (floats as binary32)."""
    word: int


@node
class FunctionAddress(Value):
    """A function as a value; never null."""
    function: Function


@node
class VoidValue(Value):
    """`void`: nothing."""


@node
class NullSlice(Value):
    """`null` or `[]` as a slice: three zero words."""


@node
class StringLiteral(Value):
    """An array of `words`, the code points; the type's `base` is an `Array`.

    Rewritten at each evaluation, like all literals. If `static`, its storage is not that of the
    activation but outlives it, and is not shared with other occurrences.
    """
    words:  list[int]
    static: bool

    def __init__(self, pos: int, type: Type, words: list[int]):
        self.pos = pos
        self.type = type
        self.words = words
        self.static = False


@node
class ArrayLiteral(Value):
    """`[a, b, c]`; the elements have the array's element type."""
    elements: list[Value]


@node
class RepeatLiteral(Value):
    """`[element; count]`: an array of `count` elements; the element is evaluated for each."""
    element: Value
    count:   int


@node
class StructLiteral(Value):
    """`T { m = e, ... }`; `members` in order of the struct's declaration, missing ones are zero."""
    members: list[tuple[Member, Value]]


class BinaryOp(Enum):
    """What a binary operator does to two words. Plain names are unsigned or do not care, `s` is
    signed, `f` is binary32. `le` and `ge`, of all kinds, are the negation of `gt` and `lt`, `fne`
    that of `feq`: true for NaN. Comparisons yield 0 or 1."""

    ADD, SUB, MUL, DIV, MOD, AND, OR, SHL, SHR = (
        "add", "sub", "mul", "div", "mod", "and", "or", "shl", "shr")
    SDIV, SMOD, SAR = "sdiv", "smod", "sar"
    FADD, FSUB, FMUL, FDIV = "fadd", "fsub", "fmul", "fdiv"
    EQ, NE, LT, GT, LE, GE = "eq", "ne", "lt", "gt", "le", "ge"
    SLT, SGT, SLE, SGE = "slt", "sgt", "sle", "sge"
    FEQ, FNE, FLT, FGT, FLE, FGE = "feq", "fne", "flt", "fgt", "fle", "fge"


@node
class Binary(Value):
    """`left op right` on scalars; the value on the left is read before the right is evaluated."""
    op:    BinaryOp
    left:  Value
    right: Value


@node
class Negate(Value):
    """`-operand`: `0 - operand`, integer or, if `type.base is FLOAT`, float."""
    operand: Value


@node
class Not(Value):
    """`!operand`: 1 if the word is zero, else 0."""
    operand: Value


@node
class Logical(Value):
    """`left && right` (`is_and`) or `left || right`: the value of the left if that decides, else
    that of the right. Either scalars, or slices, of which the pointer decides."""
    is_and: bool
    left:   Value
    right:  Value


@node
class Conditional(Value):
    """`condition ? then : other`; of any type, void included."""
    condition: Value
    then:      Value
    other:     Value


@node
class IntToFloat(Value):
    """Signed integer to binary32."""
    operand: Value


@node
class FloatToInt(Value):
    """Binary32 to integer, toward zero, modulo 2^32; NaN and infinities give 0."""
    operand: Value


@node
class Retype(Value):
    """The same words under another type (a cast without effect)."""
    operand: Value


@node
class SlicePointer(Value):
    """First word of a slice in a place: in conditions, and under casts from slice to scalar."""
    base: Place


@node
class Capacity(Value):
    """`cap base`: third word of a slice or slice-shaped struct."""
    base: Place


@node
class ArrayToSlice(Value):
    """The array in a place as a slice: its address, and `length` as length and capacity.

    The pointer is not null even for an empty array.
    """
    base:   Place
    length: int


@node
class PointerToSlice(Value):
    """A pointer to an array as a slice: the pointer, and `length` twice. Checks nothing."""
    pointer: Value
    length:  int


@node
class Subslice(Value):
    """`base[lower:upper]`, unchecked; `base.type.base` is an `Array` or a `Slice`.

    Order: lower, upper, base. A missing lower bound is 0, a missing upper one the length of the
    base. Pointer = base + lower * element size, length = upper - lower, capacity = capacity of the
    base (for an array its length) - lower, all modulo 2^32.
    """
    lower: Value | None
    upper: Value | None
    base:  Place


@node
class Call(Value):
    """Call of a function by its name."""
    function:  Function
    arguments: list[Value]


@node
class CallPointer(Value):
    """Call through a value of function type: the value, its null check, the arguments."""
    pointer:   Value
    arguments: list[Value]


@node
class NewObject(Value):
    """`new T` or `new T = e`: allocate `element.size` words, then fill with zero or with
    `initialiser`. If the allocator returns null, so does this, without evaluating it."""
    element:     Type
    initialiser: Value | None


@node
class NewArray(Value):
    """`new T[n]` in all its forms; yields a slice of length and capacity `count`.

    Order: `count`, the allocator with `count * element.size` modulo 2^32, then the initialiser. If
    the allocator returns null the result is a null slice and the initialiser is not evaluated.

    - `fill`: evaluated once, every element is a copy of it;
    - `source`: an array or slice value (see `source.type.base`) whose first elements are copied,
      at most `count`; if it has fewer, the rest is zero;
    - neither: all zero.
    """
    element: Type
    count:   Value
    fill:    Value | None
    source:  Value | None


def children(expression: Expression) -> list[Expression]:
    """The expressions directly below an expression, in the order of evaluation."""
    found: list[Expression] = []
    slots: tuple[str, ...] = getattr(type(expression), "__slots__")
    for name in slots:
        child = getattr(expression, name)
        for item in child if isinstance(child, list) else [child]:
            each = item[-1] if isinstance(item, tuple) else item  # a member with its value
            if isinstance(each, Expression):
                found.append(each)
    return found


# --- statements ----------------------------------------------------------------------------------


class Statement(Node):
    """A statement."""

    __slots__ = ()


@node
class Var(Statement):
    """`var`: stores the initial value, or zeros if there is none, each time it is executed."""
    local:       Local
    initialiser: Value | None


@node
class Assign(Statement):
    """`place = value`: the place with its checks, the value, the capacity check of a `Length`, the
    store."""
    place: Place
    value: Value


@node
class Evaluate(Statement):
    """An expression for its effects. A place that stands alone comes as a `Read`."""
    value: Value


@node
class If(Statement):
    """`if`; an `else if` is an `If` alone in `other`."""
    condition: Value
    then:      list[Statement]
    other:     list[Statement]


@node
class While(Statement):
    """`while`."""
    condition: Value
    body:      list[Statement]


@node
class For(Statement):
    """`for`: `first`, then while the condition is true, `body` and `update`.

    `Break` and `Continue` in `update` and `body` are this loop's (`Continue` goes to `update`),
    in `first` those of the loop outside.
    """
    first:     Statement
    condition: Value
    update:    Statement
    body:      list[Statement]


@node
class Break(Statement):
    """`break` of the innermost loop."""


@node
class Continue(Statement):
    """`continue` of the innermost loop."""


@node
class Return(Statement):
    """`return`; in a void function `value` is None, or a void value to evaluate first."""
    value: Value | None


@node
class DeletePointer(Statement):
    """`delete` of a pointer: call the deallocator with it, null included."""
    pointer: Value


@node
class DeleteSlice(Statement):
    """`delete` of a slice: call the deallocator with its pointer, then clear its three words."""
    place: Place


# --- printing ------------------------------------------------------------------------------------


def dump(program: Program) -> str:
    """The program as indented text, a node a line."""
    lines: list[str] = []
    for glob in program.globals:
        lines.append(f"global {glob.label}: {glob.type}{' extern' if glob.extern else ''}")
        if glob.image is not None:
            lines.append("  image " + " ".join(
                str(word) if isinstance(word, int) else "@" + word.label for word in glob.image))
        if glob.initialiser is not None:
            lines.extend(_dump(glob.initialiser, 1, "initialiser "))
    for function in program.functions:
        lines.append(f"function {function.label}: {function.type}")
        for local in function.locals:
            lines.append(f"  local #{local.index} {local.name}: {local.type}"
                         f"{' parameter' if local.is_parameter else ''}"
                         f"{' exposed' if local.exposed else ''}")
        for statement in function.body or []:
            lines.extend(_dump(statement, 1, ""))
    lines.extend(f"external {function.label}: {function.type}" for function in program.externals)
    return "\n".join(lines) + "\n"


def _dump(node: Node, depth: int, lead: str) -> Iterator[str]:
    words = [f"{'  ' * depth}{lead}{type(node).__name__}"]
    children: list[tuple[str, Node]] = []
    for cls in type(node).__mro__:
        for name in getattr(cls, "__slots__", ()):
            if name in ("pos", "type"):
                continue
            _sort_out(name, getattr(node, name), words, children)
    if isinstance(node, Expression):
        words.append(f": {node.type}")
    yield " ".join(words)
    for name, child in children:
        yield from _dump(child, depth + 1, f"{name} ")


def _sort_out(name: str, item: Any, words: list[str], children: list[tuple[str, Node]]) -> None:
    """Put an attribute of a node among the words of its line or among its children."""
    if isinstance(item, Node):
        children.append((name, item))
    elif isinstance(item, Local):
        words.append(f"{item.name}#{item.index}")
    elif isinstance(item, Function | Global):
        words.append(f"@{item.label}")
    elif isinstance(item, Member):
        words.append(f".{item.name}")
    elif isinstance(item, BinaryOp):
        words.append(item.value)
    elif isinstance(item, bool):
        words.extend([name] if item else [])
    elif isinstance(item, list) and name == "words":
        words.append(repr("".join(map(chr, item))))
    elif isinstance(item, list):
        for one in item:
            if isinstance(one, tuple):
                children.append((one[0].name, one[1]))
            else:
                children.append((name, one))
    elif item is not None:
        words.append(f"{name} {item}")
