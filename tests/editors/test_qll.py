"""A QLL file in an editor: problems, hover, definitions, references, outline, completion, calls."""

import pytest

from editors.lsp.analysis import Depth
from editors.lsp.session import Session
from toolchain.files import read_source
from toolchain.places import FIRMWARE, KERNEL
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source, SourceErrors
from toolchain.targets import library_sources

PROGRAM = """using std::fmt;

// A point on the plane.
type point = struct { x: byte; y: byte; };  // in pixels

namespace area {
  .constant global SIDE: byte = 3;
  // How large it is.
  function of(p: point, scale: byte): byte { return p.x * p.y * scale; }
  function both<T>(left: T, right: T): T { return left; }
}

function main(): byte {
  var p = point { x = 1, y = area::SIDE };
  var pointer = &p;
  var total = area::of(p, 2) + area::both(1, 2);
  print([fu(total), nl]);
  return pointer->x + p.y;
}
"""


@pytest.fixture(scope="module")
def session():
    return Session()


def viewed(session, path, text, depth=Depth.FILE):
    session.change(path, text)
    return with_deep_stack(lambda: session.view(path, depth))


@pytest.fixture
def view(session, tmp_path):
    return viewed(session, tmp_path / "a.qll", PROGRAM)


def at(word, behind=0):
    """The offset of the first `|` in a piece of the program that the other characters are."""
    return PROGRAM.index(word.replace("|", "")) + word.index("|") + behind


def test_a_right_program_has_no_problems(view):
    assert view.problems() == []


@pytest.mark.parametrize("where, says", [
    ("p.|x * p.y", "x: byte;  // word 0"),
    ("|p.x * p.y", "p: point"),
    ("area::|of(p, 2)", "function of(p: point, scale: byte): byte\n```\n\nHow large it is."),
    ("|area::of(p, 2)", "namespace global::area"),
    ("(p: |point", "type point = struct { x: byte; y: byte; };\n```\n\nA point on the plane.\n\n"
                   "2 words"),
    ("area::SID|E }", ".constant global SIDE: byte = 3;"),
    ("<T>(left: |T", "type T = byte"),
    ("fu(|total)", "var total: byte"),
    ("using std::|fmt", "namespace global::std::fmt"),
    ("namespace |area", "namespace global::area"),
    ("[fu(total), |nl", "nl"),
])
def test_hover(view, where, says):
    text, begin, end = view.hover(at(where))
    assert says in text
    assert begin <= at(where) <= end


@pytest.mark.parametrize("where", ["| // A point", "  ret|urn p.x", "var p = point {| x"])
def test_no_hover_where_there_is_no_name(view, where):
    assert view.hover(at(where) if where.replace("|", "") in PROGRAM else 16) is None


@pytest.mark.parametrize("use, declaration", [
    ("pointer->|x", "struct { |x"), ("fu(|total", "var |total"), ("area::|both", "function |both"),
    ("p.x * p.y * |scale", "point, |scale"), ("): |T {", "both<|T>"),
    ("|area::of", "namespace |area"),
])
def test_definition(view, use, declaration):
    place = view.definition(at(use))
    assert (place.path, place.begin) == (view.path, at(declaration))


def test_definition_in_the_library(view):
    place = view.definition(at("[|fu("))
    assert place.path.parent.parent == FIRMWARE / "lib"
    assert place.text[place.begin:].startswith("fu(")


def test_references(view):
    found = view.references(at("struct { |x"))
    assert [place.begin for place in found] == [
        at("struct { |x"), at("p.|x * p"), at("point { |x ="), at("pointer->|x")]
    assert [place.begin for place in view.references(at("(left: |T"))] == [
        at("both<|T>"), at("(left: |T"), at("right: |T"), at("): |T {")]
    assert len(view.references(at("struct { |x"), declaration=False)) == 3


def test_outline(view):
    kinds = [(symbol.name, symbol.kind, [inner.name for inner in symbol.inside])
             for symbol in view.symbols()]
    assert kinds == [("point", "struct", ["x", "y"]),
                     ("area", "namespace", ["SIDE", "of", "both"]), ("main", "function", [])]
    for symbol in view.symbols():
        assert PROGRAM[symbol.name_begin:].startswith(symbol.name)
        assert symbol.begin <= symbol.name_begin < symbol.end
    names = {symbol.name for symbol, _, _ in view.all_symbols()}
    assert {"SIDE", "x", "to_lower"} <= names


def typed(session, tmp_path, line):
    """The view of the program with a line typed at the end of `main`, and the offset of its `|`."""
    text = PROGRAM.replace("  return pointer->x", f"  {line}\n  return pointer->x")
    offset = text.index(line) + line.index("|")
    text = text[:offset] + text[offset + 1:]
    return viewed(session, tmp_path / "typed.qll", text), offset


@pytest.mark.parametrize("line, among, never", [
    ("p.|", {"x", "y"}, {"total"}),
    ("total = pointer->|", {"x", "y"}, {"total"}),
    ("area::|", {"SIDE", "of", "both"}, {"total", "point"}),
    ("var q: |", {"point", "byte", "area"}, set()),
    ("tot|", {"total", "p", "pointer", "main", "fu", "return", "area"}, {"later"}),
    ("if (total) { var inner = 1; inn| }", {"inner"}, set()),
    ("p = point { |", {"x", "y"}, set()),
    ("print([fu(area::of(p, 1).|", set(), {"x"}),
    ("// tot|", set(), {"total"}),
    ("print([fs(\"tot|", set(), {"total"}),
    ("std::str::|", {"equal"}, {"total"}),
])
def test_completion(session, tmp_path, line, among, never):
    view, offset = typed(session, tmp_path, line)
    items, begin = view.complete(offset)
    names = {item.name for item in items}
    assert among <= names
    assert names.isdisjoint(never)
    assert begin <= offset and "\n" not in view.text[begin:offset]


def test_a_dot_behind_a_pointer_becomes_an_arrow(session, tmp_path):
    view, offset = typed(session, tmp_path, "total = pointer.|")
    assert {(item.name, item.arrow) for item in view.complete(offset)[0]} == {
        ("x", True), ("y", True)}


@pytest.mark.parametrize("line, label, active", [
    ("area::of(|", "function of(p: point, scale: byte): byte", 0),
    ("area::of(p, |", "function of(p: point, scale: byte): byte", 1),
    ("total = area::of(point { x = 1, y = 2 }, area::both(3, 4), |",
     "function of(p: point, scale: byte): byte", 2),
    ("area::of(p, area::both(1, |", "function both<T>(left: T, right: T): T", 1),
    ("while (area::both(|", "function both<T>(left: T, right: T): T", 0),
])
def test_the_call_that_is_typed(session, tmp_path, line, label, active):
    view, offset = typed(session, tmp_path, line)
    call = view.call(offset)
    assert (call.label, call.active) == (label, active)
    assert all(parameter in call.label for parameter in call.parameters)


@pytest.mark.parametrize("line", ["while (|", "if (total) { |", "total = (1 + |"])
def test_no_call(session, tmp_path, line):
    view, offset = typed(session, tmp_path, line)
    assert view.call(offset) is None


# --- problems ------------------------------------------------------------------------------------

WRONG = ["function main(): byte { return squar; }\nfunction f(): void { let x = 1 }\n",
         "function main(): byte {\n  var x: point = 1;\n  x.y = é;\n  return \"ab;\n}\n",
         "namespace a { type t = struct { b: t; }; }\nfunction main(): a::t { }\n",
         "function f<T>(x: T): T { return x + nothing; }\n"
         "function main(): byte { if (1 < 0) { f(2); f(1.0f); } return 0; }\n"]


def told(sources, own):
    """What the compiler says: line, column, length, message with notes, of errors or warnings."""
    try:
        _, said = with_deep_stack(lambda: analyse(sources))
        said = [warning for warning in said if warning.span.source.name == own]
    except SourceErrors as errors:
        said = errors.errors
    return {(str(each.span), each.span.length, each.severity,
             "\n".join([each.message, *(f"note: {note}" for note in each.notes)])) for each in said}


def shown(view):
    found = set()
    for problem in view.problems():
        before = problem.place.text[:problem.place.begin]
        place = f"{problem.place.path}:{before.count(chr(10)) + 1}:" \
                f"{len(before) - before.rfind(chr(10))}"
        found.add((place, max(1, problem.place.end - problem.place.begin),
                   "warning" if problem.is_warning else "error", problem.message))
    return found


@pytest.mark.parametrize("text", WRONG)
def test_problems_are_those_of_the_compiler(session, tmp_path, text):
    path = tmp_path / "wrong.qll"
    view = viewed(session, path, text, Depth.WHOLE)
    expected = told([*library_sources("bare", ".qll"), Source(str(path), text)], str(path))
    assert shown(view) == expected != set()


def test_between_keys_the_problems_of_the_file_are_shown(session):
    path = KERNEL / "memory.qll"
    text = read_source(str(path)).text
    whole = viewed(session, path, text, Depth.WHOLE)
    assert whole.problems() == []
    changed = viewed(session, path, text.replace("function take(", "function tak("))
    assert changed.analysis.depth is Depth.FILE
    assert {problem.place.path for problem in changed.problems()} <= {path}
    changed = viewed(session, path, changed.text, Depth.WHOLE)
    assert len({problem.place.path for problem in changed.problems()}) > 1  # who uses it
    assert viewed(session, path, text, Depth.WHOLE).problems() == []


def test_ten_thousand_mistakes(session, tmp_path):
    text = "function main(): byte {\n" + "  x = y + ;\n  z = w;\n" * 3_400 + "  return 0;\n}\n"
    view = viewed(session, tmp_path / "many.qll", text, Depth.WHOLE)
    assert len(view.problems()) == 10_200
    assert view.hover(text.index("main"))


@pytest.mark.parametrize("text", ["", "}", "\0", "function", "function f(", "namespace a {", "::",
                                  "type t = t;", "\r\n\r\n", "a" * 10_000, "(" * 5_000,
                                  "\U0001F600"])
def test_rubbish_is_looked_at_from_every_side(session, tmp_path, text):
    path = tmp_path / "rubbish.qll"
    view = viewed(session, path, text)

    def ask():
        for offset in {0, len(text) // 2, len(text)}:
            view.hover(offset), view.definition(offset), view.references(offset)
            view.complete(offset), view.call(offset)
        view.symbols(), view.problems(), view.formatted()
    with_deep_stack(ask)


# --- which files make a program ------------------------------------------------------------------


@pytest.mark.parametrize("path, key", [
    (KERNEL / "scheduler.qll", "kernel"), (FIRMWARE / "lib/shared/std.qll", "library bare"),
    (FIRMWARE / "lib/user/os.qll", "library user"), (FIRMWARE / "programs/snake.qll", "user"),
    (FIRMWARE / "programs/as/lines.qll", "user"), (FIRMWARE / "programs/dis/dis.qll", "user"),
    (FIRMWARE / "tests/usertests.qll", "user"),
])
def test_files_of_the_system_are_checked_with_what_belongs_to_them(session, path, key):
    if not path.exists():
        path = next(path.parent.glob("*.qll"))
    view = viewed(session, path, path.read_text(), Depth.WHOLE)
    assert view.problems() == []
    assert view.analysis.program.key.split(" /")[0] == key


def test_a_program_of_ones_own_may_have_several_files(session, tmp_path):
    (tmp_path / "other.qll").write_text("function helper(): byte { return 1; }\n")
    (tmp_path / "main.qll").write_text("function main(): byte { return helper(); }\n")
    view = viewed(session, tmp_path / "main.qll", (tmp_path / "main.qll").read_text())
    assert view.problems() == []
    session.change(tmp_path / "other.qll", "function helpe(): byte { return 1; }\n")
    view = viewed(session, tmp_path / "main.qll", view.text)
    assert [problem.kind for problem in view.problems()] == ["unknown-identifier"]


@pytest.mark.parametrize("text, target", [
    ("function main(): byte { return 0; }", "bare"),
    ("function main(args: string): byte { return 0; }", "user"),
    ("function main(): byte { os::exit(1); return 0; }", "user"),
])
def test_the_target_is_guessed(session, tmp_path, text, target):
    view = viewed(session, tmp_path / f"{target}.qll", text)
    assert view.analysis.program.key.startswith(f"{target} ")
