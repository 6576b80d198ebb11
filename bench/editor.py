"""How long an editor waits for the language server, on the largest file of the kernel."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

from editors.lsp.analysis import Depth
from editors.lsp.qll import QllView
from editors.lsp.session import Session
from toolchain.places import KERNEL
from toolchain.qll.front import with_deep_stack

__all__ = ["Waiting", "measure_editor"]

KEYS = 20

Waiting = list[tuple[str, float]]
"""What was done, and how many milliseconds of processor time it took, the median of `KEYS`."""


def measure_editor(keys: int = KEYS) -> tuple[Path, Waiting]:
    """Type keys into the middle of a body, and ask after each what an editor asks."""
    path = max(KERNEL.glob("*.qll"), key=lambda each: each.stat().st_size)
    text = path.read_text()
    line = text.index("\n    ", len(text) // 2) + 1
    session = Session()

    def typed(number: int) -> str:
        return f"{text[:line]}    {'a' * number}\n{text[line:]}"

    def after_key(ask: Callable[[int], object]) -> float:
        took = []
        for number in range(1, keys + 1):
            session.change(path, typed(number))
            begun = time.process_time()
            ask(line + 4 + number)
            took.append(time.process_time() - begun)
            gc.collect()
        return 1000 * sorted(took)[len(took) // 2]

    def asked(ask: Callable[[int], object]) -> float:
        took, at = [], text.index("::", line) + 2
        for _ in range(keys):
            begun = time.process_time()
            ask(at)
            took.append(time.process_time() - begun)
        return 1000 * sorted(took)[len(took) // 2]

    def measure() -> Waiting:
        session.change(path, typed(0))
        begun = time.process_time()
        session.view(path, Depth.WHOLE).problems()
        opened = 1000 * (time.process_time() - begun)
        found = [
            ("the file is opened", opened),
            ("a key: the mistakes of the file", after_key(
                lambda offset: session.view(path).problems())),
            ("a key: completion", after_key(lambda offset: session.view(path).complete(offset))),
            ("a pause: the mistakes of the program", after_key(
                lambda offset: session.view(path, Depth.WHOLE).problems())),
        ]
        session.change(path, text)
        view = session.view(path, Depth.WHOLE)
        assert isinstance(view, QllView)
        return [
            *found, ("hover", asked(view.hover)), ("definition", asked(view.definition)),
            ("references", asked(view.references)),
            ("outline", asked(lambda _: view.symbols())),
            ("formatting", asked(lambda _: view.formatted())),
        ]

    return path, with_deep_stack(measure)
