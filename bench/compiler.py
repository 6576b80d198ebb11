"""How long the compiler takes, and how that grows with the length of a program.

Sources of one shape each, with n of something and with 2n: twice the time is an exponent of 1. All
of it is processor time, of the compiler alone, from sources to assembly text.
"""

import gc
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from system.build import kernel_sources
from toolchain.build import generated
from toolchain.places import ROOT
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source

__all__ = ["SHAPES", "Scaling", "measure_hello", "measure_kernel_lines", "measure_scaling"]

LEVELS = (0, 1, 2)
NESTED = 1000  # parentheses within each other
HELLO = 'function main(): byte { std::console::print("Hello, world\\n"); return 0; }\n'


def _main(lines: list[str], result: str = "0", before: str = "") -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"{before}\nfunction main(): byte {{\n{body}\n  return {result};\n}}\n"


def _functions(n: int) -> str:
    return "".join(f"function f{i}(x: byte): byte {{\n  var y = x * {i + 3};\n"
                   f"  if (y > {i}) {{ y = y - x; }}\n  return y + {i};\n}}\n"
                   for i in range(n // 5)) + _main([])


def _statements(n: int) -> str:
    return _main(["var a = 1;", "var b = 2;", *(
        f"a = a * {i % 97 + 3} + b; b = b | a;" for i in range(n))], "a + b")


def _globals(n: int) -> str:
    return "".join(f"global g{i}: byte = {i};\n" for i in range(n)) + _main([], f"g{n - 1}")


def _literals(n: int) -> str:
    return (f"global table: byte[{4 * n}] = [\n"
            + ",\n".join(f"  {i}, {i * 3}, {i * 5}, {i * 7}" for i in range(n))
            + "];\n" + _main([], "table[5]"))


def _global_strings(n: int) -> str:
    return "".join(f'global s{i}: string = "text {i}";\n' for i in range(n)) + _main(
        [], f"len s{n - 1}")


def _nested(n: int) -> str:
    """Expressions with `NESTED` parentheses within each other, and one with what is left."""
    depths = [NESTED] * (n // NESTED) + [n % NESTED]
    return "".join(
        f"function f{number}(x: byte): byte {{\n  return\n"
        + "\n".join(f"    (x * {i % 89 + 2} +" for i in range(depth)) + " x" + ")" * depth
        + ";\n}\n" for number, depth in enumerate(depths)) + _main([], "f0(3)")


def _calls(n: int) -> str:
    return _main(["var a = 1;", *(f"a = f(a, {i % 50});" for i in range(n))], "a",
                 "function f(x: byte, y: byte): byte {\n"
                 "  while (x > y) { x = x / 2 + g(y); }\n  return x;\n}\n"
                 "function g(x: byte): byte { return x ? f(x - 1, 1) : 0; }")


def _strings(n: int) -> str:
    return _main(["var a = 1;", *(f'a = f("text {i}", a);' for i in range(n))], "a",
                 "function f(s: string, y: byte): byte {\n"
                 "  for (var i = 0; i < len s; i = i + 1) { y = g(s, y) + s[i]; }\n  return y;\n}\n"
                 "function g(s: string, y: byte): byte { return y ? f(s, y - 1) : len s; }")


def _over_calls(n: int) -> str:
    half = n // 2
    return _main([*(f"var v{i} = f({i});" for i in range(half)), "var sum = 0;",
                  *(f"sum = sum * 3 + f(v{i});" for i in range(half))], "sum",
                 "function f(x: byte): byte { return x ? f(x - 1) * 3 : 1; }")


def _else_if(n: int) -> str:
    chain = " else ".join(f"if (x == {i * 3}) {{ y = {i * 7 % 1009}; }}\n " for i in range(n))
    return f"function f(x: byte): byte {{\n  var y = 0;\n  {chain}\n  return y;\n}}\n" + _main(
        [], "f(3)")


def _loops(n: int) -> str:
    loops = [f"for (var i = 0; i < a[{i % 8}]; i = i + 1) {{ s = s + a[i] * {i}; }}"
             for i in range(n)]
    return _main(["var a: byte[8] = [1, 2, 3, 4, 5, 6, 7, 0];", "var s = 0;", *loops], "s")


# By name: the source of about so many lines.
SHAPES: dict[str, Callable[[int], str]] = {
    "functions":               _functions,
    "statements":              _statements,
    "globals":                 _globals,
    "literals of a table":     _literals,
    "global strings":          _global_strings,
    "nested expression":       _nested,
    "calls in a function":     _calls,
    "strings in a function":   _strings,
    "locals live over calls":  _over_calls,
    "else-if chain":           _else_if,
    "loops in a row":          _loops,
}


@dataclass(frozen=True)
class Scaling:
    """Seconds that a shape takes at a level, with `lines` and with twice as many."""
    name:    str
    level:   int
    lines:   int
    seconds: float
    twice:   float

    @property
    def exponent(self) -> float:
        """Of the length, that the time grows by: 1 for one in proportion."""
        return math.log2(self.twice / self.seconds)


def _seconds(sources: list[Source], level: int) -> float:
    def work() -> float:
        began = time.process_time()
        program, _ = analyse(sources)
        generated(program, level, "text", False)
        return time.process_time() - began
    gc.collect()
    return with_deep_stack(work)


def _files(lines: int) -> list[Source]:
    """The shape `files`: 20 lines each."""
    return [Source("main.qll", _main([])), *(
        Source(f"file{i}.qll", f"namespace n{i} {{\n{_functions(20).split('function main')[0]}}}\n")
        for i in range(lines // 20))]


def measure_scaling(lines: int = 5000, names: list[str] | None = None,
                    levels: tuple[int, ...] = LEVELS) -> Iterator[Scaling]:
    """All shapes, or some, with so many lines and with twice as many."""
    def sources(name: str, size: int) -> list[Source]:
        return _files(size) if name == "files" else [Source("shape.qll", SHAPES[name](size))]
    for name in names or [*SHAPES, "files"]:
        for level in levels:
            cost, twice = (_seconds(sources(name, size), level) for size in (lines, 2 * lines))
            yield Scaling(name, level, lines, cost, twice)


def measure_kernel_lines(level: int) -> float:
    """Lines of the kernel's sources a second, comments and empty ones among them."""
    sources = kernel_sources()
    lines = sum(source.text.count("\n") for source in sources)
    return lines / min(_seconds(sources, level) for _ in range(3))


def measure_hello() -> float:
    """Seconds from the command line to a flat image of the smallest program, everything loaded."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "hello.qll")
        source.write_text(HELLO)
        command = [sys.executable, "-m", "toolchain.qll", "-o", f"{name}/hello.qbin", str(source)]
        taken = []
        for _ in range(6):  # the first writes Python's own caches
            before = os.times()
            subprocess.run(command, cwd=ROOT, check=True)
            after = os.times()
            taken.append(after.children_user + after.children_system
                         - before.children_user - before.children_system)
        return min(taken)
