"""One line with care: what each directive must look like, and what is wrong otherwise."""

import os
import re
from collections.abc import Iterable, Iterator

from isa import BY_MNEMONIC, Insn, encode
from toolchain.qasm.constants import Constants
from toolchain.qasm.habits import FOREIGN_CHARACTERS, FOREIGN_REGISTERS, FOREIGN_WORDS
from toolchain.qasm.repeat import take_enclosed
from toolchain.qasm.tokens import (
    SOURCES,
    Token,
    float_value,
    is_counter,
    is_name,
    number_value,
    reference_name,
    string_value,
    tokenize,
)
from toolchain.qasm.unit import Label, LineMark, Reference, Unit
from toolchain.source import SourceError, Span

__all__ = ["LineParser"]

_OPERANDS = {"d": "a register", "s0": "a register or ip", "s1": "a register or ip"}
_COUNTS   = {0: "no operands", 1: "one operand", 2: "two operands", 3: "three operands"}
_KEYWORDS = [*BY_MNEMONIC, "data", "define", "end", "repeat", "word"]
_JUMPS    = ("jmp", "jz", "jnz")
_FIRST    = "put the number into a register with constant first"
_ROUNDS   = 0x10000  # of a repeat, at most: a slip of a digit is not to fill the memory
_SOLID    = ("word", "number", "reference", "counter")  # kinds that white space keeps apart
_HINTS    = 20       # unknown constants of a file for which a similar one is looked for

_ANNOTATION = re.compile(
    r";!(?:line ([1-9][0-9]{0,8}) (.+?)|(rodata)|(data)|debug (\{.*\}))[ \t\r]*")


class LineParser:
    """Parses single lines into a unit, with errors for those that are wrong.

    Parameters
    ----------
    unit : Unit
        What the lines are added to.
    constants : Constants
        Those that the lines may use.
    lines : Iterator[tuple[int, str]]
        Number and text of the lines to come: a `repeat` takes what it encloses from there.
    """

    def __init__(self, unit: Unit, constants: Constants | None = None,
                 lines: Iterable[tuple[int, str]] = ()):
        self._unit = unit
        self._constants = constants or Constants()
        self._lines: Iterator[tuple[int, str]] = iter(lines)
        self._line = 0
        self._hints = 0
        self._counter = ("", 0)    # name and value, within a repeat
        self._is_repeated = False  # not so past a repeat that has no end
        self._read_only_from: int | None = None

    # --- what both ways use ---------------------------------------------------------------------

    def define(self, reference: str, line: int, *, in_data: bool = False) -> None:
        """Define a label at the end of the code, or of the data."""
        part = self._unit.data if in_data else self._unit.code
        self._unit.labels.append(Label(reference_name(reference), in_data, len(part), line))

    def put_data(self, words: list[int], line: int) -> None:
        self._unit.data += words
        self._unit.data_lines += [line] * len(words)

    def annotate(self, comment: str) -> None:
        """Act on a comment that begins ``;!``; one that means nothing is a comment."""
        match = _ANNOTATION.fullmatch(comment)
        if not match:
            return
        line, file, _, _, debug = match.groups()
        if line:
            self._unit.line_marks.append(LineMark(len(self._unit.code), file, int(line)))
            return
        if debug:
            self._unit.debug = debug
            return
        self.end()
        self._read_only_from = len(self._unit.data) if match.group(3) else None

    def end(self) -> None:
        """Close the range of read-only data that is open, if one is."""
        if self._read_only_from is not None and self._read_only_from < len(self._unit.data):
            self._unit.read_only.append((self._read_only_from, len(self._unit.data)))
        self._read_only_from = None

    # --- one line with care ---------------------------------------------------------------------

    def parse(self, number: int, line: str) -> None:
        """Parse one line completely; at most one error a line."""
        self._line = number
        tokens = tokenize(line)
        if not tokens:
            return
        first = tokens[0]
        try:
            if "{" in line:
                tokens = self._counted(tokens)
            if self._is_repeated:
                self._check_enclosed(first)
                self._unit.repeated[len(self._unit.code)] = " ".join(t.text for t in tokens)
            if first.kind == "reference":
                self._label(tokens)
            elif first.text == "data":
                self._data(tokens)
            elif first.text == "constant":
                self._constant(tokens)
            elif first.text == "word":
                self._raw_words(tokens)
            elif first.text == "define":
                self._define_constant(tokens)
            elif first.text == "repeat":
                self._repeat(tokens)
            elif first.text == "end":
                raise self._error("there is no 'repeat' that this 'end' could close", first)
            elif first.text in BY_MNEMONIC:
                self._instruction(BY_MNEMONIC[first.text], tokens)
            else:
                raise self._not_a_directive(first, tokens[1:])
        except SourceError as error:
            self._unit.errors.append(error)
            # What the line meant to define counts as defined: its uses are not further mistakes.
            if first.kind == "reference":
                self.define(first.text, number)
            elif first.text == "data" and len(tokens) > 1 and tokens[1].kind == "reference":
                self.define(tokens[1].text, number, in_data=True)

    def _error(self, message: str, token: Token) -> SourceError:
        return SourceError(message, Span(self._unit.source, self._line, token.column,
                                         token.length))

    def _error_behind(self, message: str, token: Token) -> SourceError:
        """Something is missing: the caret stands right behind the last token."""
        return SourceError(message, Span(self._unit.source, self._line, token.end))

    def _not_a_directive(self, token: Token, behind: list[Token]) -> SourceError:
        if token.kind in ("other", "colon", "string"):
            return self._unexpected(token, "a line begins with a label or an instruction")
        hint, small = "", token.text.lower()
        if behind and behind[0].kind == "colon" and token.kind == "word" and small[0] != "-":
            hint = f"; a label is written '@{token.text}:'"
        elif small in _KEYWORDS:
            hint = f"; mnemonics are lower case: '{small}'"
        elif small in FOREIGN_WORDS:
            hint = f"; {FOREIGN_WORDS[small]}"
        elif run := _leading_mnemonic(token.text):
            hint = f"; white space is missing behind '{run}'"
        elif close := _close(token.text, _KEYWORDS, n=5, cutoff=0.5):
            # of equally close ones the one that begins alike: 'ad' is 'add' rather than 'and'
            best = max(close, key=lambda word: (_likeness(word, token.text),
                                                len(os.path.commonprefix([word, token.text]))))
            hint = f"; did you mean '{best}'?"
        return self._error(f"{_shown(token)} is not an instruction{hint}", token)

    def _unexpected(self, token: Token, why: str) -> SourceError:
        """A token that can stand nowhere, or not here."""
        if token.text == "@":
            why = "a name or a backquoted text must follow '@' directly"
        elif token.text in FOREIGN_CHARACTERS:
            why = FOREIGN_CHARACTERS[token.text]
        elif token.kind == "other" and token.text.startswith("'"):
            return self._error("the string has no closing quote", token)
        return self._error(f"unexpected {_shown(token)}; {why}", token)

    def _label(self, tokens: list[Token]) -> None:
        if len(tokens) == 1:
            raise self._error_behind("expected ':' behind the label", tokens[0])
        if tokens[1].kind != "colon":
            raise self._error("expected ':' behind the label", tokens[1])
        self._expect_end(tokens, 2, "a label stands alone on its line")
        self.define(tokens[0].text, self._line)

    def _expect_end(self, tokens: list[Token], count: int, why: str) -> None:
        if len(tokens) > count:
            foreign = [token for token in tokens if token.text in FOREIGN_CHARACTERS]
            raise self._unexpected(foreign[0] if foreign else tokens[count], why)

    # --- constants ------------------------------------------------------------------------------

    def _define_constant(self, tokens: list[Token]) -> None:
        if len(tokens) < 3:
            missing = "a name" if len(tokens) == 1 else "a number"
            raise self._error_behind(f"expected {missing}; define takes a name and a number",
                                     tokens[-1])
        name, value = tokens[1:3]
        if name.kind == "other":
            raise self._unexpected(name, "expected a name")
        if name.kind == "word" and not is_name(name.text) and not name.text.startswith("-"):
            kind = "register" if name.text in SOURCES else "float"
            raise self._error(f"{_shown(name)} is a {kind}; a constant needs another name", name)
        if not is_name(name.text):
            raise self._error(f"expected a name, not {_shown(name)}", name)
        if value.kind == "word":
            raise self._error(f"expected a number, not {_shown(value)}", value)
        self._number(value)
        self._expect_end(tokens, 3, "define takes a name and a number")
        place = Span(self._unit.source, self._line, name.column, name.length)
        first = self._constants.places.get(name.text)
        if first is not None and first != place:
            raise SourceError(f"duplicate constant '{name.text}'", place,
                              (f"first defined at {first}",))

    def _constant_named(self, token: Token) -> int | None:
        """The value that a name stands for; None if its definition is wrong."""
        values = self._constants.values
        if token.text in values:
            return values[token.text]
        self._hints += 1
        close = (_close(token.text, values, n=1, cutoff=0.7)
                 if self._hints <= _HINTS else [])
        hint = f"did you mean '{close[0]}'?" if close else f"a label is written '@{token.text}'"
        raise self._error(f"unknown constant {_shown(token)}; {hint}", token)

    # --- repeat ---------------------------------------------------------------------------------

    def _repeat(self, tokens: list[Token]) -> None:
        """Parse what stands up to `end` once for each value of the counter."""
        header, errors = self._line, self._unit.errors
        enclosed = take_enclosed(self._lines)
        for number, first in enclosed.nested:
            place = Span(self._unit.source, number, first.column, first.length)
            outer = f"{self._unit.source.name}:{header}:{tokens[0].column}"
            errors.append(SourceError("a repeat cannot stand in another", place,
                                      (f"the outer one begins at {outer}",)))
        if not enclosed.end:
            errors.append(self._error("this repeat is never closed; 'end' is missing", tokens[0]))
        name, values = self._bounds(tokens)
        self._is_repeated = bool(enclosed.end)
        wrong: set[int] = set()  # lines of which a mistake has been reported
        for value in values if enclosed.end else values[:1]:
            self._counter = (name, value)
            for number, line in enclosed.lines:
                if number not in wrong:
                    before = len(errors)
                    self._enclosed_line(number, line)
                    if len(errors) > before:
                        wrong.add(number)
        self._counter, self._is_repeated = ("", 0), False
        self._line = enclosed.end_line
        self._expect_end(enclosed.end, 1, "end takes no operands")

    def _bounds(self, tokens: list[Token]) -> tuple[str, range]:
        """Name and values of a repeat's counter; no values if a bound's definition is wrong."""
        takes = "repeat takes a name, the first number and the last"
        if len(tokens) < 4:
            missing = "a name" if len(tokens) == 1 else "a number"
            raise self._error_behind(f"expected {missing}; {takes}", tokens[-1])
        name = tokens[1]
        if name.kind != "word" or not is_counter(name.text):
            raise self._error(f"expected a name, not {_shown(name)}; {takes}", name)
        self._expect_end(tokens, 4, takes)
        for token in tokens[2:]:
            if token.text.startswith("-"):
                raise self._error("a counter cannot be negative", token)
        first, last = (self._bound(token) for token in tokens[2:4])
        if first is None or last is None:
            return name.text, range(0)
        if last < first:
            raise self._error(f"the counter goes up: the last number, {last}, must be at least "
                              f"the first, {first}", tokens[3])
        if last - first >= _ROUNDS:
            raise self._error(f"{last - first + 1} rounds are too many; at most {_ROUNDS} are "
                              "made", tokens[3])
        return name.text, range(first, last + 1)

    def _bound(self, token: Token) -> int | None:
        if token.kind == "word" and is_name(token.text):
            return self._constant_named(token)
        return self._number(token)

    def _enclosed_line(self, number: int, line: str) -> None:
        if line.lstrip().startswith(";!"):
            self.annotate(line.strip())
        else:
            self.parse(number, line)

    def _counted(self, tokens: list[Token]) -> list[Token]:
        """The tokens of a line with the counter's value in the places for it."""
        done: list[Token] = []
        name, value = self._counter
        for token in tokens:
            before = tokens[len(done) - 1].kind if done and done[-1].end == token.column else ""
            if (before in _SOLID and token.kind == "counter") or (
                    before == "counter" and token.kind in _SOLID):
                raise self._error(f"white space is missing in front of {_shown(token)}", token)
            if token.kind == "counter":
                prefix, asked = token.text[:-1].split("{")
                if not name:
                    raise self._error(f"{_shown(token)} is a counter, which can only stand "
                                      "between 'repeat' and 'end'", token)
                if asked != name:
                    raise self._error(f"'{asked}' is not the counter of this repeat, which is "
                                      f"'{name}'", token)
                token = Token("word" if prefix else "number", f"{prefix}{value}", token.column,
                              token.text)
            done.append(token)
        return done

    def _check_enclosed(self, first: Token) -> None:
        if first.kind == "reference" or first.text == "data":
            raise self._error("a label cannot stand in a repeat: each round would define it",
                              first)
        if first.text == "define":
            raise self._error("a constant cannot be defined in a repeat", first)

    # --- data -----------------------------------------------------------------------------------

    def _data(self, tokens: list[Token]) -> None:
        if len(tokens) == 1:
            raise self._error_behind("expected a label behind 'data'", tokens[0])
        name, values = tokens[1], tokens[2:]
        if name.kind == "other":
            raise self._unexpected(name, "expected a label such as @name")
        if name.kind != "reference":
            raise self._error(f"expected a label such as @name, not {_shown(name)}", name)
        if not values:
            raise self._error_behind("expected numbers, a string or a reference", name)
        first, at = values[0], len(self._unit.data)
        if first.kind == "string":
            self._expect_end(values, 1, "a data line takes one string")
            text = self._string(first)
            words = [len(text), *map(ord, text)]
        elif first.kind == "reference":
            self._expect_end(values, 1, "a data line takes one reference")
            self._unit.references.append(
                Reference(reference_name(first.text), True, at, self._line))
            words = [0]
        else:
            words = [self._number(token, "a data line takes numbers, or one string, "
                                         "or one reference") for token in values]
        self.define(name.text, self._line, in_data=True)
        self.put_data(words, self._line)

    def _string(self, token: Token) -> str:
        try:
            return string_value(token.text)
        except ValueError as error:
            message, at = error.args
            known = r"the escapes are \\, \' and \n"
            place = Span(self._unit.source, self._line, token.column + at, 2)
            raise SourceError(f"{message}; {known}", place) from None

    def _number(self, token: Token, otherwise: str = "") -> int:
        if token.kind == "word" and is_name(token.text):
            return self._constant_named(token) or 0
        try:
            value = number_value(token.text) if token.kind == "number" else None
        except OverflowError:
            raise self._error(f"{_shown(token)} does not fit in a word of 32 bits",
                              token) from None
        if value is not None:
            return value
        if token.kind == "number":
            raise self._error(f"'{token.text}' is not a number{_number_hint(token.text)}", token)
        if token.kind == "other":
            raise self._unexpected(token, otherwise or "expected a number")
        raise self._error(f"expected a number, not {_shown(token)}"
                          + (f"; {otherwise}" if otherwise else ""), token)

    # --- code -----------------------------------------------------------------------------------

    def _put_code(self, *words: int) -> None:
        self._unit.code += words
        self._unit.code_lines += [self._line] * len(words)

    def _constant(self, tokens: list[Token]) -> None:
        if len(tokens) < 3:
            missing = "a register" if len(tokens) == 1 else "a number, a float or a reference"
            raise self._error_behind(f"expected {missing}; constant takes two operands",
                                     tokens[-1])
        self._expect_end(tokens, 3, "constant takes two operands")
        field, value = self._register(tokens[1], "d", "the register comes first"), tokens[2]
        word = 0
        if value.kind != "reference":
            word = self._constant_value(value)
        else:
            self._unit.references.append(Reference(
                reference_name(value.text), False, len(self._unit.code) + 1, self._line))
        self._put_code(encode("constant", d=field), word)

    def _constant_value(self, token: Token) -> int:
        try:
            value = float_value(token.text) if token.kind in ("number", "word") else None
        except OverflowError:
            raise self._error(f"float out of range: '{token.text}' does not fit a binary64",
                              token) from None
        if value is not None:
            return value
        return self._number(token, "constant takes a number, a float or a reference")

    def _raw_words(self, tokens: list[Token]) -> None:
        if len(tokens) == 1:
            raise self._error_behind("expected numbers behind 'word'", tokens[0])
        self._put_code(*[self._number(token) for token in tokens[1:]])

    def _instruction(self, insn: Insn, tokens: list[Token]) -> None:
        count = f"{insn.mnemonic} takes {_COUNTS[len(insn.operands)]}"
        fields = {}
        for name, token in zip(insn.operands, tokens[1:], strict=False):
            to = f"load the address of @{token.text} into a register with constant first" \
                if insn.mnemonic in _JUMPS and is_name(token.text) else ""
            fields[name] = self._register(token, name, _FIRST, to)
        if len(tokens) - 1 < len(insn.operands):
            missing = _OPERANDS[insn.operands[len(tokens) - 1]]
            raise self._error_behind(f"expected {missing}; {count}", tokens[-1])
        self._expect_end(tokens, len(insn.operands) + 1, count)
        self._put_code(encode(insn.mnemonic, **fields))

    def _register(self, token: Token, name: str, of_number: str, of_word: str = "") -> int:
        """The field of a register operand; what to say of a number, and of a word, in its place."""
        text = token.text
        if text == "ip" and name == "d":
            raise self._error("ip cannot be a destination", token)
        if text in SOURCES:
            return SOURCES[text]
        if token.kind == "reference":
            hint = "; load the address into a register with constant first"
        elif text.lower() in SOURCES:
            hint = f"; registers are lower case: '{text.lower()}'"
        elif re.fullmatch(r"r[0-9]+", text):
            digits = text[1:].lstrip("0") or "0"
            hint = f"; write r{digits}" if f"r{digits}" in SOURCES else "; they go from r0 to r63"
            raise self._error(f"'{text}' is not a register{hint}", token)
        elif token.kind == "other":
            raise self._unexpected(token, f"expected {_OPERANDS[name]}")
        elif token.kind == "number":
            hint = f"; {of_number}"
        else:
            note = FOREIGN_REGISTERS.get(text.lower(), of_word)
            hint = f"; {note}" if note else ""
        raise self._error(f"expected {_OPERANDS[name]}, not {_shown(token)}{hint}", token)


def _shown(token: Token) -> str:
    """A token as a message quotes it, not too long."""
    return f"'{token.text}'" if len(token.text) <= 40 else f"'{token.text[:37]}...'"


def _close(word: str, words: Iterable[str], n: int, cutoff: float) -> list[str]:
    import difflib  # only where something is wrong
    return difflib.get_close_matches(word, words, n, cutoff)


def _likeness(word: str, text: str) -> float:
    import difflib
    return difflib.SequenceMatcher(None, word, text).ratio()


def _leading_mnemonic(text: str) -> str | None:
    """The longest mnemonic that a word runs together with its first operand, as in ``movr1``."""
    runs = [word for word in _KEYWORDS if re.match(rf"{word}(r[0-9]|ip)", text)]
    return max(runs, key=len, default=None)


def _number_hint(text: str) -> str:
    if text.lstrip("-")[:2] in ("0X", "0B"):
        return "; the prefix is lower case"
    if re.fullmatch(r"-?[0-9]+f", text):
        return f"; as a float it is written '{text[:-1]}.0f'"
    if _is_float(text):
        return "; a float can only stand in constant"
    if _is_float(text + "f"):
        return f"; a float is written '{text}f', and can only stand in constant"
    return ""


def _is_float(text: str) -> bool:
    """Whether a text is a float literal, in range or not."""
    try:
        return float_value(text) is not None
    except OverflowError:
        return True
