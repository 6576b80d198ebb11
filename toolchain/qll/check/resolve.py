"""From types as written to types: names, type templates, and what no type may be."""

from collections.abc import Callable
from typing import Any

from toolchain.qll.check.names import (
    MAX_HINTS,
    Ambiguous,
    Block,
    Reporter,
    TypeParameter,
    TypeTemplate,
)
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.habits import FOREIGN_TYPES
from toolchain.qll.types import (
    BYTE,
    FLOAT,
    INT,
    UNKNOWN,
    VOID,
    Array,
    FunctionType,
    Member,
    Named,
    Pointer,
    Slice,
    Struct,
    Tagged,
    Type,
    Variable,
    show,
)

__all__ = ["MAX_TYPE_DEPTH", "MAX_WORDS", "Environment", "Resolver"]

MAX_TYPE_DEPTH = 64
"""How deep instances of type templates may nest before we take it for a runaway."""

MAX_WORDS = 1 << 22
"""Words in the largest memory (16 MiB): no object can be larger."""

Environment = dict[str, Type]
"""What the type parameters of the template at hand stand for."""

Length = Callable[[nodes.Expression, Block, Environment | None], int | None]
"""The number of elements that an expression in the place of a length stands for; None after an
error. The checker sets it: expressions need types."""


def _no_length(node: nodes.Expression, block: Block, env: Environment | None) -> int | None:
    raise NotImplementedError


_BUILTIN = {"byte": BYTE, "int": INT, "float": FLOAT, "void": VOID}


class Resolver:
    """Resolves the types of one program.

    While `postponed` is a list (declarations are being read), checks that need to know what names
    stand for are put there; `finish` does them once all names are known.
    """

    def __init__(self, report: Reporter):
        self.report = report
        self.pending: dict[Named, tuple[nodes.TypeDecl, Block]] = {}
        self.postponed: list[tuple[Type, int, int, str]] | None = []
        self.length: Length = _no_length
        self._underway: set[Named] = set()
        self._depth = 0
        self._declared: list[Named] = []
        self._recursive: list[Named] = []  # instances of templates that mention themselves
        self._methods: dict[type, Callable[[Any, Block, Environment | None], Type]] = {
            nodes.Builtin: self._builtin, nodes.TypeName: self._name,
            nodes.PointerType: self._pointer, nodes.ArrayType: self._array,
            nodes.SliceType: self._slice, nodes.MemberType: self._member,
            nodes.StructType: self._struct, nodes.FunctionType: self._function,
            nodes.Tags: self._tags, nodes.WrongType: self._wrong,
        }

    def resolve(self, node: nodes.Type, block: Block, env: Environment | None) -> Type:
        """The type that a piece of syntax in a block stands for; `UNKNOWN` after an error."""
        return self._methods[type(node)](node, block, env)

    # --- what a type may not be ------------------------------------------------------------------

    def reject_void(self, kind: Type, node: nodes.Node, what: str) -> None:
        """`what` cannot be of type void."""
        if self.postponed is not None:
            self.postponed.append((kind, node.pos, node.end, what))
        elif kind.base is VOID:
            self.report.error("void-member", f"invalid void type: {what} needs a value",
                              node.pos, node.end)

    def reject_large(self, kind: Type, pos: int, end: int, what: str) -> bool:
        """`what` must fit in memory."""
        size = kind.size
        if size <= MAX_WORDS:
            return False
        self.report.error("too-large", f"{what} of {size} words is larger than the memory",
                          pos, end)
        return True

    def finish(self) -> None:
        """Resolve all declarations of types and make the checks that had to wait."""
        for named in list(self.pending):
            self.ensure(named)
        names = [*self._declared, *self._recursive]
        self._check_recursion(names)
        self._recursive.clear()
        postponed, self.postponed = self.postponed or [], None
        for kind, pos, end, what in postponed:
            if kind.base is VOID:
                self.report.error("void-member", f"invalid void type: {what} needs a value",
                                  pos, end)

    def declare(self, named: Named, declaration: nodes.TypeDecl, block: Block) -> None:
        """A name for a type, to be resolved when it is needed, at the latest by `finish`."""
        self.pending[named] = (declaration, block)
        self._declared.append(named)

    def ensure(self, named: Named) -> None:
        """Find out what a name stands for."""
        if named.target is not None:
            return
        if named in self._underway:
            self._depends_on_itself(named)
            named.target = UNKNOWN
            return
        if named in self.pending:
            declaration, block = self.pending.pop(named)
            self._underway.add(named)
            target = self.resolve(declaration.type, block, None)
            self._underway.discard(named)
            if named.target is None:  # else it was found to depend on itself
                named.target = target

    # --- one method a kind of syntax -------------------------------------------------------------

    def _builtin(self, node: nodes.Builtin, block: Block, env: Environment | None) -> Type:
        return _BUILTIN[node.name]

    def _wrong(self, node: nodes.WrongType, block: Block, env: Environment | None) -> Type:
        return UNKNOWN

    def _pointer(self, node: nodes.PointerType, block: Block, env: Environment | None) -> Type:
        return self.resolve(node.target, block, env).pointer()

    def _array(self, node: nodes.ArrayType, block: Block, env: Environment | None) -> Type:
        element = self.resolve(node.element, block, env)
        self.reject_void(element, node.element, "an element")
        length = self.length(node.length, block, env)
        return UNKNOWN if length is None else element.array(length)

    def _slice(self, node: nodes.SliceType, block: Block, env: Environment | None) -> Type:
        element = self.resolve(node.element, block, env)
        self.reject_void(element, node.element, "an element")
        return element.slice()

    def _tags(self, node: nodes.Tags, block: Block, env: Environment | None) -> Type:
        return Tagged(self.resolve(node.target, block, env), frozenset(node.tags))

    def _function(self, node: nodes.FunctionType, block: Block, env: Environment | None) -> Type:
        parameters = []
        for part in node.parameters:
            parameter = self.resolve(part, block, env)
            self.reject_void(parameter, part, "a parameter")
            parameters.append(parameter)
        return FunctionType(tuple(parameters), self.resolve(node.result, block, env))

    def _struct(self, node: nodes.StructType, block: Block, env: Environment | None) -> Type:
        if not node.members:
            self.report.error("empty-struct", "a struct needs at least one member",
                              node.pos, node.end)
            return UNKNOWN
        members: dict[str, Member] = {}
        for member in node.members:
            kind = self.resolve(member.type, block, env)
            self.reject_void(kind, member.type, f"member '{member.name}'")
            if member.name in members:
                self.report.error("duplicate-member", f"duplicate member '{member.name}'",
                                  member.pos, member.pos + len(member.name))
            else:
                made = members[member.name] = Member(member.name, kind, member.pos)
                self.report.use(member.pos, made)
        return Struct(list(members.values()))

    def _member(self, node: nodes.MemberType, block: Block, env: Environment | None) -> Type:
        kind = self.resolve(node.base, block, env)
        self._ensure_base(kind)
        base = kind.base
        if isinstance(base, Struct):
            for part in base.parts:
                if part.name == node.name:
                    self.report.use(node.name_pos, part)
                    return part.type
            self.report.error("unknown-member", f"unknown member '{node.name}' in {kind}",
                              node.name_pos, node.name_pos + len(node.name))
        elif base is not UNKNOWN:
            self.report.error("operand-type", f"expected struct type, actual {kind}",
                              node.base.pos, node.base.end)
        return UNKNOWN

    def ensure_size(self, kind: Type) -> bool:
        """Resolve whatever the size of a type depends on; False if it is not known, which was
        reported unless it depends on a type argument that is to be inferred."""
        known = True
        seen: set[Type] = set()
        waiting = [kind]
        while waiting:
            part = waiting.pop()
            if part in seen:
                continue
            seen.add(part)
            if isinstance(part, Variable) or part is UNKNOWN:
                known = False
            elif isinstance(part, Named):
                self.ensure(part)
                if part.target is None:
                    self._depends_on_itself(part)
                    known = False
                else:
                    waiting.append(part.target)
            elif isinstance(part, Tagged):
                waiting.append(part.target)
            elif isinstance(part, Array):
                waiting.append(part.element)
            elif isinstance(part, Struct):
                waiting.extend(member.type for member in part.parts)
        return known

    def _depends_on_itself(self, named: Named) -> None:
        self.report.error("recursive-type", f"recursive type: '{named.name}' depends on itself",
                          named.pos, named.pos + len(named.name.partition("<")[0]))

    def _ensure_base(self, kind: Type) -> None:
        while isinstance(kind, (Named, Tagged)):
            if isinstance(kind, Named):
                self.ensure(kind)
                if kind.target is None:
                    return
            target = kind.target
            assert target is not None
            kind = target

    def _name(self, node: nodes.TypeName, block: Block, env: Environment | None) -> Type:
        name = node.name
        if env is not None and name in env:
            if node.arguments is not None:
                self._not_a_template(node)
            self.report.use(node.pos, TypeParameter(name, env[name]))
            return env[name]
        entity = block.type(name)
        if isinstance(entity, (Named, TypeTemplate)):
            self.report.use(node.pos, entity)
        if isinstance(entity, Named):
            if node.arguments is not None:
                self._not_a_template(node)
            return entity
        if isinstance(entity, TypeTemplate):
            arguments = [self.resolve(part, block, env) for part in node.arguments or ()]
            return self._instance(entity, arguments, node)
        for part in node.arguments or ():
            self.resolve(part, block, env)
        if isinstance(entity, Ambiguous):
            self.report.error("ambiguous-identifier",
                              f"ambiguous identifier '{name}': in {entity.names()}",
                              node.pos, node.end)
            return UNKNOWN
        self.report.hints += 1
        notes = (FOREIGN_TYPES[name],) if name in FOREIGN_TYPES else \
            block.hints(name, "types", list(env or ())) if self.report.hints <= MAX_HINTS else ()
        if block.value(name) is not None:
            notes = (f"'{name}' is a value, not a type",)
        self.report.error("unknown-type", f"unknown type identifier '{name}'",
                          node.pos, node.pos + len(name), notes)
        return UNKNOWN

    def _not_a_template(self, node: nodes.TypeName) -> None:
        self.report.error("unexpected-type-arguments",
                          f"unexpected type arguments; expected template type, actual {node.name}",
                          node.pos, node.end)

    # --- templates -------------------------------------------------------------------------------

    def _instance(self, template: TypeTemplate, arguments: list[Type],
                  node: nodes.TypeName) -> Type:
        if len(arguments) != len(template.parameters):
            self.report.error(
                "template-arity", f"expected {len(template.parameters)} type arguments "
                f"for '{template.name}', actual {len(arguments)}",
                node.pos, node.end, self.report.declared(template.pos))
            return UNKNOWN
        if template.broken:
            self._runaway(template, node)
            return UNKNOWN
        instance = template.instances.find(arguments)
        if instance is not None:
            return instance
        if self._depth >= MAX_TYPE_DEPTH:
            template.broken = True
            self._runaway(template, node)
            return UNKNOWN
        shown = ", ".join(show(kind, True) for kind in arguments)
        name = f"{template.name}<{shown}>"
        stand_in = Named(name, f"{template.label}<{shown}>".removeprefix("global::"),
                         template.pos, transparent=True)
        template.instances.add(arguments, stand_in)
        self._depth += 1
        env = dict(zip(template.parameters, arguments, strict=True))
        target = self.resolve(template.declaration.type, template.block, env)
        self._depth -= 1
        stand_in.target = target
        if _mentions(target, stand_in):
            if self.postponed is not None:
                self._recursive.append(stand_in)
            else:
                self._check_recursion([stand_in])
            return stand_in
        # not recursive: the type itself serves as well, and compares faster
        template.instances.add(arguments, target)
        return target

    def _runaway(self, template: TypeTemplate, node: nodes.TypeName) -> None:
        if not self._depth or self._depth >= MAX_TYPE_DEPTH:
            self.report.error("instantiation-depth",
                              f"too many instantiations of '{template.name}' within each other",
                              node.pos, node.end)

    # --- recursion -------------------------------------------------------------------------------

    def _check_recursion(self, names: list[Named]) -> None:
        """Report types that contain themselves without a struct and an indirection between."""
        edges = {}
        waiting = list(names)
        while waiting:
            named = waiting.pop()
            if named not in edges:
                edges[named] = _edges(named)
                waiting.extend(reached for reached, _ in edges[named])
        cyclic = _cyclic(edges)
        poisoned = []
        for named in names:
            if named not in cyclic or not self._reaches_itself(named, edges, cyclic):
                continue
            poisoned.append(named)
            group = cyclic[named]
            if any(cyclic[other] == group for other in poisoned[:-1]):
                continue  # one report for each group of types that mention each other
            self.report.error(
                "recursive-type", f"recursive type: '{named.name}' contains itself",
                named.pos, named.pos + len(named.name.partition('<')[0]),
                ("between a type and itself there must be a struct, "
                 "and a pointer, slice or function",))
        for named in poisoned:
            named.target = UNKNOWN
            named._base = None

    def _reaches_itself(self, start: Named, edges: "_Edges", cyclic: dict[Named, int]) -> bool:
        seen: set[tuple[Named, int]] = set()
        waiting = [(start, 0)]
        while waiting:
            named, flags = waiting.pop()
            for reached, more in edges[named]:
                state = (reached, flags | more)
                if reached is start and state[1] != 3:
                    return True
                if state[1] != 3 and cyclic.get(reached) == cyclic[start] and state not in seen:
                    seen.add(state)
                    waiting.append(state)
        return False


_Edges = dict[Named, list[tuple[Named, int]]]
_STRUCT, _INDIRECT = 1, 2


def _edges(named: Named) -> list[tuple[Named, int]]:
    """The names in what a name stands for, with what is passed on the way to them."""
    found: list[tuple[Named, int]] = []
    waiting: list[tuple[Type, int]] = [(named.target, 0)] if named.target is not None else []
    seen: set[tuple[Type, int]] = set()  # types from templates share their parts
    while waiting:
        kind, flags = state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        if isinstance(kind, Named):
            found.append((kind, flags))
        elif isinstance(kind, Tagged):
            waiting.append((kind.target, flags))
        elif isinstance(kind, Pointer):
            waiting.append((kind.target, flags | _INDIRECT))
        elif isinstance(kind, Slice):
            waiting.append((kind.element, flags | _INDIRECT))
        elif isinstance(kind, Array):
            waiting.append((kind.element, flags))
        elif isinstance(kind, FunctionType):
            waiting.extend((part, flags | _INDIRECT) for part in (*kind.parameters, kind.result))
        elif isinstance(kind, Struct):
            waiting.extend((part.type, flags | _STRUCT) for part in kind.parts)
    return list(dict.fromkeys(found))


def _cyclic(edges: _Edges) -> dict[Named, int]:
    """The names that can be reached from themselves, with a number for each group of names that
    reach each other (Tarjan's algorithm, without recursion)."""
    order: dict[Named, int] = {}
    low: dict[Named, int] = {}
    stack: list[Named] = []
    groups: dict[Named, int] = {}
    on_stack: set[Named] = set()
    for start in edges:
        if start in order:
            continue
        calls = [(start, iter(edges[start]))]
        order[start] = low[start] = len(order)
        stack.append(start)
        on_stack.add(start)
        while calls:
            named, rest = calls[-1]
            for reached, _ in rest:
                if reached not in order:
                    order[reached] = low[reached] = len(order)
                    stack.append(reached)
                    on_stack.add(reached)
                    calls.append((reached, iter(edges[reached])))
                    break
                if reached in on_stack:
                    low[named] = min(low[named], order[reached])
            else:
                calls.pop()
                if calls:
                    low[calls[-1][0]] = min(low[calls[-1][0]], low[named])
                if low[named] == order[named]:
                    group: list[Named] = []
                    while not group or group[-1] is not named:
                        group.append(stack.pop())
                        on_stack.discard(group[-1])
                    if len(group) > 1 or any(reached is named for reached, _ in edges[named]):
                        groups.update((member, order[named]) for member in group)
    return groups


def _mentions(kind: Type, name: Named) -> bool:
    """Whether a name occurs in a type, directly or through other instances of templates."""
    seen: set[Named] = set()
    holder = Named("", "")
    holder.target = kind
    waiting = [holder]
    while waiting:
        for reached, _ in _edges(waiting.pop()):
            if reached is name:
                return True
            if reached.transparent and reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    return False
