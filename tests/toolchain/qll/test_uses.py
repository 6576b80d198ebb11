"""What each name means, as the checker notes it down for editors."""

import pytest

from system.build import kernel_sources
from toolchain.files import read_source
from toolchain.places import FIRMWARE
from toolchain.qll import tree
from toolchain.qll.check.names import FunctionTemplate, TypeParameter
from toolchain.qll.check.program import Checker
from toolchain.qll.front import with_deep_stack
from toolchain.qll.syntax.lexer import tokenise
from toolchain.qll.syntax.parser import parse
from toolchain.qll.text import Text
from toolchain.qll.types import Member
from toolchain.source import Source
from toolchain.targets import library_sources

LITERALS = {"true", "false", "Inf", "NaN", "struct"}


def checked(sources):
    """A checker that has noted all names down, and the text."""
    text = Text(sources)
    checker = Checker(text)
    checker.report.uses = {}

    def work():
        checker.declarations([parse(text, index) for index in range(len(sources))])
        checker.bodies()
        for template in templates(checker.root):
            if not len(template.instances):
                checker.sketch(template)

    with_deep_stack(work)
    return checker, text


def templates(namespace):
    for inner in namespace.namespaces.values():
        yield from templates(inner)
    yield from (value for value in namespace.values.values()
                if isinstance(value, FunctionTemplate))


def meaning(source):
    """What each name of a source means, as line:column of the name and of its declaration."""
    checker, text = checked([Source("a.qll", source)])
    assert checker.report.errors == []

    def place(pos):
        _, line, column = text.locate(pos)
        return f"{line}:{column}"
    return {place(pos): place(entity.pos) for pos, entity in checker.report.uses.items()
            if not isinstance(entity, TypeParameter)}


def test_variables_that_hide_each_other():
    assert meaning("""function f(a: byte): byte {
  var b = a;
  if (a) { var b = b; b = 1; }
  return b;
}
""") == {"1:10": "1:10", "1:12": "1:12", "2:7": "2:7", "2:11": "1:12", "3:7": "1:12",
         "3:16": "3:16", "3:20": "2:7", "3:23": "3:16", "4:10": "2:7"}


def test_members_of_types_of_templates():
    found = meaning("""type pair<T> = struct { left: T; right: T.next; };
type link = struct { next: * link; };
function f(p: pair<link>): * link {
  p = pair<link> { left = p.left };
  return p.left.next;
}
""")
    assert found["4:20"] == found["4:29"] == found["5:12"] == "1:25"
    assert found["1:43"] == found["5:17"] == "2:22"


def test_a_declaration_ahead_means_the_definition():
    found = meaning("function f(): void;\nfunction f(): void { }\n"
                    ".export function g(): void { f(); }")
    assert found["1:10"] == found["3:30"] == "2:10"


@pytest.mark.parametrize("sources", [
    kernel_sources,
    lambda: [*library_sources("user", ".qll"), *(
        read_source(str(path)) for path in sorted((FIRMWARE / "programs" / "as").glob("*.qll")))],
], ids=["the kernel", "a program"])
def test_every_name_is_noted_down(sources):
    sources = sources()
    checker, text = checked(sources)
    assert checker.report.errors == []
    spaces = {part for node, _ in checker.blocks for part in node.name.split("::")} | {
        node.name.rpartition("::")[2] for node, _ in checker.usings}
    missing, wrong = [], []
    dependent = members_that_depend(checker)
    for index, source in enumerate(sources):
        tokens = tokenise(source.text)
        for at, (kind, word, start) in enumerate(
                zip(tokens.kinds, tokens.texts, tokens.starts, strict=True)):
            if kind != "NAME" or word in LITERALS or tokens.kinds[at - 1] in ("namespace", "using"):
                continue
            pos = text.starts[index] + start
            entity = checker.report.uses.get(pos)
            if entity is None:
                is_tag = tokens.kinds[at - 1] == "." and tokens.starts[at - 1] == start - 1
                if not is_tag and word not in spaces and not dependent(pos):
                    missing.append((str(text.span(pos)), word))
            elif entity.name != word.rpartition("::")[2]:
                wrong.append((str(text.span(pos)), word, entity))
    assert wrong == []
    assert missing == []
    kinds = {type(entity) for entity in checker.report.uses.values()}
    assert {tree.Local, tree.Global, tree.Function, FunctionTemplate, Member} <= kinds


def members_that_depend(checker):
    """Whether a position is in a declaration with type parameters: not all is known there."""
    inside = [(each.declaration.pos, each.declaration.end)
              for each in [*templates(checker.root), *type_templates(checker.root)]]
    return lambda pos: any(begin <= pos < end for begin, end in inside)


def type_templates(namespace):
    for inner in namespace.namespaces.values():
        yield from type_templates(inner)
    yield from (kind for kind in namespace.types.values() if hasattr(kind, "declaration"))
