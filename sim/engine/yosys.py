"""Running the Yosys that came with Amaranth."""

from typing import Any

__all__ = ["run_yosys"]


def run_yosys(script: str) -> str:
    """What a script of Yosys' commands prints; warnings are not shown."""
    return _yosys().run(["-q", "-"], script, ignore_warnings=True)


def _yosys() -> Any:
    # A private module of Amaranth's, which finds the Yosys that pip installed, as Amaranth's own
    # Verilog back end does. There is no public door to running a script of one's own.
    from amaranth._toolchain.yosys import find_yosys
    return find_yosys(lambda version: version >= (0, 40))
