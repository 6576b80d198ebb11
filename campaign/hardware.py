"""Kinds of campaigns about the hardware: random programs in each build, its netlist, proofs, and
places and routes."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from campaign.kind import Failure, Kind, Outcome, Say, judge_by_command, of_each_seed
from isa.config import MachineConfig
from sim.engine import build
from sim.engine.machine import SOURCES, RtlMachine
from sim.fuzz.campaign import CONFIGS, MEMORIES, examine_seeds
from toolchain.places import ROOT

__all__ = ["fuzz_kinds", "gates_kind", "model_folder", "place_kinds", "proof_kind"]

FUZZ_BATCH    = 100
PLACE_DESIGNS = ("core", "soc")


def _examine_programs(name: str, seeds: range) -> Outcome:
    result = examine_seeds(name, seeds, attempts=0)
    outcome = Outcome(counts={"records": result.records})
    for ending, count in result.endings.items():
        outcome.count(f"ended: {ending}", count)
    for cell, count, why in result.coverage[name].cells():
        if why is None or count:
            outcome.meet(cell if why is None else f"{cell}, which cannot be", count)
    outcome.failures = [Failure(failure.seed, failure.rule) for failure in result.failures]
    return outcome


def _shrink_program(name: str, seed: int) -> Failure:
    found = examine_seeds(name, range(seed, seed + 1)).failures
    if not found:
        return Failure(seed, "it does not fail by itself, only behind other programs",
                       "could not be made small")
    return Failure(seed, found[0].rule, found[0].program.as_qasm(found[0].rule.split("\n")))


def _model(name: str, say: Say) -> Sequence[Path]:
    return (model_folder(CONFIGS[name], MEMORIES.get(name, "ideal"), say),)


def model_folder(config: MachineConfig, memory: str, say: Say) -> Path:
    """Where the compiled hardware of a configuration is, which is built first if need be."""
    RtlMachine(config, say=say, memory=memory).close()
    return build.CACHE / build.source_key([ROOT / folder for folder in SOURCES], config, memory)


def fuzz_kinds() -> list[Kind]:
    """One for each build of the hardware."""
    return [Kind(
        f"fuzz-{name}", f"random programs on the build `{name}`, in lockstep with the model",
        "programs", partial(_examine_programs, name), batch=FUZZ_BATCH, share=2.0,
        again=f"python -m sim.fuzz --config {name} --seed {{seed}}",
        shrink=partial(_shrink_program, name), prepare=partial(_model, name))
        for name in CONFIGS]


def _judge_netlist(seed: int, outcome: Outcome) -> str | None:
    return judge_by_command(("tests.gates", "--count", "1", "--first", str(seed)), ROOT)


def gates_kind() -> Kind:
    return Kind("gates", "random programs on the synthesised netlist, 63 random power-ups each",
                "programs", of_each_seed(_judge_netlist), share=0.5,
                again="python -m tests.gates --count 1 --first {seed}")


@cache
def _attempts() -> list[tuple[str, int | None]]:
    """Each proof, and each with one of its planted bugs."""
    from tests.formal.__main__ import proofs
    return [(name, bug) for name, proof in proofs().items()
            for bug in (None, *range(len(proof.bugs)))]


def _judge_proof(seed: int, outcome: Outcome) -> str | None:
    from tests.formal.__main__ import attempt, proofs
    name, bug = _attempts()[seed]
    is_right, _, complaint = attempt(proofs()[name], bug, say=lambda line: None)
    if is_right:
        outcome.count("proofs hold" if bug is None else "bugs found")
        return None
    return complaint


def proof_kind() -> Kind:
    return Kind("proofs", "each proof, and each bug planted for it, which it must find",
                "proofs", of_each_seed(_judge_proof), total=lambda: len(_attempts()),
                prepare=_yosys,
                again="python -m campaign run --kinds proofs --first {seed} --count 1")


def _yosys(say: Say) -> Sequence[Path]:
    from tests.formal.prover import warm_up
    warm_up()
    return ()


def _judge_place(design: str, seed: int, outcome: Outcome) -> str | None:
    from fpga.synthesis import max_mhz, place
    try:
        _synthesise(design)
        outcome.meet(f"{int(max_mhz(place(design, seed + 1)))} MHz")
    except SystemExit as error:  # what a tool that fails ends with
        return str(error)
    return None


@cache
def _synthesise(design: str) -> None:
    from fpga.synthesis import synthesise
    synthesise(design)


def place_kinds() -> list[Kind]:
    """Seeds of nextpnr, for each design that is measured."""
    return [Kind(f"place-{design}", f"`{design}` placed and routed on an ECP5: its clock by seed",
                 "placements", of_each_seed(partial(_judge_place, design)), share=0.5,
                 again=f"python -m campaign run --kinds place-{design} --first {{seed}} --count 1")
            for design in PLACE_DESIGNS]
