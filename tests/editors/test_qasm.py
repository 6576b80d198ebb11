"""A QASM file in an editor."""

import pytest

from editors.lsp.session import Session
from editors.lsp.view import RenameError
from toolchain.places import FIRMWARE, KERNEL
from toolchain.qasm import assemble
from toolchain.source import Source, SourceErrors

PROGRAM = """define LIMIT 5  ; rounds
; Counts.
@_entrypoint:
  constant r1 LIMIT
  constant r2 @again
@again:
  sub r1 r1 r3
  jnz r1 r2
  halt
data @`a b` 1 2
data @here @again
"""


@pytest.fixture(scope="module")
def session():
    return Session()


def viewed(session, path, text=PROGRAM):
    session.change(path, text)
    return session.view(path)


@pytest.fixture
def view(session, tmp_path):
    return viewed(session, tmp_path / "a.qasm")


def at(word):
    return PROGRAM.index(word.replace("|", "")) + word.index("|")


@pytest.mark.parametrize("where, says", [
    ("|sub r1", "sub d s0 s1\n```\n\n`d = s0 - s1` (opcode 7)"), ("jn|z", "ip = s1 if s0 != 0"),
    ("r2 @ag|ain", "@again:"), ("r1 LI|MIT", "rounds\n\n5 = 0x5"), ("|@_entry", "Counts."),
    ("|data @here", "words in the data part"), ("|define", "a name for a number"),
])
def test_hover(view, where, says):
    assert says in view.hover(at(where))[0]


def test_no_hover_on_what_means_nothing(view):
    assert view.hover(at("sub |r1 r1")) is None
    assert view.hover(at("; Co|unts")) is None


def test_definition_references_and_outline(view):
    assert view.definition(at("r2 @a|gain")).begin == at("|@again:")
    assert view.definition(at("constant r1 LIM|IT")).begin == at("|LIMIT 5")
    assert [place.begin for place in view.references(at("|@again:"))] == [
        at("r2 |@again"), at("|@again:"), at("here |@again")]
    assert len(view.references(at("|LIMIT 5"), declaration=False)) == 1
    assert [(symbol.name, symbol.kind) for symbol in view.symbols()] == [
        ("LIMIT", "constant"), ("_entrypoint", "function"), ("again", "function"),
        ("a b", "global"), ("here", "global")]


@pytest.mark.parametrize("line, among, never", [
    ("  |", {"add", "constant", "repeat"}, {"LIMIT"}), ("  ad|", {"add"}, set()),
    ("  constant r1 |", {"LIMIT"}, {"add"}), ("  constant r1 @|", {"@again", "@`a b`"}, {"add"}),
    ("  nop ; add|", set(), {"add", "LIMIT"}),
])
def test_completion(session, tmp_path, line, among, never):
    text = PROGRAM + line.replace("|", "")
    items, begin = viewed(session, tmp_path / "b.qasm", text).complete(
        len(PROGRAM) + line.index("|"))
    names = {item.name for item in items}
    assert among <= names and names.isdisjoint(never)
    assert text[begin:].strip() in ("", "ad", "@", "add")


@pytest.mark.parametrize("line, active", [("add |", 0), ("add r1 |", 1), ("add r1 r|", 1)])
def test_operands_of_the_instruction_that_is_typed(session, tmp_path, line, active):
    view = viewed(session, tmp_path / "b.qasm", line.replace("|", ""))
    call = view.call(line.index("|"))
    assert (call.label, call.active) == ("add d s0 s1", active)


def test_problems_are_those_of_the_assembler(session, tmp_path):
    text = PROGRAM + "ret\nconstant r1, 5\nconstant r9 @agin\n@again:\ndefine LIMIT 6\n"
    path = tmp_path / "wrong.qasm"
    with pytest.raises(SourceErrors) as caught:
        assemble([Source(str(path), text)])
    expected = [(each.message, each.span.line, each.span.column) for each in caught.value.errors]
    found = []
    for problem in viewed(session, path, text).problems():
        before = text[:problem.place.begin]
        found.append((problem.message.partition("\n")[0], before.count("\n") + 1,
                      len(before) - before.rfind("\n")))
    assert found == expected and len(found) == 5


@pytest.mark.parametrize("path", [KERNEL / "support.qasm", FIRMWARE / "lib/bare/entry.qasm",
                                  FIRMWARE / "demos/calculator.qasm"])
def test_files_of_the_system_have_no_problems(session, path):
    assert viewed(session, path, path.read_text()).problems() == []


@pytest.mark.parametrize("where, new, count", [("|@again:", "more", 3), ("r1 |LIMIT", "MOST", 2),
                                               ("data @`a| b`", "c d", 1)])
def test_rename(view, where, new, count):
    edits = view.rename(at(where), new)
    assert len(edits) == count
    text = PROGRAM
    for place, word in sorted(edits, key=lambda edit: -edit[0].begin):
        text = text[:place.begin] + word + text[place.end:]
    assert text.count(new) == count
    assert len(assemble([Source("a.qasm", text)]).words) == \
        len(assemble([Source("a.qasm", PROGRAM)]).words)


@pytest.mark.parametrize("where, new, why", [
    ("|@again:", "here", "label 'here' already"), ("|@again:", "a b", "cannot be the name"),
    ("|LIMIT 5", "r1", "cannot be the name"), ("|LIMIT 5", "add", "cannot be the name"),
    ("|sub r1", "x", "no label or constant"),
])
def test_rename_refused(view, where, new, why):
    with pytest.raises(RenameError, match=why):
        view.rename(at(where), new)


@pytest.mark.parametrize("text", ["", "@", "'", "repeat", "repeat i 1 99999\nend", "\0",
                                  "end\n" * 99])
def test_rubbish_is_looked_at_from_every_side(session, tmp_path, text):
    view = viewed(session, tmp_path / "rubbish.qasm", text)
    for offset in {0, len(text) // 2, len(text)}:
        view.hover(offset), view.definition(offset), view.references(offset)
        view.complete(offset), view.call(offset)
    view.symbols(), view.problems(), view.formatted()
