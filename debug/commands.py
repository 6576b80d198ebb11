"""The debugger's language: one command a line, named as gdb names them where gdb has them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from debug import shown
from debug.error import DebugError, NotThere, UnknownName, suggestion
from debug.expressions import evaluate
from debug.frames import FrameView, frame_at
from debug.places import resolve, space_of
from debug.session import Reached, Session
from debug.steps import Steps
from debug.stops import Breakpoint, Catch, Stop, Watch
from debug.symbols import Module
from debug.values import FORMATS
from debug.waves import split_files
from isa.machine import Interrupt, Reason
from sim.engine.library import ANYWHERE, What

__all__ = ["Commands", "Quit"]


class Quit(Exception):
    """The person wants to leave."""


@dataclass(frozen=True)
class Command:
    """A name, what it may be shortened to, what it does, and one line of help."""
    name:    str
    aliases: tuple[str, ...]
    run:     Callable[[str], str]
    usage:   str
    help:    str


class Commands:
    """Executes commands in a session; each gives text for the person.

    Parameters
    ----------
    session : Session
    type_text : callable
        Takes what `type` types at the machine's terminal.
    leave : callable
        Called by `quit` with its argument, before it leaves; may refuse by a `DebugError`.
    """

    def __init__(self, session: Session, *, type_text: Callable[[str], None],
                 leave: Callable[[str], str] = lambda keep: ""):
        self.session = session
        self.steps = Steps(session)
        self._type_text = type_text
        self._leave = leave
        self._last_list: tuple[str, int] | None = None
        self._displays: list[str] = []
        self.table = {command.name: command for command in self._all()}
        self._names = {name: command for command in self.table.values()
                       for name in (command.name, *command.aliases)}

    def execute(self, line: str) -> str:
        """Do one command. Raises `DebugError` and `Quit`."""
        line = line.strip()
        if not line or line.startswith("#"):
            return ""
        word, _, rest = line.partition(" ")
        word, slash, form = word.partition("/")
        command = self.find(word)
        return command.run(("/" + form + " " if slash else "") + rest.strip())

    def find(self, word: str) -> Command:
        """A command by its name or an unambiguous beginning of it. Raises `DebugError`."""
        if word in self._names:
            return self._names[word]
        found = {command.name: command for name, command in self._names.items()
                 if name.startswith(word)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise DebugError(f"'{word}' may be {', '.join(sorted(found))}")
        raise DebugError(f"there is no command '{word}'{suggestion(word, self._names)}; 'help' "
                         "lists them")

    # --- the table -------------------------------------------------------------------------------

    def _all(self) -> Iterable[Command]:
        steps = self.steps
        yield Command("break", ("b", "br"), self._break, "break PLACE [if CONDITION]",
                      "stop at a line, a function, an address; 'cat:main' in one program")
        yield Command("tbreak", ("tb",), lambda rest: self._break(rest, temporary=True),
                      "tbreak PLACE", "the same, once")
        yield Command("watch", (), self._watch, "watch EXPRESSION [if CONDITION]",
                      "stop where a variable, a word or a register changes")
        yield Command("catch", (), self._catch, "catch fault|interrupt|syscall [WHICH]",
                      "stop at a fault, an interrupt that is taken, a system call")
        yield Command("delete", ("d",), self._delete, "delete [NUMBER ...]", "remove stops")
        yield Command("enable", (), lambda rest: self._enable(rest, True), "enable [NUMBER ...]",
                      "let stops count again")
        yield Command("disable", (), lambda rest: self._enable(rest, False),
                      "disable [NUMBER ...]", "let stops not count")
        yield Command("condition", (), self._condition, "condition NUMBER [EXPRESSION]",
                      "stop only where this is true")
        yield Command("ignore", (), self._ignore, "ignore NUMBER COUNT", "pass over it so often")

        def moves(name: str, aliases: tuple[str, ...], step: Callable[[], Reached],
                  help_text: str) -> Command:
            return Command(name, aliases, lambda rest: self._repeat(step, rest),
                           f"{name} [COUNT]", help_text)

        yield Command("continue", ("c", "cont"), self._continue, "continue [COUNT]",
                      "run until something stops the machine")
        yield moves("reverse-continue", ("rc",), self.session.backward,
                    "run backwards until something stops the machine")
        yield moves("step", ("s",), steps.line, "to the next line, into calls")
        yield moves("reverse-step", ("rs",), steps.line_back, "to the line before, into calls")
        yield moves("next", ("n",), steps.next_line, "to the next line, over calls")
        yield moves("reverse-next", ("rn",), steps.next_line_back, "to the line before, over calls")
        yield moves("stepi", ("si",), steps.instruction, "to the next instruction")
        yield moves("reverse-stepi", ("rsi",), steps.instruction_back, "to the one before")
        yield moves("nexti", ("ni",), steps.next_instruction, "the same over calls")
        yield Command("finish", ("fin",), self._finish, "finish",
                      "until the selected frame's function returns; shows what it returned")
        yield moves("reverse-finish", ("rfin",), steps.finish_back, "back to the function's call")
        yield Command("cycle", ("cy",), lambda rest: self._cycle(rest, 1), "cycle [COUNT]",
                      "clock cycles on")
        yield Command("reverse-cycle", ("rcy",), lambda rest: self._cycle(rest, -1),
                      "reverse-cycle [COUNT]", "clock cycles back")
        yield moves("walk", (), steps.walk, "to where the next walk of the page table begins")
        yield moves("reverse-walk", (), steps.walk_back, "to where the one before began")
        yield Command("until", ("advance",), self._until, "until PLACE", "run to a place")
        yield Command("goto", (), self._go_to, "goto CYCLE|start|end",
                      "be at a cycle of the recording")

        yield Command("backtrace", ("bt", "where"), self._backtrace, "backtrace [COUNT]",
                      "the chain of calls")
        yield Command("frame", ("f",), self._frame, "frame [NUMBER]", "look at another frame")
        yield Command("up", (), lambda rest: self._move(self._count(rest)), "up [COUNT]",
                      "look at the caller")
        yield Command("down", (), lambda rest: self._move(-self._count(rest)), "down [COUNT]",
                      "look at what was called")
        yield Command("process", (), self._process, "process [NUMBER|NAME]",
                      "look at the frames of another process")
        yield Command("print", ("p", "inspect"), self._print, "print[/FORMAT] EXPRESSION",
                      "the value of an expression; formats x d u c t f")
        yield Command("ptype", ("whatis",), self._type, "ptype EXPRESSION", "its type")
        yield Command("display", (), self._display, "display [EXPRESSION]",
                      "print it whenever the machine stops")
        yield Command("undisplay", (), self._undisplay, "undisplay", "print no more of these")
        yield Command("x", (), self._examine, "x[/COUNT FORMAT] ADDRESS",
                      "words of memory; format i: instructions, s: text")
        yield Command("list", ("l",), self._list, "list [PLACE]", "source around a place")
        yield Command("disassemble", ("disas",), self._disassemble, "disassemble [PLACE]",
                      "a function's instructions with their source")
        yield Command("info", ("i",), self._info, "info WHAT", self._info_help())
        yield Command("waves", (), self._waves, "waves FILE ... [CYCLES]",
                      "write every signal while the instruction here runs, or so many cycles "
                      "before and behind it: as .fst or .vcd, or the pipeline as .html")
        yield Command("type", (), self._type_at, "type TEXT",
                      r"type at the machine's terminal; \r is the enter key")
        yield Command("symbols", ("add-symbol-file",), self._symbols, "symbols PROGRAM FILE",
                      "where the symbols of a program on the disk are")
        yield Command("help", ("h",), self._help, "help [COMMAND]", "this list")
        yield Command("quit", ("q", "exit"), self._quit, "quit [keep|here|drop]",
                      "leave; what the machine wrote to its disk is kept, kept as it is at the "
                      "present position, or dropped")

    # --- stops -----------------------------------------------------------------------------------

    def _break(self, rest: str, temporary: bool = False) -> str:
        place, condition = _split_if(rest)
        session = self.session
        if place:
            location = resolve(session, place)
            addresses, program = list(location.addresses), location.program
            space = space_of(session, location)
        else:
            frame = session.frame()
            addresses, space, program = [frame.ip], frame.space, ""
        if condition:
            self._check_at(condition, addresses[0], 0 if space is None else space,
                           location.module if place else session.frame().module)
        stop = session.add(lambda number: Breakpoint(
            number, place or f"*{addresses[0]:#x}", temporary=temporary, condition=condition,
            addresses=addresses, space=ANYWHERE if space is None else space,
            program=program if space is None else "", runs=self._runs))
        return f"{stop.kind.capitalize()} {stop.number} at {shown.addresses(session, stop)}"

    def _runs(self, space: int, program: str) -> bool:
        process = self.session.symbols.process_of(space)
        return process is not None and program in (process.name, str(process.pid),
                                                   process.path.rpartition("/")[2])

    def _watch(self, rest: str) -> str:
        text, condition = _split_if(rest)
        if not text:
            raise DebugError("what is to be watched? 'watch EXPRESSION'")
        session, frame = self.session, self.session.frame()
        value = session.evaluate(text)
        if value.address is None and value.register is None:
            raise DebugError(f"'{text}' is not in memory or a register here: it cannot be watched")
        if value.address is None:
            number_of_register = value.register
            assert number_of_register is not None

            def read_register() -> list[int | None]:
                return [session.look.registers()[number_of_register]]

            stop = session.add(lambda number: Watch(number, text, condition=condition,
                                                    type=value.type,
                                                    register=number_of_register,
                                                    read=read_register))
            return f"Watchpoint {stop.number}: {text} (r{number_of_register})"
        ranges = self._physical(frame, value.address, len(value.words))

        def read_words() -> list[int | None]:
            return [session.look.physical_word(at) for low, high in ranges
                    for at in range(low, high)]

        stop = session.add(lambda number: Watch(number, text, condition=condition,
                                                type=value.type, physical=ranges,
                                                read=read_words))
        return f"Watchpoint {stop.number}: {text}"

    def _physical(self, frame: FrameView, address: int,
                  words: int) -> tuple[tuple[int, int], ...]:
        """Where words are in physical memory, in pieces."""
        found: list[tuple[int, int]] = []
        for at in range(address, address + words):
            place = self.session.look.physical(frame.space, at)
            if place is None:
                raise DebugError(f"there is no memory at {at:#x} to watch")
            if found and found[-1][1] == place:
                found[-1] = (found[-1][0], place + 1)
            else:
                found.append((place, place + 1))
        return tuple(found)

    def _catch(self, rest: str) -> str:
        text, condition = _split_if(rest)
        kind, _, which = text.partition(" ")
        kinds = {"fault": What.FAULT, "interrupt": What.INTERRUPT, "syscall": What.CALL}
        if kind not in kinds:
            raise DebugError(f"'catch' takes fault, interrupt or syscall, not '{kind}'"
                             f"{suggestion(kind, kinds)}")
        what, wanted = kinds[kind], None
        which = which.strip()
        if which and what is What.CALL:
            number = shown.call_number(which)
            condition = f"({condition}) && $r0 == {number}" if condition else f"$r0 == {number}"
        elif which:
            names = {one.name: int(one) for one in (Reason if what is What.FAULT else Interrupt)}
            wanted = names.get(which.upper())
            if wanted is None and which.isdecimal():
                wanted = int(which)
            if wanted is None:
                raise DebugError(f"there is no {kind} '{which}'{suggestion(which.upper(), names)}")
        stop = self.session.add(lambda number: Catch(number, text, condition=condition,
                                                     what=what, wanted=wanted))
        return f"Catchpoint {stop.number} ({text})"

    def _check_at(self, condition: str, address: int, space: int, module: Module | None) -> None:
        """Refuse a condition that names what is not there where it will be looked at."""
        session = self.session
        frame = frame_at(session.look, session.symbols, space, address, module)
        self._check(condition, frame)

    def _check(self, condition: str, frame: FrameView | None = None) -> None:
        """Refuse an expression that cannot be read; what its parts hold may change."""
        try:
            evaluate(condition, self.session.scope(frame))
        except UnknownName:
            raise
        except DebugError as error:
            if not isinstance(error, NotThere):
                raise

    def _delete(self, rest: str) -> str:
        if not rest:
            self.session.stops.clear()
            return "all breakpoints are gone"
        for word in rest.split():
            self.session.stops.remove(self._stop(word))
        return ""

    def _enable(self, rest: str, enabled: bool) -> str:
        stops = [self._stop(word) for word in rest.split()] or self.session.stops
        for stop in stops:
            stop.enabled = enabled
        return ""

    def _condition(self, rest: str) -> str:
        word, _, condition = rest.partition(" ")
        stop = self._stop(word)
        if condition and isinstance(stop, Breakpoint):
            module = self.session.symbols.module(stop.space) if stop.space != ANYWHERE else \
                self.session.symbols.named(stop.program)[0]
            self._check_at(condition, stop.addresses[0], stop.space, module)
        elif condition:
            self._check(condition)
        stop.condition = condition.strip()
        return "" if condition else f"breakpoint {stop.number} has no condition now"

    def _ignore(self, rest: str) -> str:
        words = rest.split()
        if len(words) != 2:
            raise DebugError("'ignore NUMBER COUNT' takes two numbers")
        stop = self._stop(words[0])
        stop.skips = self._count(words[1])
        return f"will pass over breakpoint {stop.number} {stop.skips} times"

    def _stop(self, word: str) -> Stop:
        if not word.isdecimal():
            raise DebugError(f"a breakpoint's number is needed, not '{word}'")
        return self.session.stop_numbered(int(word))

    # --- going on --------------------------------------------------------------------------------

    def _continue(self, rest: str) -> str:
        return self._repeat(self.session.forward, rest)

    def _repeat(self, step: Callable[[], Reached], rest: str) -> str:
        before = self._seen()
        reached = None
        for _ in range(self._count(rest)):
            reached = step()
            if reached.why != "step" and step not in (self.session.forward,
                                                      self.session.backward):
                break
            if reached.why in ("end", "start", "stuck", "asked"):
                break
        assert reached is not None
        return self._arrived(reached, before)

    def _finish(self, rest: str) -> str:
        before = self._seen()
        reached = self.steps.finish()
        text = self._arrived(reached, before)
        if reached.why == "step":
            text += f"\nIt returned {self.session.look.registers()[0]:#x}."
        return text

    def _cycle(self, rest: str, sign: int) -> str:
        before = self._seen()
        return self._arrived(self.steps.cycle(sign * self._count(rest)), before)

    def _until(self, rest: str) -> str:
        from sim.engine.library import Condition
        location = resolve(self.session, rest)
        space = space_of(self.session, location)
        before = self._seen()
        return self._arrived(self.session.forward(
            [Condition(What.POINT, address, space=ANYWHERE if space is None else space)
             for address in location.addresses]), before)

    def _go_to(self, rest: str) -> str:
        before = self._seen()
        if rest in ("start", "end"):
            self.session.go_to(0 if rest == "start" else self.session.history.frontier)
        else:
            self.session.go_to(self._number(rest))
        return self._arrived(Reached("step"), before)

    def _seen(self) -> str:
        return shown.function_of(self.session.frames()[0])

    def _arrived(self, reached: Reached, before: str) -> str:
        lines = [shown.reached(self.session, reached, before)]
        lines += [f"{text} = {self._value(text)}" for text in self._displays]
        told, self.session.symbols.told = self.session.symbols.told, set()
        return "\n".join([*sorted(told), *lines])

    def _value(self, text: str) -> str:
        try:
            return shown.value(self.session, self.session.evaluate(text))
        except DebugError as error:
            return f"({error})"

    # --- looking ---------------------------------------------------------------------------------

    def _backtrace(self, rest: str) -> str:
        found = self.session.frames()[:self._count(rest) if rest else None]
        return "\n".join(shown.frame_line(self.session, n, frame)
                         for n, frame in enumerate(found))

    def _frame(self, rest: str) -> str:
        session = self.session
        if rest:
            number = self._number(rest)
            if number >= len(session.frames()):
                raise DebugError(f"there is no frame {number}: the last one is "
                                 f"{len(session.frames()) - 1}")
            session.selected = number
        self._last_list = None
        return shown.frame_with_line(session, session.selected, session.frame())

    def _process(self, rest: str) -> str:
        self.session.select_process(rest)
        return self._frame("0")

    def _move(self, by: int) -> str:
        session = self.session
        wanted = session.selected + by
        if not 0 <= wanted < len(session.frames()):
            raise DebugError("this is the outermost frame" if by > 0 else
                             "this is the innermost frame")
        return self._frame(str(wanted))

    def _print(self, rest: str) -> str:
        form, text = _split_format(rest)
        if len(form) > 1 or form and form not in FORMATS:
            raise DebugError(f"there is no format '{form}'; there are {', '.join(FORMATS)}")
        return shown.value(self.session, self.session.evaluate(text), form)

    def _type(self, rest: str) -> str:
        value = self.session.evaluate(rest)
        named, base = str(value.type), str(value.type.base)
        return named if named == base else f"{named} = {base}"

    def _display(self, rest: str) -> str:
        if rest:
            self._check(rest)
            self._displays.append(rest)
            return f"{rest} = {self._value(rest)}"
        return "\n".join(f"{text} = {self._value(text)}" for text in self._displays)

    def _undisplay(self, rest: str) -> str:
        self._displays.clear()
        return ""

    def _examine(self, rest: str) -> str:
        form, text = _split_format(rest)
        digits = "".join(letter for letter in form if letter.isdigit())
        letter = form[len(digits):] or "x"
        count = min(int(digits or 1), 4096)
        if letter not in (*FORMATS, "i", "s"):
            raise DebugError(f"there is no format '{letter}'; there are {', '.join(FORMATS)}, i, s")
        value = self.session.evaluate(text or "$ip")
        address = value.address if len(value.words) > 1 else value.words[0]
        if address is None:
            raise DebugError(f"'{text}' has been optimised out here")
        return shown.memory(self.session, address, count, letter)

    def _list(self, rest: str) -> str:
        if rest or self._last_list is None:
            if rest:
                location = resolve(self.session, rest)
                assert location.module is not None
                place = location.module.info.places(location.addresses[0])[0]
            else:
                found = self.session.frame().place
                if found is None or not found.file:
                    raise DebugError("there is no source for the code here; 'disassemble' shows "
                                     "its instructions")
                place = found
            self._last_list = (place.file, max(1, place.line - 5))
        file, first = self._last_list
        self._last_list = (file, first + 10)
        return shown.source(self.session, file, first, first + 9)

    def _disassemble(self, rest: str) -> str:
        if rest:
            location = resolve(self.session, rest)
            space = space_of(self.session, location)
            return shown.disassembly(self.session, location.module, space or 0,
                                     location.addresses[0])
        frame = self.session.frame()
        return shown.disassembly(self.session, frame.module, frame.space, frame.ip)

    # --- info ------------------------------------------------------------------------------------

    def _topics(self) -> dict[str, Callable[[], str]]:
        session = self.session
        return {
            "breakpoints": lambda: shown.stops(session),
            "registers":   lambda: shown.registers(session),
            "locals":      lambda: shown.variables(session, parameters=False),
            "args":        lambda: shown.variables(session, parameters=True),
            "globals":     lambda: shown.global_variables(session),
            "frame":       lambda: shown.frame_details(session),
            "interrupt":   lambda: shown.interrupt(session),
            "processes":   lambda: shown.processes(session),
            "pages":       lambda: shown.pages(session),
            "tlb":         lambda: shown.tlbs(session),
            "pipeline":    lambda: shown.pipeline(session),
            "history":     lambda: shown.history(session),
            "functions":   lambda: shown.functions(session),
        }

    def _info_help(self) -> str:
        return ", ".join(("breakpoints", "registers", "locals", "args", "globals", "frame",
                          "interrupt", "processes", "pages", "tlb", "pipeline", "history",
                          "functions"))

    def _info(self, rest: str) -> str:
        topics = self._topics()
        if not rest:
            raise DebugError(f"'info' takes one of {', '.join(topics)}")
        found = [name for name in topics if name.startswith(rest)]
        if len(found) > 1 and rest not in found:
            raise DebugError(f"'{rest}' may be {', '.join(found)}")
        if not found:
            raise DebugError(f"'info' does not know '{rest}'{suggestion(rest, topics)}; it knows "
                             f"{', '.join(topics)}")
        return topics[rest if rest in found else found[0]]()

    # --- the rest --------------------------------------------------------------------------------

    def _waves(self, rest: str) -> str:
        files, cycles = split_files(rest)
        if self.session.write_waves is None:
            raise DebugError("there are no waves of the golden model: it has no signals")
        return self.session.write_waves(files, cycles)

    def _type_at(self, rest: str) -> str:
        self._type_text(rest.encode().decode("unicode_escape"))
        past = self.session.history
        return "" if past.is_live else f"it is typed in the present, cycle {past.frontier}"

    def _symbols(self, rest: str) -> str:
        from pathlib import Path

        from debug.symbols import read_module
        words = rest.split()
        if len(words) != 2:
            raise DebugError("'symbols PROGRAM FILE' takes a program's name and a file")
        self.session.symbols.own[words[0]] = read_module(words[0], Path(words[1]))
        return f"symbols of {words[0]} from {words[1]}"

    def _help(self, rest: str) -> str:
        if rest:
            command = self.find(rest)
            also = f" (also {', '.join(command.aliases)})" if command.aliases else ""
            return f"{command.usage}{also}\n  {command.help}"
        return "\n".join(f"{command.usage:38} {command.help}" for command in self.table.values())

    def _quit(self, rest: str) -> str:
        text = self._leave(rest)
        raise Quit(text)

    def _count(self, rest: str) -> int:
        return max(1, self._number(rest)) if rest else 1

    def _number(self, text: str) -> int:
        try:
            return int(text.replace("_", ""), 0)
        except ValueError:
            raise DebugError(f"a number is needed, not '{text}'") from None


def _split_if(text: str) -> tuple[str, str]:
    """A place and the condition behind its `if`."""
    place, found, condition = f"{text} ".partition(" if ")
    if text.startswith("if "):
        return "", text[3:].strip()
    return place.strip(), condition.strip() if found else ""


def _split_format(text: str) -> tuple[str, str]:
    """`/4x p` as its two parts."""
    if not text.startswith("/"):
        return "", text
    form, _, rest = text[1:].partition(" ")
    return form, rest
