"""What an editor asks about a name in a QLL program, answered from an `Analysis`."""

from editors.lsp.analysis import Analysis, Name
from editors.lsp.view import Symbol
from toolchain.qll import tree
from toolchain.qll.check.names import Entity, FunctionTemplate, TypeParameter
from toolchain.qll.syntax import nodes
from toolchain.qll.types import UNKNOWN, Member, Named, Struct, Type

__all__ = ["comment_on", "describe", "hover", "signature", "symbols"]

MOST_LINES = 12
"""Of a declaration that is shown."""


# --- what something is ---------------------------------------------------------------------------


def signature(analysis: Analysis, node: nodes.Function) -> str:
    """A function as it is declared, without its body."""
    end = node.body.pos if node.body is not None else node.end
    return " ".join(analysis.text.between(node.pos, end).split()).removesuffix(";")


def describe(analysis: Analysis, entity: Entity, pos: int) -> str:
    """What a name means, in the words of the language."""
    node = analysis.declared(analysis.declaration_of(entity, pos))
    if isinstance(entity, TypeParameter):
        return f"type {entity.name}" + _stands_for(entity.type)
    if isinstance(entity, (tree.Function, FunctionTemplate)) and isinstance(node, nodes.Function):
        return signature(analysis, node)
    if isinstance(entity, tree.Local):
        kind = _type(analysis, entity.type, node)
        return f"{'' if entity.is_parameter else 'var '}{entity.name}: {kind}"
    if isinstance(entity, Member):
        offset = f"  // word {entity.offset}" if entity.offset >= 0 else ""
        return f"{entity.name}: {_type(analysis, entity.type, node)};{offset}"
    if isinstance(node, (nodes.Global, nodes.TypeDecl)):
        return _cut(analysis.text.between(node.pos, node.end))
    if isinstance(entity, Named) and entity.target is not None:
        return f"type {entity.name} = {entity.target};"
    return entity.name


def _stands_for(kind: Type) -> str:
    return f" = {kind}" if kind is not UNKNOWN else ""


def _type(analysis: Analysis, kind: Type, node: nodes.Node | None) -> str:
    """A type, as it is written where it is not known."""
    written = getattr(node, "type", None)
    if kind is UNKNOWN and isinstance(written, nodes.Type):
        return analysis.text.between(written.pos, written.end)
    return str(kind)


def _cut(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[:MOST_LINES], "..."] if len(lines) > MOST_LINES else lines)


def comment_on(analysis: Analysis, pos: int) -> str:
    """The comment above a declaration, or else behind it on its line."""
    node = analysis.declared(pos)
    begin = min(node.pos, pos) if node is not None else pos
    index, offset = analysis.place(begin)
    lines = analysis.text.sources[index].text
    first = lines.rfind("\n", 0, offset) + 1
    above: list[str] = []
    if not lines[first:offset].strip():
        while first > 0:
            before = lines.rfind("\n", 0, first - 1) + 1
            line = lines[before:first - 1].strip()
            if not line.startswith("//"):
                break
            above.insert(0, line.lstrip("/").strip())
            first = before
    if above:
        return "\n".join(above)
    end = lines.find("\n", offset)
    line = lines[offset:end if end >= 0 else len(lines)]
    code, mark, comment = line.partition("//")
    return comment.strip() if mark and '"' not in code else ""


def size_of(entity: Entity) -> str:
    """A note on the size of what a type name stands for; empty if it is not known."""
    if not isinstance(entity, Named) or entity.target is None or entity.base is UNKNOWN:
        return ""
    words = entity.size
    if isinstance(entity.base, Struct) or words > 1:
        return f"{words} word{'s' if words != 1 else ''}"
    return ""


def hover(analysis: Analysis, name: Name) -> str:
    """What to show about a name, as Markdown."""
    if name.entity is None:
        assert name.namespace is not None
        return f"```qll\nnamespace {name.namespace.label}\n```"
    declared = analysis.declaration_of(name.entity, name.begin)
    parts = [f"```qll\n{describe(analysis, name.entity, name.begin)}\n```"]
    comment = comment_on(analysis, declared) if declared >= 0 else ""
    notes = [_escaped(comment), size_of(name.entity), _where(analysis, name.entity, declared)]
    return "\n\n".join([*parts, *(note for note in notes if note)])


def _escaped(comment: str) -> str:
    return "".join(f"\\{char}" if char in "*_<>[]#" else char for char in comment)


def _where(analysis: Analysis, entity: Entity, declared: int) -> str:
    label = getattr(entity, "label", "")
    if declared < 0 or not label:
        return ""
    index, _ = analysis.place(declared)
    file = analysis.program.sources[index].name.rpartition("/")[2]
    return f"`{label.removeprefix('global::')}` in {file}"


# --- what there is -------------------------------------------------------------------------------


def symbols(analysis: Analysis, index: int) -> list[Symbol]:
    """The outline of a file."""
    return _symbols(analysis, analysis.files[index].declarations, analysis.text.starts[index])


def _symbols(analysis: Analysis, declarations: list[nodes.Declaration], start: int) -> list[Symbol]:
    """Symbols of declarations in a file that starts at that position."""
    between = analysis.text.between

    def symbol(name: str, kind: str, node: nodes.Node, pos: int, detail: str = "") -> Symbol:
        return Symbol(name, kind, node.pos - start, node.end - start, pos - start, detail)

    found = []
    for node in declarations:
        if isinstance(node, nodes.Namespace):
            at = node.pos + between(node.pos, node.end).find(node.name, len("namespace"))
            made = symbol(node.name, "namespace", node, at)
            made.inside = _symbols(analysis, node.declarations, start)
        elif isinstance(node, nodes.Function):
            made = symbol(node.name, "function", node, node.name_pos,
                          "(" + signature(analysis, node).partition("(")[2])
        elif isinstance(node, nodes.Global):
            made = symbol(node.name, "constant" if "constant" in node.tags else "global", node,
                          node.name_pos, between(node.type.pos, node.type.end))
        elif isinstance(node, nodes.TypeDecl):
            is_struct = isinstance(node.type, nodes.StructType)
            made = symbol(node.name, "struct" if is_struct else "type", node, node.name_pos)
            if isinstance(node.type, nodes.StructType):
                made.inside = [symbol(part.name, "member", part, part.pos,
                                      between(part.type.pos, part.type.end))
                               for part in node.type.members]
        else:
            continue
        found.append(made)
    return found
