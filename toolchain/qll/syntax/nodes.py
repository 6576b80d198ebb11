"""The syntax tree: what the parser makes of a source, before anybody knows what a name means.

Every node has `pos`, where it starts, and `end`, just behind it; both are positions in the text
of the whole compilation (`toolchain.qll.text`). Parentheses leave no node behind.
"""

from typing import Any, TypeVar, cast, dataclass_transform

__all__ = [
    "AddressOf", "Argument", "Arrow", "ArrowIndex", "Assign", "Binary", "Block", "Bool", "Break",
    "Builtin", "Call", "Capacity", "Cast", "Char", "Conditional", "Continue", "Declaration",
    "Delete", "Deref", "Evaluate", "Expression", "File", "Float", "For", "Function", "FunctionType",
    "Global", "If", "Index", "Int", "Len", "List", "Member", "MemberType", "Name", "Namespace",
    "New", "NewElements", "Node", "Not", "Null", "Parameter", "PointerType", "Repeat", "Return",
    "Sign", "Sizeof", "SliceType", "ArrayType", "Statement", "String", "StructLiteral",
    "StructType", "Subslice", "Tags", "Type", "TypeDecl", "TypeName", "Using", "Var", "Void",
    "While",
]

_T = TypeVar("_T", bound=type)


@dataclass_transform(eq_default=False)
def _node(cls: _T) -> _T:
    """Give a class slots for its annotations, and a constructor that takes all of them in order.

    What `dataclass(slots=True)` does, in a fraction of its time: the compiler is started often.
    """
    own = list(cls.__dict__.get("__annotations__", ()))
    inherited = [name for base in reversed(cls.__mro__[1:])
                 for name in base.__dict__.get("__slots__", ())]
    names = [*inherited, *own]
    lines = [f"def __init__(self, {', '.join(names)}):",
             *(f"    self.{name} = {name}" for name in names)]
    made: dict[str, Any] = {}
    exec("\n".join(lines), made)
    body = {name: item for name, item in cls.__dict__.items()
            if name not in ("__dict__", "__weakref__")}
    body |= {"__slots__": tuple(own), "__init__": made["__init__"]}
    return cast(_T, type(cls)(cls.__name__, cls.__bases__, body))


@_node
class Node:
    pos: int
    end: int


class Expression(Node):
    __slots__ = ()


class Type(Node):
    __slots__ = ()


class Statement(Node):
    __slots__ = ()


class Declaration(Node):
    __slots__ = ()


# --- types ---------------------------------------------------------------------------------------


@_node
class Builtin(Type):
    """`byte`, `int`, `float`, `void`."""
    name: str


@_node
class TypeName(Type):
    """A name, with type arguments or (None) without."""
    name:      str
    arguments: list[Type] | None


@_node
class PointerType(Type):
    target: Type


@_node
class ArrayType(Type):
    element: Type
    length:  int


@_node
class SliceType(Type):
    element: Type


@_node
class MemberType(Type):
    """`T.m`; `name_pos` is where the `m` stands."""
    base:     Type
    name:     str
    name_pos: int


@_node
class StructType(Type):
    members: list["Parameter"]


@_node
class FunctionType(Type):
    parameters: list[Type]
    result:     Type


@_node
class Tags(Type):
    """Tags in front of a type."""
    tags:   list[str]
    target: Type


# --- expressions ---------------------------------------------------------------------------------


@_node
class Int(Expression):
    word: int


@_node
class Float(Expression):
    """`word` is the binary32 pattern."""
    word: int


@_node
class Char(Expression):
    word: int


@_node
class String(Expression):
    text: str


@_node
class Bool(Expression):
    value: bool


@_node
class Null(Expression):
    pass


@_node
class Void(Expression):
    pass


@_node
class Name(Expression):
    """A name, with type arguments or (None) without."""
    name:      str
    arguments: list[Type] | None


@_node
class Sizeof(Expression):
    target: Type


@_node
class List(Expression):
    elements: list[Expression]


@_node
class Repeat(Expression):
    element: Expression
    count:   int


@_node
class Argument(Node):
    """`name = value` in a struct literal."""
    name:  str
    value: Expression


@_node
class StructLiteral(Expression):
    target:  Type
    members: list[Argument]


@_node
class Sign(Expression):
    """Prefix `+` or `-`."""
    negative: bool
    operand:  Expression


@_node
class Not(Expression):
    operand: Expression


@_node
class Deref(Expression):
    operand: Expression


@_node
class AddressOf(Expression):
    operand: Expression


@_node
class Len(Expression):
    operand: Expression


@_node
class Capacity(Expression):
    operand: Expression


@_node
class Cast(Expression):
    target:  Type
    unsafe:  bool
    operand: Expression


@_node
class New(Expression):
    """`new T`; `how` is `=`, `...` or, without an initialiser, empty."""
    target:      Type
    how:         str
    initialiser: Expression | None


@_node
class NewElements(Expression):
    """`new T[count]`; `how` is `=`, `...` or, without an initialiser, empty."""
    element:     Type
    count:       Expression
    how:         str
    initialiser: Expression | None


@_node
class Binary(Expression):
    """`at` is where the operator stands."""
    operator: str
    at:       int
    left:     Expression
    right:    Expression


@_node
class Conditional(Expression):
    condition: Expression
    then:      Expression
    other:     Expression


@_node
class Member(Expression):
    """`base.name`; `name_pos` is where the name stands."""
    base:     Expression
    name:     str
    name_pos: int


@_node
class Arrow(Expression):
    """`base->name`."""
    base:     Expression
    name:     str
    name_pos: int


@_node
class Index(Expression):
    base:   Expression
    index:  Expression
    unsafe: bool


@_node
class ArrowIndex(Expression):
    base:   Expression
    index:  Expression
    unsafe: bool


@_node
class Subslice(Expression):
    base:  Expression
    lower: Expression | None
    upper: Expression | None


@_node
class Call(Expression):
    callee:    Expression
    arguments: list[Expression]


# --- statements ----------------------------------------------------------------------------------


@_node
class Block(Node):
    """`end` is just behind the closing brace."""
    statements: list[Statement]


@_node
class Var(Statement):
    name:        str
    name_pos:    int
    type:        Type | None
    initialiser: Expression | None


@_node
class Assign(Statement):
    """`at` is where the `=` stands."""
    place: Expression
    at:    int
    value: Expression


@_node
class Evaluate(Statement):
    expression: Expression


@_node
class Return(Statement):
    value: Expression | None


@_node
class Break(Statement):
    pass


@_node
class Continue(Statement):
    pass


@_node
class Delete(Statement):
    operand: Expression


@_node
class If(Statement):
    """The arms from top to bottom, `else if` included, and what to do if none is taken."""
    arms:  list[tuple[Expression, Block]]
    other: Block | None


@_node
class While(Statement):
    condition: Expression
    body:      Block


@_node
class For(Statement):
    first:     Statement
    condition: Expression
    update:    Statement
    body:      Block


# --- declarations --------------------------------------------------------------------------------


@_node
class Parameter(Node):
    """`name: type`: of a function, or a member of a struct type."""
    name: str
    type: Type


@_node
class TypeDecl(Declaration):
    tags:       list[str]
    name:       str
    name_pos:   int
    parameters: list[tuple[str, int]]
    type:       Type


@_node
class Global(Declaration):
    tags:        list[str]
    name:        str
    name_pos:    int
    type:        Type
    initialiser: Expression | None


@_node
class Function(Declaration):
    tags:            list[str]
    name:            str
    name_pos:        int
    type_parameters: list[tuple[str, int]]
    parameters:      list[Parameter]
    result:          Type
    body:            Block | None


@_node
class Using(Declaration):
    name: str


@_node
class Namespace(Declaration):
    name:         str
    declarations: list[Declaration]


@_node
class File(Node):
    declarations: list[Declaration]
