"""From an Amaranth design to Verilog that simulates fast."""

from typing import Any

from amaranth.back import rtlil

__all__ = ["to_verilog"]

# `proc; opt` turns Amaranth's processes into multiplexers and enables: twice the speed.
# No `-norename`: Icarus rejects what that writes, and the benches share this text.
SCRIPT = "proc; opt; memory_collect; clean; write_verilog -noattr"


def to_verilog(design: Any, *, name: str, ports: Any = None) -> str:
    """The design as the Verilog module `name`; `ports` as for `rtlil.convert`."""
    text = rtlil.convert(design, name=name, emit_src=False,
                         **({} if ports is None else {"ports": ports}))
    return _yosys().run(["-q", "-"], f"read_rtlil <<rtlil\n{text}\nrtlil\n{SCRIPT}",
                        ignore_warnings=True)


def _yosys() -> Any:
    # A private module of Amaranth's, which finds the Yosys that pip installed, as Amaranth's own
    # Verilog back end does. There is no public door to running a script of one's own.
    from amaranth._toolchain.yosys import find_yosys
    return find_yosys(lambda version: version >= (0, 40))
