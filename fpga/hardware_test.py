"""Tries a board out over its serial line, and makes a report: `python -m fpga.hardware_test PORT`.

The board must have a card with the system (`make card`). The test follows what the boot loader and
the shell say, types commands, and writes only below /tmp on the card. What only a person can see or
do it asks for. At the end it sends small programs, and compares how long they take with simulation.
"""

import argparse
import re
import sys
import time
from dataclasses import dataclass

from fpga.boards.configs import CONFIGS
from fpga.kernels import run_kernels
from fpga.serial_line import LineError, SerialLine

__all__ = ["STEPS", "Step", "main", "run"]

PROMPT = r"\$ $"
MOST_EARLY = 0.98  # of a time that is asked for: clocks are not alike
NUMBERS = " ".join(str(n) for n in range(100))


@dataclass(frozen=True)
class Step:
    """Something typed and what must be answered.

    Parameters
    ----------
    name : str
        For the report.
    sends : str
    expects : str
        A regular expression; its groups are in the report.
    refuses : str
        Another one: what says at once that the step has failed.
    seconds, least_s : float
        How long it may take, and how long it must.
    asks : str
        What the person in front of the board is to do for it.
    question : str
        What the person is asked while it is under way; the step fails if the answer is no.
    """
    name:    str
    sends:   str
    expects: str
    refuses: str   = r"(the memory is bad.*|card: (?!\d|kernel).*|stopped at .*)\r"
    seconds: float = 10.0
    least_s: float = 0.0
    asks:     str  = ""
    question: str  = ""


STEPS = (
    Step("the boot loader starts", "", r"Quince on (.*)\r", seconds=120.0),
    Step("memory", "", r"memory: (\d+ KiB tested and cleared|quick start.*)\r", seconds=60.0),
    Step("the card answers", "", r"card: (\d+ MiB)\r", seconds=20.0),
    Step("the kernel is read", "", r"starting, (\d+ octets)\r", seconds=20.0),
    Step("the shell", "", PROMPT, seconds=20.0),
    Step("a file is read", "cat /readme\r", r"cat /readme\r\n([^\r]+)\r[^$]*" + PROMPT),
    Step("a file is written", f"echo {NUMBERS} > /tmp/hardware\r", PROMPT),
    Step("and read again", "cat /tmp/hardware\r", rf"\n{NUMBERS}\r\n[^$]*" + PROMPT),
    Step("it is removed", "rm /tmp/hardware\r", PROMPT),
    Step("the clock runs", "sleep 1\r", PROMPT, least_s=1.0),
    Step("usertests", "/test/usertests\r", r"\nok \w+\r\n(0 failed)\r\n[^$]*" + PROMPT,
         refuses=r"FAILED [^\r]*\r|\n[1-9]\d* failed\r|stopped at .*\r", seconds=600.0),
    Step("a picture is shown", "plasma 1\r", r"plasma 1\r\n[^$]*" + PROMPT, seconds=30.0,
         question="does the monitor show areas of yellow, blue and orange"),
    Step("the keyboard is heard", "plasma 1000000\r", r"plasma 1000000\r\n[^$]*" + PROMPT,
         seconds=60.0,
         asks="press escape on the board's own keyboard (ULX3S: or its button F2)"),
    Step("it halts", "exit\r", r"stopped at \w+ with (exit code 0x0)\r", refuses=r"by a fault.*\r"),
)


def run(line, steps=STEPS, *, patience=1.0, clock=time.monotonic, tell=print,
        echo=lambda text: None, ask=lambda text: None, answer=lambda question: None):
    """Carry the steps out, up to the first that fails; whether all passed.

    Parameters
    ----------
    line : SerialLine
    patience : float
        By what the times that steps may take are multiplied.
    clock : callable
        The board's time in seconds.
    tell : callable
        Hears a line of the report for each step.
    echo : callable
        Hears all that the board says.
    ask : callable
        Hears what the person is to do.
    answer : callable
        The person's answer to a question: whether it is yes, or None if nobody looks.
    """
    heard = ""
    for step in steps:
        if step.sends:
            heard = ""
            line.write(step.sends.encode())
        if step.asks:
            ask(step.asks)
        started = clock()
        while True:
            found, wrong = re.search(step.expects, heard), re.search(step.refuses, heard)
            if found or wrong or clock() - started > step.seconds * patience:
                break
            text = line.read(0.2).decode("utf-8", "replace")
            heard += text
            echo(text)
        seconds = clock() - started
        if found and seconds < step.least_s * MOST_EARLY:
            tell(f"FAILED  {step.name}: it took {seconds:.2f} s, and {step.least_s:g} are right")
            return False
        if not found:
            why = wrong.group(0).strip() if wrong else _silence(heard, seconds)
            tell(f"FAILED  {step.name}: {why}")
            return False
        heard = heard[found.end():] if not step.sends else ""
        what = ", ".join(group.strip() for group in found.groups())
        if step.question:
            is_so = answer(step.question)
            if is_so is False:
                tell(f"FAILED  {step.name}: {step.question}: no")
                return False
            what = "somebody has looked" if is_so else "nobody has looked"
        tell(f"passed  {step.name}{f': {what}' if what else ''} ({seconds:.1f} s)")
    return True


def _silence(heard, seconds):
    """Why what should have come did not."""
    if not heard:
        return f"nothing came in {seconds:.0f} s: is it the board's port, and was it reset?"
    why = f"nothing of the kind came in {seconds:.0f} s; the last: {heard[-200:]!r}"
    strange = sum(not (octet.isascii() and (octet.isprintable() or octet in "\r\n\x1b\b"))
                  for octet in heard)
    return why + ("; is the baud rate right?" if 4 * strange > len(heard) else "")


def main(argv=None):
    """Test a board: 0 all passed, 1 something failed."""
    parser = argparse.ArgumentParser(prog="python -m fpga.hardware_test",
                                     description="try a board out over its serial line")
    parser.add_argument("port", help="the serial port, such as /dev/ttyUSB0")
    parser.add_argument("--baud", type=int, default=next(iter(CONFIGS.values())).baud_hz,
                        help="of the serial line (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=1.0, metavar="FACTOR",
                        help="multiplies the times that steps may take (default: %(default)s)")
    parser.add_argument("--alone", action="store_true",
                        help="leave out what a person must do, and ask nothing")
    parser.add_argument("--echo", action="store_true", help="show all that the board says")
    options = parser.parse_args(argv)
    try:
        line = SerialLine(options.port, options.baud)
        print("press the board's reset button now", file=sys.stderr, flush=True)
        steps = [step for step in STEPS if not (options.alone and step.asks)]
        is_good = run(line, steps, patience=options.patience, ask=_ask,
                      answer=(lambda question: None) if options.alone else _answer,
                      tell=lambda text: print(text, flush=True),
                      echo=(lambda text: print(text, end="", file=sys.stderr)) if options.echo
                      else lambda text: None)
        if is_good:
            is_good = run_kernels(line, patience=options.patience,
                                  tell=lambda text: print(text, flush=True))
        line.close()
    except LineError as error:
        print(f"hardware-test: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("hardware-test: interrupted", file=sys.stderr)
        return 130
    print("all passed" if is_good else "the board does not do what it should")
    return 0 if is_good else 1


def _ask(text):
    print(f"now {text}", file=sys.stderr, flush=True)


def _answer(question):
    """What the person types: None if there is nobody."""
    if not sys.stdin.isatty():
        return None
    print(f"{question}? [y/n] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main())
