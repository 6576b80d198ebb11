"""The Verilog around the computer: clock, RAM, queues at the streams, and the trace.

Nothing here wakes Python each cycle. What comes out of a stream is queued in C++, and `wake_…`
changes once the stream has been quiet for a while; what goes in is taken from a queue; trace
records are collected, and `wake_records` changes when there are many.
"""

import re

from isa import REGISTERS
from isa.machine import PERIPHERALS
from isa.trace import Kind, Word
from rtl.soc import TRACE_WORDS, Memory
from sim.engine.quince import BANKS

__all__ = ["PERIOD_NS", "QUIET_CYCLES", "READ", "SIGNALS", "SPLITS", "streams_of", "top_verilog"]

PERIOD_NS = 10
QUIET_CYCLES = 24  # a stream has said what it had to say

# What benches change by its name, and what they only read, which Verilator can still compute as it
# likes; all else is out of reach.
SIGNALS = ("rst", "ready_*", "watch_on", "watch_any_*", "watch_kind", "watch_ip", "watch_code",
           "watch_user", "probe", "dumps")
READ    = ("wake_*", "watch_hit", "stopped", "asleep", "news", "walker_state", "page_table", "ip")

# Vectors in the FPU and the divider of which some bits depend on others.
SPLITS = ("wide", "wide$??", "rest2")

# Of a cache: what is in it.
MEMORIES = ("ram.cache.tags.even", "ram.cache.tags.odd", "ram.cache.words.even",
            "ram.cache.words.odd", "ram.cache.refill.dirty")

RAM = """
module simulated_ram #(parameter WORDS = 0, parameter BITS = 1) (
    input clk, input f_en, input [BITS-1:0] f_addr,
    output reg [31:0] f_first, output reg [31:0] f_second,
    input d_en, input d_write, input [BITS-1:0] d_addr, input [31:0] d_w_data,
    output reg [31:0] d_r_data);
  import "DPI-C" function int host_read(input int address);
  import "DPI-C" function void host_write(input int address, input int data);
  always @(posedge clk) begin
    if (f_en) begin
      f_first  <= host_read(32'(f_addr));
      f_second <= host_read(32'(f_addr) + 1);
    end
    if (d_en) begin
      d_r_data <= host_read(32'(d_addr));
      if (d_write) host_write(32'(d_addr), d_w_data);
    end
  end
endmodule
"""


def streams_of(soc):
    """Names of all streams, in the order of their numbers."""
    return [name for name, _, _ in soc.streams]


def top_verilog(soc, design, verilog):
    """Verilog of the module `computer` around the module `soc` in the text, which was made of this
    hardware."""
    ports = ["    .clk(clk), .rst(in_reset)"]
    declared, clocked, reset = [], [], []
    for number, (name, direction, width) in enumerate(soc.streams):
        for part in ("valid", "ready", "payload"):
            ports.append(f"    .{name}__{part}({name}__{part})")
        part = _out if direction == "out" else _in
        declares, does, begins = part(number, name, width)
        declared += declares
        clocked += does
        reset += begins
    for port, shape in (("trace_kind", 3), ("trace_wrote", 3), ("trace_d", 6), ("trace_code", 8)):
        declared.append(f"  wire [{shape - 1}:0] {port};")
    for port in TRACE_WORDS.values():
        if not any(f" {port};" in line for line in declared):
            declared.append(f"  wire [31:0] {port};")
        ports.append(f"    .{port}({port})")
    for name in soc.events:
        declared.append(f"  wire event_{name}; wire [31:0] event_{name}_arg;")
        ports += [f"    .event_{name}(event_{name})", f"    .event_{name}_arg(event_{name}_arg)"]
    declared += ["  wire trace_slow, trace_fast, stopped, asleep;", "  wire [31:0] ip;"]
    ports += [f"    .{name}({name})" for name in ("trace_slow", "trace_fast", "stopped", "asleep",
                                                  "ip", "live_bank", "live_zero")]
    if hasattr(soc, "chip_fault"):
        ports.append("    .chip_fault(chip_fault)")
    awaited = ["watch_hit", "wake_records", "stopped", "asleep",
               *(f"wake_{name}" for name, direction, _ in soc.streams if direction == "out")]
    newline = "\n"
    return f"""{RAM}
`timescale 1ns/1ns
module computer(input clk);
  import "DPI-C" function int host_cycle();
  import "DPI-C" function void host_put(input int stream, input longint token);
  import "DPI-C" function longint host_take(input int stream);
  import "DPI-C" function void host_record(input int kind, input int ip, input int insn,
      input int imm, input int wrote, input int d, input int value, input int address,
      input int data, input int code, input int arg, input int mode);

  import "DPI-C" function void host_irq(input int state);
  import "DPI-C" function void host_abandon(input int state);
  import "DPI-C" function void host_register(input int number, input int value);

  // What benches change is looked at once a cycle: else all that follows from it would be computed
  // at each edge.
  reg rst = 1, in_reset = 1;
  always @(posedge clk) in_reset <= rst;

  // What the bench waits for: a record of this kind, at this address, with this code, in a process.
  reg watch_on = 0, watch_any_ip = 0, watch_any_code = 0, watch_hit = 0;
  reg watch_user = 0, watch_any_mode = 1;
  reg [2:0] watch_kind = 0;
  reg [31:0] watch_ip = 0;
  reg [7:0] watch_code = 0;
  reg wake_records = 0;
  // Whether a process makes the next record. A record that enters or leaves the kernel comes when
  // that has happened already.
  reg in_process = 0;
  int pending;
{newline.join(declared)}

  // All general registers, whenever `probe` changes.
  wire [63:0] live_bank, live_zero;
  reg probe = 0;
  always @(probe) begin
    for (int n = 0; n < {REGISTERS}; n++)
      host_register(n, live_zero[n] ? 0 : live_bank[n] ? {design.soc}.{BANKS[1]}[n]
                                                 : {design.soc}.{BANKS[0]}[n]);
  end

  reg dumps = 0;  // waveforms are written from now on

  soc soc (
{f",{newline}".join(ports)}
  );

{_taps(soc, design)}{_power_on(design, verilog)}
  wire watch_is_it = (trace_slow | trace_fast) & trace_kind == watch_kind
      & (watch_any_ip | trace_ip == watch_ip) & (watch_any_code | trace_code == watch_code)
      & (watch_any_mode | in_process == watch_user);

  // All that a bench can wait for: if none of it has changed, main.cpp does not ask further.
  wire [{len(awaited) - 1}:0] news = {{{", ".join(awaited)}}};

  always @(posedge clk) begin
    if (in_reset) begin
      in_process <= 0;
      was_wanted <= 0;
{newline.join(reset)}
    end else begin
      pending = host_cycle();
      if (irq) host_irq(32'(walker_state));
      was_wanted <= is_wanted;
      if (was_wanted & ~is_wanted & walker_state != 0) host_abandon(32'(walker_state));
{_record("trace_slow")}
{newline.join(_event(name, number) for name, number in soc.events.items())}
{_record("trace_fast")}
      if (trace_slow | trace_fast) in_process <= is_user;
      if (watch_on & watch_is_it) watch_hit <= ~watch_hit;
      if (pending[31]) wake_records <= ~wake_records;
{newline.join(clocked)}
    end
  end
endmodule
"""


def _taps(soc, design):
    """Looks into the design: whether a process runs, the page table, what the walker is doing."""
    inside = design.soc
    irqs = " | ".join(f"{inside}.{kind.name}.irq" for kind in PERIPHERALS
                      if kind.name in design.machine.peripherals and kind.interrupt is not None)
    taps = f"""  wire is_user = {inside}.mmu.active;
  wire [31:0] page_table = {inside}.mmu.base;
  wire [3:0] walker_state = {inside}.mmu.walker.fsm_state;  // 0: IDLE
  wire is_wanted = {inside}.mmu.walker.walk__en;  // a walk
  reg was_wanted = 0;
  wire irq = {irqs};
"""
    if hasattr(soc, "chip_fault"):
        taps += """  wire [4:0] chip_fault;
  reg chip_told = 0;
  always @(posedge clk) if (chip_fault != 0 & ~chip_told) begin
    $display("the memory chip was used against its data sheet: SdramFault(%0d)", chip_fault);
    chip_told <= 1;
  end
"""
    return taps


def _power_on(design, verilog):
    """Memories that a reset leaves as they are have in each one what they had in the first: a reset
    of a bench is power on. All but those of a cache are written before they are read."""
    if design.config.memory is not Memory.SDRAM:
        return ""
    declared, saves, restores = [], [], []
    for number, path in enumerate(MEMORIES):
        module, _, name = path.rpartition(".")
        found = re.search(rf"^module \\{re.escape(f'{design.soc}.{module}')} .*?"
                          rf"^  reg \[(\d+):0\] {name} \[(\d+):0\];", verilog,
                          re.DOTALL | re.MULTILINE)
        if found is None:
            raise ValueError(f"the Verilog has no memory {design.soc}.{path}")
        width, last = map(int, found.groups())
        declared.append(f"  reg [{width}:0] kept{number} [{last}:0];")
        loop, array = f"for (int n = 0; n <= {last}; n++)", f"{design.soc}.{path}"
        saves.append(f"      {loop} kept{number}[n] = {array}[n];")
        restores.append(f"      {loop} {array}[n] = kept{number}[n];")
    return "\n".join([*declared, "  reg is_kept = 0;",
                      "  always @(posedge clk) if (in_reset) begin",
                      "    if (!is_kept) begin", *saves, "    end else begin", *restores,
                      "    end", "    is_kept = 1;", "  end", ""])


def _record(valid):
    words = ["0"] * Word.CYCLE
    for word, port in TRACE_WORDS.items():
        words[word] = f"32'({port})"
    return f"      if ({valid}) host_record({', '.join(words)}, 32'(in_process));"


def _event(name, number):
    words = ["0"] * Word.CYCLE
    words[Word.KIND], words[Word.CODE] = f"{Kind.DEVICE:d}", f"{number}"
    words[Word.ARG] = f"event_{name}_arg"
    return f"      if (event_{name}) host_record({', '.join(words)}, 32'(in_process));"


def _out(number, name, width):
    """A queue behind a stream that comes out of the machine."""
    declared = [f"  wire {name}__valid; wire [{width - 1}:0] {name}__payload;",
                f"  reg ready_{name} = 1, {name}__ready = 1;",
                f"  always @(posedge clk) {name}__ready <= ready_{name};",
                f"  reg wake_{name} = 0; reg [7:0] quiet_{name} = 0;"]
    clocked = [
        f"      if ({name}__valid & {name}__ready) begin",
        f"        host_put({number}, 64'({name}__payload));",
        f"        quiet_{name} <= {QUIET_CYCLES};",
        f"      end else if (quiet_{name} != 0) begin",
        f"        quiet_{name} <= quiet_{name} - 1;",
        f"        if (quiet_{name} == 1) wake_{name} <= ~wake_{name};",
        "      end"]
    return declared, clocked, [f"      quiet_{name} <= 0;"]


def _in(number, name, width):
    """A queue before a stream that goes into the machine."""
    declared = [f"  reg {name}__valid = 0; reg [{width - 1}:0] {name}__payload = 0;",
                f"  wire {name}__ready;"]
    clocked = [
        f"      if (~{name}__valid | {name}__ready) begin",
        f"        {name}__valid <= pending[{number}];",
        f"        if (pending[{number}]) {name}__payload <= {width}'(host_take({number}));",
        "      end"]
    return declared, clocked, [f"      {name}__valid <= 0;"]
