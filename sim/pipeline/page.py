"""The pipeline as one HTML page: a row for each instruction, a column for each cycle."""

import html
from collections.abc import Callable, Iterator

from sim.pipeline.lives import STAGES, Insn, Lives

__all__ = ["MOST_INSNS", "page"]

MOST_INSNS = 2000

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 0; }
header { padding: .6rem 1rem; } h1 { font-size: 1.2rem; margin: 0 0 .3rem; }
p { margin: .2rem 0; max-width: 70rem; }
.key i { font-style: normal; padding: 0 .45rem; margin-right: .15rem; border-radius: 2px;
         color: #000; }
.key span { margin-right: .9rem; white-space: nowrap; }
.wide { overflow: auto; max-height: calc(100vh - 7rem); border-top: 1px solid #8886; }
table { border-collapse: separate; border-spacing: 0; font: 12px/1.35 ui-monospace, monospace; }
td, th { padding: 0; min-width: 1.45em; text-align: center; color: #000; font-weight: normal; }
th { position: sticky; top: 0; background: Canvas; color: CanvasText; z-index: 1;
     font-size: 9px; }
td:first-child, th:first-child { position: sticky; left: 0; background: Canvas; z-index: 2;
     color: CanvasText; text-align: left; white-space: pre; padding: 0 .6em;
     border-right: 1px solid #8886; max-width: 24em; overflow: hidden; }
tr:hover td:first-child { background: #8884; }
tr.gone td { opacity: .45; } tr.gone td:first-child { text-decoration: line-through; }
.F { background: #9ecbff; } .Q { background: #cfd8dc; } .D { background: #ffe08a; }
.X { background: #a5e6a5; } .R { background: #d9b8ff; } .w { background: #ff9c85; }
@media (max-width: 600px) { header { padding: .4rem .5rem; } body { font-size: 13px; }
  td:first-child, th:first-child { max-width: 13em; font-size: 10px; } }
"""


def page(lives: Lives, text: Callable[[Insn], str], title: str) -> Iterator[str]:
    """The page's lines. `text` is what is said of an instruction."""
    insns = lives.insns[:MOST_INSNS]
    first = min((insn.begin for insn in insns), default=0)
    end   = max((insn.end for insn in insns), default=0)
    yield "<!doctype html><html lang=en><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width, initial-scale=1'>"
    yield f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
    yield f"<header><h1>{html.escape(title)}</h1><p class=key>"
    yield "".join(f"<span><i class={letter}>{letter}</i>{name}</span>"
                  for letter, name in STAGES.items())
    yield "<span><i class=w>X</i>waits: point at it</span><span><s>squashed</s></span></p>"
    left = len(lives.insns) - len(insns)
    if left:
        yield f"<p>The first {len(insns):,} instructions of {len(lives.insns):,}.</p>"
    yield "</header><div class=wide><table><tr><th>cycle"
    yield "".join(f"<th>{cycle if cycle % 5 == 0 else ''}" for cycle in range(first, end))
    for insn in insns:
        stalls = dict(insn.stalls)
        kind = "" if insn.retired else " class=gone"
        cells = [f"<tr{kind}><td title='{html.escape(text(insn), quote=True)}'>"
                 f"{insn.ip:08x} {html.escape(text(insn))}"]
        if insn.begin > first:
            cells.append(f"<td colspan={insn.begin - first}>")
        ends = [*(cycle for _, cycle in insn.stages[1:]), insn.end]
        for (stage, begin), stop in zip(insn.stages, ends, strict=True):
            for cycle in range(begin, stop):
                cause = stalls.get(cycle)
                waits = f"{STAGES[stage]} waits: {cause.lower()}" if cause else STAGES[stage]
                cells.append(f"<td class='{'w' if cause else stage}' "
                             f"title='cycle {cycle}: {waits}'>{stage}")
        yield "".join(cells) + "</tr>"
    yield "</table></div></html>"
