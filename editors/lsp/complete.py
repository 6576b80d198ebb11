"""What may be typed next in a QLL program, and the parameters of the call that is being typed.

The text in front of the cursor is seldom whole: what it reaches into is found token by token,
backwards, and given to the checker by itself.
"""

import re
from collections.abc import Iterator

from editors.lsp.analysis import Analysis, type_parameters
from editors.lsp.answers import comment_on, signature
from editors.lsp.view import Call, Item
from toolchain.qll import tree
from toolchain.qll.check.names import FunctionTemplate, Inner, Namespace
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.lexer import KEYWORDS, Tokens, tokenise
from toolchain.qll.syntax.parser import parse
from toolchain.qll.text import Text
from toolchain.qll.types import UNKNOWN, FunctionType, Pointer, Struct, Type
from toolchain.source import Source

__all__ = ["call_at", "complete"]

TAGS     = ("abort", "constant", "export", "extern", "interrupt")
LITERALS = ("true", "false", "Inf", "NaN", "struct")

_WORD    = re.compile(r"[A-Za-z_0-9:]*\Z")
_OPENS   = {")": "(", "]": "[", "}": "{"}
_OPERAND = frozenset(["NAME", "global", "STRING", "CHAR", "INT", ")", "]"])


class _Before:
    """The tokens in front of a cursor, less the word that is being typed."""

    def __init__(self, text: str, offset: int):
        match = _WORD.search(text, 0, offset)
        self.word = match[0] if match else ""
        self.begin = offset - len(self.word)
        self.tokens: Tokens = tokenise(text[:self.begin])
        self.last = len(self.tokens.kinds) - 2  # the one in front of END
        self.text = text
        self.openers = {closer: opener for opener, closer in self.tokens.closers.items()}

    def kind(self, index: int) -> str:
        return self.tokens.kinds[index] if 0 <= index else ""

    def end(self, index: int) -> int:
        return self.tokens.starts[index] + len(self.tokens.texts[index]) if index >= 0 else 0

    @property
    def is_code(self) -> bool:
        """Whether the cursor is in no comment and no literal."""
        behind = self.text[self.end(self.last):self.begin]
        return "//" not in behind.rpartition("\n")[2] and not self.word[:1].isdigit() \
            and self.kind(self.last) not in ("ERROR", "WRONG")

    def operand(self, index: int) -> tuple[int, int] | None:
        """Offsets of the operand that ends with a token, suffixes and all."""
        end, at = self.end(index), index
        while True:
            if self.kind(at) in (")", "]"):
                at = self.openers.get(at, -1)
                if at < 0:
                    return None
                if self.kind(at - 1) not in _OPERAND:
                    break
                at -= 1
            elif self.kind(at) in _OPERAND:
                if self.kind(at - 1) not in (".", "->"):
                    break
                at -= 2
            else:
                return None
        return self.tokens.starts[at], end


def complete(analysis: Analysis, index: int, offset: int) -> list[Item]:
    """What may stand at an offset of a file."""
    before = _Before(analysis.program.sources[index].text, offset)
    pos = analysis.text.starts[index] + before.begin
    if not before.is_code:
        return []
    last = before.kind(before.last)
    if last in (".", "->"):
        return _behind_dot(analysis, before, pos)
    block = analysis.block_at(pos)
    if last in ("using", "namespace"):
        return [item for item in _reachable(analysis, pos, before.word)
                if item.kind == "namespace"]
    found: dict[str, Item] = {}
    if last in ("{", ",") and "::" not in before.word:
        for item in _literal_members(analysis, before, pos):
            found.setdefault(item.name, item)
    if "::" not in before.word:
        for local in reversed(_locals(analysis, pos)):
            found.setdefault(local.name, Item(local.name, "variable", str(local.type)))
    for item in _reachable(analysis, pos, before.word):
        found.setdefault(item.name, item)
    if "::" not in before.word:
        head = analysis.enclosing(pos)
        for name, _ in type_parameters(head) if head is not None else []:
            found.setdefault(name, Item(name, "type"))
        for word in (*sorted(KEYWORDS - {"default"}), *LITERALS):
            found.setdefault(word, Item(word, "keyword"))
        if block.namespace.parent is not None:
            found.setdefault("global", Item("global", "keyword"))
    return list(found.values())


def _behind_dot(analysis: Analysis, before: _Before, pos: int) -> list[Item]:
    is_dot = before.kind(before.last) == "."
    place = before.operand(before.last - 1)
    if place is None:
        return [Item(tag, "keyword") for tag in TAGS] if is_dot else []
    kind = _type_of(analysis, before.text[slice(*place)], pos)
    base = kind.base
    is_pointer = isinstance(base, Pointer)
    if isinstance(base, Pointer):
        base = base.target.base
    if not isinstance(base, Struct) or (not is_dot and not is_pointer):
        return []
    return [Item(member.name, "member", str(member.type), is_dot and is_pointer)
            for member in base.parts]


def _literal_members(analysis: Analysis, before: _Before, pos: int) -> list[Item]:
    """The members of the struct whose literal is being typed."""
    opener = next((at for at in reversed(before.tokens.openers)), -1)
    if before.kind(opener) != "{" or before.kind(opener - 1) != "NAME":
        return []
    name = before.tokens.texts[opener - 1]
    kind = _type_of(analysis, f"{name} {{ }}", pos).base
    return [Item(part.name, "member", str(part.type)) for part in kind.parts] \
        if isinstance(kind, Struct) else []


def _type_of(analysis: Analysis, expression: str, pos: int) -> Type:
    """The type that an expression would have at a position; `UNKNOWN` if it is wrong."""
    text = Text([Source("", f"global _: byte = {expression};")])
    file = parse(text, 0)
    node = file.declarations[0] if file.declarations else None
    if file.errors or not isinstance(node, nodes.Global) or node.initialiser is None:
        return UNKNOWN
    checker, report = analysis.checker, analysis.checker.report
    scopes = [{local.name: local for local in _locals(analysis, pos)}]
    head = analysis.enclosing(pos)
    parameters = head.type_parameters if isinstance(head, nodes.Function) else []
    scope = checker.scope(Inner(analysis.block_at(pos), scopes),
                          {name: UNKNOWN for name, _ in parameters} or None)
    uses, report.uses = report.uses, None
    report.muted += 1
    try:
        return scope.check(node.initialiser, None).type
    finally:
        report.muted -= 1
        report.uses = uses


# --- what is within reach ------------------------------------------------------------------------


def _locals(analysis: Analysis, pos: int) -> list[tree.Local]:
    """The variables that are known at a position, inner ones last."""
    head = analysis.enclosing(pos)
    if not isinstance(head, nodes.Function) or head.body is None or pos <= head.body.pos:
        return []
    places = [part.pos for part in head.parameters]
    _add_variables(head.body, pos, places)
    found = [analysis.uses.get(place) for place in places]
    return [entity for entity in found if isinstance(entity, tree.Local)]


def _add_variables(block: nodes.Block, pos: int, places: list[int]) -> None:
    for statement in block.statements:
        if statement.pos >= pos:
            return
        if isinstance(statement, nodes.Var) and statement.end < pos:
            places.append(statement.name_pos)
        if not statement.pos <= pos <= statement.end:
            continue
        if isinstance(statement, nodes.For) and isinstance(statement.first, nodes.Var) \
                and statement.first.end < pos:
            places.append(statement.first.name_pos)
        for inner in _blocks(statement):
            if inner.pos < pos < inner.end:
                _add_variables(inner, pos, places)


def _blocks(statement: nodes.Statement) -> Iterator[nodes.Block]:
    if isinstance(statement, nodes.If):
        yield from (block for _, block in statement.arms)
        if statement.other is not None:
            yield statement.other
    elif isinstance(statement, (nodes.While, nodes.For)):
        yield statement.body


def _reachable(analysis: Analysis, pos: int, word: str) -> list[Item]:
    """What is known at a position by a name that begins with the qualifiers of a word."""
    path = word.split("::")[:-1]
    root = analysis.checker.root
    if path[:1] == ["global"]:
        space = root.walk(path[1:])
        return _items(space) if space is not None else []
    found: list[Item] = []
    block = analysis.block_at(pos)
    here = block
    while True:
        for space in [here.namespace, *here.usings]:
            inner = space.walk(path)
            if inner is not None:
                found += _items(inner)
        if here.parent is None:
            return found
        here = here.parent


def _items(space: Namespace) -> list[Item]:
    found = [Item(name, "namespace") for name in space.namespaces]
    found += [Item(name, "type") for name in space.types]
    for name, value in space.values.items():
        if isinstance(value, tree.Global):
            found.append(Item(name, "constant" if value.constant else "global",
                              str(value.type)))
        else:
            found.append(Item(name, "function",
                              str(value.type) if isinstance(value, tree.Function) else ""))
    return found


# --- calls ---------------------------------------------------------------------------------------


def call_at(analysis: Analysis, index: int, offset: int) -> Call | None:
    """The call whose arguments an offset is among."""
    before = _Before(analysis.program.sources[index].text, offset)
    if not before.is_code and not before.word[:1].isdigit():
        return None
    for opener in reversed(before.tokens.openers):
        if before.kind(opener) == "{":
            return None
        if before.kind(opener) == "(":
            found = _call(analysis, before, opener, analysis.text.starts[index] + before.begin)
            if found is not None:
                return found
    return None


def _call(analysis: Analysis, before: _Before, opener: int, pos: int) -> Call | None:
    place = before.operand(opener - 1)
    if place is None:
        return None
    active, at = 0, opener + 1
    while at <= before.last:
        active += before.kind(at) == ","
        at = before.tokens.closers.get(at, at) + 1
    callee = before.text[slice(*place)]
    names = {local.name for local in _locals(analysis, pos)}
    entity = analysis.block_at(pos).value(callee) if callee not in names \
        and re.fullmatch(r"[\w:]+", callee) else None
    if isinstance(entity, (tree.Function, FunctionTemplate)):
        node = analysis.declared(entity.pos)
        if isinstance(node, nodes.Function):
            parameters = [analysis.text.between(part.pos, part.end) for part in node.parameters]
            return Call(signature(analysis, node), [" ".join(part.split()) for part in parameters],
                        active, comment_on(analysis, entity.pos))
    kind = _type_of(analysis, callee, pos).base
    if isinstance(kind, FunctionType):
        return Call(str(kind), [str(part) for part in kind.parameters], active)
    return None
