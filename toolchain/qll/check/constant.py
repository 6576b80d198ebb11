"""Constant expressions: what the length of an array may be made of.

They are needed while declarations are being read, when most types are not known yet. So an
expression is looked over before it is checked like any other: each constant in it has to be worked
out first, and whatever could never be constant is reported where it stands.
"""

from typing import Protocol

from toolchain.arithmetic import compute
from toolchain.qll import tree
from toolchain.qll.check.names import Block, FunctionTemplate, Inner, Reporter
from toolchain.qll.check.resolve import MAX_WORDS, Environment, Resolver
from toolchain.qll.check.scope import Scope
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import BinaryOp, Function, Global, Local, Value
from toolchain.qll.types import BYTE, FLOAT, INT, UNKNOWN, Array, Type, is_integer, is_scalar

__all__ = ["Constants"]

# Operators that the machine has as the negation of another one.
_NEGATED = {
    BinaryOp.NE: "eq", BinaryOp.LE: "gt", BinaryOp.GE: "lt", BinaryOp.SLE: "sgt",
    BinaryOp.SGE: "slt", BinaryOp.FNE: "feq", BinaryOp.FLE: "fgt", BinaryOp.FGE: "flt",
}

_SIGN = 0x80000000


class Declarations(Protocol):
    """The program that constants are declared in."""
    report:  Reporter
    types:   Resolver
    globals: dict[Global, tuple[nodes.Global, Block]]

    def settle(self, glob: Global) -> bool:
        """Resolve the type of a global, unless that was done; False if it is being done."""

    def scope(self, block: Block, env: Environment | None) -> Scope:
        """Where an expression in a block is checked."""


class Constants:
    """Works out constant expressions and remembers the constants in them."""

    def __init__(self, declarations: Declarations):
        self.declarations = declarations
        self.report = declarations.report
        self._known: dict[Global, int] = {}
        self._underway: list[Global] = []

    def length(self, node: nodes.Expression, block: Block, env: Environment | None) -> int | None:
        """The number of elements that an array is declared to have; None after an error, or if it
        depends on a type argument that is to be inferred."""
        if type(node) is nodes.Int:
            return node.word
        value = self._checked(node, block, env, BYTE)
        if value is None:
            return None
        word = _word(value, self._known)
        if not is_integer(value.type):
            self._wrong("operand-type", f"expected integer type, actual {value.type}", node)
        elif word == 0:
            self._wrong("array-length", "the length of the array is 0", node,
                        ("an open tail of a struct is written as [0]",))
        elif value.type.base is INT and word & _SIGN:
            self._wrong("array-length", f"the length of the array is {word - (1 << 32)}", node)
        elif word > MAX_WORDS:
            self._wrong("too-large", f"an array of {word} elements is larger than the memory", node)
        else:
            return word
        return None

    def value(self, glob: Global) -> int | None:
        """The word that a global has from the start, if it is a constant; reports nothing."""
        if glob not in self._known:
            self.report.muted += 1
            self._work_out(glob, nodes.Name(glob.pos, glob.pos, glob.name, None))
            self.report.muted -= 1
        return self._known.get(glob)

    def _wrong(self, kind: str, message: str, node: nodes.Node,
               notes: tuple[str, ...] = ()) -> None:
        self.report.error(kind, message, node.pos, node.end, notes)

    def _checked(self, node: nodes.Expression, block: Block, env: Environment | None,
                 wanted: Type) -> Value | None:
        """A constant expression in the typed tree, with the constants in it worked out. A length
        may be of any integer type; a constant has to be of the type that it is declared with."""
        if not self._is_constant(node, block, env):
            return None
        scope = self.declarations.scope(block, env)
        value = scope.value(node, wanted)
        if self._underway:
            value = scope.convert(value, wanted, node)
        return None if value.type is UNKNOWN else value

    # --- before types are checked ----------------------------------------------------------------

    def _is_constant(self, node: nodes.Expression, block: Block, env: Environment | None) -> bool:
        """Whether an expression is constant; reports what is not, unless checking will."""
        waiting = [node]
        while waiting:
            part = waiting.pop()
            if isinstance(part, (nodes.Sign, nodes.Not)):
                waiting.append(part.operand)
            elif isinstance(part, nodes.Binary):
                waiting += [part.right, part.left]
            elif isinstance(part, nodes.Conditional):
                waiting += [part.other, part.then, part.condition]
            elif isinstance(part, nodes.Cast):
                if not self._has_size(part.target, block, env):
                    return False
                waiting.append(part.operand)
            elif isinstance(part, nodes.Sizeof):
                if not self._has_size(part.target, block, env):
                    return False
            elif isinstance(part, nodes.Len) and isinstance(part.operand, nodes.Name):
                if not self._has_length(part.operand, block):
                    return False
            elif isinstance(part, nodes.Name):
                if not self._is_known(part, block):
                    return False
            elif isinstance(part, nodes.Wrong):
                return False  # which was reported
            elif not isinstance(part, (nodes.Int, nodes.Bool, nodes.Char, nodes.Float)):
                self._not_constant("this is not a constant", part)
                return False
        return True

    def _not_constant(self, message: str, node: nodes.Node, notes: tuple[str, ...] = ()) -> None:
        chain = tuple(f"the constant '{glob.name}' is made of it" for glob in self._underway[-1:])
        self._wrong("not-constant", f"{message}; the length of an array has to be constant", node,
                    (*notes, *chain))

    def _has_size(self, node: nodes.Type, block: Block, env: Environment | None) -> bool:
        types = self.declarations.types
        return types.ensure_size(types.resolve(node, block, env))

    def _has_length(self, node: nodes.Name, block: Block) -> bool:
        """Whether `len` of a name is constant: it is that of an array."""
        entity = _entity(node, block)
        if isinstance(entity, Global) and not self._is_typed(entity, node):
            return False
        if isinstance(entity, (Global, Local)) and not isinstance(entity.type.base, Array):
            self._not_constant(f"the length of '{node.name}' varies", node)
            return False
        return True

    def _is_typed(self, glob: Global, node: nodes.Name) -> bool:
        """Make sure that the type of a global is known."""
        if not self.declarations.settle(glob):
            self._wrong("cyclic-constant", f"the type of '{glob.name}' depends on itself", node,
                        self.report.declared(glob.pos))
            return False
        return self.declarations.types.ensure_size(glob.type)

    def _is_known(self, node: nodes.Name, block: Block) -> bool:
        """Whether a name is that of a constant, which is worked out if need be."""
        entity = _entity(node, block)
        if isinstance(entity, Local):
            self._not_constant(f"'{node.name}' is a variable", node,
                               self.report.declared(entity.pos))
            return False
        if isinstance(entity, (Function, FunctionTemplate)):
            self._not_constant(f"'{node.name}' is a function", node)
            return False
        if isinstance(entity, Global) and entity not in self._known:
            return self._work_out(entity, node)
        return True  # if it is wrong, checking says so

    def _work_out(self, glob: Global, node: nodes.Name) -> bool:
        """Find the value of the constant that a name stands for; False after an error."""
        declared = self.report.declared(glob.pos)
        declaration, block = self.declarations.globals[glob]
        if not glob.constant:
            self._not_constant(f"'{node.name}' is a variable", node,
                               (*declared, "a constant is declared .constant"))
            return False
        if glob.extern or declaration.initialiser is None:
            self._not_constant(f"'{node.name}' is defined elsewhere", node, declared)
            return False
        if glob in self._underway:
            names = [each.name for each in self._underway[self._underway.index(glob):]]
            self._wrong("cyclic-constant", f"the constant '{glob.name}' depends on itself", node,
                        (f"by way of {' and '.join(map(repr, names[1:]))}",) if names[1:] else ())
            return False
        if not self._is_typed(glob, node):
            return False
        if not is_scalar(glob.type):
            self._wrong("operand-type", f"expected integer type, actual {glob.type}", node)
            return False
        self._underway.append(glob)
        value = self._checked(declaration.initialiser, block, None, glob.type)
        self._underway.pop()
        if value is not None:
            self._known[glob] = _word(value, self._known)
        return value is not None


def _entity(node: nodes.Name, block: Block) -> object:
    """What a name stands for."""
    local = block.local(node.name) if isinstance(block, Inner) else None
    return local or block.value(node.name)


def _word(value: Value, known: dict[Global, int]) -> int:
    """The word that a constant expression amounts to."""
    if isinstance(value, tree.Const):
        return value.word
    if isinstance(value, tree.Read):
        assert isinstance(value.place, tree.GlobalPlace)
        return known[value.place.glob]
    if isinstance(value, tree.Binary):
        left, right = _word(value.left, known), _word(value.right, known)
        opposite = _NEGATED.get(value.op)
        if opposite is not None:
            return 1 - compute(opposite, left, right)
        return compute(value.op.value, left, right)
    if isinstance(value, tree.Logical):
        left = _word(value.left, known)
        return _word(value.right, known) if bool(left) is value.is_and else left
    if isinstance(value, tree.Conditional):
        return _word(value.then if _word(value.condition, known) else value.other, known)
    if isinstance(value, tree.Not):
        return int(_word(value.operand, known) == 0)
    if isinstance(value, tree.Negate):
        return compute("fsub" if value.type.base is FLOAT else "sub", 0,
                       _word(value.operand, known))
    if isinstance(value, tree.IntToFloat):
        return compute("itof", _word(value.operand, known))
    if isinstance(value, tree.FloatToInt):
        return compute("ftoi", _word(value.operand, known))
    assert isinstance(value, tree.Retype), value
    return _word(value.operand, known)
