"""The formatters: nothing but white space changes, and nothing at all the second time."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editors.lsp.format_qasm import format_qasm
from editors.lsp.format_qll import format_qll
from toolchain.places import ROOT
from toolchain.qasm import assemble
from toolchain.qasm.tokens import tokenize
from toolchain.qll.front import with_deep_stack
from toolchain.qll.generate import generate
from toolchain.qll.syntax.lexer import tokenise
from toolchain.source import Source, SourceErrors

FOLDERS = ("kernel", "firmware", "tests", "bench")


def files(suffix):
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob(f"*{suffix}"))]


def qll_tokens(text):
    """Tokens and comments, and which tokens `>` and `.` touch: that has a meaning."""
    tokens = tokenise(text)
    ends = [start + len(word) for start, word in zip(tokens.starts, tokens.texts, strict=True)]
    touching = [end == start for end, start, kinds in zip(
        ends, tokens.starts[1:], pairwise(tokens.kinds), strict=False)
        if kinds[0] in (">", ".") or kinds[1] == "."]
    comments = []
    for end, start in zip([0, *ends], tokens.starts, strict=False):
        comments += [line.strip() for line in text[end:start].split("\n") if line.strip()]
    return tokens.kinds, tokens.texts, touching, comments


def qasm_tokens(text):
    found = []
    for line in text.split("\n"):
        tokens = tokenize(line)
        comment = line[tokens[-1].end - 1 if tokens else 0:].strip()
        if tokens or comment:
            found.append(([(token.kind, token.text.rstrip()) for token in tokens], comment))
    return found


def crumpled(text, qasm=False):
    """The text with blanks as somebody may type them who does not care."""
    lines = []
    for number, line in enumerate(text.split("\n")):
        lines.append(" " * (number * 7 % 5) + line.strip() + "  " * (number % 2))
    return "\n".join([*lines, "", "", ""])


@pytest.mark.parametrize("suffix, form, tokens", [
    (".qll", format_qll, qll_tokens), (".qasm", format_qasm, qasm_tokens)], ids=["qll", "qasm"])
def test_every_file_of_the_repository_keeps_its_tokens_and_comments(suffix, form, tokens):
    paths = files(suffix)
    assert len(paths) > 15
    for path in paths:
        text = path.read_text()
        done = form(text)
        assert done is not None, path
        if path.parent.name == "kernel":
            assert done == text, path  # the kernel's style is the formatter's
        assert tokens(done) == tokens(text), path
        assert form(done) == done, path


@pytest.mark.parametrize("name", ["queens", "templates", "slices", "swap_members"])
def test_the_same_words_come_out_of_the_compiler(name):
    text = (ROOT / "tests" / "programs" / f"{name}.qll").read_text()
    wild = crumpled(text)
    assert wild != format_qll(wild)
    assert words(text) == words(format_qll(wild))


def words(text):
    from toolchain.qll.front import analyse
    from toolchain.targets import library_sources

    def work():
        program, _ = analyse([*library_sources("bare", ".qll"), Source("a.qll", text)])
        return generate(program, 1)
    return with_deep_stack(work)


def test_the_same_words_come_out_of_the_assembler():
    for path in files(".qasm"):
        text = path.read_text()
        try:
            before = assemble([Source("a.qasm", text)]).words
        except SourceErrors:
            continue  # part of a larger program
        assert assemble([Source("a.qasm", format_qasm(crumpled(text)))]).words == before, path


@pytest.mark.parametrize("before, after", [
    ("function  f( a:byte,b :* byte ) :void{\nif(a==1&&!b){return;}\n}",
     "function f(a: byte, b: * byte): void {\n  if (a == 1 && !b) { return; }\n}\n"),
    ("global x:byte=1+-2*3;\n\n\n\nglobal y:byte[]=[1,2];",
     "global x: byte = 1 + -2 * 3;\n\nglobal y: byte[] = [1, 2];\n"),
    ("function f(): byte {\nvar x = a?b:c;\nfoo = s[1:2][unsafe  3];\nreturn f<byte>(x)>>2;\n}",
     "function f(): byte {\n  var x = a ? b : c;\n  foo = s[1:2][unsafe 3];\n"
     "  return f<byte>(x)>>2;\n}\n"),
    ("global a: byte = 1;     // one\nglobal bb: byte = 22;   // two\n",
     "global a: byte = 1;     // one\nglobal bb: byte = 22;   // two\n"),
    ("namespace a {\n// why\n.export\nfunction f(): void {\n  g(1,\n    2);\n }\n}",
     "namespace a {\n  // why\n  .export\n  function f(): void {\n    g(1,\n      2);\n  }\n}\n"),
    ("type t=struct{\na:byte;\n};", "type t = struct {\n  a: byte;\n};\n"),
])
def test_qll(before, after):
    assert format_qll(before) == after


@pytest.mark.parametrize("before, after", [
    ("@x :\nadd  r1\tr2   r3;sum\n   data @y 1  2", "@x:\n  add r1 r2 r3 ;sum\ndata @y 1 2\n"),
    ("repeat i 1 2\nnop\nend\n ; note\n; margin",
     "  repeat i 1 2\n    nop\n  end\n  ; note\n; margin\n"),
])
def test_qasm(before, after):
    assert format_qasm(before) == after


@pytest.mark.parametrize("text", ["function f( {", "}", "var x = \"open;", "a $ b", "1.5"])
def test_what_cannot_be_told_into_tokens_stays(text):
    assert format_qll(text) is None


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab1 \n\t{}()[];:,.<>=*&-+?/\"'@r`", max_size=60))
def test_any_text_keeps_its_tokens(text):
    done = format_qll(text)
    if done is not None:
        assert qll_tokens(done)[:2] == qll_tokens(text)[:2]
        assert qll_tokens(done)[3] == qll_tokens(text)[3]
        assert format_qll(done) == done
    line = format_qasm(text)
    assert qasm_tokens(line) == qasm_tokens(text)
    assert format_qasm(line) == line
