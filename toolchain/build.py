"""The one way from sources to an image.

The command lines, the simulator, the build of the system and the tests all come this way. QLL
sources, with the library of their target in front, become one assembly text (`compile_program`);
it is assembled behind the target's own assembly and that of the program (`image`), or linked with
objects. The compiler is loaded only when there is something to compile.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from isa.machine import PROGRAM
from toolchain.qasm.assembler import Program, link_units, parse_sources
from toolchain.source import Source, SourceError, SourceErrors
from toolchain.targets import library_sources

__all__ = ["Compiled", "compile_program", "debug_file", "flat_image", "generated", "image",
           "mentioned"]

_NEEDED = {
    "global::main":            "the program needs a function 'main'",
    "global::system::alloc":   "'new' needs a function 'system::alloc'",
    "global::system::dealloc": "'delete' needs a function 'system::dealloc'",
}


@dataclass(frozen=True)
class Compiled:
    """A QLL program as one assembly text; `tree` is a `toolchain.qll.tree.Program`."""
    text: Source
    tree: Any

    def check_symbols(self, defined: set[str], wanted: set[str]) -> None:
        """Report what the program declares and nobody defines, where it is declared.

        Parameters
        ----------
        defined, wanted : set[str]
            Labels that all parts of the whole define, and those that they refer to.

        Raises
        ------
        SourceErrors
            With a `QllError` for each.
        """
        from toolchain.qll.errors import QllError
        missing = wanted - defined
        declared = [*self.tree.externals, *(glob for glob in self.tree.globals if glob.extern)]
        errors: list[SourceError] = []
        for entity in declared:
            if entity.label in missing:
                what = "global" if entity in self.tree.globals else "function"
                errors.append(QllError(
                    "undefined-symbol", f"undefined symbol: {what} '{entity.label}' is declared "
                    "here and defined nowhere",
                    self.tree.text.span(entity.pos, entity.pos + len(entity.name))))
        missing -= {entity.label for entity in declared}
        errors += [QllError("undefined-symbol", f"undefined symbol '{label}': {why}")
                   for label, why in _NEEDED.items() if label in missing]
        if errors:
            raise SourceErrors(errors)


def generated(tree: Any, level: int, name: str, lines: bool,
              check: Callable[[Any], None] | None = None, debug: bool = False,
              others: Collection[str] | None = None) -> Compiled:
    """A checked program as assembly text. The parameters are those of `compile_program`."""
    from toolchain.qll.generate import generate
    return Compiled(Source(name, generate(tree, level, lines, check, debug, others)), tree)


def compile_program(sources: Sequence[Source], target: str = "none", level: int = 2, *,
                    name: str = "", lines: bool = True, debug: bool = False, strict: bool = False,
                    check: Callable[[Any], None] | None = None,
                    others: Callable[[Any], Collection[str]] | None = None) -> Compiled:
    """Compile QLL sources as one program.

    Parameters
    ----------
    target : str
        Whose library comes in front, one of `toolchain.targets.TARGETS`.
    level : int
        How much is optimised: 0, 1 or 2.
    name : str
        What the assembly text is called in messages (default: after the first source).
    lines : bool
        Mark in the text which source line it comes from.
    debug : bool
        Say in the text where all variables are, too (`toolchain.dwarf.records`).
    strict : bool
        Warnings count as errors.
    check
        Called with each function in the intermediate representation, after each pass.
    others
        Called with the checked program, a `toolchain.qll.tree.Program`: the labels that its other
        parts mention. Then what nothing mentions is left out, at levels 1 and 2.

    Raises
    ------
    SourceErrors
        With every mistake found.
    """
    from toolchain.qll.front import analyse, with_deep_stack

    def work() -> Compiled:
        library = library_sources(target, ".qll")
        tree, warnings = analyse([*library, *sources], library=len(library))
        if strict and warnings:
            raise SourceErrors(list(warnings))
        return generated(tree, level, name or f"<{sources[0].name}>.qasm", lines, check, debug,
                         None if others is None else others(tree))

    return with_deep_stack(work)


def mentioned(assembly: Sequence[Source]) -> set[str]:
    """The labels that assembly refers to."""
    return {reference.name for unit in parse_sources(assembly) for reference in unit.references}


def image(qll: Sequence[Source], qasm: Sequence[Source] = (), target: str = "none",
          level: int = 2, *, debug: bool = False, strict: bool = False,
          check: Callable[[Any], None] | None = None,
          shared: Callable[[Any], Source] | None = None, base: int = PROGRAM) -> Program:
    """A flat image with its symbols: the target's assembly, other assembly, and what the QLL
    sources compile to.

    The parameters are those of `compile_program`. `shared` gives assembly made from the checked
    QLL program, a `toolchain.qll.tree.Program`: constants of its that the other assembly uses.
    `base` is where the image will lie.

    Raises
    ------
    SourceErrors
        With every mistake found.
    """
    assembly = [*library_sources(target, ".qasm"), *qasm]
    if not qll:
        return link_units(parse_sources(assembly), base)

    def mentions(tree: Any) -> set[str]:
        if shared is not None:
            assembly.append(shared(tree))
        return mentioned(assembly)

    compiled = compile_program(qll, target, level, lines=False, debug=debug, strict=strict,
                               check=check, others=mentions)
    return flat_image(compiled, assembly, base)


def flat_image(compiled: Compiled, assembly: Sequence[Source], base: int = PROGRAM) -> Program:
    """What was compiled, behind assembly, as a flat image."""
    units = parse_sources([*assembly, compiled.text])
    compiled.check_symbols({label.name for unit in units for label in unit.labels},
                           {reference.name for unit in units for reference in unit.references})
    return link_units(units, base)


def debug_file(program: Program, name: str) -> bytes:
    """What is known of a flat image, as an ELF file that is laid out like it."""
    from toolchain.link import LIKE_FLAT, link, object_from_unit
    return link([object_from_unit(unit) for unit in program.units], name, LIKE_FLAT,
                base=program.base)
