"""The Verilog around the computer: clock, RAM, queues at the streams, and the trace.

Nothing here wakes Python each cycle. What comes out of a stream is queued in C++, and `wake_…`
changes once the stream has been quiet for a while; what goes in is taken from a queue; trace
records are collected, and `wake_records` changes when there are many.
"""

from isa import REGISTERS
from isa.machine import PERIPHERALS
from isa.trace import Kind, Word
from rtl.soc import TRACE_WORDS
from sim.engine.quince import BANKS

__all__ = ["PERIOD_NS", "QUIET_CYCLES", "SIGNALS", "SPLITS", "streams_of", "top_verilog"]

PERIOD_NS = 10
QUIET_CYCLES = 24  # a stream has said what it had to say

# What benches reach by its name; all else stays optimised.
SIGNALS = ("rst", "wake_*", "ready_*", "watch_*", "walker_state", "page_table",
           "probe", "dumps", "stopped", "asleep", "ip")

# Vectors in the FPU and the divider of which some bits depend on others.
SPLITS = ("wide", "wide$??", "rest2")

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


def top_verilog(soc, design):
    """Verilog of the module `computer` around a module `soc` that was made of this hardware."""
    ports = ["    .clk(clk), .rst(rst)"]
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
  import "DPI-C" function void host_register(input int number, input int value);

  reg rst = 1;

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

{_taps(design)}
  wire watch_is_it = (trace_slow | trace_fast) & trace_kind == watch_kind
      & (watch_any_ip | trace_ip == watch_ip) & (watch_any_code | trace_code == watch_code)
      & (watch_any_mode | in_process == watch_user);

  always @(posedge clk) begin
    if (rst) begin
      in_process <= 0;
{newline.join(reset)}
    end else begin
      pending = host_cycle();
      if (irq) host_irq(32'(walker_state));
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


def _taps(design):
    """Looks into the design: whether a process runs, the page table, what the walker is doing."""
    inside = design.soc
    irqs = " | ".join(f"{inside}.{kind.name}.irq" for kind in PERIPHERALS
                      if kind.name in design.machine.peripherals and kind.interrupt is not None)
    return f"""  wire is_user = {inside}.mmu.active;
  wire [31:0] page_table = {inside}.mmu.base;
  wire [3:0] walker_state = {inside}.mmu.walker.fsm_state;
  wire irq = {irqs};
"""


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
                f"  reg ready_{name} = 1; wire {name}__ready = ready_{name};",
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
