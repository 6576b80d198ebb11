"""Many changes of the hardware in one model, each beside what it changes: a register says which of
them is in force, so that one build judges them all.

A changed statement is elaborated twice, under `m.If(CHOSEN == number + 1)` and its `m.Else()`; a
changed condition becomes a multiplexer. What shapes the hardware, such as a width or a reset value,
cannot be had side by side: such a change is left over (`Together.left_over`).
"""

import ast
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl._ast import Assign, Operator, Slice, Statement, SwitchValue
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In

from campaign.mutants.change import Mutant, source
from toolchain.places import ROOT

__all__ = ["BITS", "CHOOSER", "CHOSEN", "NAME", "Chooser", "Together", "differences", "rewritten",
           "together"]

CHOOSER = "mutant"     # the stream that brings the number
BITS    = 16           # of it: a change's number and 1; 0 is the hardware as it is
WIDEST  = 128      # value that the engine computes with
CHOSEN  = Signal(BITS, name="chosen_mutant")
NAME    = "_together"  # of what changed sources call

Make = Callable[[], Any]
Path = tuple[tuple[str, int | None], ...]  # from the root of a tree to a node: fields, indices


class Chooser(wiring.Component):
    """A machine that is changed by the last token that came on `mutant`.

    Parameters
    ----------
    machine : wiring.Component
        All of its ports are there as they are.
    """
    def __init__(self, machine: Any):
        members = machine.signature.members
        super().__init__({**members, CHOOSER: In(stream.Signature(BITS))})
        self._machine = machine
        for name in members:
            setattr(self, name, getattr(machine, name))

    def elaborate(self, platform: object) -> Module:
        m: Module = self._machine.elaborate(platform)
        mutant: Any = getattr(self, CHOOSER)
        m.d.comb += mutant.ready.eq(1)
        with m.If(mutant.valid):
            m.d.sync += CHOSEN.eq(mutant.payload)
        return m


@dataclass
class Together:
    """Changes by their numbers.

    Members
    -------
    left_over : dict of int to str
        Changes that cannot be had beside others, and why; known when all is elaborated.
    """
    mutants:   Mapping[int, Mutant]
    left_over: dict[int, str] = field(default_factory=dict)

    def _made(self, number: int, make: Make) -> Any:
        """What a change makes; None if it cannot."""
        if number not in self.left_over:
            try:
                made = make()
                if _widest(made) > WIDEST:
                    raise _ShapesError("it has too wide a value")
                return made
            except Exception as error:  # whatever Amaranth says to a wrong shape
                self.left_over[number] = f"{type(error).__name__}: {error}"
        return None

    # --- what changed sources call ----------------------------------------------------------------

    def assign(self, m: Any, domain: str, clean: Make, changed: dict[int, Make]) -> None:
        """Statements of a domain."""
        original = list(Statement.cast(clean()))
        places: list[dict[int, Any]] = [{} for _ in original]
        others: dict[int, Any] = {}  # whose statements are not one for one those of the original
        for number, make in changed.items():
            made = self._made(number, lambda make=make: list(Statement.cast(make())))  # type: ignore
            if number in self.left_over:
                continue
            found = differences(original, made)
            if found:
                for index, statement in found.items():
                    places[index][number] = statement
            else:
                others[number] = made
        with _one_of(m, domain, others):
            for statement, place in zip(original, places, strict=True):
                with _one_of(m, domain, place):
                    m.d[domain] += statement

    def test(self, clean: Make, changed: dict[int, Make]) -> Any:
        """A condition."""
        value = Value.cast(clean()).bool()
        for number, make in changed.items():
            made = self._made(number, lambda make=make: Value.cast(make()).bool())  # type: ignore
            if number not in self.left_over:
                value = Mux(CHOSEN == number + 1, made, value)
        return value

    def value(self, clean: Make, changed: dict[int, Make]) -> Any:
        """Any expression: of those that are computed; a place to assign to stays what it is."""
        original = value = clean()
        for number, make in changed.items():
            made = self._made(number, make)
            if number not in self.left_over:
                try:
                    value = _either(number, made, original, value)
                except _ShapesError as error:
                    self.left_over[number] = str(error)
        return value


@contextmanager
def _one_of(m: Any, domain: str, choices: Mapping[int, Any]) -> Iterator[None]:
    """What is added within is in force if none of these changes is chosen."""
    condition = m.If
    for number, made in choices.items():
        with condition(CHOSEN == number + 1):
            m.d[domain] += made
        condition = m.Elif
    if choices:
        with m.Else():
            yield
    else:
        yield


def differences(original: list[Any], made: list[Any]) -> dict[int, Any]:
    """Statements, by their places, that are others than in the original, or none; {} if that cannot
    be told of each by itself."""
    one, other = ([repr(statement) for statement in part] for part in (original, made))
    if len(one) == len(other):
        return {index: statement for index, statement in enumerate(made)
                if one[index] != other[index]}
    gone = next((index for index, text in enumerate(one) if other[index:index + 1] != [text]), 0)
    return {gone: []} if one[:gone] + one[gone + 1:] == other else {}


def _widest(part: Any) -> int:
    """The width of the widest value in an expression or a statement."""
    if isinstance(part, list):
        return max(map(_widest, part), default=0)
    if isinstance(part, Assign):
        return _widest(part.rhs)
    width = len(part) if isinstance(part, Value) else 0
    return max([width, *(_widest(operand) for operand in getattr(part, "operands", ()))])


class _ShapesError(Exception):
    """A change that is not only one of values."""


def _either(number: int, made: Any, original: Any, value: Any) -> Any:
    """What a change makes, or else `value`, which is of the original's shape."""
    if isinstance(original, tuple) and isinstance(made, tuple) and len(original) == len(made):
        return tuple(other if repr(one) == repr(part) else _either(number, one, part, other)
                     for one, part, other in zip(made, original, value, strict=True))
    if not _is_computed(original):
        raise _ShapesError(f"it changes a {type(original).__name__}")
    if not isinstance(made, Value) or made.shape() != original.shape():
        raise _ShapesError("it changes a shape")
    return Mux(CHOSEN == number + 1, made, value)


def _is_computed(value: Any) -> bool:
    """Whether nothing can be assigned to a value."""
    return isinstance(value, (Operator, SwitchValue)) \
        or isinstance(value, Slice) and _is_computed(value.value)


# --- sources --------------------------------------------------------------------------------------

@dataclass
class _Place:
    """A statement and what it becomes by some changes."""
    path:    Path
    changed: dict[int, ast.stmt] = field(default_factory=dict)


def _statement(tree: ast.Module, text: str, mutant: Mutant) -> Path:
    """The smallest statement that a change lies in."""
    starts = [0]
    for line in text.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    begin, end = (len(text[:at].encode()) for at in (mutant.start, mutant.end))
    path: Path = ()
    node: ast.AST = tree
    while True:
        for step, child in _bodies(node):
            if starts[child.lineno - 1] + child.col_offset <= begin \
                    and end <= starts[(child.end_lineno or 0) - 1] + (child.end_col_offset or 0):
                path, node = (*path, step), child
                break
        else:
            return path


def _bodies(node: ast.AST) -> Iterator[tuple[tuple[str, int | None], ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        for index, child in enumerate(getattr(node, name, None) or []):
            if isinstance(child, ast.stmt):
                yield (name, index), child


def _at(tree: ast.AST, path: Path) -> Any:
    node: Any = tree
    for name, index in path:
        node = getattr(node, name)[index]
    return node


def _lambda(expression: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(args=nothing, body=expression)


def _call(name: str, arguments: list[ast.expr], clean: ast.expr,
          changed: dict[int, ast.expr]) -> ast.expr:
    table = ast.Dict(keys=[ast.Constant(number) for number in changed],
                     values=[_lambda(part) for part in changed.values()])
    return ast.Call(func=ast.Attribute(ast.Name(NAME, ast.Load()), name, ast.Load()),
                    args=[*arguments, _lambda(clean), table], keywords=[])


def _parts(before: Any, after: Any) -> tuple[str, Any, Any] | None:
    """What of a statement changes, and how that can be chosen: ("assign", "test" or "value", the
    expression before, after). None if it cannot."""
    if any(isinstance(node, (ast.NamedExpr, ast.Yield, ast.Await)) for node in ast.walk(before)):
        return None
    if isinstance(before, ast.AugAssign) and _domain(before.target) is not None:
        if isinstance(after, ast.Pass):
            return "assign", before.value, ast.List(elts=[], ctx=ast.Load())
        if ast.dump(before.target) == ast.dump(after.target):
            return "assign", before.value, after.value
    elif isinstance(before, ast.With) and len(before.items) == 1:
        call: Any = before.items[0].context_expr
        new: Any  = after.items[0].context_expr
        is_condition = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) \
            and call.func.attr in ("If", "Elif")
        if is_condition and isinstance(new, ast.Call) and len(call.args) == len(new.args) == 1:
            return "test", call.args[0], new.args[0]
    elif isinstance(before, (ast.Assign, ast.Return)) and before.value is not None \
            and not isinstance(after, ast.Pass):
        same_place = not isinstance(before, ast.Assign) or (
            [ast.dump(target) for target in before.targets]
            == [ast.dump(target) for target in after.targets])
        if same_place:
            return "value", before.value, after.value
    return None


def _domain(target: ast.expr) -> tuple[ast.expr, str] | None:
    """Module and domain of `m.d.sync`."""
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Attribute) \
            and target.value.attr == "d":
        return target.value.value, target.attr
    return None


def rewritten(path: str, mutants: Mapping[int, Mutant], left_over: dict[int, str]) -> ast.Module:
    """The tree of a file in which all of these changes can be chosen."""
    text = source(path)
    tree = ast.parse(text)
    places: dict[Path, dict[int, tuple[str, Any, Any]]] = {}
    for number, mutant in mutants.items():
        where = _statement(tree, text, mutant)
        try:
            after = _at(ast.parse(mutant.text), where)
        except SyntaxError as error:
            left_over[number] = str(error)
            continue
        parts = _parts(_at(tree, where), after)
        if parts is None:
            left_over[number] = "it changes what shapes the hardware"
        else:
            places.setdefault(where, {})[number] = parts
    for where, found in places.items():
        _rewrite(tree, where, found)
    return ast.fix_missing_locations(tree)


def _rewrite(tree: ast.Module, where: Path, found: dict[int, tuple[str, Any, Any]]) -> None:
    statement, kind = _at(tree, where), next(iter(found.values()))[0]
    clean   = next(iter(found.values()))[1]
    changed = {number: after for number, (_, _, after) in found.items()}
    if kind == "assign":
        module, domain = _domain(statement.target) or (None, "")
        assert module is not None
        call = ast.Expr(_call("assign", [module, ast.Constant(domain)], clean, changed))
        holder, (name, index) = _at(tree, where[:-1]), where[-1]
        getattr(holder, name)[index] = ast.copy_location(call, statement)
    elif kind == "test":
        statement.items[0].context_expr.args[0] = _call("test", [], clean, changed)
    else:
        statement.value = _call("value", [], clean, changed)


class _Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules whose changes can be chosen."""

    def __init__(self, all_changes: Together):
        self.together = all_changes
        self.paths: dict[str, str] = {
            mutant.path.removesuffix(".py").replace("/", "."): mutant.path
            for mutant in all_changes.mutants.values()}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname not in self.paths:
            return None
        return importlib.util.spec_from_file_location(
            fullname, ROOT / self.paths[fullname], loader=self)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        path = self.paths[module.__name__]
        mine = {number: mutant for number, mutant in self.together.mutants.items()
                if mutant.path == path}
        module.__dict__[NAME] = self.together
        tree = rewritten(path, mine, self.together.left_over)
        exec(compile(tree, str(ROOT / path), "exec"), module.__dict__)


@contextmanager
def together(mutants: Mapping[int, Mutant]) -> Iterator[Together]:
    """While this lasts, the hardware's modules are those in which all these changes can be chosen;
    it is imported anew before and afterwards."""
    planter = _Planter(Together(mutants))
    kept = _put_away()
    sys.meta_path.insert(0, planter)
    try:
        yield planter.together
    finally:
        sys.meta_path.remove(planter)
        _put_away()
        sys.modules.update(kept)


def _put_away() -> dict[str, Any]:
    """Forget the hardware's modules, and those that are made of them."""
    names = [name for name in sys.modules if name.split(".")[0] == "rtl"
             or name.startswith("sim.chips")]
    return {name: sys.modules.pop(name) for name in names}
