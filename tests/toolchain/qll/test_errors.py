"""What the compiler says about wrong programs: exact text for some, the kind for all."""

import pytest

from tests.support.qll import build, reject
from toolchain.qll.check.names import MAX_HINTS
from toolchain.qll.check.resolve import MAX_TYPE_DEPTH
from toolchain.qll.syntax.parser import MAX_DEPTH

MAIN = "function main(): byte { return 0; }\n"


def body(text):
    return f"function main(): byte {{ {text} return 0; }}\n"


EXACT = {
    "integer literal that is too large": (
        "function main(): byte {\n  return 99999999999;\n}\n",
        """\
source0.qll:2:10: error: integer literal 99999999999 does not fit in a word of 32 bits
      return 99999999999;
             ^~~~~~~~~~~"""),
    "length that is no constant": (
        "global n: byte = 3;\ntype t = struct { a: byte[2 * n]; };\n" + MAIN,
        """\
source0.qll:2:31: error: 'n' is a variable; the length of an array has to be constant
    type t = struct { a: byte[2 * n]; };
                                  ^
    note: declared at source0.qll:1:8
    note: a constant is declared .constant"""),
    "length made of what is no constant": (
        ".constant global N: byte = M + 1;\n.constant global M: byte = main();\n"
        "type t = byte[N];\n" + MAIN,
        """\
source0.qll:2:28: error: this is not a constant; the length of an array has to be constant
    .constant global M: byte = main();
                               ^~~~~~
    note: the constant 'M' is made of it"""),
    "constant that depends on itself": (
        ".constant global N: byte = M + 1;\n.constant global M: byte = 2 * N;\n"
        "type t = byte[N];\n" + MAIN,
        """\
source0.qll:2:32: error: the constant 'N' depends on itself
    .constant global M: byte = 2 * N;
                                   ^
    note: by way of 'M'"""),
    "parameter that is missing": (
        "function f(a: byte,): void { }\n" + MAIN,
        """\
source0.qll:1:20: error: expected another parameter after ',', found ')'
    function f(a: byte,): void { }
                       ^"""),
    "length of 0": (
        ".constant global N: byte = 4;\ntype t = byte[N - 4];\n" + MAIN,
        """\
source0.qll:2:15: error: the length of the array is 0
    type t = byte[N - 4];
                  ^~~~~
    note: an open tail of a struct is written as [0]"""),
    "misspelt name": (
        "global counter: byte = 0;\nfunction main(): byte {\n\treturn conter + 1;\n}\n",
        """\
source0.qll:3:9: error: unknown identifier 'conter'
    \treturn conter + 1;
    \t       ^~~~~~
    note: did you mean 'counter'?"""),
    "name of another namespace": (
        "namespace a { function helper(): byte { return 1; } }\n"
        "function main(): byte { return helper(); }\n",
        """\
source0.qll:2:32: error: unknown identifier 'helper'
    function main(): byte { return helper(); }
                                   ^~~~~~
    note: did you mean 'a::helper'?"""),
    "namespace that is not there": (
        "function main(): byte { return os::exit(1); }\n",
        """\
source0.qll:1:32: error: unknown identifier 'os::exit'
    function main(): byte { return os::exit(1); }
                                   ^~~~~~~~
    note: there is no namespace 'os'"""),
    "type of an argument": (
        "function half(x: int): int { return x / 2; }\n"
        "function main(): byte { half('a'); return 0; }\n",
        """\
source0.qll:2:30: error: expected int, actual byte
    function main(): byte { half('a'); return 0; }
                                 ^~~
    note: a cast makes it fit: <unsafe int>"""),
    "number of arguments": (
        "function half(x: int): int { return x / 2; }\n"
        "function main(): byte { half(1, 2); return 0; }\n",
        """\
source0.qll:2:25: error: expected 1 arguments, actual 2
    function main(): byte { half(1, 2); return 0; }
                            ^~~~~~~~~~
    note: declared at source0.qll:1:10"""),
    "dot on a pointer": (
        "type point = struct { x: byte; };\n"
        "function main(): byte { var p = new point; return p.x; }\n",
        """\
source0.qll:2:51: error: expected struct type, actual * point
    function main(): byte { var p = new point; return p.x; }
                                                      ^
    note: write -> to reach through a pointer: ->x"""),
    "member of a type that is no struct": (
        "type t = struct { x: byte; };\n"
        "function main(): byte { var p = new t.x.y; return 0; }\n",
        """\
source0.qll:2:37: error: expected struct type, actual byte
    function main(): byte { var p = new t.x.y; return 0; }
                                        ^~~"""),
    "member of another type": (
        "type t = struct { x: byte; };\n"
        "function main(): byte { var p = t { x = 1 }; var i: int = p.x; return 0; }\n",
        """\
source0.qll:2:59: error: expected int, actual byte
    function main(): byte { var p = t { x = 1 }; var i: int = p.x; return 0; }
                                                              ^~~
    note: a cast makes it fit: <unsafe int>"""),
    "member of another type, reached through a pointer": (
        "type t = struct { x: byte; };\n"
        "function main(): byte { var p = new t; var i: int = p->x; return 0; }\n",
        """\
source0.qll:2:53: error: expected int, actual byte
    function main(): byte { var p = new t; var i: int = p->x; return 0; }
                                                        ^~~~
    note: a cast makes it fit: <unsafe int>"""),
    "string where none may be": (
        "function main(): byte { return 1 \"a long word that is cut\"; }\n",
        """\
source0.qll:1:34: error: expected ';' after a statement, found string "a long word tha...
    function main(): byte { return 1 "a long word that is cut"; }
                                     ^~~~~~~~~~~~~~~~~~~~~~~~~"""),
    "character where none may be": (
        "function main(): byte { return 1 'a'; }\n",
        """\
source0.qll:1:34: error: expected ';' after a statement, found character 'a'
    function main(): byte { return 1 'a'; }
                                     ^~~"""),
    "chain of instances": (
        "function show<T>(x: T): byte { return x.name; }\n"
        "function twice<T>(x: T): byte { return show(&x); }\n"
        "function main(): byte { return twice(3); }\n",
        """\
source0.qll:1:39: error: expected struct type, actual * byte
    function show<T>(x: T): byte { return x.name; }
                                          ^
    note: in the instance show<* byte>, made at source0.qll:2:40
    note: in the instance twice<byte>, made at source0.qll:3:32"""),
    "semicolon at the end of a line": (
        "function main(): byte {\n  var x = 1\n  return x;\n}\n",
        """\
source0.qll:2:12: error: expected ';' after a statement
      var x = 1
               ^"""),
    "semicolon behind what might be a type argument": (
        "type t = byte;\nfunction f(a: byte): bool {\n  return sizeof t < a\n}\n" + MAIN,
        """\
source0.qll:3:22: error: expected ';' after a statement
      return sizeof t < a
                         ^"""),
    "brace that is never closed": (
        "function main(): byte {\n  return 0;\n",
        """\
source0.qll:3:1: error: expected a statement, found the end of the file
    \n\
    ^
    note: '{' of 1:23 is not closed"""),
    "chained comparison": (
        "function main(): byte { var x = 2; return 1 < x < 3; }\n",
        """\
source0.qll:1:49: error: expected an operator that binds less tightly, found '<'
    function main(): byte { var x = 2; return 1 < x < 3; }
                                                    ^
    note: comparisons do not chain; use parentheses or '&&'"""),
    "float without its letter": (
        "function main(): byte { var x = 1.5; return 0; }\n",
        """\
source0.qll:1:33: error: float literals end in 'f': 1.5f
    function main(): byte { var x = 1.5; return 0; }
                                    ^"""),
    "duplicate": (
        "global x: byte = 1;\n" + MAIN + "namespace n { }\nfunction x(): void { }\n",
        """\
source0.qll:4:10: error: duplicate declaration of 'x'
    function x(): void { }
             ^
    note: declared at source0.qll:1:8"""),
    "duplicate of what is predeclared": (
        "type bool = int;\n" + MAIN,
        """\
source0.qll:1:6: error: duplicate declaration of 'bool'
    type bool = int;
         ^~~~
    note: it is predeclared"""),
    "recursive type": (
        "type node = struct { value: byte; next: node; };\n" + MAIN,
        """\
source0.qll:1:6: error: recursive type: 'node' contains itself
    type node = struct { value: byte; next: node; };
         ^~~~
    note: between a type and itself there must be a struct, and a pointer, slice or function"""),
}


@pytest.mark.parametrize("name", EXACT)
def test_message(name):
    source, message = EXACT[name]
    assert reject([source]).messages == [message]


KINDS = [
    # syntax
    ("syntax", "function main(): byte { return 1 }"),
    ("syntax", "function f<T>(x: T): T; " + MAIN),
    ("syntax", "type a ="),
    ("syntax", "function main(): byte { return \"\\x4\"; }"),
    ("syntax", "type a = struct { len: byte; }; " + MAIN),
    ("syntax", "global a::b: byte = 1; " + MAIN),
    ("syntax", "using a ::b; " + MAIN),
    ("syntax", ".Export function f(): void { } " + MAIN),
    ("syntax", ". export function f(): void { } " + MAIN),
    ("syntax", body("var p: byte[3; ")),
    ("syntax", body("x = new byte[3][1:2];")),
    ("syntax", body("p->[1:2];")),
    ("syntax", body("f(,);")),
    ("syntax", body("var x: byte[3 4];")),
    ("syntax", body("return 0x100000000;")),
    ("syntax", body("return -4294967296;")),
    ("syntax", body("var x: byte[0b1" + "0" * 32 + "];")),
    ("syntax", body("return [1; 99999999999][0];")),
    ("syntax", ".constant global N: byte = " + "9" * 9000 + "; " + MAIN),
    ("syntax", body("return '\\x123';")),
    # names
    ("unknown-identifier", body("var x = x;")),
    ("unknown-identifier", body("if (1) { var y = 1; } y = 2;")),
    ("unknown-identifier", body("x::y = 1;")),
    ("unknown-identifier", "type t = byte; " + body("t = 3;")),
    ("unknown-type", "namespace n { type t = byte; } " + body("var x: t;")),
    ("unknown-type", "function f<T>(x: T): T { return x; } " + body("var x: T;")),
    ("unknown-namespace", "using global::nowhere; " + MAIN),
    ("duplicate-using", "namespace a { } using a; using a; " + MAIN),
    ("ambiguous-identifier", "namespace a { type t = byte; } namespace b { type t = int; } "
     "using a; using b; " + body("var x: t;")),
    ("duplicate-declaration", "type string = int; " + MAIN),
    ("duplicate-declaration", "function _init(): void { } " + MAIN),
    ("duplicate-declaration", "function f(): int; function f(): byte { return 1; } " + MAIN),
    ("duplicate-declaration", "function f<T>(): void { } function f(): void { } " + MAIN),
    ("duplicate-declaration", "type t<T> = T; type t = byte; " + MAIN),
    ("duplicate-local", "function f(): void { for (var i = 0; i < 1; var i = 2) { } } " + MAIN),
    ("duplicate-parameter", "function f<T, T>(): void { } " + MAIN),
    ("duplicate-parameter", "function f(a: byte, a: int): void { } " + MAIN),
    ("unknown-member", "type s = struct { x: byte; }; " + body("var q: s.y;")),
    ("unknown-member", "type s = struct { x: byte; }; " + body("var q = s { }; (&q)->y = 1;")),
    # types
    ("type-mismatch", body("var a: byte[2] = [1, 2, 3];")),
    ("type-mismatch", body("var a: string[2] = [\"a\", 3];")),
    ("type-mismatch", body("var i: int = 1; i + 'a';")),
    ("type-mismatch", body("var s: byte[] = new byte[2]; var p: * byte = &s;")),
    ("type-mismatch", body("var x = new byte[2] ... 1.0f;")),
    ("type-mismatch", body("var x = true ? 1 : 1.0f;")),
    ("type-mismatch", "function f(): byte { return; } " + MAIN),
    ("operand-type", body("var x: byte[2]; x[1.0f] = 1;")),
    ("operand-type", body("var x = new byte[1.0f];")),
    ("operand-type", body("var x = \"ab\"[0.0f:];")),
    ("operand-type", body("var x = -\"ab\";")),
    ("operand-type", body("var x = *3;")),
    ("operand-type", body("var x = len 3;")),
    ("operand-type", body("var x = 3[0];")),
    ("operand-type", body("var x = 1.0f << 2.0f;")),
    *(("operand-type", body(f"var x = {kind} {{ }};")) for kind in (
        "byte[2]", "byte[]", "string[]", "string[][2]", "string[2][]")),
    ("operand-type", body("var x: byte[2]; delete x;")),
    ("not-testable", body("if (1.0f && 1) { }")),
    ("not-testable", body("var s: struct { x: byte; }; if (!s) { }")),
    ("not-callable", body("3();")),
    ("not-callable", body("var x = 3; x(1);")),
    ("arity", body("main(1);")),
    ("arity", body("var f = main; f(1);")),
    ("not-assignable", body("main() = 1;")),
    ("not-assignable", body("var y = 1; &&y;")),
    ("not-assignable", body("var s: byte[] = \"ab\"; delete s[1:];")),
    ("not-assignable", body("var s: byte[] = \"ab\"; cap s = 1;")),
    ("not-assignable", body("var x = 1; <byte>x = 2;")),
    ("not-assignable", body("var x = 1; (true ? x : x) = 2;")),
    ("constant-assign", body("var x: .constant byte = 1; x = 2;")),
    ("unsafe-required", body("var x = 1; var p = <* byte>x;")),
    ("unsafe-required", body("var x = 1; var p = &x; p[0] = 2;")),
    ("invalid-cast", body("var p: * byte = null; var f = <float>p;")),
    ("invalid-cast", body("var f = <unsafe * byte>1.0f;")),
    ("invalid-cast", body("var s: byte[] = \"ab\"; var a = <unsafe byte[2]>s;")),
    ("invalid-cast", body("var f = <byte[]>\"ab\";")),
    ("no-context-for-null", body("var x: byte = null;")),
    ("no-context-for-null", body("1 == null;")),
    ("no-context-for-empty-array", body("len [];")),
    ("recursive-type", "type a = () => a; " + MAIN),
    ("recursive-type", "type a = b; type b = a; " + MAIN),
    ("recursive-type", "type t<T> = struct { x: T; }; type a = t<a>; " + MAIN),
    ("recursive-type", "type t<T> = struct { x: t<T>; }; " + body("var x: t<byte>;")),
    ("recursive-type", "type a = a.x; " + MAIN),
    ("recursive-type", "type a = struct { x: b; }; type b = a; type c = struct { x: a; }; " + MAIN),
    ("recursive-type", "type a = * b; type b = * c; "
     "type c = (b, struct { x: a; }) => void; " + MAIN),
    ("type-mismatch", "type a = b.x; type b = c; type c = d; type d = struct { x: int; }; "
     "function main(): a { return 'c'; }"),
    ("operand-type", "type a = b.x; type b = c; type c = d; type d = int; " + MAIN),
    ("unknown-type", "type t = struct { x: zork; }; " + body("var a: byte[sizeof t]; a[1] = 2;")),
    ("void-member", "type s = struct { v: void; }; " + MAIN),
    ("void-member", "type v = void; function f(x: v): void { } " + MAIN),
    ("void-member", body("var x: void[3];")),
    ("void-member", "function f(): void { } " + body("var x = f();")),
    ("void-member", "global g: void = void; " + MAIN),
    *(("void-member", "function f(): void { } " + body(text)) for text in (
        "var x: void;", "var x: void[] = null;", "var x: struct { v: void; };", "var x = new void;",
        "var x = new void[2];", "var x = new void[2] ... 3;", "var x = new void[2] = [1];",
        "var x = [f()];", "var x = [f(); 3];", "var x = true ? f() : f();", "var x = void;")),
    *(("operand-type", "function f(): void { } " + body(text)) for text in (
        "f() + 1;", "f()[0];", "f().x;", "-f();", "len f();", "var p: * void = null; *p;",
        "var p: * void = null; p[0];", "var b: byte[2]; b[f()] = 1;")),
    ("type-mismatch", "function f(): void { } " + body("var x = [1, f()];")),
    ("not-testable", "function f(): void { } " + body("if (f()) { }")),
    ("unknown-type", "global g: zork = 1; " + body("g(); g(1);")),
    ("unknown-type", body("var x = new zork;")),
    ("unexpected-type-arguments", "type t = byte; " + body("var x: t<int>;")),
    ("unknown-type", body("var x = new zork[2];")),
    ("empty-struct", body("var x: struct { };")),
    ("new-type", body("var x = new byte ... 3;")),
    ("new-type", body("var x = new byte = [1];")),
    ("too-large", body("var x: byte[5000000];")),
    # lengths of arrays
    ("too-large", body("var x: byte[-1];")),
    ("too-large", ".constant global N: byte = 3; type t = byte[N - 4]; " + MAIN),
    ("too-large", ".constant global N: byte = 1 << 22; " + body("var x = [0; N + 1];")),
    ("array-length", ".constant global N: int = 3; type t = byte[N - 4]; " + MAIN),
    ("array-length", ".constant global N: byte = 0; function f(x: byte[N]): void { } " + MAIN),
    ("array-length", body("var x: byte[1 / 0];")),
    ("cyclic-constant", ".constant global N: byte = N + 1; type t = byte[N]; " + MAIN),
    ("cyclic-constant", "global t: byte[len t] = [1]; " + MAIN),
    ("cyclic-constant", "global t: byte[N] = [1]; .constant global N: byte = len t; " + MAIN),
    ("recursive-type", "type t = struct { x: byte[sizeof t]; }; " + MAIN),
    ("recursive-type", "type t<T> = struct { x: byte[sizeof t<T>]; y: T; }; " +
     body("var x: t<byte>;")),
    ("not-constant", body("var n = 3; var x: byte[n];")),
    ("not-constant", body("var n = 3; var x = [0; n];")),
    ("not-constant", ".constant global n: byte = 3; function f(n: byte): void { var x: byte[n]; }"
     + MAIN),
    ("not-constant", "global t: byte[] = [1]; type u = byte[len t]; " + MAIN),
    ("not-constant", ".extern .constant global N: byte; type t = byte[N]; " + MAIN),
    ("not-constant", "type t = byte[main]; " + MAIN),
    ("not-constant", "global p: byte = 1; type t = byte[sizeof byte + *&p]; " + MAIN),
    ("operand-type", ".constant global N: float = 3.0f; type t = byte[N]; " + MAIN),
    ("operand-type", ".constant global N: byte[1] = [3]; type t = byte[N]; " + MAIN),
    ("type-mismatch", ".constant global N: int = 3; type t = byte[N + sizeof byte]; " + MAIN),
    ("type-mismatch", ".constant global N: byte = 1.0f; type t = byte[N]; " + MAIN),
    ("type-mismatch", ".constant global N: byte = 3; " + body("var x: byte[N] = [0; N + 1];")),
    ("unknown-identifier", body("var x: byte[N];")),
    ("ambiguous-identifier", "namespace a { .constant global N: byte = 1; } using a; using b; "
     "namespace b { .constant global N: byte = 1; } " + body("var x: byte[N];")),
    # templates
    ("template-arity", "type t<A, B> = A; " + body("var x: t<byte>;")),
    ("template-arity", "type t<A> = A; " + body("var x: t;")),
    ("template-arity", "function f<A>(): void { } " + body("f<byte, int>();")),
    ("unexpected-type-arguments", body("var x: string<byte>;")),
    ("unexpected-type-arguments", body("var x = main; x<byte>();")),
    ("inference-failed", "function f<T>(): void { } " + body("f();")),
    ("inference-failed", "function f<T>(x: T[]): void { } " + body("f(1);")),
    ("inference-failed", "function f<T>(x: T, y: T): void { } " + body("f(1, 1.0f);")),
    ("not-instantiated", "function f<T>(x: T): T { return x; } " +
     body("var g: (byte) => byte = f;")),
    ("instantiation-depth", "type g<T> = struct { n: * g<* T>; }; " + body("var x: g<byte>;")),
    # control flow and declarations
    ("missing-return", "function f(x: byte): byte { for (x; x; x) { } } " + MAIN),
    ("missing-return", "function f(x: byte): byte { if (x) { return 1; } else { } } " + MAIN),
    ("break-outside-loop", body("break;")),
    ("continue-outside-loop", body("if (1) { continue; }")),
    ("break-outside-loop", "function f<T>(x: T): void { break; } " +
     body("while (1) { f(1); }")),
    ("global-without-initialiser", "global x: byte; " + MAIN),
    ("interrupt-signature", ".interrupt function f(): byte { return 1; } " + MAIN),
    ("extern-initialiser", ".extern global x: byte = main(); " + MAIN),
    # linking
    ("undefined-symbol", "function f(): void; " + body("f();")),
    ("undefined-symbol", ".extern global x: byte; " + body("x = 1;")),
    ("undefined-symbol", body("var x = new byte;")),
]


@pytest.mark.parametrize("kind, source", KINDS, ids=[f"{n}-{k[0]}" for n, k in enumerate(KINDS)])
def test_kind(kind, source):
    assert reject([source]).kinds == [kind]


NOTES = [
    ("float",   "byte",    "a cast converts: <float>"),
    ("int",     "float",   "a cast converts: <int>"),
    ("byte",    "int",     "a cast makes it fit: <unsafe byte>"),
    ("* byte",  "byte",    "a cast makes it fit: <unsafe * byte>"),
    ("byte",    "* byte",  "a cast makes it fit: <unsafe byte>"),
    ("byte",    "() => byte", "a cast makes it fit: <unsafe byte>"),
    ("s",       "* s",     "'*' in front gives what it points to"),
    ("* s",     "s",       "'&' in front gives its address"),
    ("float",   "* float", "'*' in front gives what it points to"),
    ("* float", "float",   "'&' in front gives its address"),
    ("* byte",  "float",   None),
    ("float",   "* byte",  None),
    ("* s",     "byte[2]", None),
    ("byte[2]", "* s",     None),
    ("s",       "byte",    None),
]


@pytest.mark.parametrize("wanted, given, note", NOTES)
def test_a_mismatch_says_what_may_be_meant(wanted, given, note):
    message, = reject([f"type s = struct {{ x: byte; y: byte; }}; function f(g: {given}): void {{\n"
                       f"var w: {wanted} = g; }} " + MAIN]).messages
    assert f"expected {wanted}, actual {given}" in message
    assert message.partition("\n    note: ")[2] == (note or "")


REMARKS = [
    *((f"if (x {operator} x) {{ }}", f"var x: {kind};", "numeric or pointer", note)
      for operator in ("==", "!=") for kind in ("byte[2]", "byte[]", "s", "() => byte")
      for note in ["slices, arrays, structs and functions cannot be compared"]),
    ("if (x < x) { }", "var x: byte[2];", "numeric", None),
    ("x = x + x;", "var x: s;", "numeric", None),
    ("x = x + x;", "var x: * s;", "numeric",
     "pointers have no arithmetic; &p[unsafe n] steps, <unsafe byte>p is a number"),
    ("if (p < p) { }", "var p: * s;", "numeric", None),
    ("if (f() == f()) { }", "", "numeric or pointer", None),
    ("len x = 1;", "var x: byte[2];", "assignable",
     "the length of an array is fixed; a slice of it has a length of its own"),
    ("cap x = 1;", "var x: byte[2];", "assignable", None),
    ("x == 1 = 1;", "var x: byte;", "assignable", "'==' compares"),
    ("x < 1 = 1;", "var x: byte;", "assignable", None),
    (";", "", "a", "there is no empty statement"),
    ("{ }", "", "a", "a block is not a statement by itself"),
    ("else { }", "", "a", "'else' follows the '}' of an 'if'"),
    ("type t = byte;", "", "a", "there are no local types"),
    ("/* x */", "", "a", "comments start with '//'"),
    ("/ 2;", "", "a", None),
]


@pytest.mark.parametrize("statement, variable, expected, note", REMARKS)
def test_a_wrong_operand_says_what_may_be_meant(statement, variable, expected, note):
    message, = reject(["type s = struct { x: byte; y: byte; }; function f(): void { "
                       f"{variable}\n{statement} }} " + MAIN]).messages
    assert f"expected {expected} " in message
    assert message.partition("\n    note: ")[2] == (note or "")


@pytest.mark.parametrize("line", ["var x{n} = conter;", "var x{n}: conter;"])
def test_of_very_many_unknown_names_only_the_first_get_a_guess(line):
    """Each guess looks through all names."""
    many = "\n".join(line.format(n=n) for n in range(MAX_HINTS + 5))
    messages = reject(["global counter: byte = 0; type counter = byte; " + body(many)]).messages
    assert [" mean 'counter'?" in message for message in messages] == (
        [True] * MAX_HINTS + [False] * 5)


def test_all_mistakes_of_a_run_are_reported_in_order():
    found = reject(["global a: zork = 1;\nfunction main(): byte {\n  x = 1;\n  return 2.0f;\n}\n",
                    "function f(): void { return 1; }\n"])
    assert found.kinds == ["unknown-type", "unknown-identifier", "type-mismatch", "type-mismatch"]
    assert [message.split(": ")[0] for message in found.messages] == [
        "source0.qll:1:11", "source0.qll:3:3", "source0.qll:4:10", "source1.qll:1:29"]


def test_one_mistake_is_one_message():
    source = body("var x = nope; var y: byte = x + 1; y = x.z; f(x[3], &x); x = -x; "
                  "if (x) { x(); } var z = [x, x]; var w = g { m = x }; delete w; ")
    assert reject([source]).kinds == ["unknown-identifier", "unknown-identifier", "unknown-type"]


def test_what_stands_in_the_brackets_of_an_unknown_type_is_looked_at():
    assert reject([body("var x: zork<nope, byte, * gone>;")]).kinds == ["unknown-type"] * 3


def test_limits_of_nesting_are_none_of_number():
    """Twice as many beside each other as there may be within each other."""
    many = 2 * MAX_TYPE_DEPTH
    instances = "".join(f"var x{n}: t<byte[{n}]>; " for n in range(1, many))
    total = "(1) + " * MAX_DEPTH + "1"
    assert build(["type t<T> = struct { x: T; }; " + body(f"{instances} x1.x[0] = {total};")])


def test_a_duplicate_label_in_assembly_is_reported():
    found = reject([MAIN], asm="@global::main:\n  halt\n")
    assert found.kinds == ["duplicate-symbol"]
