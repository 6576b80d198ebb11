"""Programs that are slightly wrong, or very: mutations of programs that are right.

`check_survives` is the property: whatever the text, the compiler either accepts it, and then the
assembler accepts what it made, or raises `SourceErrors` with places that can be printed.
"""

import random
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from toolchain.build import generated
from toolchain.qasm import assemble
from toolchain.qll.front import analyse
from toolchain.qll.syntax.lexer import KEYWORDS
from toolchain.source import Source, SourceErrors
from toolchain.targets import LIBRARY

__all__ = ["check_survives", "mutate", "seeds"]

_TOKEN = re.compile(r"[A-Za-z_0-9:]+|\"[^\"]*\"|->|=>|\s+|.", re.DOTALL)

# What a mutation may put in place of a token.
_WORDS = [*sorted(KEYWORDS), *"(){}[]<>;:,.=+-*/%&|!?", "->", "=>", "...", "<<", ">>", "<=", ">=",
          "==", "!=", "&&", "||", "0", "1", "2", "0xFFFFFFFF", "1.5f", "'x'", '"abc"', '""', "Inf",
          "true", "struct", ".constant", ".abort", ".export", ".extern", "global::", "a::b", "x",
          "i", "T", "main", "string", "bool", "[]", "byte[]", "* byte", "()", "() => byte",
          "<unsafe byte>", "<unsafe * byte>", "null", "new byte[3]", "[1, 2]", "[0; 3]", "len",
          "&x", "*x", "x->y", "[unsafe 1]", "[1:2]", "[:]", "^", "'", '"', "\\", "$", "\u20ac",
          "//"]

_SEEDS = '''
type cell<T> = struct { value: T; next: * cell<T>; };
function fold<T, U>(s: T[], f: (U, T) => U, start: U): U {
  var u = start;
  for (var i = 0; i < len s; i = i + 1) { u = f(u, s[i]); }
  return u;
}
function plus(a: byte, b: byte): byte { return a + b; }
function main(): byte { var s: byte[] = [1, 2, 3]; return fold(s, plus, 0); }
====
namespace a { global g: byte = 4; namespace b { type t = struct { x: byte; y: byte[2]; }; } }
using a;
function f(t: b::t): b::t { t.x = g; return t; }
function main(): byte { var t = b::t { x = 1, y = [2, 3] }; return f(t).y[1] + f(t).x; }
====
.constant global k: float = 2.5f;
.extern global e: byte;
.export function g(p: * byte[4], q: (byte[])[2]): void { p->[1] = 3; q[0] = "abc"; len q[1] = 0; }
.interrupt function h(): void { }
function die(): .abort void { while (1) { if (k > 1.0f) { continue; } break; } }
function main(): byte { if (true) { return <byte>k; } else if (null == &e) { die(); } die(); }
====
type list = struct { next: * list; name: string; f: () => * list; };
global head: * list = null;
function main(): byte {
  var l = new list = list { next = head, name = "x" };
  var all = new list[3] ... *l; var some = new byte[] = "hello"; delete some; delete l;
  head = l->next || head; return <unsafe byte>(!!head ? head->name[1:] : some[:2])[0];
}
function alloc(): byte { return sizeof list * 2 + cap head->name; }
namespace system { function alloc(n: byte): * byte; function dealloc(p: * byte): void; }
'''


@lru_cache
def seeds() -> tuple[str, ...]:
    """Programs that are right: some from here, the whole programs of the tests, the library."""
    folder = Path(__file__).parents[1] / "programs"
    files = [*sorted(folder.glob("*.qll")), *sorted(LIBRARY.glob("*/*.qll"))]
    texts = [text for text in (path.read_text() for path in files) if len(text) < 4000]
    return (*_SEEDS.split("====\n"), *texts)


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(text))


def mutate(chance: random.Random) -> str:
    """A seed with one to a few changes."""
    tokens = list(_tokens(chance.choice(seeds())))
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 12))):
        _change(tokens, chance)
    return "".join(tokens)


def _change(tokens: list[str], chance: random.Random) -> None:
    """Delete, repeat, swap, move, replace or splice tokens; or change a single character."""
    if not tokens:
        tokens.append(chance.choice(_WORDS))
        return
    at = chance.randrange(len(tokens))
    count = chance.choice((1, 1, 1, 2, 3, 8, 30))
    kind = chance.randrange(14)
    if kind >= 8:
        _substitute(tokens, chance)
    elif kind == 0:
        del tokens[at:at + count]
    elif kind == 1:
        tokens[at:at] = tokens[at:at + count]
    elif kind == 2:
        other = chance.randrange(len(tokens))
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif kind == 3:
        moved = tokens[at:at + count]
        del tokens[at:at + count]
        to = chance.randrange(len(tokens) + 1)
        tokens[to:to] = moved
    elif kind == 4:
        tokens[at] = chance.choice(_WORDS)
    elif kind == 5:
        tokens.insert(at, f" {chance.choice(_WORDS)} ")
    elif kind == 6:
        other_tokens = _tokens(chance.choice(seeds()))
        start = chance.randrange(len(other_tokens))
        tokens[at:at + chance.choice((0, 1, count))] = other_tokens[start:start + count]
    else:
        word = tokens[at]
        cut = chance.randrange(len(word) + 1)
        tokens[at] = word[:cut] + chr(chance.choice((10, 34, 39, 47, 48, 92, 97, 955))) + word[cut:]


def _substitute(tokens: list[str], chance: random.Random) -> None:
    """Put something of the same kind in place of a token, so that the result may well parse."""
    at = chance.randrange(len(tokens))
    for index in [*range(at, len(tokens)), *range(at)]:
        for words in _ALIKE:
            if tokens[index] in words:
                tokens[index] = chance.choice(words)
                return
        if tokens[index][0].isalpha() and tokens[index] not in KEYWORDS:
            others = [word for word in tokens if word[0].isalpha() and word not in KEYWORDS]
            tokens[index] = chance.choice(others)
            return


_ALIKE = [
    ["byte", "int", "float", "void", "string", "bool", "byte[]", "* byte", "int[2]", "() => byte"],
    ["+", "-", "*", "/", "%", "&", "|", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&&", "||"],
    ["!", "*", "&", "len ", "cap ", "-", "<byte>", "<unsafe byte>", "<unsafe * byte>", "<float>"],
    [".", "->"], ["[", "[unsafe ", "->[", "[1:"],
    ["0", "1", "2", "true", "1.5f", "'x'", '"abc"', "null", "[]", "[1, 2]", "void", "sizeof int"],
    ["return", "delete", "var x = ", "break;", "continue;"],
]


def check_survives(texts: Sequence[str], level: int = 1) -> bool:
    """Whether the compiler accepts the program; anything but that or `SourceErrors` escapes."""
    try:
        program, warnings = analyse([Source(f"t{number}.qll", text)
                                     for number, text in enumerate(texts)], True)
    except SourceErrors as found:
        assert all(error.span is not None and str(error) for error in found.errors)
        return False
    assert all(map(str, warnings))
    compiled = generated(program, level, "compiled.qasm", lines=True)
    try:
        assemble([compiled.text])
    except SourceErrors as found:
        # The compiler cannot know what other files define; everything else would be its fault.
        assert all("undefined label" in str(error) for error in found.errors), str(found)
    return True
