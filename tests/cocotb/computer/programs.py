"""Firmware that some benches run in place of the kernel: QASM with names for its numbers."""

from pathlib import Path

from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["assembled", "fragment"]

FOLDER = Path(__file__).with_name("firmware")


def assembled(name, body="", **numbers):
    """Words of `firmware/<name>.qasm`, each `{NAME}` in it replaced by its number.

    A line `{BODY}` is replaced by the lines of `body`.
    """
    text = (FOLDER / f"{name}.qasm").read_text()
    text = text.replace("\n{BODY}\n", f"\n{body}\n")
    for key, number in numbers.items():
        text = text.replace(f"{{{key}}}", hex(number))
    return assemble([Source(f"{name}.qasm", text)]).words


def fragment(name, **numbers):
    """The same of a file without data, less the four words that end code and data."""
    return assembled(name, **numbers)[:-4]
