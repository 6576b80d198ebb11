"""Of a library only what a program may come to is looked at, and nobody can tell."""

import pytest

from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.generate import generate
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.parser import parse_all
from toolchain.qll.text import Text
from toolchain.source import Source, SourceErrors
from toolchain.targets import library_sources

LIBRARY = """
type pair = struct { x: byte; y: byte; };
namespace lib {
  function used(): pair { return helper(1); }
  function helper(x: byte): struct { x: byte; y: byte; } {
    return struct { x: byte; y: byte; } { x = x, y = x };
  }
  function unused(): byte { return unused_as_well(); }
  function unused_as_well(): byte { return unused(); }
  .interrupt function handler(): void { unused(); }
  .export function exported(): void { by_export(); }
  function by_export(): void { }
  global table: () => byte = of_table;
  function of_table(): byte { return 1; }
  function in_assembly(): void;
  function same<T>(x: T): T { return x; }
}
"""
PROGRAM = "function main(): byte { return lib::used().x; }"


def functions(declarations):
    for node in declarations:
        if isinstance(node, nodes.Namespace):
            yield from functions(node.declarations)
        elif isinstance(node, nodes.Function):
            yield node.name


def left(program, library=LIBRARY):
    """The functions of the library that are looked at."""
    text = Text([Source("lib.qll", library), Source("a.qll", program)])
    return [*functions(parse_all(text, 1)[0].declarations)]


def test_only_what_names_lead_to_is_looked_at():
    kept = ["used", "helper", "exported", "by_export", "of_table"]
    assert left(PROGRAM) == kept
    assert left(PROGRAM + " function f(): byte { return lib::same(1); }") == [*kept, "same"]
    assert left("using lib; function f(): void { handler(); }") == [
        "unused", "unused_as_well", "handler", *kept[2:]]


@pytest.mark.parametrize("library", [
    "function", "function f", "function f(", "function f()", "function f(): byte {", "f function )",
    "function f(): struct {", "function f(): ) ; } function main(): byte"])
def test_what_is_no_library_is_said_by_the_parser(library):
    with pytest.raises(SourceErrors):
        with_deep_stack(lambda: analyse([Source("lib.qll", library), Source("a.qll", PROGRAM)],
                                        library=1))


def test_hints_know_the_whole_library():
    with pytest.raises(SourceErrors) as found:
        with_deep_stack(lambda: analyse([Source("lib.qll", LIBRARY), Source(
            "a.qll", "function main(): byte { return lib::unusd(); }")], library=1))
    assert "did you mean 'lib::unused'?" in str(found.value)


@pytest.mark.parametrize("level", [0, 2])
def test_the_text_is_the_same(level):
    library = library_sources("bare", ".qll")
    sources = [*library, Source("a.qll", """
        using std::fmt;
        function main(): byte { print([fs("x"), fu(12), nl]); var x = new byte; return *x; }""")]

    def text(count):
        return generate(analyse(sources, library=count)[0], level)

    assert with_deep_stack(lambda: text(len(library)) == text(0))
