"""Random well-typed QLL programs whose results do not depend on how they are compiled.

What they do is defined by the language in every detail: they do not look at addresses, never reach
outside of objects, keep no pointer or slice longer than what it points at, and always end (loops
have few rounds, and each call uses up some of `fuel`). A run ends with a hash of what happened, or
with a trap.
"""

import random
from collections.abc import Callable

__all__ = ["program"]

_INT_CONSTANTS = (0, 1, 2, 3, 7, 8, 31, 32, 255, 256, 65535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                  0xFFFFFFFE, 12345)
_FLOATS = ("0.0f", "1.0f", "0.5f", "1.5f", "3.25f", "1e10f", "1e-3f", "16777216.0f", "Inf", "NaN",
           "-2.5f")
_SCALARS = ("byte", "int", "bool", "float")
_STRUCTS = {
    "pair": {"a": "byte", "b": "byte"},
    "mixed": {"n": "int", "f": "float", "in": "pair", "list": "byte[3]"},
    "tiny": {"v": "byte"},
}
_STRUCTS["mixed"]["inner"] = _STRUCTS["mixed"].pop("in")
_ARRAYS = ("byte[4]", "int[3]", "pair[2]")
_SLICES = ("byte[]", "int[]", "pair[]")
_POINTERS = ("* byte", "* int", "* pair", "* mixed")
_VALUES = (*_SCALARS, *_STRUCTS, *_ARRAYS)       # what may be stored anywhere
_RESULTS = ("byte", "byte", "int", "float", "bool", "pair", "mixed", "tiny", "byte[4]")


_HELPERS = """\
function note(x: byte): void { hash = hash * 31 + x; }
function pick<T>(which: bool, a: T, b: T): T { if (which) { return a; } return b; }
function first(a: byte, b: byte): byte { return a; }
function mixed_up(a: byte, b: byte): byte { note(a); return b * 3 - a; }
function name(n: byte): string { return n % 2 ? "four" : n > 20 ? "five" : "nine"; }
type operation = struct { id: byte; apply: (byte, byte) => byte; };
global table: operation[] = [operation { apply = first, id = 1 }, operation { apply = mixed_up }];
global text: string = "wxyz";"""


def _element(kind: str) -> str:
    return kind[:kind.index("[")]


def _length(kind: str) -> int:
    return int(kind[kind.index("[") + 1:-1])


def _parts(name: str, kind: str) -> list[str]:
    """Expressions of type byte that say all about a variable, but for slices only their length."""
    if kind == "byte":
        return [name]
    if kind == "int":
        return [f"<unsafe byte>{name}"]
    if kind in ("bool", "float"):
        return [f"<byte>{name}"]
    if kind in _STRUCTS:
        return [text for member, part in _STRUCTS[kind].items()
                for text in _parts(f"{name}.{member}", part)]
    if kind.endswith("[]"):
        return [f"len {name}"]
    return [text for index in range(_length(kind))
            for text in _parts(f"{name}[{index}]", _element(kind))]


class _Function:
    """A function that can be called: its name, parameters and result."""

    def __init__(self, name: str, parameters: list[str], result: str):
        self.name = name
        self.parameters = parameters
        self.result = result


class _Writer:
    """Writes one program; `chance` decides everything."""

    def __init__(self, chance: random.Random):
        self.chance = chance
        self.functions: list[_Function] = []
        self.globals: dict[str, str] = {}
        self.scopes: list[dict[str, str]] = []
        self.fixed: set[str] = set()    # loop counters, which only the loop changes
        self.names = 0
        self.loops = 0
        self.result = "byte"

    # --- choosing --------------------------------------------------------------------------------

    def new_name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def visible(self) -> dict[str, str]:
        """Variables by name, hidden ones left out."""
        found = dict(self.globals)
        for scope in self.scopes:
            found.update(scope)
        return found

    def variables(self, kind: str) -> list[str]:
        return [name for name, other in self.visible().items() if other == kind]

    # --- places ----------------------------------------------------------------------------------

    def place(self, kind: str, depth: int) -> str | None:
        """A place of that type that may be assigned to; None if there is none."""
        options: list[Callable[[], str]] = []
        for name, other in self.visible().items():
            if name in self.fixed:
                continue
            if other == kind:
                options += [lambda name=name: name] * 3  # type: ignore[misc]
            elif other in _STRUCTS:
                options += [lambda name=name, member=member: f"{name}.{member}"  # type: ignore[misc]
                            for member, part in _STRUCTS[other].items() if part == kind]
            elif other.endswith("]") and _element(other) == kind:
                options.append(lambda name=name, other=other:  # type: ignore[misc]
                               f"{name}[{self.index(other, name, depth)}]")
            elif other == f"* {kind}":
                options.append(lambda name=name: f"*{name}")  # type: ignore[misc]
            elif other.startswith("* ") and other[2:] in _STRUCTS:
                options += [lambda name=name, member=member: f"{name}->{member}"  # type: ignore[misc]
                            for member, part in _STRUCTS[other[2:]].items() if part == kind]
        return self.chance.choice(options)() if options else None

    def index(self, kind: str, name: str, depth: int) -> str:
        """An index that is nearly always in bounds."""
        if not kind.endswith("[]"):
            length = _length(kind)
            if self.chance.random() < 0.5:
                return str(self.chance.randrange(length))
            if self.chance.random() < 0.01:
                return self.expression("byte", depth + 2)
            return f"{self.atom('byte', depth + 1)} % {length}"
        if self.chance.random() < 0.01:
            return str(self.chance.randrange(4))
        # An empty slice traps: x % 0 is 0, and 0 is out of bounds.
        return f"{self.atom('byte', depth + 1)} % len {name}"

    # --- expressions -----------------------------------------------------------------------------

    def atom(self, kind: str, depth: int) -> str:
        """An expression that can stand on either side of any operator."""
        text = self.expression(kind, depth)
        return text if text.isalnum() else f"({text})"

    def constant(self, kind: str) -> str:
        chance = self.chance
        if kind == "byte":
            return chance.choice((str(chance.choice(_INT_CONSTANTS)), str(chance.randrange(100)),
                                  f"'{chr(chance.randrange(97, 123))}'"))
        if kind == "int":
            return f"<unsafe int>{chance.choice(_INT_CONSTANTS)}"
        if kind == "bool":
            return chance.choice(("true", "false"))
        return chance.choice(_FLOATS)

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression of exactly that type."""
        chance = self.chance
        if depth >= 5 or chance.random() < 0.12 + depth * 0.1:
            return self.leaf(kind, depth)
        which = chance.random()
        if which < 0.12:
            called = self.call(kind, depth + 1)
            if called is not None:
                return called
        if which < 0.22:
            return (f"{self.atom('bool', depth + 1)} ? {self.atom(kind, depth + 1)} "
                    f": {self.atom(kind, depth + 1)}")
        if which < 0.26:
            return (f"pick<{kind}>({self.expression('bool', depth + 1)}, "
                    f"{self.expression(kind, depth + 1)}, {self.expression(kind, depth + 1)})")
        if kind in _SCALARS:
            return self.operation(kind, depth)
        return self.leaf(kind, depth)

    def leaf(self, kind: str, depth: int) -> str:
        chance = self.chance
        if chance.random() < 0.75 and depth < 8:
            place = self.readable(kind, depth)
            if place is not None:
                return place
        if kind in _SCALARS:
            return self.constant(kind)
        if kind in _STRUCTS:
            members = [(name, part) for name, part in _STRUCTS[kind].items()
                       if chance.random() < 0.8]
            chance.shuffle(members)
            values = ", ".join(f"{name} = {self.expression(part, depth + 3)}"
                               for name, part in members)
            return f"{kind} {{ {values} }}"
        element, length = _element(kind), _length(kind)
        if chance.random() < 0.3:
            return f"[{self.expression(element, depth + 3)}; {length}]"
        return f"[{', '.join(self.expression(element, depth + 3) for _ in range(length))}]"

    def readable(self, kind: str, depth: int) -> str | None:
        counters = [name for name in self.variables(kind) if name in self.fixed]
        if counters and self.chance.random() < 0.3:
            return self.chance.choice(counters)
        return self.place(kind, depth + 1)

    def operation(self, kind: str, depth: int) -> str:
        chance = self.chance
        deeper = depth + 1
        if kind == "bool":
            which = chance.randrange(5)
            if which == 0:
                return f"!{self.atom(chance.choice(('bool', 'byte', 'int')), deeper)}"
            if which == 1:
                operator = chance.choice(("&&", "||"))
                return f"{self.atom('bool', deeper)} {operator} {self.atom('bool', deeper)}"
            other = chance.choice(("byte", "int", "float", "byte", "int"))
            operator = chance.choice(("<", ">", "<=", ">=", "==", "!="))
            # In parentheses: `f(a < b, c > (d))` would be a template's type arguments.
            return f"({self.atom(other, deeper)} {operator} {self.atom(other, deeper)})"
        if kind == "float":
            which = chance.randrange(6)
            if which == 0:
                return f"<float>{self.atom(chance.choice(('byte', 'int')), deeper)}"
            if which == 1:
                return f"-{self.atom('float', deeper)}"
            operator = chance.choice("+-*/")
            return f"{self.atom('float', deeper)} {operator} {self.atom('float', deeper)}"
        which = chance.randrange(14)
        other = "int" if kind == "byte" else "byte"
        if which == 13 and kind == "byte":
            return (f"table[{self.atom('byte', deeper)} % len table].apply("
                    f"{self.expression('byte', deeper)}, {self.expression('byte', deeper)})")
        if which == 12 and kind == "byte":
            return f"{chance.choice(('text', 'name(fuel)'))}[{self.atom('byte', deeper)} % 4]"
        if which == 0:
            return f"<unsafe {kind}>{self.atom(other, deeper)}"
        if which == 1:
            return f"<{kind}>{self.atom('float', deeper)}"
        if which == 2:
            return f"-{self.atom(kind, deeper)}"
        if which == 3 and kind == "byte":
            slices = [name for part in (*_SLICES, *_ARRAYS) for name in self.variables(part)]
            if slices:
                return f"{chance.choice(('len', 'cap'))} {chance.choice(slices)}"
        if which == 4:
            operator = chance.choice(("&&", "||"))
        elif which == 5:
            operator = chance.choice(("<<", ">>"))
        else:
            operator = chance.choice("++--**/%&|")
        return f"{self.atom(kind, deeper)} {operator} {self.atom(kind, deeper)}"

    def call(self, kind: str, depth: int) -> str | None:
        """A call of a function with that result."""
        options = [function for function in self.functions if function.result == kind]
        if not options or depth > 4:
            return None
        function = self.chance.choice(options)
        arguments = [self.argument(part, depth + 1) for part in function.parameters]
        if any(argument is None for argument in arguments):
            return None
        return f"{function.name}({', '.join(map(str, arguments))})"

    def argument(self, kind: str, depth: int) -> str | None:
        if kind.endswith("[]"):
            return self.slice(kind, depth)
        if kind.startswith("* "):
            return self.pointer(kind, depth)
        return self.expression(kind, depth + 1)

    def slice(self, kind: str, depth: int) -> str:
        """A slice that lives at least as long as the function."""
        element = _element(kind)
        options = self.variables(kind)
        arrays = [name for part in _ARRAYS if _element(part) == element
                  for name in self.variables(part)]
        which = self.chance.random()
        if options and which < 0.5:
            name = self.chance.choice(options)
            if self.chance.random() < 0.3:
                return f"{name}[{self.chance.randrange(50)} % len {name}:]"
            return name
        if arrays and which < 0.9:
            name = self.chance.choice(arrays)
            if self.chance.random() < 0.4:
                length = _length(self.visible()[name])
                lower = self.chance.randrange(length)
                return f"{name}[{lower}:{self.chance.randrange(lower, length) + 1}]"
            return name
        if kind == "byte[]" and self.chance.random() < 0.4:
            return self.chance.choice(('"abc"', '"a longer text"', "name(fuel)", "text[1:]"))
        count = self.chance.randrange(1, 4)
        return f"[{', '.join(self.expression(element, depth + 2) for _ in range(count))}]"

    def pointer(self, kind: str, depth: int) -> str:
        options = self.variables(kind)
        if options and self.chance.random() < 0.4:
            return self.chance.choice(options)
        place = self.place(kind[2:], depth + 2)
        if self.chance.random() < 0.01:
            return "null"
        if place is None:
            return f"&[{self.expression(kind[2:], depth + 2)}][0]"
        return f"&{place}"

    # --- statements ------------------------------------------------------------------------------

    def block(self, depth: int, indent: str, scope: dict[str, str] | None = None) -> list[str]:
        self.scopes.append({} if scope is None else scope)
        lines = []
        for _ in range(self.chance.randrange(1, 5)):
            lines += [indent + line for line in self.statement(depth)]
        self.scopes.pop()
        return lines

    def statement(self, depth: int) -> list[str]:
        chance = self.chance
        which = chance.randrange(20)
        if which < 6:
            return [self.declaration()]
        if which < 11:
            kind = chance.choice(_VALUES)
            place = self.place(kind, 1)
            if place is not None:
                return [f"{place} = {self.expression(kind)};"]
        if which < 13:
            return [self.note()]
        if which == 13:
            called = self.call(chance.choice(_RESULTS), 1)
            if called is not None:
                return [f"{called};"]
        if which == 14:
            local = [name for name in self.scopes[-1] if self.scopes[-1][name] in _SLICES]
            if local:
                name = chance.choice(local)
                return [f"len {name} = {self.atom('byte', 2)} % cap {name} + 1;"]
        if which == 15 and self.loops and chance.random() < 0.5:
            leave = chance.choice(("break", "continue"))
            return [f"if ({self.expression('bool', 2)}) {{ {leave}; }}"]
        if which == 16 and chance.random() < 0.3:
            result = self.expression(self.result)
            return [f"if ({self.expression('bool', 2)}) {{ return {result}; }}"]
        if depth < 3:
            return self.compound(depth)
        return [self.note()]

    def compound(self, depth: int) -> list[str]:
        chance = self.chance
        if chance.random() < 0.6:
            lines = [f"if ({self.expression('bool', 1)}) {{", *self.block(depth + 1, "  ")]
            while chance.random() < 0.3:
                lines += [f"}} else if ({self.expression('bool', 1)}) {{",
                          *self.block(depth + 1, "  ")]
            if chance.random() < 0.5:
                lines += ["} else {", *self.block(depth + 1, "  ")]
            return [*lines, "}"]
        if chance.random() < 0.2:
            return self.loop_asked_at_its_end()
        counter = self.new_name("i")
        rounds = chance.randrange(1, 5)
        self.fixed.add(counter)
        self.loops += 1
        body = self.block(depth + 1, "  ", {counter: "byte"})
        self.loops -= 1
        if chance.random() < 0.7:
            return [f"for (var {counter} = 0; {counter} < {rounds}; {counter} = {counter} + 1) {{",
                    *body, "}"]
        return [f"var {counter} = {rounds};", f"while ({counter}) {{",
                f"  {counter} = {counter} - 1;", *body, "}"]

    def loop_asked_at_its_end(self) -> list[str]:
        """Its counter may begin past the bound, and wrap around. From anywhere it ends within ten
        rounds: below the bound, which is less than 64, there are no more."""
        chance = self.chance
        counter, bound = self.new_name("i"), self.new_name("m")
        step = chance.choice((7, 8, 13, 63, 64, 200, 0x40000000, 0x60000001))
        past = chance.randrange(-4, 40) - step * chance.choice((1, 2, 3, 3))
        start = self.expression("byte", 2) if chance.random() < 0.4 else (
            f"{past & 0xFFFFFFFF} + len text")
        most = f"({self.expression('byte', 2)}) & 63" if chance.random() < 0.7 else (
            f"{chance.randrange(64)}")
        asked = f"!({counter} < {bound})" if chance.random() < 0.5 else f"{counter} >= {bound}"
        body = f"hash = hash * 31 + {counter};" if chance.random() < 0.6 else self.note()
        return [f"var {counter} = {start};", f"var {bound} = {most};", "while (true) {",
                f"  {body}", f"  {counter} = {counter} + {step};",
                f"  if ({asked}) {{ break; }}", "}"]

    def declaration(self) -> str:
        chance = self.chance
        kind = chance.choice((*_VALUES, *_VALUES, *_SLICES, *_POINTERS))
        name = self.new_name("v")
        if kind in _SLICES:
            text = f"var {name}: {kind} = {self.slice(kind, 1)};"
        elif kind in _POINTERS:
            text = f"var {name}: {kind} = {self.pointer(kind, 1)};"
        elif chance.random() < 0.15:
            text = f"var {name}: {kind};"
        elif kind in ("bool", "byte") or chance.random() < 0.5:
            text = f"var {name}: {kind} = {self.expression(kind)};"
        else:
            text = f"var {name} = {self.expression(kind)};"
        self.scopes[-1][name] = kind
        return text

    def note(self) -> str:
        """Mix something into the hash."""
        kind = self.chance.choice(("byte", "byte", "int", "bool", "float"))
        text = self.expression(kind, 1)
        return {"byte": f"note({text});", "bool": f"note(<byte>({text}));",
                "int": f"note(<unsafe byte>({text}));",
                "float": f"note(<byte>({text}));"}[kind]

    # --- the whole -------------------------------------------------------------------------------

    def whole(self) -> str:
        chance = self.chance
        lines = [f"type {name} = struct {{ "
                 + " ".join(f"{member}: {kind};" for member, kind in members.items()) + " };"
                 for name, members in _STRUCTS.items()]
        lines += ["global hash: byte = 0;", "global fuel: byte = 60;",
                  *_HELPERS.splitlines()]
        for _ in range(chance.randrange(2, 7)):
            kind = chance.choice((*_VALUES, *_SLICES))
            name = self.new_name("g")
            value = self.slice(kind, 3) if kind in _SLICES else self.expression(kind, 3)
            lines.append(f"global {name}: {kind} = {value};")
            self.globals[name] = kind
        for _ in range(chance.randrange(1, 6)):
            parameters = [chance.choice((*_VALUES, *_SLICES, *_POINTERS))
                          for _ in range(chance.randrange(5))]
            self.functions.append(_Function(self.new_name("f"), parameters,
                                            chance.choice(_RESULTS)))
        for function in self.functions:
            lines += self.function(function)
        work = _Function("work", [], "byte")
        lines += self.function(work)
        for function in self.functions:
            self.scopes.append({})
            call = self.call(function.result, 2)
            self.scopes.pop()
            if call is not None:
                lines.append(f"global {self.new_name('h')}: {function.result} = {call};")
                self.globals[lines[-1].split()[1][:-1]] = function.result
        notes = [f"  note({part});" for name, kind in self.globals.items()
                 for part in _parts(name, kind)]
        return "\n".join([*lines, "function main(): byte {", "  note(work());", *notes,
                          "  return hash;", "}", ""])

    def function(self, function: _Function) -> list[str]:
        names = [self.new_name("p") for _ in function.parameters]
        scope = dict(zip(names, function.parameters, strict=True))
        self.result = function.result
        self.loops = 0
        parameters = ", ".join(f"{name}: {kind}" for name, kind in scope.items())
        self.scopes.append(scope)
        body = self.block(0, "  ")
        last = self.expression(function.result)
        default = self.plain(function.result)
        self.scopes.pop()
        return [f"function {function.name}({parameters}): {function.result} {{",
                f"  if (fuel == 0) {{ {default} }}", "  fuel = fuel - 1;", *body,
                f"  return {last};", "}"]

    def plain(self, kind: str) -> str:
        return f"var none: {kind}; return none;"


def program(chance: random.Random) -> str:
    """A random program for target `none`; equal states of `chance` give equal programs."""
    return _Writer(chance).whole()
