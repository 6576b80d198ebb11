"""The language server as an editor meets it: over standard input and output."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from quince import COMMANDS
from tests.support.editor import Editor
from toolchain.places import KERNEL

PROGRAM = """function main(): byte {
  var total = 1;  // \U0001F600 so far
  return total;
}
"""


@pytest.fixture(scope="module")
def editor():
    with Editor() as found:
        yield found


def test_it_is_a_command():
    assert COMMANDS["lsp"].module == "editors.lsp.cli"


def test_problems_come_and_go_with_what_is_typed(editor, tmp_path):
    path = tmp_path / "a.qll"   # which is never written: only what is typed counts
    editor.open(path, PROGRAM)
    editor.wait_for(path, lambda problems: not problems)
    editor.change(path, "totl", (2, 9), (2, 14))
    [problem] = editor.wait_for(path, lambda problems: problems)
    assert problem.message == "unknown identifier 'totl'\nnote: did you mean 'total'?"
    assert (problem.range.start.line, problem.range.start.character) == (2, 9)
    assert (problem.code, problem.source) == ("unknown-identifier", "quince")
    editor.change(path, "total", (2, 9), (2, 13))
    editor.wait_for(path, lambda problems: not problems)
    assert "var total: byte" in editor.ask("hover", path, 2, 10).contents.value
    assert editor.ask("definition", path, 2, 10).range.start == lsp.Position(1, 6)
    editor.close(path)


def test_questions_of_all_kinds(editor, tmp_path):
    path = tmp_path / "b.qll"
    editor.open(path, PROGRAM)
    found = editor.ask("references", path, 1, 8, context=lsp.ReferenceContext(True))
    assert [place.range.start.line for place in found] == [1, 2]
    assert [each.range.start.line for each in editor.ask("documentHighlight", path, 2, 9)] == [1, 2]
    assert [symbol.name for symbol in editor.ask("documentSymbol", path)] == ["main"]
    names = {item.label for item in editor.ask("completion", path, 2, 11).items}
    assert "total" in names and "while" in names
    edit = editor.ask("rename", path, 2, 9, new_name="sum")
    assert len(edit.changes[editor.uri(path)]) == 2
    assert editor.ask("prepareRename", path, 2, 9).placeholder == "total"
    symbols = editor.request("workspace/symbol", lsp.WorkspaceSymbolParams("mai"))
    assert any(symbol.location.uri == editor.uri(path) for symbol in symbols)
    editor.change(path, PROGRAM.replace("  return", "        return"))
    [edit] = editor.ask("formatting", path)
    assert (edit.range.start.line, edit.range.end.line, edit.new_text) == (
        2, 3, "  return total;\n")
    editor.change(path, "function f(x: byte): byte { return f(")
    assert editor.ask("signatureHelp", path, 0, 37).signatures[0].label == \
        "function f(x: byte): byte"
    editor.close(path)


def test_what_is_refused_says_why(editor, tmp_path):
    path = tmp_path / "c.qll"
    editor.open(path, PROGRAM)
    with pytest.raises(JsonRpcException, match="is a word of the language"):
        editor.ask("rename", path, 2, 9, new_name="while")
    with pytest.raises(JsonRpcException, match="a label that assembly knows"):
        editor.ask("prepareRename", path, 0, 10)
    editor.close(path)


def test_a_source_that_the_build_makes_can_be_looked_at(editor):
    path = KERNEL / "memory.qll"
    text = path.read_text()
    line = text[:text.index("machine::RAM_WORDS")].count("\n")
    column = text.split("\n")[line].index("machine::RAM_WORDS") + 9
    editor.open(path)
    found = editor.ask("definition", path, line, column)
    made = Path(to_fs_path(found.uri)).read_text().split("\n")
    assert "RAM_WORDS" in made[found.range.start.line]
    editor.close(path)


def test_assembly_and_texts_that_were_never_saved(editor):
    uri = "untitled:Untitled-1.qasm"
    editor.open(uri, "  ret\n")
    [problem] = editor.wait_for(uri, lambda problems: problems)
    assert "'ret' is not an instruction" in problem.message
    editor.change(uri, "  add r1 r2 r3\n")
    assert "d = s0 + s1" in editor.ask("hover", uri, 0, 3).contents.value
    editor.close(uri)
    editor.wait_for(uri, lambda problems: not problems)


def test_a_file_is_closed_in_the_middle_of_a_request(editor, tmp_path):
    path = tmp_path / "d.qll"
    editor.open(path, PROGRAM * 50)
    identifier = lsp.TextDocumentIdentifier(editor.uri(path))

    async def both():
        answers = [editor.client.protocol.send_request_async("textDocument/hover", lsp.HoverParams(
            identifier, lsp.Position(line, 8))) for line in range(5)]
        editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))
        return await asyncio.gather(*answers, return_exceptions=True)
    answers = editor.run(both())
    assert not [each for each in answers if isinstance(each, Exception)]
    assert editor.ask("hover", path, 0, 0) is None


def test_a_request_is_cancelled(editor, tmp_path):
    path = tmp_path / "e.qll"
    editor.open(path, PROGRAM * 200)

    async def cancelled():
        protocol = editor.client.protocol
        asked = [protocol.send_request("textDocument/references", lsp.ReferenceParams(
            lsp.ReferenceContext(True), lsp.TextDocumentIdentifier(editor.uri(path)),
            lsp.Position(1, 8))) for _ in range(3)]
        for number in list(protocol._request_futures)[-2:]:
            editor.client.cancel_request(lsp.CancelParams(number))
        return await asyncio.gather(*map(asyncio.wrap_future, asked), return_exceptions=True)
    answers = editor.run(cancelled())
    assert len(answers) == 3 and not isinstance(answers[0], Exception)
    assert editor.ask("hover", path, 0, 10) is not None
    editor.close(path)


def test_more_mistakes_than_an_editor_can_show(editor, tmp_path):
    path = tmp_path / "f.qll"
    editor.open(path, "function f(): void {\n" + "  x = 1;\n" * 2_000 + "}\n")
    problems = editor.wait_for(path, lambda problems: problems)
    assert len(problems) == 1001 and problems[-1].message == "... and 1000 more mistakes"
    editor.change(path, PROGRAM)
    editor.wait_for(path, lambda problems: not problems)
    editor.close(path)


def test_the_editor_says_how_it_counts_and_for_what_programs_are(tmp_path):
    path = tmp_path / "g.qll"
    with Editor(options={"target": "none"}, encodings=["utf-8"]) as editor:
        assert editor.started.capabilities.position_encoding == "utf-8"
        editor.open(path, "global smile: byte = '\U0001F600' + none;\nusing std::fmt;\n")
        problems = editor.wait_for(path, lambda problems: problems)
        assert [(each.message.partition("\n")[0], each.range.start.character)
                for each in problems] == [
            ("unknown namespace identifier 'std::fmt'", 0), ("unknown identifier 'none'", 30)]


def framed(*messages):
    found = b""
    for message in messages:
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        found += b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
    return found


HELLO = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
         "params": {"processId": None, "rootUri": None, "capabilities": {}}}
RUBBISH = [framed(b"{"), framed(b"[]"), framed({"jsonrpc": "2.0", "id": 7}), framed(b"\xff\xfe"),
           framed({"jsonrpc": "2.0", "id": 8, "method": "no/such", "params": 5}), framed(HELLO),
           framed({"jsonrpc": "2.0", "id": 9, "method": "textDocument/hover", "params": {}}),
           framed({"jsonrpc": "2.0", "id": 10, "method": "shutdown", "params": None})]


@pytest.mark.slow
def test_rubbish_is_no_obstacle_and_ends_with_the_input():
    rubbish = b"".join(RUBBISH) + b"hello\r\n\r\nContent-Length: x\r\n\r\n\xff"
    ended = subprocess.run([sys.executable, "-m", "editors.lsp.cli"], input=rubbish,
                           capture_output=True, timeout=60)
    assert ended.returncode == 0
    assert b'"capabilities"' in ended.stdout and b'"id":10' in ended.stdout.replace(b" ", b"")
