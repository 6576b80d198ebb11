"""Changes of QLL sources, made on the compiler's syntax tree."""

from collections.abc import Iterator
from typing import Any

from campaign.mutants.change import Mutant, source
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.parser import parse
from toolchain.qll.text import Text
from toolchain.source import Source

__all__ = ["qll_mutants"]

OPERATORS = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||",
             "||": "&&", "&": "|", "|": "&", "+": "-", "-": "+", "<<": ">>", ">>": "<<"}
TERMS     = ("&&", "||", "&", "|")
LEFT_OUT  = ("panic", "print")  # what is only said


def qll_mutants(path: str) -> Iterator[Mutant]:
    """All changes of a file's functions."""
    text = source(path)
    for node in _inside(parse(Text([Source(path, text)]), 0)):
        yield from dict.fromkeys(Mutant(path, *change) for change in _changes(node, text))


def _inside(item: Any, *, is_code: bool = False) -> Iterator[nodes.Node]:
    """All nodes within functions' bodies; an `else if` and its like are met once."""
    if isinstance(item, (list, tuple)):
        for part in item:
            yield from _inside(part, is_code=is_code)
    elif isinstance(item, nodes.Node):
        if is_code:
            yield item
        if isinstance(item, nodes.Call) and isinstance(item.callee, nodes.Name) \
                and item.callee.name in LEFT_OUT:
            return
        for base in type(item).__mro__:
            for name in base.__dict__.get("__slots__", ()):
                part = getattr(item, name)
                yield from _inside(part, is_code=is_code or isinstance(item, nodes.Function)
                                   and name == "body")


def _changes(node: nodes.Node, text: str) -> Iterator[tuple[str, int, int, str]]:
    """Kind, place and new text of each change of one node."""
    def code(part: nodes.Node) -> str:
        return text[part.pos:part.end]

    if isinstance(node, nodes.Binary):
        left, right = f"({code(node.left)})", f"({code(node.right)})"
        begin, end = node.left.pos, node.right.end
        if node.grouped or text[node.left.end:node.at].strip():
            begin = node.at  # parentheses stand around a part: only the sign can be changed
        if node.operator in OPERATORS:
            yield ("another operator", node.at, node.at + len(node.operator),
                   OPERATORS[node.operator])
        if begin == node.left.pos and not text[node.at + len(node.operator):
                                               node.right.pos].strip():
            if node.operator in TERMS:
                yield "dropped term", begin, end, left
                yield "dropped term", begin, end, right
            if node.operator in ("-", "/", "%"):
                yield "swapped operands", begin, end, f"{right} {node.operator} {left}"
    elif isinstance(node, nodes.Not):
        yield "inverted", node.pos, node.end, code(node.operand)
    elif isinstance(node, nodes.Int) and code(node).isalnum():
        yield "off by one", node.pos, node.end, str(node.word + 1 & 0xFFFF_FFFF)
    elif isinstance(node, nodes.If):
        for condition, _ in node.arms:
            yield "inverted condition", condition.pos, condition.end, f"!({code(condition)})"
    elif isinstance(node, nodes.Assign):
        yield "dropped assignment", node.pos, node.end, "0"
    elif isinstance(node, nodes.Evaluate) and not code(node).startswith(LEFT_OUT):
        yield "dropped call", node.pos, node.end, "0"
