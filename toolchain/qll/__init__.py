"""The compiler for QLL: sources in, assembly text out.

`front.analyse` makes the typed tree (`tree`) of a program, `generate.generate` assembly text of
the tree; `compile_sources` does both. `cli` is the command line.
"""

from toolchain.source import Source

__all__ = ["compile_sources"]


def compile_sources(sources: list[Source], level: int = 2) -> str:
    """Assembly text of a program, from all its sources, the library's included.

    Raises
    ------
    SourceErrors
        With every mistake found (`errors.QllError`).
    """
    from toolchain.qll.front import analyse, with_deep_stack
    from toolchain.qll.generate import generate

    def work() -> str:
        program, _ = analyse(sources)
        return generate(program, level)

    return with_deep_stack(work)
