"""A QASM file in an editor."""

import re

from editors.lsp.format_qasm import format_qasm
from editors.lsp.places import Lines
from editors.lsp.programs import Program, path_of
from editors.lsp.qll import place_of
from editors.lsp.view import Call, Item, Place, Problem, RenameError, Symbol, View
from isa import BY_MNEMONIC, ISA
from toolchain.qasm.assembler import check_labels
from toolchain.qasm.constants import definitions
from toolchain.qasm.parser import parse_source
from toolchain.qasm.tokens import (
    PATH,
    Token,
    is_name,
    quote_reference,
    reference_name,
    tokenize,
)
from toolchain.source import SourceErrors, Span

__all__ = ["QasmView"]

DIRECTIVES = {
    "data":   ("data @name values", "words in the data part, which the label names: numbers, or "
               "one text in single quotes with its length in front, or one label"),
    "define": ("define NAME number", "a name for a number"),
    "end":    ("end", "ends what `repeat` repeats"),
    "repeat": ("repeat name first last", "the lines up to `end`, once for each number; {name} "
               "stands for it, r{name} for the register"),
    "word":   ("word numbers", "words in the code part, whatever they may mean"),
}

_WORD = re.compile(r"@?`?[A-Za-z_0-9$:{]*\Z")


class QasmView(View):
    """The last file of a program of assembly."""

    def __init__(self, program: Program, index: int):
        self.program = program
        self.index = index
        self.path = path_of(program.sources[index])
        self.text = program.sources[index].text
        self._constants = definitions(program.sources)
        self._units = [parse_source(source, self._constants) for source in program.sources]
        self._lines = Lines(self.text)

    def problems(self) -> list[Problem]:
        try:
            check_labels(self._units, allow_undefined=self.program.may_lack)
        except SourceErrors as errors:
            return [Problem(place_of(each.span), "\n".join(
                [each.message, *(f"note: {note}" for note in each.notes)]))
                for each in errors.errors if each.span is not None]
        return []

    # --- tokens ----------------------------------------------------------------------------------

    def _line(self, offset: int) -> tuple[int, str]:
        """Where the line of an offset starts, and its text."""
        start = self._lines.starts[self._lines.position(offset).line]
        end = self.text.find("\n", start)
        return start, self.text[start:end if end >= 0 else len(self.text)]

    def _token(self, offset: int) -> tuple[Token, int, bool] | None:
        """The token at an offset, where it begins, and whether it is the first of its line."""
        start, line = self._line(offset)
        tokens = tokenize(line)
        for number, token in enumerate(tokens):
            begin = start + token.column - 1
            behind = tokens[number + 1].column if number + 1 < len(tokens) else 0
            if begin <= offset < begin + token.length or (
                    offset == begin + token.length and behind != token.end):
                return token, begin, number == 0
        return None

    def _mentions(self, token: Token) -> list[Place]:
        """All places where the label or constant of a token stands."""
        name = _named(token)
        found = []
        for source in self.program.sources:
            at = 0
            for line in source.text.split("\n"):
                if name in line:
                    for other in tokenize(line):
                        if other.kind == token.kind and _named(other) == name:
                            begin = at + other.column - 1
                            found.append(Place(path_of(source), source.text, begin,
                                               begin + other.length))
                at += len(line) + 1
        return found

    def _definition(self, token: Token) -> Span | None:
        if token.kind == "word":
            return self._constants.places.get(token.text)
        name = _named(token)
        for unit in self._units:
            for label in unit.labels:
                if label.name == name:
                    return unit.mention(name, label.line, first=True)
        return None

    # --- names -----------------------------------------------------------------------------------

    def hover(self, offset: int) -> tuple[str, int, int] | None:
        found = self._token(offset)
        if found is None:
            return None
        token, begin, is_first = found
        text = self._explained(token, is_first)
        return (text, begin, begin + token.length) if text else None

    def _explained(self, token: Token, is_first: bool) -> str:
        if is_first and token.text in BY_MNEMONIC:
            insn = BY_MNEMONIC[token.text]
            return f"```qasm\n{' '.join([insn.mnemonic, *insn.operands])}\n```\n\n" \
                   f"`{insn.effect}` (opcode {insn.opcode})"
        if is_first and token.text in DIRECTIVES:
            form, effect = DIRECTIVES[token.text]
            return f"```qasm\n{form}\n```\n\n{effect}"
        if token.text == "ip":
            return "`ip`, the address of this instruction; can be read only"
        place = self._definition(token)
        if place is None:
            return ""
        comment = _comment_above(place)
        line = place.source.line(place.line).strip()
        value = self._constants.values.get(token.text) if token.kind == "word" else None
        number = f"\n\n{value} = {value:#x}" if value is not None else ""
        where = f"\n\nin {place.source.name.rpartition('/')[2]}, line {place.line}"
        return f"```qasm\n{line[:200]}\n```\n\n{comment}{number}{where}"

    def definition(self, offset: int) -> Place | None:
        found = self._token(offset)
        place = self._definition(found[0]) if found else None
        return place_of(place) if place is not None else None

    def references(self, offset: int, declaration: bool = True) -> list[Place]:
        found = self._token(offset)
        place = self._definition(found[0]) if found else None
        if found is None or place is None:
            return []
        declared = place_of(place)
        return [each for each in self._mentions(found[0]) if declaration or each != declared]

    # --- what there is ---------------------------------------------------------------------------

    def symbols(self) -> list[Symbol]:
        found = []
        for label in self._units[self.index].labels:
            place = self._units[self.index].mention(label.name, label.line, first=True)
            found.append(self._symbol(label.name, "global" if label.in_data else "function",
                                      place))
        for name, place in self._constants.places.items():
            if place.source is self.program.sources[self.index]:
                found.append(self._symbol(name, "constant", place))
        return sorted(found, key=lambda symbol: symbol.begin)

    def _symbol(self, name: str, kind: str, span: Span) -> Symbol:
        place = place_of(span)
        return Symbol(name, kind, place.begin, place.end, place.begin)

    def all_symbols(self) -> list[tuple[Symbol, Place, str]]:
        return [(each, Place(self.path, self.text, each.begin, each.end), "")
                for each in self.symbols()]

    # --- typing ----------------------------------------------------------------------------------

    def complete(self, offset: int) -> tuple[list[Item], int]:
        start, line = self._line(offset)
        before = line[:offset - start]
        match = _WORD.search(before)
        word = match[0] if match else ""
        begin = offset - len(word)
        tokens = tokenize(before[:len(before) - len(word)])
        if ";" in before.rpartition("'")[2] or (tokens and tokens[-1].kind == "other"):
            return [], begin
        if word.startswith("@"):
            names = {label.name for unit in self._units for label in unit.labels}
            return [Item(quote_reference(name), "function") for name in sorted(names)], begin
        if not tokens:
            return [*(Item(insn.mnemonic, "keyword", insn.effect) for insn in ISA),
                    *(Item(name, "keyword", form) for name, (form, _) in DIRECTIVES.items())], begin
        found = [Item(name, "constant", "" if value is None else f"{value:#x}")
                 for name, value in self._constants.values.items()]
        return [*found, Item("ip", "keyword", "the address of this instruction")], begin

    def call(self, offset: int) -> Call | None:
        start, line = self._line(offset)
        tokens = tokenize(line[:offset - start])
        insn = BY_MNEMONIC.get(tokens[0].text) if tokens else None
        if insn is None or not insn.operands or tokens[0].end > offset - start:
            return None
        is_behind = tokens[-1].end <= offset - start
        return Call(" ".join([insn.mnemonic, *insn.operands]), list(insn.operands),
                    len(tokens) - (1 if is_behind else 2), f"`{insn.effect}`")

    # --- changes ---------------------------------------------------------------------------------

    def renamable(self, offset: int) -> tuple[str, int, int]:
        found = self._token(offset)
        place = self._definition(found[0]) if found else None
        if found is None or place is None:
            raise RenameError("there is no label or constant here that is defined")
        token, begin, _ = found
        name = _named(token)
        if place.source is not self.program.sources[self.index]:
            raise RenameError(f"'{name}' is defined in {place.source.name}, which other programs "
                              "use")
        if token.kind == "reference" and (self.program.may_lack or name.startswith("global::")):
            raise RenameError(f"'{name}' is a label that compiled code may know by this name")
        return name, begin + (token.length - len(name)) // 2 if "`" in token.text else \
            begin + token.length - len(name), begin + token.length - ("`" in token.text)

    def rename(self, offset: int, new: str) -> list[tuple[Place, str]]:
        name, _, _ = self.renamable(offset)
        found = self._token(offset)
        assert found is not None
        token = found[0]
        text = new
        if token.kind == "word":
            if not is_name(new) or new in BY_MNEMONIC or new in DIRECTIVES:
                raise RenameError(f"'{new}' cannot be the name of a constant")
            if new in self._constants.values and new != name:
                raise RenameError(f"there is a constant '{new}' already")
        else:
            try:
                text = quote_reference(new) if re.fullmatch(PATH, new) or "`" in token.text else ""
            except ValueError:
                text = ""
            if not text:
                raise RenameError(f"'{new}' cannot be the name of a label")
            if new != name and any(label.name == new for unit in self._units
                                   for label in unit.labels):
                raise RenameError(f"there is a label '{new}' already")
        return [(place, text) for place in self._mentions(token)]

    def formatted(self) -> str | None:
        return format_qasm(self.text)


def _named(token: Token) -> str:
    return reference_name(token.text) if token.kind == "reference" else token.text


def _comment_above(place: Span) -> str:
    """The comment on the lines above a place, or else behind it."""
    lines: list[str] = []
    number = place.line - 1
    while place.source.line(number).strip().startswith(";"):
        lines.insert(0, place.source.line(number).strip().lstrip(";").strip())
        number -= 1
    if lines:
        return "\n".join(lines)
    line = place.source.line(place.line)
    tokens = tokenize(line)
    return line[tokens[-1].end - 1:].strip().lstrip(";").strip() if tokens else ""
