"""What the emitter notes for the debug information, and what follows from it.

While a function is emitted, a `Recorder` hears where blocks begin, which instruction of the
intermediate representation is next, and what a register or a slot holds from here on. Afterwards
`Recorder.finish` goes through the text as the machine would, on all ways at once: each register
holds the values that it holds whichever way was taken. So a variable is said to be in a register
only where its value surely is; everywhere else it is not there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from toolchain.dwarf.numbers import IP_COLUMN
from toolchain.dwarf.records import Frame, Location, Piece, Place
from toolchain.qll.abi import CALL_CLOBBERS, LINK, RESULT
from toolchain.qll.middle.ir import Block, Ins, Slot, final
from toolchain.qll.middle.marks import Held, Mark, Marks, Scope
from toolchain.qll.target.flow import Key, State, effect_of, solve
from toolchain.qll.target.listener import NoRecorder

__all__ = ["CodeRecord", "Recorder", "Spot"]

Line = Any  # of the emitter: text, or a label's name in a tuple

_EFFECTS = frozenset(["store", "call"])


@dataclass(frozen=True)
class Spot:
    """From `word` on the code belongs to `mark`; `is_statement` where that statement begins."""
    word:         int
    mark:         Mark | None
    is_statement: bool


@dataclass
class CodeRecord:
    """What is known of a function's code; positions in words from its label."""
    words:  int
    spots:  list[Spot]
    frames: list[Frame]
    places: dict[tuple[Scope, Any], list[Place]]
    ranges: dict[Scope, list[tuple[int, int]]]  # of calls that were put in place


class _Kind(Enum):
    NODE = auto()
    INSTRUCTION = auto()
    DEFINE = auto()
    CALL = auto()
    SPILL = auto()
    RELOAD = auto()
    EDGE = auto()


@dataclass(frozen=True)
class _Event:
    """Something that happens in front of line `at`."""
    at:    int
    kind:  _Kind
    what:  Any
    other: Any = None


@dataclass
class _Node:
    """Lines [first, end), and what is known where they begin."""
    first:  int
    end:    int = 0
    events: list[_Event] = field(default_factory=list)


class Recorder(NoRecorder):
    """Notes what happens while `lines` grows."""

    def __init__(self, lines: list[Line], marks: Marks):
        self.lines = lines
        self.marks = marks
        self.events: list[_Event] = []
        self.frames: list[tuple[int, int, int, tuple[tuple[int, int], ...]]] = []

    def _note(self, kind: _Kind, what: Any, other: Any = None) -> None:
        self.events.append(_Event(len(self.lines), kind, what, other))

    def node(self, what: object, mark: int, has_frame: bool) -> None:
        self._note(_Kind.NODE, what, (mark, has_frame))

    def instruction(self, block: Block, index: int, ins: Ins) -> None:
        self._note(_Kind.INSTRUCTION, (block, index), ins)

    def define(self, register: int, value: Ins) -> None:
        self._note(_Kind.DEFINE, register, value)

    def call(self, ins: Ins) -> None:
        self._note(_Kind.CALL, ins)

    def spill(self, slot: Slot, register: int) -> None:
        self._note(_Kind.SPILL, slot, register)

    def reload(self, register: int, slot: Slot) -> None:
        self._note(_Kind.RELOAD, register, slot)

    def edge(self, target: object) -> None:
        self._note(_Kind.EDGE, target)

    def frame(self, offset: int, link: int, saved: Sequence[tuple[int, int]]) -> None:
        self.frames.append((len(self.lines), offset, link, tuple(
            (IP_COLUMN if register == LINK else register, depth) for register, depth in saved)))

    # --- afterwards ---

    def finish(self, frame_words: int) -> CodeRecord:
        """What follows from the notes, for a frame of so many words below the caller's."""
        return _Finisher(self, frame_words).run()


class _Finisher:
    """Works out one function."""

    def __init__(self, recorder: Recorder, frame_words: int):
        self.recorder = recorder
        self.marks = recorder.marks
        self.lines = recorder.lines
        self.frame_words = frame_words
        self.offsets = _offsets(recorder.lines)
        self.effects = [effect_of(line) for line in recorder.lines]
        self.nodes, self.kinds = self._split()
        self.wanted = self._wanted()
        self.starts = self._statement_starts()
        self.places: dict[tuple[Scope, Any], list[Place]] = {}
        self.ranges: dict[Scope, list[tuple[int, int]]] = {}
        self.spots: list[Spot] = []

    def run(self) -> CodeRecord:
        states = solve(list(self.nodes), self._leave)
        for what, node in self.nodes.items():
            state = states.get(what)
            self._walk(node, State() if state is None else state.copy(), what)
        frames = [Frame(self.offsets[at], offset, link, saved)
                  for at, offset, link, saved in self.recorder.frames]
        last = {frame.word: frame for frame in frames}  # of one word the last counts
        kept = [frame for before, frame in zip([None, *last.values()], last.values(), strict=False)
                if before is None or before[1:] != frame[1:]]
        return CodeRecord(self.offsets[-1], self.spots, kept, self.places, self.ranges)

    def _split(self) -> tuple[dict[object, _Node], dict[object, tuple[int, bool]]]:
        """The nodes in order; the mark that each begins with, and whether it has the frame."""
        nodes: dict[object, _Node] = {}
        kinds: dict[object, tuple[int, bool]] = {}
        node = nodes["entry"] = _Node(0)
        kinds["entry"] = 0, False
        for event in self.recorder.events:
            if event.kind is _Kind.NODE:
                node.end = event.at
                node = nodes[event.what] = _Node(event.at)
                kinds[event.what] = event.other
            else:
                node.events.append(event)
        node.end = len(self.lines)
        return nodes, kinds

    def _wanted(self) -> set[Key]:
        """The values that variables hold somewhere."""
        numbers = {event.other.line for event in self.recorder.events
                   if event.kind is _Kind.INSTRUCTION}
        numbers |= {mark for mark, _ in self.kinds.values()}
        found: set[Key] = set()
        for number in numbers:
            mark = self.marks[number]
            for held in mark.held.values() if mark is not None else ():
                if not isinstance(held, Ins):
                    found.update(final(word) for word in held if word is not None)
        return found

    def _statement_starts(self) -> set[int]:
        """The instructions, by the number of their event, at which statements begin.

        All that came before has been done there, and nothing of the statement itself that anybody
        can see; see `_starts_of`.
        """
        by_block: dict[Block, list[tuple[int, Ins]]] = {}
        for number, event in enumerate(self.recorder.events):
            if event.kind is _Kind.INSTRUCTION:
                by_block.setdefault(event.what[0], []).append((number, event.other))
        return {number for block, found in by_block.items()
                for number in _starts_of(block, found, self._begins)}

    def _begins(self, number: int) -> bool:
        mark = self.marks[number]
        return mark is not None and mark.begins

    # --- along the code ---

    def _apply(self, event: _Event, state: State) -> None:
        if event.kind is _Kind.DEFINE:
            state.define(event.what, event.other, self.wanted)
        elif event.kind is _Kind.CALL:
            call: Ins = event.what
            mask = call.value.clobbers
            if mask < 0:
                mask = CALL_CLOBBERS
            if call.value.fast:
                mask |= (1 << len(call.args)) - 1
            state.clobber(mask | 1 << RESULT)
            state.define(RESULT, call, self.wanted)
        elif event.kind is _Kind.SPILL:
            state.copy_to(event.what, event.other)
        elif event.kind is _Kind.RELOAD:
            state.copy_to(event.what, event.other)

    def _leave(self, what: object, state: State) -> Iterable[tuple[object, State]]:
        """Go through a node; yields where it goes on and what holds there."""
        node = self.nodes[what]
        events = iter([*node.events, _Event(len(self.lines) + 1, _Kind.EDGE, None)])
        event = next(events)
        for at in range(node.first, node.end + 1):
            while event.at <= at:
                if event.kind is _Kind.EDGE:
                    yield event.what, state.copy()
                else:
                    self._apply(event, state)
                event = next(events)
            if at < node.end:
                state.execute(self.effects[at])
        if what == "entry":
            yield next(iter(list(self.nodes)[1:]), None), state

    def _walk(self, node: _Node, state: State, what: object) -> None:
        """Note what holds at each instruction of a node."""
        number, has_frame = self.kinds[what]
        is_start = False
        events = {event.at: [] for event in node.events}  # type: dict[int, list[_Event]]
        for event in node.events:
            events[event.at].append(event)
        for at in range(node.first, node.end):
            for event in events.get(at, ()):
                if event.kind is _Kind.INSTRUCTION:
                    if event.other.line:
                        if event.other.line != number:
                            is_start = False
                        number = event.other.line
                    is_start = is_start or id(event) in self._starts
                elif event.kind is not _Kind.EDGE:
                    self._apply(event, state)
            first, end = self.offsets[at], self.offsets[at + 1]
            if end > first:
                mark = self.marks[number]
                self._spot(first, mark, is_start)
                is_start = False
                if mark is not None:
                    self._note_scopes(mark.scope, first, end)
                    for key, held in mark.held.items():
                        self._note_place(key, first, end, self._location(held, state, has_frame))
            state.execute(self.effects[at])

    @property
    def _starts(self) -> set[int]:
        if not hasattr(self, "_start_ids"):
            self._start_ids = {id(self.recorder.events[number]) for number in self.starts}
        return self._start_ids

    def _spot(self, word: int, mark: Mark | None, is_start: bool) -> None:
        if is_start or not self.spots or self.spots[-1].mark is not mark:
            self.spots.append(Spot(word, mark, is_start))

    def _note_scopes(self, scope: Scope, first: int, end: int) -> None:
        at: Scope | None = scope
        while at is not None and at.parent is not None:
            ranges = self.ranges.setdefault(at, [])
            if ranges and ranges[-1][1] == first:
                ranges[-1] = ranges[-1][0], end
            else:
                ranges.append((first, end))
            at = at.parent

    def _note_place(self, key: tuple[Scope, Any], first: int, end: int,
                    location: Location) -> None:
        places = self.places.setdefault(key, [])
        if places and places[-1].end == first and places[-1].location == location:
            places[-1] = Place(places[-1].first, end, location)
        else:
            places.append(Place(first, end, location))

    # --- where a variable is ---

    def _location(self, held: Held, state: State, has_frame: bool) -> Location:
        if isinstance(held, Ins):
            if held.op == "arg":
                return "m", held.value
            slot, offset = held.value
            if slot.stale or not has_frame:
                return ()
            return "m", slot.offset + offset - self.frame_words
        pieces = [None if word is None else self._piece(final(word), state, has_frame)
                  for word in held]
        return tuple(pieces) if any(piece is not None for piece in pieces) else ()

    def _piece(self, word: Ins, state: State, has_frame: bool) -> Piece:
        if word.op == "const":
            return "c", word.value
        if word.op == "label":
            return "a", *word.value
        if word.op == "arg":
            return "s", word.value
        if word.op == "slot":
            slot, offset = word.value
            return ("s", slot.offset + offset - self.frame_words) if has_frame else None
        if word.op == "param" and word.block is None and word.reg >= 0:
            return "r", word.reg  # pinned: there all the time
        where = state.where(word)
        if isinstance(where, Slot):
            return ("f", where.offset - self.frame_words) if has_frame else None
        return None if where is None else ("r", where)


def _offsets(lines: Sequence[Line]) -> list[int]:
    """How many words there are in front of each line, and in all."""
    offsets, total = [], 0
    for line in lines:
        offsets.append(total)
        if isinstance(line, str) and not line.startswith("  ;"):
            total += 2 if line.startswith("  constant ") else 1
    return [*offsets, total]


def _starts_of(block: Block, found: Sequence[tuple[int, Ins]],
               begins: Callable[[int], bool]) -> Iterable[int]:
    """The instructions at which the statements of a block begin, those whose marks say so.

    Stores and calls stay in their order, whatever else is moved. A statement begins at its first
    instruction after the last store or call of those before it, unless its own first one, or that
    of a later statement, comes before that instruction: then it begins nowhere.
    """
    order = block.order or list(dict.fromkeys(ins.line for _, ins in found))
    rank = {mark: at for at, mark in enumerate(order)}
    effects = [(at, rank.get(ins.line, 0)) for at, (_, ins) in enumerate(found)
               if ins.op in _EFFECTS]
    least = 0
    for mark in order:
        if not begins(mark):
            continue
        after = max([at + 1 for at, of in effects if of < rank[mark]], default=0)
        until = min([at for at, of in effects if of >= rank[mark]], default=len(found))
        for at in range(max(after, least), min(until + 1, len(found))):
            if found[at][1].line == mark:
                yield found[at][0]
                least = at + 1
                break
