"""What can be written about a program besides its image: text, listing, symbol map."""

from collections.abc import Iterator

from toolchain.qasm.assembler import Program
from toolchain.qasm.tokens import tokenize
from toolchain.qasm.unit import Unit

__all__ = ["joined_text", "listing", "symbol_map"]


def joined_text(units: list[Unit]) -> str:
    """All directives of all files as one QASM text, without comments: constants first, `data`
    lines last.

    Each line is the source line's own tokens, so that strings keep their escapes.
    """
    constants, code, data = [], [], []
    for unit in units:
        for line in unit.source.text.split("\n"):
            tokens = [token.text for token in tokenize(line)]
            if not tokens:
                continue
            if tokens[0] == "define":
                constants.append(" ".join(tokens))
            elif tokens[0] == "data":
                data.append(" ".join(tokens))
            elif tokens[-1] == ":":
                code.append("".join(tokens))
            else:
                code.append("  " + " ".join(tokens))
    return "".join(f"{line}\n" for line in [*constants, *code, *data])


def symbol_map(program: Program) -> str:
    """A line a label: address, ``T`` for code or ``D`` for data, name; in order of address."""
    first_data = program.data_address()
    names = sorted(program.symbols.items(), key=lambda item: (item[1], item[0]))
    in_data = {label.name for unit in program.units for label in unit.labels if label.in_data}
    assert all(program.symbols[name] >= first_data for name in in_data)
    return "".join(f"{address:08x} {'D' if name in in_data else 'T'} {name}\n"
                   for name, address in names)


def listing(program: Program) -> str:
    """Every word with its address and the source line it comes from, and every label."""
    return "".join(f"{line}\n" for line in _listing_lines(program))


def _listing_lines(program: Program) -> Iterator[str]:
    words, data_at = program.words, program.data_address()
    labels: dict[int, list[str]] = {}
    for name, address in program.symbols.items():
        labels.setdefault(address, []).append(name)
    repeated: dict[int, str] = {}  # by address
    code_base = program.base
    for unit in program.units:
        repeated |= {code_base + word: text for word, text in unit.repeated.items()}
        code_base += len(unit.code)
    file, shown = "", (None, 0)
    position = program.lines()
    upcoming = next(position, None)
    for address, word in enumerate(words, start=program.base):
        if address == data_at:
            yield "; data"
        for name in labels.get(address, []):
            yield f"{address:08x}           @{name}:"
        text = ""
        if upcoming and upcoming[0] == address:
            _, unit, line = upcoming
            upcoming = next(position, None)
            if unit.source.name != file:
                file = unit.source.name
                yield f"; {file}"
            if address in repeated:
                text = f"  {line:5d}  {repeated[address]}"
            elif (unit, line) != shown:
                text = f"  {line:5d}  {' '.join(t.text for t in tokenize(unit.source.line(line)))}"
            shown = (unit, line)  # type: ignore[assignment]
        yield f"{address:08x}  {word:08x}{text}"
