"""The boot loader on the hardware: what it says, what it starts, and in which state."""

import pytest

from isa.machine import ENTRY_POINTER, ENTRY_TABLE, PROGRAM, WINDOWS, window_addresses
from isa.reset import low_memory
from sim.host.disk import Disk
from sim.host.error import HostError
from system.card import KERNEL_FILE
from system.loader import LOADER_WORDS, LoaderOptions, build_loader, texts
from tests.support.boot_rig import MACHINE, RAM_WORDS, BootRig
from toolchain.qasm.assembler import assemble
from toolchain.qfs import Image
from toolchain.source import Source

SECTORS   = 64
SERIAL    = window_addresses(MACHINE.peripherals)["serial"]
EXIT_CODE = 0x2A


def checking_program():
    """Says whether it finds the state that the manual promises after reset, and halts."""
    low    = low_memory(MACHINE)
    places = (ENTRY_POINTER, *range(ENTRY_TABLE, ENTRY_TABLE + 8), 0xFF, 0x100, 0x1FF,
              *range(0x200, 0x210), WINDOWS - 1, 0x30E, 0x30F, PROGRAM - 1)
    checks = "".join(f"  constant r1 {address:#x}\n  load r2 r1\n"
                     f"  constant r3 {low.get(address, 0):#x}\n  neq r2 r2 r3\n  jnz r2 r9\n"
                     for address in places)
    text = f"""
  repeat n 1 63                 ; registers first: all of them must be 0
    or r0 r0 r{{n}}
  end
  constant r9 @dirty
  jnz r0 r9
{checks}
  constant r2 1                 ; memory from the end of this program to the end of RAM
  constant r1 @end
  constant r4 {RAM_WORDS:#x}
  constant r5 @next
@next:
  load r6 r1
  jnz r6 r9
  add r1 r1 r2
  lt r7 r1 r4
  jnz r7 r5
  constant r10 @clean_text
  constant r11 @say
  jmp r11
@dirty:
  constant r10 @dirty_text
@say:
  constant r12 {SERIAL:#x}
  constant r2 1
  constant r13 @say_next
  constant r14 @done
@say_next:
  load r15 r10
  jz r15 r14
  constant r17 @wait
@wait:
  load r16 r12
  jnz r16 r17
  store r12 r15
  add r10 r10 r2
  jmp r13
@done:
  constant r0 {EXIT_CODE:#x}
  halt
data @clean_text 'clean\\n'
data @clean_end 0
data @dirty_text 'dirty\\n'
data @dirty_end 0
data @end 0 0
"""
    return assemble([Source("check.qasm", text)])


@pytest.fixture(scope="module")
def program():
    return checking_program().to_octets()


def card(program, sectors=SECTORS):
    image = Image.format(sectors)
    image.make_directory("boot")
    image.write("boot/other", b"1234")
    image.write(KERNEL_FILE, program)
    return image


def octets(image):
    return image.words.tobytes()


def said(name, *numbers):
    """A text of the loader's with its numbers."""
    text = texts()[name].strip("\r\n")
    for number in numbers:
        at = min(text.find(mark) if mark in text else len(text) for mark in "%#")
        text = text[:at] + (f"{number}" if text[at] == "%" else f"{number:x}") + text[at + 1:]
    return text


def cycles_told(text):
    before, after = texts()["RAN"].strip().split("%")
    return int(text.split(before)[1].split(after)[0])


@pytest.fixture
def boot():
    """Starts machines, and closes them."""
    rigs = []

    def start(*args, **kwargs):
        rigs.append(BootRig(*args, **kwargs))
        return rigs[-1]

    yield start
    for rig in rigs:
        rig.close()


def test_a_program_on_the_card_finds_the_state_after_reset_and_its_end_is_told(boot, program):
    rig = boot([("start again", "\r"), ("clean", "")], Disk(octets(card(program))), straps=0)
    text = rig.run_until("press Enter")
    assert said("TESTED", RAM_WORDS * 4 >> 10) in text
    assert said("STARTING", len(program)) in text
    assert "clean" in text
    halt = checking_program().symbols["done"] + 2
    assert said("HALTED", halt, EXIT_CODE) in text
    assert 3 * RAM_WORDS < cycles_told(text) < rig.simulation.cycles
    assert rig.light() == 7
    while rig.terminal.text.count("clean") < 2:  # Enter starts it again
        rig.step()


def test_a_card_larger_than_its_disk_starts_and_what_is_behind_the_disk_does_not_matter(boot,
                                                                                        program):
    rig = boot([("clean", "")], Disk(octets(card(program)) + b"\xA5" * (2 << 20)))
    text = rig.run_until(said("STARTING", len(program)))
    assert said("CARD", 2) in text


def test_the_loader_is_as_long_as_it_says_and_the_same_each_time():
    options = LoaderOptions(MACHINE)
    assert build_loader(options) == build_loader(options)
    assert len(build_loader(options)) == LOADER_WORDS


@pytest.mark.parametrize("wrong, message", [
    ({"machine": MACHINE, "cache_words": 4096}, "cache_words must be at least 8192, not 4096"),
])
def test_bad_options_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        LoaderOptions(**wrong)


def broken_disk(program, bad_sector):
    class Broken(Disk):
        def read(self, sector):
            if sector == bad_sector:
                raise HostError("broken")
            return super().read(sector)
    return Broken(octets(card(program)))


def kernel_sector(program):
    """Its first one."""
    return card(program).find(KERNEL_FILE).first


def partitioned():
    """A disk with a partition table, as a host sees it."""
    return Disk(bytes(510) + b"\x55\xAA" + bytes(512 * SECTORS))


def without_version(image):
    image.words[1] = 3
    return image


def chain_leaves_the_disk(image):
    first = image.find(KERNEL_FILE).first
    image.words[128 + first] = 0x12345  # its next sector, past the end
    return image


@pytest.mark.parametrize("disk, message, light", [
    (lambda p: None, said("NO_CARD"), 18),
    (lambda p: Disk(bytes(512 * SECTORS)), said("NO_DISK"), 19),
    (lambda p: partitioned(), said("NO_PARTITION"), 19),
    (lambda p: Disk(octets(without_version(card(p)))), said("BAD_VERSION"), 19),
    (lambda p: Disk(octets(card(p))[:-512]), said("TOO_SMALL", SECTORS, SECTORS - 1), 19),
    (lambda p: Disk(octets(Image.format(SECTORS))), said("NO_KERNEL"), 20),
    (lambda p: Disk(octets(card(b"12345"))), said("BAD_KERNEL"), 20),
    (lambda p: Disk(octets(card(b""))), said("BAD_KERNEL"), 20),
    (lambda p: Disk(octets(chain_leaves_the_disk(card(p)))), said("DAMAGED"), 19),
    (lambda p: broken_disk(p, 0), said("CANNOT_READ", 0), 21),
    (lambda p: broken_disk(p, 1), said("CANNOT_READ", 1), 21),
    (lambda p: broken_disk(p, kernel_sector(p)),
     said("CANNOT_READ", kernel_sector(checking_program().to_octets())), 21),
])
def test_what_is_wrong_with_the_card_is_said_and_serial_boot_begins(boot, program, disk, message,
                                                                    light):
    rig = boot((), disk(program))
    assert message in rig.run_until(said("WAITING"))
    rig.step(2_000)
    assert rig.light() == 5 + 16 and light >= 16


@pytest.mark.parametrize("bench, message", [
    ({"data_low": 1 << 5}, said("DATA_BITS", 1 << 5 | 1 << 21, 0, 0)),
    ({"data_high": 1 << 15}, said("DATA_BITS", 0, 1 << 15 | 1 << 31, 0)),
    ({"data_high": 0xFFFF}, said("NO_CHIP")),
    ({"rows_low": 1 << 1}, said("ADDRESS_BITS", 1 << 11)),
])
def test_a_broken_line_of_the_memory_chip_is_named(boot, bench, message):
    rig = boot((), None, **bench)
    text = rig.run_until(said("BAD_MEMORY"))
    assert message in text
    assert rig.light() == 17
