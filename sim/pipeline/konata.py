"""The pipeline for Konata (https://github.com/shioyadan/Konata), which scrolls through it."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from sim.pipeline.lives import Insn, Lives

__all__ = ["konata"]


def konata(lives: Lives, text: Callable[[Insn], str]) -> Iterator[str]:
    """The lines of the file. `text` is what is said of an instruction."""
    events: dict[int, list[str]] = defaultdict(list)
    first = min((insn.begin for insn in lives.insns), default=max(lives.first, 0))
    retired = 0
    for number, insn in enumerate(lives.insns):
        events[insn.begin] += [f"I\t{number}\t{number}\t0",
                               f"L\t{number}\t0\t{insn.ip:08x} {text(insn)}"]
        for at, cause in insn.stalls:
            events[at].append(f"L\t{number}\t1\tcycle {at}: {cause.lower()}\\n")
            events[at].append(f"S\t{number}\t1\t{cause.lower()}")
            events[at + 1].append(f"E\t{number}\t1\t{cause.lower()}")
        ends = [*(cycle for _, cycle in insn.stages[1:]), insn.end]
        for (stage, begin), end in zip(insn.stages, ends, strict=True):
            events[begin].append(f"S\t{number}\t0\t{stage}")
            events[end].append(f"E\t{number}\t0\t{stage}")
        events[insn.end].append(f"R\t{number}\t{retired}\t{int(not insn.retired)}")
        retired += insn.retired
    yield "Kanata\t0004"
    yield f"C=\t{first}"
    before = first
    for cycle in sorted(events):
        if cycle > before:
            yield f"C\t{cycle - before}"
        before = cycle
        # What begins comes after what ends, and nothing before its instruction.
        yield from sorted(events[cycle], key=lambda line: "EILSR".index(line[0]))
