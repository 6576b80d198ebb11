"""Builds the computer's Verilog and model, runs benches on it, and says what came of them."""

import hashlib
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from amaranth.hdl import Fragment
from cocotb_coverage.coverage import merge_coverage

from isa.config import PageTable
from rtl.mmu.list_walker import ListWalker
from rtl.mmu.two_level_walker import TwoLevelWalker
from sim.engine.build import source_key
from sim.host.disk import Disk
from sim.host.error import HostError
from sim.verilog import to_verilog
from system.build import ROOT, build, build_program
from system.calls import load_calls
from tests.cocotb.computer.configs import CONFIGS, DEFAULT
from tests.cocotb.computer.listing import find_benches
from tests.cocotb.computer.settings import VARIABLE
from tests.cocotb.computer.top import READ, SIGNALS, SPLITS, streams_of, top_verilog
from tests.support.cocotb_bench import CACHE, Bench, built, read_results, run
from toolchain.lock import alone
from toolchain.qasm import assemble
from toolchain.qfs import Image
from toolchain.source import Source

__all__ = ["COVERAGE", "Options", "RegressionError", "computer", "environment", "keep_coverage",
           "main_say", "model", "regression"]

HERE     = Path(__file__).parent
PACKAGE  = "tests.cocotb.computer"
RUNS     = CACHE / "runs"
RESULTS  = ROOT / "build" / "cocotb" / "results.xml"
COVERAGE = ROOT / "build" / "cocotb" / "coverage.xml"
WAVES    = ROOT / "build" / "cocotb" / "waves"
WALKERS  = {PageTable.LIST: ListWalker, PageTable.TWO_LEVEL: TwoLevelWalker}
# By whether the model is to run fast, for it runs for millions of cycles, and whether it can write
# waveforms, which takes longer than what makes them.
OPTIMISE = {(True, False): "-O3", (True, True): "-O1", (False, False): "-O1", (False, True): "-O0"}
SHOWN_WAVES = 3  # failures of a run of which waveforms are made


class RegressionError(Exception):
    """What was asked for cannot be done; the message is for the person."""


@dataclass(frozen=True)
class Options:
    """What to run and how.

    Parameters
    ----------
    benches, tests : tuple of str
        Names; none for all.
    config : str
        The computer, out of `CONFIGS`.
    seed : int
    scoreboard : bool
        Whether the golden model follows.
    waves : bool
        Write waveforms of whole tests. Of a test that fails, what was before the failure is
        written in any case, unless `windows` is false.
    waves_from : int
        The cycle at which they begin.
    disk : Path or None
        An image to boot from; None for the system's own.
    fast : bool
        Take longer to compile a new model, so that it runs fast.
    traces : bool
        Take the model that can write waveforms, though none are asked for: it is there already.
    thorough : bool
        Benches try all of what they otherwise take a random sample of.
    junit : Path
        Where the results go, as JUnit XML.
    """
    benches:    tuple[str, ...] = ()
    tests:      tuple[str, ...] = ()
    config:     str             = DEFAULT
    seed:       int             = 1
    scoreboard: bool            = True
    waves:      bool            = False
    waves_from: int             = 0
    windows:    bool            = True
    disk:       Path | None     = None
    fast:       bool            = True
    traces:     bool            = False
    thorough:   bool            = False
    junit:      Path            = RESULTS


def regression(options, say):
    """Run benches; true if all passed. Raises `RegressionError`."""
    modules, pattern = chosen(options)
    if options.disk is not None:
        check_disk(options.disk)
    bench, facts = computer(options.config, say, traces=options.waves or options.traces,
                            fast=options.fast)
    folder = model(bench, say)
    work = RUNS / f"computer-{options.config}-{os.getpid()}"
    if options.disk is not None:
        facts["disk"] = str(options.disk.resolve())
    work.mkdir(parents=True, exist_ok=True)
    for name in ("coverage.xml", "failures"):
        (work / name).unlink(missing_ok=True)
    plusargs = []
    if options.waves:
        WAVES.mkdir(parents=True, exist_ok=True)
        plusargs = [f"+waves={WAVES / 'run.vcd'}"]
    say(f"{options.config}: seed {options.seed}")
    _, results = run(bench, folder, modules, work, shows=True, seed=options.seed,
                     test_filter=pattern, plusargs=plusargs, environment=environment(
                         facts, work, seed=options.seed, scoreboard=options.scoreboard,
                         thorough=options.thorough,
                         waves_from=options.waves_from if options.waves else None))
    failed, count = read_results(results)
    if not count and results.exists():
        raise RegressionError(f"none of these tests is for the computer {options.config!r}")
    if not count:
        raise RegressionError("no test ran: what the simulator said is above")
    shutil.move(results, options.junit)
    if (work / "coverage.xml").exists():
        keep_coverage(work / "coverage.xml", say)
    if options.waves:
        say(f"waveforms: {plusargs[0].removeprefix('+waves=')}")
    elif failed and options.windows:
        windows(options, work, say)
    say(f"{count - len(failed)} of {count} passed; {options.junit}, {COVERAGE}")
    return not failed


def check_disk(path):
    """Raises `RegressionError` if a file cannot be a disk, whatever is on it."""
    if not path.is_file():
        raise RegressionError(f"there is no disk image {path}; `make disk` makes build/disk.qfs")
    try:
        Disk(path, ephemeral=True).close()
    except HostError as error:
        raise RegressionError(str(error)) from None


def environment(facts, work, *, seed=1, scoreboard=True, waves_from=None, thorough=False, **more):
    """What the benches are told (`settings`), as the variable that has it."""
    return {VARIABLE: json.dumps(
        facts | {"seed": seed, "scoreboard": scoreboard, "waves_from": waves_from,
                 "thorough": thorough,
                 "coverage": str(work / "coverage.xml"), "failures": str(work / "failures")}
        | more)}


def chosen(options):
    """Modules, and a pattern for the names of their tests, or None for all."""
    benches = {bench.name: bench for bench in find_benches()}
    for name in options.benches:
        if name not in benches:
            raise RegressionError(f"there is no bench {name!r}; there are {', '.join(benches)}")
    names = options.benches or tuple(benches)
    tests = [test for name in names for test in benches[name].tests]
    for name in options.tests:
        if name not in tests:
            raise RegressionError(f"there is no test {name!r} in {', '.join(names)}; "
                                  "LIST=1 shows all")
    if options.tests:
        names = [name for name in names if set(benches[name].tests) & set(options.tests)]
    pattern = "|".join(rf"\.{re.escape(name)}$" for name in options.tests) or None
    return [f"{PACKAGE}.bench_{name}" for name in names], pattern


def computer(name, say, *, traces=False, fast=True):
    """The bench for a computer, and the facts about it and its system that benches are told."""
    if name not in CONFIGS:
        raise RegressionError(f"there is no computer {name!r}; there are {', '.join(CONFIGS)}")
    design = CONFIGS[name]
    key = source_key([ROOT / "rtl", ROOT / "isa", ROOT / "sim" / "engine",
                      ROOT / "sim" / "chips"],
                     name, design.config, (HERE / "top.py").read_text(),
                     (HERE / "configs.py").read_text())
    kept = CACHE / f"verilog-{key}.v"
    with alone(kept.with_suffix(".lock")):
        if not kept.with_suffix(".json").exists():
            say(f"exporting the computer {name!r} to Verilog")
            export(design, kept)
    paths = build(ROOT / "build" / "os")
    disk = disk_with_guests(paths)
    calls = load_calls(ROOT / "kernel" / "syscalls.toml").calls
    facts = json.loads(kept.with_suffix(".json").read_text()) | {
        "config": name, "page_table": design.machine.page_table.name.lower(),
        "kernel": str(paths.kernel), "symbols": str(paths.symbols),
        "disk": str(disk), "calls": [call.name for call in calls],
        "call_names": {call.number: call.name for call in calls}}
    return Bench(kept.read_text(), "computer", SIGNALS, READ, cpp=(HERE / "host.cpp",),
                 main=HERE / "main.cpp", splits=SPLITS,
                 optimise=OPTIMISE[fast, traces], traces=traces), facts


def export(design, path):
    """Write a computer's Verilog, and beside it as JSON what is known of it."""
    hardware, machine = design.make(design.config), design.machine
    walker = WALKERS[machine.page_table](ram_words=machine.ram_words)
    states = list(Fragment.get(walker, None).generated["fsm"].encoding)
    verilog = to_verilog(hardware, name="soc")
    path.write_text(verilog + top_verilog(hardware, design, verilog))
    path.with_suffix(".json").write_text(
        json.dumps({"streams": streams_of(hardware), "walker_states": states}))


def disk_with_guests(paths):
    """The system's disk with the programs of `guests/` besides, in `/bench`."""
    image = Image.load(paths.disk)
    image.make_directory("bench")
    for source in sorted((HERE / "guests").glob("*.qll")):
        image.write(f"bench/{source.stem}", build_program(paths, source).read_bytes(),
                    executable=True)
    for source in sorted((HERE / "guests").glob("*.qasm")):
        words = assemble([Source(source.name, source.read_text())]).words
        image.write(f"bench/{source.stem}", b"".join(word.to_bytes(4, "little") for word in words),
                    executable=True)
    octets = image.words.tobytes()
    path = CACHE / f"disk-{hashlib.sha256(octets).hexdigest()[:20]}.qfs"
    if not path.exists():
        path.write_bytes(octets)
    return path


def model(bench, say):
    """The folder of a compiled model."""
    if not (CACHE / bench.digest / bench.top).exists():
        say("compiling the model, once (a minute or two)")
    return built(bench)


def windows(options, work, say):
    """Run each test that failed again, with waveforms of what was before its failure."""
    failures = [json.loads(line) for line in (work / "failures").read_text().splitlines()] \
        if (work / "failures").exists() else []
    if not failures:
        return
    bench, facts = computer(options.config, say, traces=True, fast=options.fast)
    if options.disk is not None:
        facts["disk"] = str(options.disk.resolve())
    folder = model(bench, say)
    WAVES.mkdir(parents=True, exist_ok=True)
    for failure in failures[:SHOWN_WAVES]:
        path = WAVES / f"{failure['test']}.vcd"
        path.unlink(missing_ok=True)
        modules, pattern = chosen(Options(options.benches, (failure["test"],)))
        again = environment(facts, work, seed=options.seed, scoreboard=options.scoreboard,
                            waves_from=failure["cycle"], coverage=os.devnull,
                            failures=os.devnull)
        run(bench, folder, modules, work / "again", seed=options.seed, test_filter=pattern,
            environment=again, plusargs=[f"+waves={path}"])
        if path.exists():
            say(f"waveforms of {failure['test']}, from cycle {failure['cycle']}: "
                f"{path.relative_to(ROOT)}")


def keep_coverage(path, say):
    """Merge what a run counted into the report of all runs; one that counts other things, of an
    older tree, is replaced."""
    with alone(COVERAGE.with_suffix(".lock")):
        old, new = _bins(COVERAGE), _bins(path)
        if old and all(old[name] == new[name] for name in old.keys() & new.keys()):
            merge_coverage(lambda text: None, str(COVERAGE), str(COVERAGE), str(path))
            return
        if old:
            say("what is counted has changed; the coverage begins anew")
        COVERAGE.write_bytes(path.read_bytes())


def _bins(path):
    """Names of the bins of each point in a report; nothing of a file that is none or damaged."""
    if not path.exists():
        return {}
    try:
        items = list(ElementTree.parse(path).iter())
    except ElementTree.ParseError:
        return {}
    return {item.get("abs_name"): {bin_.get("bin") for bin_ in item if "bin" in bin_.tag}
            for item in items if any("bin" in part.tag for part in item)}


def main_say(line):
    print(f"quince: {line}", file=sys.stderr)
