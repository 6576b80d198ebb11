# amaranth: UnusedElaboratable=no
"""The hardware as Verilog, for other people's simulators: `make verilog`."""

import argparse
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from amaranth.back import rtlil

from isa.config import MachineConfig
from isa.machine import PROGRAM
from isa.reset import low_memory
from sim.machine import ImageError
from sim.program import load_program
from sim.yosys import YosysMissing, run_yosys
from toolchain.source import SourceError, SourceErrors

__all__ = ["WHOLE", "export", "main", "memory_file", "to_verilog"]

# `proc; opt` turns Amaranth's processes into multiplexers and enables: twice the speed.
# No `-norename`: Icarus rejects what that writes.
SCRIPT = "proc; opt; memory_collect; clean; write_verilog -noattr"

RAM   = Path(__file__).with_name("simulated_ram.v")
ROOT  = Path(__file__).resolve().parents[1]
WHOLE = MachineConfig().fit("display", "keyboard", "block", "serial")

DESIGNS = ("soc", "core")


def to_verilog(design: Any, *, name: str) -> str:
    """The design as the Verilog module `name`."""
    text = rtlil.convert(design, name=name, emit_src=False)
    return run_yosys(f"read_rtlil <<rtlil\n{text}\nrtlil\n{SCRIPT}")


def export(name: str) -> str:
    """A whole file for others: what it is, its ports, the design, and for the SoC its memory."""
    from rtl.soc import Memory, Soc, SocConfig  # only here: it takes a while

    soc = Soc(config=SocConfig(machine=WHOLE, memory=Memory.SIMULATED))
    design = soc if name == "soc" else _core(soc)
    verilog = to_verilog(design, name=name)
    parts = [_heading(name, design, verilog), verilog]
    if name == "soc":
        parts.append(RAM.read_text())
    return "\n".join(parts)


def memory_file(program: str) -> str:
    """All of memory after reset with a program in it, as `$readmemh` reads it.

    Raises `ImageError`, `SourceError` or `SourceErrors`, as `load_program` does.
    """
    words = load_program(program, WHOLE).words
    low = low_memory(WHOLE)
    return "".join([f"@{at:x} {word:08x}\n" for at, word in sorted(low.items())]
                   + [f"@{PROGRAM:x}\n", *(f"{word:08x}\n" for word in words)])


def _core(soc: Any) -> Any:
    """The core as the SoC has it."""
    return soc.elaborate(None).submodules.core


# --- ports ---------------------------------------------------------------------------------------

def _heading(name: str, design: Any, verilog: str) -> str:
    """Comment lines: the design's contract, and a line for each port."""
    meanings = _members(design)
    lines = [f"// {name}.v: {(inspect.getdoc(design) or '').partition(chr(10))[0]}",
             "// Made by `make verilog`. One clock, `clk`; `rst` is synchronous.", "//"]
    for direction, width, port in _ports(name, verilog):
        meaning = next((text for pattern, text in meanings if pattern.fullmatch(port)), "")
        lines.append(f"//   {direction:6} {width:>3}  {port:36} {meaning}".rstrip())
    return "\n".join([*lines, ""])


def _ports(name: str, verilog: str) -> list[tuple[str, int, str]]:
    """Direction, width and name of each port of a module."""
    match = re.search(rf"^module {name}\(.*?^endmodule", verilog, re.DOTALL | re.MULTILINE)
    assert match is not None
    found = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+) ?;", match[0], re.MULTILINE)
    return [(direction, int(high or 0) + 1, port) for direction, high, port in found]


def _members(design: Any) -> list[tuple[re.Pattern[str], str]]:
    """What the docstring says of its members, by a pattern for the names of their ports."""
    text = (inspect.getdoc(design) or "").partition("Members\n-------\n")[2]
    text = re.split(r"\n\w+\n---+\n", text)[0]
    found = [(re.compile("clk"), "the clock"), (re.compile("rst"), "reset")]
    for block in re.split(r"\n(?=\S)", text):
        names, _, rest = block.partition("\n")
        names, _, kind = names.partition(" : ")
        meaning = " ".join(rest.split()) or kind
        for name in names.split(", "):
            pattern = re.sub(r"<\w+>", r"\\w+", name.strip())
            if pattern == "…":  # and so on, as those before
                pattern = names.partition("_")[0] + r"_\w+"
            found.append((re.compile(pattern + r"(__\w+)?"), meaning))
    return found


# --- the command line ----------------------------------------------------------------------------

def main(argv: list[str] | None = None) -> int:
    """0 done, 1 a file was wrong, 2 the command line was."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.verilog",
        description="write the hardware as Verilog, with its ports explained in the first lines")
    parser.add_argument("design", nargs="?", default="soc", choices=DESIGNS,
                        help="the whole computer, or the core alone (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="default: build/<design>.v")
    parser.add_argument("--memory", metavar="PROGRAM",
                        help="write memory with this program in it as well, beside the output "
                             "and with the ending .hex: for +memory=FILE")
    args = parser.parse_args(argv)
    output = args.output or ROOT / "build" / f"{args.design}.v"
    try:
        memory = memory_file(args.memory) if args.memory else None
        print(f"quince: exporting the {args.design} to {output}", file=sys.stderr)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(export(args.design))
        if memory is not None:
            output.with_suffix(".hex").write_text(memory)
    except (ImageError, SourceError, SourceErrors, YosysMissing) as error:
        print(f"quince: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"quince: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
