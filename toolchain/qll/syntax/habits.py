"""What people type out of habit from other languages, and how it is said in QLL."""

from typing import Protocol

from toolchain.qll.errors import did_you_mean

__all__ = ["FOREIGN_NAMES", "FOREIGN_TYPES", "behind_statement", "of_declaration"]


class _Tokens(Protocol):
    kinds: list[str]
    texts: list[str]


_TYPES = frozenset(["byte", "int", "float", "void", "bool", "string", "char", "long", "short",
                    "unsigned", "double", "const"])
_KEYWORDS  = ["delete", "return", "var", "while"]
_VARIABLE = "variables are declared with 'var'"
_FUNCTION = "a function is declared as function name(parameter: type): type { ... }"
_CONSTANT = "a constant is declared as .constant global NAME: type = value;"
_STRUCT   = "a struct is declared as type name = struct { member: type; };"

_STATEMENTS = {
    "let": _VARIABLE, "auto": _VARIABLE, "local": _VARIABLE, "mut": _VARIABLE, "const": _VARIABLE,
    "switch": "there is no 'switch'; use 'if' and 'else if'",
    "case": "there is no 'switch'; use 'if' and 'else if'",
    "match": "there is no 'match'; use 'if' and 'else if'",
    "elif": "write 'else if'", "elsif": "write 'else if'", "elseif": "write 'else if'",
    "loop": "write 'while (true)'",
    "until": "there is no 'until'; use 'while' and '!'",
    "unless": "there is no 'unless'; use 'if' and '!'",
    "foreach": "there is no 'foreach'; use 'for' with an index",
    "goto": "there is no 'goto'", "try": "there are no exceptions; functions return what failed",
    "throw": "there are no exceptions; functions return what failed",
    "struct": _STRUCT, "fn": "there are no local functions", "def": "there are no local functions",
    "and": "write '&&'", "or": "write '||'", "not": "write '!'", "mod": "write '%'",
}

_DECLARATIONS = {
    "fn": _FUNCTION, "func": _FUNCTION, "fun": _FUNCTION, "def": _FUNCTION, "proc": _FUNCTION,
    "sub": _FUNCTION, "struct": _STRUCT, "class": _STRUCT, "union": _STRUCT,
    "typedef": "a type is declared as type name = type;",
    "enum": f"there is no 'enum'; {_CONSTANT}",
    "const": _CONSTANT, "static": "a global is declared as global name: type = value;",
    "let": "outside of functions variables are declared with 'global'",
    "import": "there is no 'import'; all files of a program stand on one command line",
    "include": "there is no 'include'; all files of a program stand on one command line",
    "module": "a namespace is declared as namespace name { ... }",
    "package": "a namespace is declared as namespace name { ... }",
    "export": "it is a tag, .export, in front of 'function'",
    "extern": "it is a tag, .extern, in front of 'global'",
}

FOREIGN_NAMES = {
    "NULL": "it is called 'null'", "nil": "it is called 'null'", "None": "it is called 'null'",
    "nullptr": "it is called 'null'",
    "True": "it is called 'true'", "TRUE": "it is called 'true'",
    "False": "it is called 'false'", "FALSE": "it is called 'false'",
    "nan": "it is called 'NaN'", "inf": "it is called 'Inf'",
}
"""Notes on values that have another name here."""

FOREIGN_TYPES = {
    **dict.fromkeys(["char", "u8", "uint8_t", "unsigned", "u32", "uint32_t", "uint", "usize"],
                    "an unsigned word is a 'byte'"),
    **dict.fromkeys(["i32", "int32_t", "long", "short", "isize", "integer"],
                    "a signed word is an 'int'"),
    **dict.fromkeys(["f32", "double", "f64", "real"], "numbers with a fraction are 'float'"),
    **dict.fromkeys(["str", "String"], "it is called 'string'"),
    "boolean": "it is called 'bool'",
}
"""Notes on types that have another name here."""


def behind_statement(tokens: _Tokens, i: int) -> str:
    """A note for a token where the `;` of a statement was expected; empty without one."""
    before = tokens.texts[i - 1] if i else ""
    if tokens.kinds[i] == "{":  # behind what may be the head of a switch
        closed = 0
        while i > 0:
            i -= 1
            closed += (tokens.kinds[i] == ")") - (tokens.kinds[i] == "(")
            if closed <= 0:
                break
        before = tokens.texts[i - 1] if i else ""
        return _STATEMENTS.get(before, "")
    word = tokens.texts[i]
    if word in ("and", "or", "mod"):
        return _STATEMENTS[word]
    if before in _STATEMENTS:
        return _STATEMENTS[before]
    if before in _TYPES and tokens.kinds[i] == "NAME":
        return f"a variable is declared as var {word}: {before} = value;"
    if tokens.kinds[i] in ("NAME", "INT", "STRING", "CHAR"):
        guess = did_you_mean(before, _KEYWORDS)
        return f"did you mean '{guess}'?" if guess else ""
    return ""


def of_declaration(tokens: _Tokens, i: int) -> str:
    """A note for a token where a declaration was expected; empty without one."""
    word, following = tokens.texts[i], tokens.kinds[i + 1:i + 3]
    if word in _DECLARATIONS:
        return _DECLARATIONS[word]
    if following[:1] == ["("] and tokens.kinds[i] == "NAME":
        return _FUNCTION
    if following[:1] == ["NAME"] and (word in _TYPES or following[1:] in (["("], ["="], [";"])):
        name = tokens.texts[i + 1]
        if following[1:] == ["("]:
            return f"a function is declared as function {name}(parameter: type): {word} {{ ... }}"
        return f"a global is declared as global {name}: {word} = value;"
    return ""
