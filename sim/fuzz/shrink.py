"""Making a failing program small: fewer atoms, a simpler setting, fewer words."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sim.fuzz.program import Atom, Program, Setting
from sim.fuzz.values import encode

__all__ = ["shrink"]

Fails = Callable[[Program], bool]


def shrink(program: Program, fails: Fails, attempts: int = 2000) -> Program:
    """A smaller program that still fails; asks `fails` at most so many times.

    A part of a program is a program too, so this only has to leave things out.
    """
    left = attempts

    def still_fails(candidate: Program) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    while left > 0:
        before = program
        program = _fewer_atoms(program, still_fails)
        program = _simpler_setting(program, still_fails)
        program = _simpler_words(program, still_fails)
        if program == before:
            break
    return program


def _fewer_atoms(program: Program, fails: Fails) -> Program:
    """Leave out runs of atoms, long ones first."""
    size = len(program.atoms)
    while size:
        at = 0
        while at < len(program.atoms):
            candidate = program.with_atoms(program.atoms[:at] + program.atoms[at + size:])
            if fails(candidate):
                program = candidate
            else:
                at += size
        size //= 2
    return program


def _simpler_setting(program: Program, fails: Fails) -> Program:
    for setting in _settings(program.setting):
        candidate = replace(program, setting=setting)
        if fails(candidate):
            program = candidate
            return _simpler_setting(program, fails)
    return program


def _settings(setting: Setting) -> Iterator[Setting]:
    """Each a step simpler than the given one."""
    plain = Setting()
    for name in ("rounds", "timer_ms", "tables", "user_offset", "masked", "bad_handler", "highest",
                 "line", "stdin", "fault_step"):
        if getattr(setting, name) != getattr(plain, name):
            yield replace(setting, **{name: getattr(plain, name)})
    if len(setting.tables) > 1:
        yield replace(setting, tables=setting.tables[:1])


def _simpler_words(program: Program, fails: Fails) -> Program:
    """Make instructions `nop`, and leave trailing ones out."""
    nop = encode("nop")
    for number in range(len(program.atoms)):
        atom = program.atoms[number]
        for at in range(len(atom.words) - 1, -1, -1):
            words = list(atom.words)
            if words[at] == nop:
                continue
            words[at] = nop
            while words and words[-1] == nop:
                words.pop()
            candidate = _with_atom(program, number, Atom(atom.kind, tuple(words)))
            if fails(candidate):
                program, atom = candidate, candidate.atoms[number]
                if at > len(atom.words):
                    break
    return program


def _with_atom(program: Program, number: int, atom: Atom) -> Program:
    return program.with_atoms((*program.atoms[:number], atom, *program.atoms[number + 1:]))
