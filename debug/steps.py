"""Steps by instruction, cycle, line and call, in both directions of time."""

from collections.abc import Callable

from debug.error import DebugError
from debug.frames import FrameView
from debug.recent import tlb_state, walk
from debug.session import EVERY, Reached, Session, address_of
from debug.symbols import Module
from sim.engine.library import Condition, Hit, What

__all__ = ["Steps"]

STRIDE       = 5_000  # cycles between looks whether a TLB has something new
LONGEST_WALK = 400    # cycles of one with a page table of a hundred entries

NO_LINES = ("there is no line information for the code here; 'stepi' goes on by one instruction, "
            "'finish' to the caller")


class Steps:
    """The steps of a session. Other processes and the kernel may run in between: a step by line
    ends in the address space in which it began."""

    def __init__(self, session: Session):
        self._session = session

    # --- by instruction and cycle ----------------------------------------------------------------

    def instruction(self) -> Reached:
        """To the next one, wherever it is."""
        return self._session.forward([EVERY])

    def instruction_back(self) -> Reached:
        """To the one before."""
        return self._session.backward([EVERY])

    def cycle(self, count: int) -> Reached:
        """So many clock cycles on; back, if it is negative."""
        session = self._session
        at = session.history.cycles + count
        if count < 0:
            session.go_to(max(0, at))
            return Reached("start" if at < 0 else "step")
        return session.forward(limit=at)

    def walk(self) -> Reached:
        """To the next cycle in which a walk of the page table begins."""
        session, history = self._session, self._session.history
        while True:
            here, known = history.cycles, tlb_state(session.look)
            reached = session.forward(limit=here + STRIDE)
            end = history.cycles
            if tlb_state(session.look) != known:
                filled = self._first(here, end, known, is_same=False)
                if self._begins(max(here, filled - LONGEST_WALK), filled, here):
                    return Reached("step")
                session.go_to(filled)
            elif reached.why != "step":
                return reached

    def walk_back(self) -> Reached:
        """To the last cycle before in which one began."""
        session, history = self._session, self._session.history
        here = until = history.cycles
        while until > 0:
            since, known = max(0, until - STRIDE), tlb_state(session.look)
            session.go_to(since)
            if tlb_state(session.look) != known:
                until = self._first(since, until, known, is_same=True)
                if self._begins(max(0, until - LONGEST_WALK), until, -1, here):
                    return Reached("step")
                until -= 1
            else:
                until = since
            if session.host.wants_stop():
                session.go_to(here)
                return Reached("asked")
            session.go_to(until)
        return Reached("start")

    def _first(self, low: int, high: int, known: tuple[int, ...], *, is_same: bool) -> int:
        """The first cycle behind `low` at which the TLBs have the known state, or have it no more,
        as at `high`; the position is any then."""
        while high - low > 1:
            middle = (low + high) // 2
            self._session.history.go_to(middle)
            if (tlb_state(self._session.look) == known) == is_same:
                high = middle
            else:
                low = middle
        return high

    def _begins(self, since: int, until: int, behind: int, before: int | None = None) -> bool:
        """Go to the last cycle from `since` to `until` in which a walk begins, one that is behind
        one cycle and before another; whether there is any."""
        found = None
        self._session.history.go_to(since)
        was = self._walks()
        for cycle in range(since + 1, until + 1):
            self._session.history.go_to(cycle)
            is_walking = self._walks()
            if is_walking and not was and cycle > behind and (before is None or cycle < before):
                found = cycle
            was = is_walking
        if found is not None:
            self._session.go_to(found)
        return found is not None

    def _walks(self) -> bool:
        return walk(self._session.look) is not None

    def next_instruction(self) -> Reached:
        """To the next one of this function; calls are run through."""
        session, frame = self._session, self._session.frames()[0]
        function = self._module(frame).info.function_at(frame.ip)
        if function is None:
            return self.instruction()
        inside = Condition(What.STEP, function.low, function.high, frame.space)
        back = self._returns(frame)
        return session.forward([inside, *back], self._same_or_outer(frame))

    # --- by line ---------------------------------------------------------------------------------

    def line(self) -> Reached:
        """To the next line that is executed, be it in a function that is called."""
        frame = self._session.frames()[0]
        module, _ = self._here(frame)
        entries = [Condition(What.POINT, module.body(function), space=frame.space)
                   for function in module.info.functions
                   if module.statement_starts(function.low, function.high)]
        return self._over(frame, entries)

    def next_line(self) -> Reached:
        """To the next line of this function, or of its caller once it returns."""
        return self._over(self._session.frames()[0], [])

    def _over(self, frame: FrameView, entries: list[Condition]) -> Reached:
        module, line = self._here(frame)
        function = module.info.function_at(frame.ip)
        assert function is not None
        own = [Condition(What.POINT, address, space=frame.space)
               for address, file, number in module.statement_starts(function.low, function.high)
               if (file, number) != line]
        inner = {condition.low for condition in entries}
        outer = self._same_or_outer(frame)

        def accepts(hit: Hit) -> bool:
            return address_of(hit) in inner or outer(hit)

        return self._session.forward([*own, *entries, *self._returns(frame)], accepts)

    def finish(self) -> Reached:
        """Until the selected frame's function has returned."""
        session = self._session
        frame = session.frame()
        back = self._returns(frame)
        if not back:
            raise DebugError("the outermost frame has no caller to go on to")
        return session.forward(back, self._is_outer(frame))

    def line_back(self) -> Reached:
        """To the beginning of the line that was executed before, be it in a function that was
        called; from within a line to its beginning."""
        frame = self._session.frames()[0]
        module, _ = self._here(frame)
        starts = [Condition(What.POINT, address, space=frame.space)
                  for address, _, _ in module.statement_starts()]
        return self._first_of_line(frame, module, starts, lambda hit: True)

    def next_line_back(self) -> Reached:
        """The same, with calls run through backwards."""
        session, frame = self._session, self._session.frames()[0]
        module, _ = self._here(frame)
        ranges = [module.info.function_at(frame.ip)]
        caller = self._caller(frame)
        if caller is not None:
            ranges.append(module.info.function_at(caller.ip - 1))
        starts = [Condition(What.POINT, address, space=frame.space)
                  for function in ranges if function is not None
                  for address, _, _ in module.statement_starts(function.low, function.high)]
        least = frame.cfa

        def accepts(hit: Hit) -> bool:
            cfa = session.frames()[0].cfa
            return least is None or cfa is None or cfa >= least

        return self._first_of_line(frame, module, starts, accepts)

    def finish_back(self) -> Reached:
        """To the call of the selected frame's function."""
        session, frame = self._session, self._session.frame()
        function = self._module(frame).info.function_at(frame.ip)
        if function is None:
            raise DebugError(NO_LINES)
        wanted = frame.cfa
        reached = session.backward(
            [Condition(What.POINT, function.low, space=frame.space)],
            lambda hit: wanted is None or session.frames()[0].cfa == wanted)
        return self.instruction_back() if reached.why == "step" else reached

    def _first_of_line(self, frame: FrameView, module: Module, starts: list[Condition],
                       accepts: Callable[[Hit], bool]) -> Reached:
        """Back to a statement's beginning, and on to the first one of the same line in a row."""
        session = self._session
        reached = session.backward(starts, accepts)
        while reached.why == "step":
            here = session.history.cycles
            frame = session.frames()[0]
            line = (frame.place.file, frame.place.line) if frame.place else None
            before = session.history.last(starts, here)
            session.go_to(here)
            place = module.info.places(address_of(before[-1]))[:1] if before else ()
            if not place or (place[0].file, place[0].line) != line:
                break
            session.go_to(before[-1].position)
            if session.frames()[0].cfa != frame.cfa:
                session.go_to(here)
                break
        return reached

    # --- inside ----------------------------------------------------------------------------------

    def _module(self, frame: FrameView) -> Module:
        if frame.module is None:
            raise DebugError(NO_LINES)
        return frame.module

    def _here(self, frame: FrameView) -> tuple[Module, tuple[str, int]]:
        module = self._module(frame)
        if frame.place is None or not frame.place.line:
            raise DebugError(NO_LINES)
        return module, (frame.place.file, frame.place.line)

    def _caller(self, frame: FrameView) -> FrameView | None:
        """The frame that called this one, by a call that was not inlined."""
        for other in self._session.frames():
            if other.note:
                break
            if other.frame is not frame.frame and (other.cfa or 0) >= (frame.cfa or 0):
                return other
        return None

    def _returns(self, frame: FrameView) -> list[Condition]:
        caller = self._caller(frame)
        return [] if caller is None else [
            Condition(What.POINT, caller.ip, space=frame.space)]

    def _is_outer(self, frame: FrameView) -> Callable[[Hit], bool]:
        stack = frame.cfa

        def accepts(hit: Hit) -> bool:
            return stack is None or self._session.look.registers()[63] >= stack

        return accepts

    def _same_or_outer(self, frame: FrameView) -> Callable[[Hit], bool]:
        stack = frame.cfa

        def accepts(hit: Hit) -> bool:
            cfa = self._session.frames()[0].cfa
            return stack is None or cfa is None or cfa >= stack

        return accepts
