"""The syntax tree: what the parser makes of a source, before anybody knows what a name means.

Every node has `pos`, where it starts, and `end`, just behind it; both are positions in the text
of the whole compilation (`toolchain.qll.text`). Parentheses leave no node behind, only a mark on
the operator in them.
"""

from toolchain.qll.errors import QllError
from toolchain.qll.node import node

__all__ = [
    "AddressOf", "Argument", "Arrow", "ArrowIndex", "Assign", "Binary", "Block", "Bool", "Break",
    "Builtin", "Call", "Capacity", "Cast", "Char", "Conditional", "Continue", "Declaration",
    "Delete", "Deref", "Evaluate", "Expression", "File", "Float", "For", "Function", "FunctionType",
    "Global", "If", "Index", "Int", "Len", "List", "Member", "MemberType", "Name", "Namespace",
    "New", "NewElements", "Node", "Not", "Null", "Parameter", "PointerType", "Repeat", "Return",
    "Sign", "Sizeof", "SliceType", "ArrayType", "Statement", "String", "StructLiteral",
    "StructType", "Subslice", "Tags", "Type", "TypeDecl", "TypeName", "Using", "Var", "Void",
    "While", "Wrong", "WrongType",
]


@node
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


# --- what could not be read ----------------------------------------------------------------------


@node
class Wrong(Expression):
    """An expression in which a mistake was reported already."""


@node
class WrongType(Type):
    """A type in which a mistake was reported already."""


# --- types ---------------------------------------------------------------------------------------


@node
class Builtin(Type):
    """`byte`, `int`, `float`, `void`."""
    name: str


@node
class TypeName(Type):
    """A name, with type arguments or (None) without."""
    name:      str
    arguments: list[Type] | None


@node
class PointerType(Type):
    target: Type


@node
class ArrayType(Type):
    element: Type
    length:  Expression


@node
class SliceType(Type):
    element: Type


@node
class MemberType(Type):
    """`T.m`; `name_pos` is where the `m` stands."""
    base:     Type
    name:     str
    name_pos: int


@node
class StructType(Type):
    members: list["Parameter"]


@node
class FunctionType(Type):
    parameters: list[Type]
    result:     Type


@node
class Tags(Type):
    """Tags in front of a type."""
    tags:   list[str]
    target: Type


# --- expressions ---------------------------------------------------------------------------------


@node
class Int(Expression):
    word: int


@node
class Float(Expression):
    """`word` is the binary32 pattern."""
    word: int


@node
class Char(Expression):
    word: int


@node
class String(Expression):
    text: str


@node
class Bool(Expression):
    value: bool


@node
class Null(Expression):
    pass


@node
class Void(Expression):
    pass


@node
class Name(Expression):
    """A name, with type arguments or (None) without."""
    name:      str
    arguments: list[Type] | None


@node
class Sizeof(Expression):
    target: Type


@node
class List(Expression):
    elements: list[Expression]


@node
class Repeat(Expression):
    element: Expression
    count:   Expression


@node
class Argument(Node):
    """`name = value` in a struct literal."""
    name:  str
    value: Expression


@node
class StructLiteral(Expression):
    target:  Type
    members: list[Argument]


@node
class Sign(Expression):
    """Prefix `+` or `-`."""
    negative: bool
    operand:  Expression


@node
class Not(Expression):
    operand: Expression


@node
class Deref(Expression):
    operand: Expression


@node
class AddressOf(Expression):
    operand: Expression


@node
class Len(Expression):
    operand: Expression


@node
class Capacity(Expression):
    operand: Expression


@node
class Cast(Expression):
    target:  Type
    unsafe:  bool
    operand: Expression


@node
class New(Expression):
    """`new T`; `how` is `=`, `...` or, without an initialiser, empty."""
    target:      Type
    how:         str
    initialiser: Expression | None


@node
class NewElements(Expression):
    """`new T[count]`; `how` is `=`, `...` or, without an initialiser, empty."""
    element:     Type
    count:       Expression
    how:         str
    initialiser: Expression | None


@node
class Binary(Expression):
    """`at` is where the operator stands; `grouped` says that parentheses stand around it."""
    operator: str
    at:       int
    left:     Expression
    right:    Expression
    grouped:  bool


@node
class Conditional(Expression):
    condition: Expression
    then:      Expression
    other:     Expression


@node
class Member(Expression):
    """`base.name`; `name_pos` is where the name stands."""
    base:     Expression
    name:     str
    name_pos: int


@node
class Arrow(Expression):
    """`base->name`."""
    base:     Expression
    name:     str
    name_pos: int


@node
class Index(Expression):
    base:   Expression
    index:  Expression
    unsafe: bool


@node
class ArrowIndex(Expression):
    base:   Expression
    index:  Expression
    unsafe: bool


@node
class Subslice(Expression):
    base:  Expression
    lower: Expression | None
    upper: Expression | None


@node
class Call(Expression):
    callee:    Expression
    arguments: list[Expression]


# --- statements ----------------------------------------------------------------------------------


@node
class Block(Node):
    """`end` is just behind the closing brace."""
    statements: list[Statement]


@node
class Var(Statement):
    name:        str
    name_pos:    int
    type:        Type | None
    initialiser: Expression | None


@node
class Assign(Statement):
    """`at` is where the `=` stands."""
    place: Expression
    at:    int
    value: Expression


@node
class Evaluate(Statement):
    expression: Expression


@node
class Return(Statement):
    value: Expression | None


@node
class Break(Statement):
    pass


@node
class Continue(Statement):
    pass


@node
class Delete(Statement):
    operand: Expression


@node
class If(Statement):
    """The arms from top to bottom, `else if` included, and what to do if none is taken."""
    arms:  list[tuple[Expression, Block]]
    other: Block | None


@node
class While(Statement):
    condition: Expression
    body:      Block


@node
class For(Statement):
    first:     Statement
    condition: Expression
    update:    Statement
    body:      Block


# --- declarations --------------------------------------------------------------------------------


@node
class Parameter(Node):
    """`name: type`: of a function, or a member of a struct type."""
    name: str
    type: Type


@node
class TypeDecl(Declaration):
    tags:       list[str]
    name:       str
    name_pos:   int
    parameters: list[tuple[str, int]]
    type:       Type


@node
class Global(Declaration):
    tags:        list[str]
    name:        str
    name_pos:    int
    type:        Type
    initialiser: Expression | None


@node
class Function(Declaration):
    tags:            list[str]
    name:            str
    name_pos:        int
    type_parameters: list[tuple[str, int]]
    parameters:      list[Parameter]
    result:          Type
    body:            Block | None


@node
class Using(Declaration):
    name: str


@node
class Namespace(Declaration):
    name:         str
    declarations: list[Declaration]


@node
class File(Node):
    """`mixtures` are operators with an operand that one may think to bind otherwise; `errors` what
    could not be read, and `lost` the names that may be declared there."""
    declarations: list[Declaration]
    mixtures:     list[tuple[Binary, Binary]]
    errors:       list[QllError]
    lost:         set[str]
