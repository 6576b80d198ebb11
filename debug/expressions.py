"""Expressions of the debugger: QLL's, with registers as `$r5` and the machine's `$cycle`."""

import operator
import re
from collections.abc import Callable
from typing import Protocol

from debug.error import DebugError, NotThere
from debug.values import BOOL, BYTE, INT, Value, as_number
from toolchain.debug_info import (
    ArrayType,
    BaseType,
    CodeType,
    DebugType,
    PointerType,
    SliceType,
    StructType,
)

__all__ = ["Scope", "evaluate", "part_of"]

TOKEN = re.compile(r"\s*(?:(?P<number>0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?)"
                   r"|(?P<text>'(?:\\.|[^'])')"
                   r"|(?P<name>\$?[A-Za-z_][\w$]*(?:::[A-Za-z_][\w$]*)*)"
                   r"|(?P<sign>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>()\[\].@?:]))")

BINARY: dict[str, tuple[int, Callable[[int, int], int]]] = {
    "||": (1, lambda a, b: int(bool(a) or bool(b))), "&&": (2, lambda a, b: int(bool(a and b))),
    "|": (3, operator.or_), "^": (4, operator.xor), "&": (5, operator.and_),
    "==": (6, operator.eq), "!=": (6, operator.ne),
    "<": (7, operator.lt), ">": (7, operator.gt), "<=": (7, operator.le), ">=": (7, operator.ge),
    "<<": (8, lambda a, b: a << (b & 31)), ">>": (8, lambda a, b: a >> (b & 31)),
    "+": (9, operator.add), "-": (9, operator.sub),
    "*": (10, operator.mul), "/": (10, lambda a, b: int(a / b)),
    "%": (10, lambda a, b: a - b * int(a / b)),
}
COMPARES = {"||", "&&", "==", "!=", "<", ">", "<=", ">="}
MOST_WORDS = 4096  # of one value


class Scope(Protocol):
    """What names mean."""

    def lookup(self, name: str) -> Value:
        """A variable, register or function. Raises `DebugError`."""

    def read(self, space: int, address: int) -> int | None:
        """A word of memory."""

    @property
    def space(self) -> int:
        """Where addresses in expressions are."""


def evaluate(text: str, scope: Scope) -> Value:
    """The value of an expression. Raises `DebugError`."""
    parser = _Parser(_tokens(text), scope)
    value = parser.expression(0)
    if parser.at < len(parser.tokens):
        raise DebugError(f"'{parser.tokens[parser.at][1]}' is not expected in '{text.strip()}'")
    return value


def part_of(scope: Scope, value: Value, which: str | int) -> Value:
    """A member by its name, an element by its index, or `*`: what a pointer points at. Raises
    `DebugError`."""
    parser = _Parser([], scope)
    if which == "*":
        return parser.dereference(value)
    return parser.element(value, which) if isinstance(which, int) else parser.member(value, which)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise DebugError(f"'{text[at:].strip()[:20]}' is no part of an expression")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    if not found:
        raise DebugError("an expression is missing")
    return found


class _Parser:
    """Evaluates as it reads: binding powers decide what belongs together."""

    def __init__(self, tokens: list[tuple[str, str]], scope: Scope):
        self.tokens, self.at, self.scope = tokens, 0, scope

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            raise DebugError("the expression is not complete")
        self.at += 1
        return self.tokens[self.at - 1]

    def need(self, sign: str) -> None:
        if self.peek() != sign:
            raise DebugError(f"expected '{sign}', not '{self.peek() or 'the end'}'")
        self.at += 1

    def expression(self, least: int) -> Value:
        left = self.unary()
        while (sign := self.peek()) in BINARY and BINARY[sign][0] > least:
            self.at += 1
            left = self.binary(sign, left, self.expression(BINARY[sign][0]))
        if self.peek() == "@" and least == 0:  # as many elements as `left` stands first of
            self.at += 1
            left = self.repeated(left, self.number(self.expression(5)))
        return left

    def binary(self, sign: str, left: Value, right: Value) -> Value:
        a, b = as_number(left), as_number(right)
        if a is None or b is None:
            raise NotThere(f"an operand of '{sign}' is no single word that is there")
        if sign in "/%" and not b:
            raise NotThere("division by zero")
        kind = left.type.base
        if sign in "+-" and isinstance(kind, PointerType) and kind.target is not None:
            b = int(b) * kind.target.size
        if (isinstance(a, float) or isinstance(b, float)) and sign in ("&", "|", "^", "<<", ">>"):
            raise DebugError(f"'{sign}' takes no floats")
        result = BINARY[sign][1](a, b)  # type: ignore[arg-type]
        if sign in COMPARES:
            return Value(BOOL, [int(result)])
        if isinstance(result, float):
            raise DebugError("arithmetic on floats is the program's: print its parts")
        is_signed = isinstance(kind, BaseType) and kind.encoding == "signed"
        return Value(left.type if isinstance(kind, PointerType) else INT if is_signed else BYTE,
                     [result & 0xFFFFFFFF])

    def unary(self) -> Value:
        sign = self.peek()
        if sign in ("-", "!", "~", "*", "&"):
            self.at += 1
            inner = self.unary()
            if sign == "*":
                return self.dereference(inner)
            if sign == "&":
                if inner.address is None:
                    raise DebugError("only what is in memory has an address")
                return Value(PointerType(inner.type), [inner.address], space=inner.space)
            number = self.number(inner)
            if sign == "!":
                return Value(BOOL, [int(not number)])
            return Value(INT if sign == "-" else BYTE,
                         [(-number if sign == "-" else ~number) & 0xFFFFFFFF])
        if sign in ("len", "cap") and self.at + 1 < len(self.tokens):
            self.at += 1
            inner = self.unary()
            kind = inner.type.base
            if isinstance(kind, SliceType):
                return Value(BYTE, [inner.words[1 if sign == "len" else 2]])
            if isinstance(kind, ArrayType):
                return Value(BYTE, [kind.length])
            raise DebugError(f"'{sign}' is of arrays and slices, not of {inner.type}")
        return self.postfix(self.primary())

    def primary(self) -> Value:
        kind, text = self.take()
        if kind == "number":
            if "." in text:
                raise DebugError("a float is no part of an expression here")
            return Value(BYTE, [int(text.replace("_", ""), 0) & 0xFFFFFFFF])
        if kind == "text":
            return Value(BYTE, [ord(text[1:-1].encode().decode("unicode_escape"))])
        if kind == "name":
            if text in ("true", "false", "null"):
                return Value(BYTE if text == "null" else BOOL, [int(text == "true")])
            return self.scope.lookup(text)
        if text == "(":
            value = self.expression(0)
            self.need(")")
            return value
        raise DebugError(f"'{text}' is not expected here")

    def postfix(self, value: Value) -> Value:
        while self.peek() in (".", "->", "["):
            sign = self.take()[1]
            if sign == "[":
                index = self.number(self.expression(0))
                self.need("]")
                value = self.element(value, index)
                continue
            if sign == "->" or isinstance(value.type.base, PointerType):
                value = self.dereference(value)
            value = self.member(value, self.take()[1])
        return value

    def member(self, value: Value, name: str) -> Value:
        struct = value.type.base
        if not isinstance(struct, StructType):
            raise DebugError(f"{value.type} has no members")
        field = struct.member(name)
        if field is None:
            known = ", ".join(one.name for one in struct.fields)
            raise DebugError(f"{value.type} has no member '{name}'; there are {known}")
        return self.part(value, field.type, field.offset)

    def element(self, value: Value, index: int) -> Value:
        kind = value.type.base
        if isinstance(kind, ArrayType):
            if not 0 <= index < kind.length:
                raise DebugError(f"index {index} is not below the length, {kind.length}")
            return self.part(value, kind.element, index * kind.element.size)
        if isinstance(kind, SliceType):
            length = value.words[1]
            if length is not None and not 0 <= index < length:
                raise NotThere(f"index {index} is not below the length, {length}")
            return self.at_address(kind.element, value.words[0], index, value.space)
        if isinstance(kind, PointerType):
            return self.at_address(kind.target or BYTE, value.words[0], index, value.space)
        raise DebugError(f"{value.type} has no elements")

    def at_address(self, kind: DebugType, first: int | None, index: int, space: int) -> Value:
        if first is None:
            raise NotThere("where that is has been optimised out")
        return self.load(kind, first + index * kind.size, space)

    def part(self, value: Value, kind: DebugType, offset: int) -> Value:
        address = None if value.address is None else value.address + offset
        return Value(kind, value.words[offset:offset + kind.size], address, value.space)

    def dereference(self, value: Value) -> Value:
        kind = value.type.base
        target = kind.target if isinstance(kind, PointerType) else None
        if value.words[0] is None or len(value.words) != 1:
            raise NotThere("the pointer is no single word that is there")
        if isinstance(kind, StructType | ArrayType | CodeType):
            raise DebugError(f"{value.type} points at nothing")
        return self.load(target or BYTE, value.words[0], value.space)

    def load(self, kind: DebugType, address: int, space: int) -> Value:
        address &= 0xFFFFFFFF
        if kind.size > MOST_WORDS:
            raise DebugError(f"{kind} has {kind.size} words; the debugger shows {MOST_WORDS}")
        words = [self.scope.read(space, address + n) for n in range(kind.size)]
        if words and words[0] is None:
            raise NotThere(f"there is no memory at {address:#x}"
                             + (": the pointer is null" if address == 0 else ""))
        return Value(kind, words, address, space)

    def repeated(self, first: Value, count: int) -> Value:
        if first.address is None or not 0 < count * first.type.size <= MOST_WORDS:
            raise DebugError("'@' takes something in memory, and a small count")
        return self.load(ArrayType(first.type, count), first.address, first.space)

    def number(self, value: Value) -> int:
        number = as_number(value)
        if number is None:
            raise NotThere("a number is needed there, and this is none that is there")
        return int(number)
