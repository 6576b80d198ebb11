"""The simulator's command line: run a program on the hardware, or on the golden model."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from isa.config import BASE_PERIPHERALS, Compat, MachineConfig, PageTable
from isa.machine import PERIPHERALS, RAM_WORDS
from sim.command import status_of
from sim.heap import heap_note
from sim.machine import (
    MEMORIES,
    Diverged,
    Exit,
    ImageError,
    Machine,
    Status,
    exit_status,
)
from sim.program import TARGET_CHOICES, LoadedProgram, load_program, with_symbols
from sim.sentences import backtrace_lines, describe_trap, trap_of
from sim.stack import StackGuard, overflow_note
from sim.trace import Locate, Records, TraceWriter
from toolchain.qasm import disassemble_word

if TYPE_CHECKING:
    from sim.host.hosts import Hosts
    from sim.profile.profiling import Profiling
    from sim.symbols import Symbols
    from sim.waves.recording import Recording
    from sim.witness import Witness

__all__ = ["main"]

NAP_S        = 0.05     # while only the host can make anything happen
FRAMES       = "build/frames"
OPTIONAL     = [kind.name for kind in PERIPHERALS if kind.name not in BASE_PERIPHERALS]
WINDOW_NAP_S = 0.01     # the same while a window wants to be looked after

EXITS = f"""\
exit status: the program's exit code modulo 256, or
  {Exit.BAD_INPUT:3}  the program or another file cannot be used
  {Exit.BAD_COMMAND:3}  the command line cannot be used
  {Exit.FAULT:3}  the machine stopped on a fault without a handler, or a double fault
  {Exit.STUCK:3}  the machine sleeps in a `wait` that nothing can end
  {Exit.DIVERGED:3}  lockstep: hardware and golden model disagree
  {Exit.LIMIT:3}  the cycles that --cycles allows are used up
  {Exit.INTERRUPTED:3}  ctrl-C, or ctrl-] where ctrl-C goes to the program
  {Exit.BROKEN_PIPE:3}  whoever read the output went away"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator; returns the exit status that --help lists."""
    parser = _parser()
    options = parser.parse_args(argv)
    options.debug_file = None     # debug information of the program, read when it is wanted
    options.program_symbols = []  # folders with the debug information of programs

    def simulate() -> int:
        if options.program is None:
            from sim.boot import boot_options
            boot_options(options)
        _check(parser, options)
        with ExitStack() as stack:
            return _simulate(options, stack)

    return status_of(simulate, _tell)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quince-sim", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=EXITS,
        description="run a program on the simulated machine; the console is this terminal")
    add = parser.add_argument
    add("program", metavar="PROGRAM", nargs="?", type=_name,
        help="assembly (.qasm), QLL (.qll), an ELF executable or a flat image; default: "
             "the operating system, with every device fitted and the disk build/disk.qfs")
    add("--engine", choices=("rtl", "model"), default="rtl",
        help="run the hardware, or the golden model (default: %(default)s)")
    add("--lockstep", action="store_true",
        help="run both, and stop where they disagree")
    add("--cycles", type=_count, metavar="N", help="stop after N clock cycles (default: never)")
    add("--trace", metavar="FILE", type=_name, help="write what each instruction did, a line each")
    add("--stats", action="store_true", help="print cycles, instructions and speed when done")
    add("--profile", metavar="FILE", type=_name, action="append", default=[],
        help="count what each cycle goes into; the ending says in which form: .txt, .html, .json "
             "(speedscope), .callgrind or .qprof (all of it, for quince-profile)")
    add("--waves", metavar="FILE", type=_name, action="append", default=[],
        help="write what every signal of the hardware is in each cycle, as .fst or .vcd")
    add("--waves-when", metavar="WHEN", type=_name,
        help="write the waves of 'cycle N..M' only, or around the first 'fault' or call of "
             "'function NAME' (default: the whole run)")
    add("--konata", "--pipeline", metavar="FILE", type=_name, action="append", default=[],
        help="write which instruction was in which stage of the pipeline, for Konata, or as a page "
             "if the name ends in .html; --waves-when says of which cycles")
    add("--waves-open", action="store_true", help="show the waves in surfer or gtkwave")
    add("--input", metavar="FILE", type=_name,
        help="take console input from a file instead of the terminal")
    add("--files", metavar="DIR", type=_name, help="the folder that the host file device may use")
    add("--disk", metavar="FILE", type=_name,
        help="fit a block device; FILE is its image, and is written to")
    add("--serial", action="store_true",
        help="fit a serial line on this terminal, which becomes raw: leave with ctrl-]")
    add("--display", metavar="[KIND:]WxH",
        help="fit a display; KIND is window, png, terminal, none or auto (default: auto, 320x200)")
    add("--frames", metavar="DIR", type=_name,
        help=f"where a display of kind png puts its pictures (default: {FRAMES})")
    add("--keyboard", action="store_true",
        help="fit a keyboard: the display's window, or this terminal")
    add("--keys", metavar="FILE", type=_name,
        help="fit a keyboard that plays '<ms> down|up <key>' lines")
    add("--fit", metavar="NAME", choices=OPTIONAL, action="append", default=[],
        help="fit an optional peripheral, with no host device behind it")
    add("--target", choices=TARGET_CHOICES, default="auto",
        help="library in front of a source file (default: by what it defines)")
    add("--symbols", metavar="FILE", type=_name,
        help="what is known of an image: labels, as qasm --symbols writes them, or the debug "
             "information of an ELF file")
    add("--ram", type=_count, metavar="WORDS", default=RAM_WORDS,
        help="size of RAM (default: %(default)s)")
    add("--memory", choices=MEMORIES, default="ideal",
        help="the hardware's RAM: one that answers in the next cycle, one that hesitates, or an "
             "SDRAM chip with a cache in front (default: %(default)s)")
    add("--page-table", choices=[kind.value for kind in PageTable], default=PageTable.LIST.value,
        help="what the MMU understands (default: %(default)s)")
    add("--compat", choices=[kind.value for kind in Compat], default=Compat.NONE.value,
        help="run programs that rely on another machine's rules: with quinix, interrupts that come "
             "while masked are lost (default: %(default)s)")
    return parser


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def _count(text: str) -> int:
    try:
        value = int(text.replace("_", ""), 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return value


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse what does not go together."""
    if options.lockstep and options.engine == "model":
        parser.error("--lockstep runs both engines: leave out --engine model")
    if options.profile and (options.lockstep or options.engine == "model"):
        parser.error("--profile counts the hardware's cycles: leave out "
                     + ("--lockstep" if options.lockstep else "--engine model"))
    watches = options.waves or options.konata
    if watches and (options.lockstep or options.engine == "model" or options.profile):
        parser.error(f"--{'waves' if options.waves else 'konata'} shows the hardware: leave out "
                     + ("--lockstep" if options.lockstep else
                        "--profile" if options.profile else "--engine model"))
    if options.waves_when and not watches:
        parser.error("--waves-when needs --waves or --konata")
    if options.waves_open and not options.waves:
        parser.error("--waves-open needs --waves")
    if options.keyboard and options.keys:
        parser.error("--keys is a keyboard: leave out --keyboard")
    if options.frames and options.display is None:
        parser.error("--frames needs --display")
    try:
        options.config = _config(options)
    except ValueError as error:
        parser.error(str(error))


def _config(options: argparse.Namespace) -> MachineConfig:
    optional = {
        "display":  options.display is not None,
        "keyboard": options.keyboard or options.keys is not None,
        "block":    options.disk is not None,
        "serial":   options.serial,
    }
    config = MachineConfig(ram_words=options.ram, page_table=PageTable(options.page_table),
                           compat=Compat(options.compat))
    return config.fit(*(name for name, is_wanted in optional.items() if is_wanted), *options.fit)


# --- the run -------------------------------------------------------------------------------------

def _simulate(options: argparse.Namespace, stack: ExitStack) -> int:
    _check_memory(options)
    program = load_program(options.program, options.config, options.target)
    if options.symbols:
        program = with_symbols(program, options.symbols, options.debug_file)
    hosts = _hosts(options, stack)
    witness = _witness(options, program, hosts)
    try:
        profiling = _profiling(options, program)
        recording = _recording(options, program)
        machine = _machine(options, program, hosts, stack, profiling, recording)
        if options.program_symbols:
            witness.machine = machine
        machine.load(program.words)
        stack.callback(machine.close)
        if options.serial or (hosts.keyboard is not None and hosts.keyboard.listens):
            stack.enter_context(hosts.terminal.raw())
            if hosts.terminal.is_raw:
                _tell("the terminal is the machine's now; ctrl-] leaves", hosts)
        machine.prepare(lambda line: _tell(line, hosts))
        started = time.monotonic()
        try:
            guard = StackGuard(program, lambda: _symbols(options, program))
            status = _run(machine, hosts, options.cycles, guard)
        finally:
            if options.stats:
                _tell_stats(machine, time.monotonic() - started, hosts)
            if profiling is not None:
                profiling.finish(machine, lambda line: _tell_plain(line, hosts))
            if recording is not None:
                recording.finish(machine, lambda line: _tell(line, hosts))
                if options.waves_open:
                    _open_waves(Path(options.waves[0]))
    except Diverged as error:
        _tell(str(error), hosts)
        return Exit.DIVERGED
    if guard.told:
        symbols = _symbols(options, program)
        _tell("\n".join([guard.told, *backtrace_lines(machine, machine.registers().ip, symbols)]),
              hosts)
        return Exit.FAULT
    return _end(machine, program, status, hosts, options)


def _check_memory(options: argparse.Namespace) -> None:
    """Refuse a RAM that the host has no room for, before it begins to swap."""
    needed = options.ram * 4 * (2 if options.lockstep else 1)
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        raise ImageError(f"--ram {options.ram}: that is {needed >> 20} MiB, "
                         f"and this computer has {there >> 20} MiB of memory")


def _hosts(options: argparse.Namespace, stack: ExitStack) -> "Hosts":
    from sim.host.disk import Disk
    from sim.host.display import WindowDisplay, open_display
    from sim.host.files import Files
    from sim.host.hosts import Hosts
    from sim.host.keyboard import Keyboard, parse_script
    from sim.host.serial import Serial
    from sim.host.terminal import Terminal, standard_terminal

    terminal = standard_terminal()
    if options.input:
        sink = sys.stdout.buffer if sys.stdout is not None else None
        terminal = Terminal(_octets(options.input), sink)
    hosts = Hosts(terminal)
    stack.callback(hosts.close)
    if options.files:
        hosts.files = Files(options.files)
    if options.display is not None:
        kind, width, height = _display(options.display)
        hosts.display = open_display(kind, width, height, folder=options.frames or FRAMES,
                                     terminal=terminal)
    if options.keyboard or options.keys:
        hosts.keyboard = Keyboard()
    if options.keyboard and not isinstance(hosts.display, WindowDisplay):
        assert hosts.keyboard is not None
        hosts.keyboard.listen(terminal)
    if options.keys:
        assert hosts.keyboard is not None
        text = _octets(options.keys).decode("utf-8", "replace")
        hosts.keyboard.play(parse_script(text, options.keys))
    if options.disk:
        hosts.disk = Disk(options.disk)
    if options.serial:
        hosts.serial = Serial(terminal, end_octet=None if terminal.is_interactive else 4)
    return hosts


def _display(text: str) -> tuple[str, int, int]:
    from sim.host.display import DISPLAY_KINDS, parse_size
    kind, colon, size = text.rpartition(":")
    if not colon and size in DISPLAY_KINDS:
        return size, 320, 200
    return kind if colon else "auto", *parse_size(size)


def _octets(name: str) -> bytes:
    from sim.host.error import HostError
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise HostError(f"{name}: {error.strerror or error}") from None


def _witness(options: argparse.Namespace, program: LoadedProgram, hosts: "Hosts") -> "Witness":
    """Who tells what the kernel has found wrong."""
    from sim.witness import Witness
    hosts.debugger = witness = Witness(lambda: _symbols(options, program),
                                       lambda text: _tell(text, hosts))
    return witness


def _profiling(options: argparse.Namespace, program: LoadedProgram) -> "Profiling | None":
    if not options.profile:
        return None
    from sim.profile.profiling import Profiling
    name = os.path.basename(options.program)
    return Profiling(name, "kernel" if options.program_symbols else name, program,
                     _symbols(options, program), options.profile)


def _open_waves(path: Path) -> None:
    from sim.waves.view import open_view
    if path.exists() and open_view(path) is None:
        _tell("neither surfer nor gtkwave is installed (on Debian: apt install gtkwave); "
              "https://app.surfer-project.org reads the file in a browser")


def _recording(options: argparse.Namespace, program: LoadedProgram) -> "Recording | None":
    if not options.waves and not options.konata:
        return None
    from sim.waves.recording import Recording
    return Recording(options.waves, options.konata, options.waves_when,
                     os.path.basename(options.program), program, _symbols(options, program))


def _machine(options: argparse.Namespace, program: LoadedProgram, hosts: "Hosts",
             stack: ExitStack, profiling: "Profiling | None",
             recording: "Recording | None") -> Machine:
    observe = None
    locate = _locate(options, program)
    if options.trace:
        observe = TraceWriter(stack.enter_context(_writable(options.trace)), locate,
                              options.config, lambda: machine.memory)
    machine = _engine(options, hosts, observe, locate, profiling, recording)
    return machine


def _locate(options: argparse.Namespace, program: LoadedProgram) -> Locate:
    """Names of addresses in every space; debug information is read, when the first is wanted, only
    if there is more than one."""
    if not options.program_symbols:
        return lambda address, space, memory: program.locate(address) if not space else None
    symbols = cache(lambda: _symbols(options, program))  # most runs ask for no name
    return lambda address, space, memory: symbols().label(address, space, memory)


def _symbols(options: argparse.Namespace, program: LoadedProgram) -> "Symbols":
    from sim.symbols import Symbols
    return Symbols(program.info, options.program_symbols, options.config)


def _engine(options: argparse.Namespace, hosts: "Hosts",
            observe: Callable[[Records], None] | None, locate: Locate,
            profiling: "Profiling | None", recording: "Recording | None") -> Machine:
    """The machine that is to run."""
    if options.engine == "model":
        from sim.golden import Golden
        return Golden(options.config, hosts, observe=observe)
    from sim.engine.build import BuildError
    try:
        if options.lockstep:
            from sim.lockstep import Lockstep
            return Lockstep(options.config, hosts, say=_tell, locate=locate,
                            observe=observe, memory=options.memory)
        from sim.engine.machine import RtlMachine
        if recording is not None:
            return recording.make_machine(options.config, hosts, say=_tell, observe=observe,
                                          memory=options.memory)
        make = profiling.make_machine if profiling is not None else RtlMachine
        return make(options.config, hosts, say=_tell, observe=observe, memory=options.memory)
    except BuildError as error:
        raise ImageError(str(error)) from None


@contextmanager
def _writable(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stdout
        return
    try:
        file = open(name, "w", encoding="utf-8")
    except OSError as error:
        raise ImageError(f"{name}: {error.strerror or error}") from None
    try:
        yield file
    finally:
        with suppress(OSError):  # all that was written has been flushed, or that has failed
            file.close()


def _run(machine: Machine, hosts: "Hosts", limit: int | None, guard: StackGuard) -> Status:
    """Run to the end, or to the limit or an overflow of the stack: then the status is RUNNING or
    INPUT.

    Where a person looks on, time that the machine sleeps away takes as long for the person.
    """
    nap_s = WINDOW_NAP_S if hosts.display is not None else NAP_S
    is_watched = hosts.terminal.is_interactive
    while True:
        left = guard.slice_cycles(machine)
        if limit is not None:
            left = min(left, limit - machine.cycles)
        if left <= 0 or guard.looks(machine):
            return Status.RUNNING
        cycles, instructions, started = machine.cycles, machine.instructions, time.monotonic()
        status = machine.run(left)
        if status in (Status.STOPPED, Status.STUCK):
            return status
        if hosts.display is not None and hosts.display.is_closed:
            raise KeyboardInterrupt
        cycles, instructions = machine.cycles - cycles, machine.instructions - instructions
        if status is Status.INPUT:
            _nap(hosts, nap_s)
        elif is_watched and instructions * 4 < cycles:
            _nap(hosts, started + cycles / machine.config.cycles_per_ms / 1000 - time.monotonic())


def _nap(hosts: "Hosts", seconds: float) -> None:
    """Sleep, but not through a keystroke."""
    if seconds > 0 and hosts.terminal.ended:
        time.sleep(seconds)
    elif seconds > 0:
        hosts.terminal.wait(seconds)


def _end(machine: Machine, program: LoadedProgram, status: Status, hosts: "Hosts",
         options: argparse.Namespace) -> int:
    """Report how it ended, unless by an ordinary `halt`; returns the exit status."""
    report = machine.stop
    code = exit_status(status, report)
    if report is not None:
        trap = trap_of(report, machine.memory) if machine.space == 0 else None
        overflow = overflow_note(machine, program.words)
        if trap is None and overflow is None and code != Exit.FAULT:
            return code
        symbols = _symbols(options, program)
        places = symbols.places(report.ip, machine.space, machine.memory)
        what = (overflow or (report.describe(disassemble_word, program.locate) if trap is None
                             else describe_trap(trap, report.ip, places)))
        heap = heap_note(symbols, machine.space, machine.memory) if trap is not None else None
        _tell("\n".join([what, *([heap] if heap else []),
                         *backtrace_lines(machine, report.ip, symbols)]), hosts)
        return Exit.FAULT
    ip = machine.registers().ip
    label = program.locate(ip)
    where = f"at {ip:#010x}" + (f" ({label})" if label else "")
    if status is Status.STUCK:
        _tell(f"the machine sleeps for ever {where}: no interrupt can end this `wait`", hosts)
    else:
        _tell(f"stopped after {machine.cycles} cycles, as --cycles says, {where}", hosts)
    return code


def _tell_stats(machine: Machine, seconds: float, hosts: "Hosts") -> None:
    cycles, instructions = machine.cycles, machine.instructions
    cpi = f"{cycles / instructions:.3f}" if instructions else "no"
    _tell(f"{cycles} cycles, {instructions} instructions, {cpi} cycles an instruction; "
          f"{seconds:.2f} s, {cycles / max(seconds, 1e-9) / 1e6:.2f} million cycles a second",
          hosts)


def _tell(text: str, hosts: "Hosts | None" = None) -> None:
    """A line for people, after what the program has written."""
    _tell_plain(f"quince-sim: {text}", hosts)


def _tell_plain(text: str, hosts: "Hosts | None" = None) -> None:
    is_raw = hosts is not None and hosts.terminal.is_raw
    end = "\r\n" if is_raw else "\n"
    try:
        print("".join(f"{line}{end}" for line in text.split("\n")),
              end="", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        pass  # nobody is listening
