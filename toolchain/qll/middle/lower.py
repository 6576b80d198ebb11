"""From the typed tree to the intermediate representation.

Statements are walked once, in order. A local that nobody else can see, and that has few words, is
kept in SSA values from the start (`ssa.Builder`); all other locals have a slot of the frame.

Checks are `guard` instructions in the middle of blocks, so that they do not cut the code in pieces.
"""

from toolchain.qll import tree
from toolchain.qll.middle import aggregates, calls, heap, places, statements, values
from toolchain.qll.middle.body import FLAT, INIT, Body, InMemory, Rules, Shared, Witness
from toolchain.qll.middle.ir import Function, Memory
from toolchain.qll.middle.marks import Marks, Scope
from toolchain.qll.middle.module import Data, Module
from toolchain.qll.middle.ssa import Builder

__all__ = ["lower"]

RULES = Rules(
    place=places.PLACES,
    value=values.SCALARS | calls.SCALARS | heap.SCALARS,
    words=aggregates.IN_WORDS | calls.IN_WORDS | heap.IN_WORDS,
    memory=aggregates.IN_MEMORY | calls.IN_MEMORY,
    statement=statements.STATEMENTS,
)


def lower(program: tree.Program, level: int, debug: bool = False) -> Module:
    """The whole program; at `level` 0 all locals stay in memory and all calls use the stack. With
    `debug` all code is marked with what it belongs to (`marks`)."""
    module = Module(sources=program.text.sources, marks=Marks() if debug else None)
    shared = Shared(program, module, level)
    initialisers = []
    for glob in program.globals:
        if glob.extern:
            continue
        if glob.image is not None:
            words: list[int | str] = [
                word if isinstance(word, int) else word.label for word in glob.image]
        else:
            words = [0] * glob.type.size
            initialisers.append(glob)
        if words:
            module.data.append(Data(glob.label, words, glob.constant and glob.image is not None))
        else:
            module.data.append(Data(glob.label, [0]))  # a label needs a word
        shared.sizes[glob.label] = max(1, glob.type.size)
    promote = level > 0
    module.functions.append(_initialise(shared, initialisers, promote))
    for function in program.functions:
        module.functions.append(_function(shared, function, promote))
        if function.exported:
            module.keep.add(function.label)

    def plain(symbol: str) -> Function:
        """One function once more, with all its locals in memory."""
        if symbol == INIT:
            return _initialise(shared, initialisers, False)
        return _function(shared, shared.by_label[symbol], False)

    module.plain = plain
    return module


def _body(shared: Shared, source: tree.Function | None, promote: bool) -> Body:
    fn = Function(source.label if source is not None else INIT)
    fn.sizes = shared.sizes
    fn.marks = shared.marks
    scope = None if shared.marks is None else Scope(source)
    return Body(RULES, shared, source, promote, Builder(fn), scope=scope)


def _initialise(shared: Shared, globals_: list[tree.Global], promote: bool) -> Function:
    """The function that sets the globals whose values are not in the image."""
    body = _body(shared, None, promote)
    build = body.build
    for glob in globals_:
        assert glob.initialiser is not None
        body.mark(glob.pos)
        target = InMemory(Memory.GLOBAL, build.fn.label(glob.label))
        body.assign(target, glob.initialiser, Witness.ANYBODY)
    statements.leave(body, None)
    return build.fn


def _function(shared: Shared, source: tree.Function, promote: bool) -> Function:
    assert source.body is not None
    body = _body(shared, source, promote)
    build = body.build
    how = shared.signature(source)
    fn = build.fn
    fn.fast, fn.interrupt, fn.words = how.fast, source.interrupt, how.total
    if promote:
        body.assigned = statements.assigned_in_loops(source.body)
    body.mark(source.pos, begins=False)
    _take_parameters(body, source)
    body.visible += source.parameters
    body.statements(source.body)
    if not build.dead:
        statements.leave(body, None)
    return fn


def _take_parameters(body: Body, source: tree.Function) -> None:
    """Make locals of the parameters, as they arrive in registers or on the stack."""
    build = body.build
    fn, how = build.fn, body.shared.signature(source)
    for local, size, offset in zip(source.parameters, how.sizes, how.offsets, strict=True):
        if how.fast:
            words = [build.param() for _ in range(size)]
            fn.stub_offsets += range(offset, offset + size)
            if body.promote:
                build.env[local] = tuple(words)
            else:
                body.store_words(body.home(local), words)
        elif body.promote and not local.exposed and size <= FLAT:
            build.env[local] = tuple(build.load(Memory.LOCAL, fn.leaf("arg", offset + word))
                                     for word in range(size))
        else:
            body.memory[local] = InMemory(Memory.ELEMENT, fn.leaf("arg", offset))
    if how.aggregate:
        if how.fast:
            body.result = build.param()
            fn.stub_offsets.append(how.words)
        else:
            body.result = build.load(Memory.LOCAL, fn.leaf("arg", how.words))
