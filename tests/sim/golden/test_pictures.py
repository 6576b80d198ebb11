"""Pictures in lockstep: each pixel is one that memory held while the flip went on."""

from collections import deque

import numpy as np
import pytest

from isa.config import MachineConfig
from isa.events import EventKind, display_size_arg, event_arg
from isa.machine import PERIPHERALS, SECTOR_WORDS, window_addresses
from isa.trace import Kind, Word
from sim.golden import Follower, Golden
from sim.golden.picture import Picture
from sim.host.disk import Disk
from sim.host.display import DeliveredDisplay, DeliveringDisplay, Display
from sim.host.hosts import Hosts
from sim.machine import Status
from tests.support.programs import store
from toolchain.qasm import assemble
from toolchain.source import Source

CONFIG  = MachineConfig().fit("display", "block")
WINDOWS = window_addresses(CONFIG.peripherals)
CODES   = {kind.name: kind.identifier for kind in PERIPHERALS}
WIDTH, HEIGHT = 4, 3
PIXELS  = 0x20000
DONE    = event_arg(EventKind.CONTROL)


def event(name, arg):
    row = np.zeros((1, len(Word)), np.uint32)
    row[0, [Word.KIND, Word.CODE, Word.ARG]] = Kind.DEVICE, CODES[name], arg
    return row


SIZES = np.concatenate([
    event("display", event_arg(EventKind.SIZE, display_size_arg(WIDTH, HEIGHT))),
    event("block", event_arg(EventKind.SIZE, 2))])


def trace_of(text):
    """Words of a program, and the records of its instructions."""
    words = assemble([Source("t", text)]).words
    golden = Golden(CONFIG)
    golden.load(words)
    rows = np.zeros((1000, len(Word)), np.uint32)
    status, used = golden.record(rows)
    assert status is Status.STOPPED
    return words, rows[:used]


def flip(*during, before=(), first=PIXELS):
    """A program with a flip, and stores before it and while it goes on."""
    return ("".join(store(PIXELS + at, value) for at, value in before)
            + store(WINDOWS["display"] + 3, first) + store(WINDOWS["display"], 1)
            + "".join(store(PIXELS + at, value) for at, value in during) + "nop\nhalt")


def follow(text, *shown, events=(), ends=DONE):
    """What the model says to a machine that shows these pictures in a flip that ends just before
    the program's last two records."""
    words, trace = trace_of(text)
    pictures = deque(np.array(picture, np.uint32) for picture in shown)
    follower = Follower(CONFIG, Hosts(display=DeliveredDisplay(WIDTH, HEIGHT, pictures),
                                      disk=Disk(bytes(range(256)) * 4)))
    follower.load(words)
    divergence = follower.apply(np.concatenate(
        [SIZES, trace[:-2], *events, event("display", ends), trace[-2:]]))
    return divergence.rule if divergence else None, follower


def test_a_picture_as_it_is_in_memory_is_right():
    shown = [0] * 12
    shown[5] = 0xABCDEF
    assert follow(flip(before=[(5, 0xABCDEF)]), shown)[0] is None


@pytest.mark.parametrize("at, place", [(0, "(0, 0)"), (6, "(2, 1)"), (11, "(3, 2)")])
@pytest.mark.parametrize("bit", [0, 31])
def test_each_pixel_and_each_bit_of_it_is_compared(at, place, bit):
    shown = [0] * 12
    shown[at] ^= 1 << bit
    rule, _ = follow(flip(), shown)
    assert rule == (f"the picture of flip 1 has {1 << bit:#010x} at {place}, but the word at "
                    f"{PIXELS + at:#x} is 0x00000000")


@pytest.mark.parametrize("seen, is_right", [(0x11, True), (0x22, True), (0x33, True),
                                            (0x44, False), (0, False)])
def test_what_was_stored_meanwhile_may_be_seen_or_not(seen, is_right):
    shown = [0] * 12
    shown[7] = seen
    rule, _ = follow(flip((7, 0x22), (7, 0x33), (8, 0x44), before=[(7, 0x11)]), shown)
    assert (rule is None) == is_right


@pytest.mark.parametrize("seen, is_right", [(0, True), (0x03020100, True), (0x07060504, False)])
def test_so_may_what_the_block_device_brought(seen, is_right):
    """The program reads a sector to where the picture is."""
    block = WINDOWS["block"]
    text = (flip().removesuffix("nop\nhalt")
            + store(block + 3, 1) + store(block + 4, PIXELS) + store(block, 1)
            + store(PIXELS, 1) + "nop\nhalt")
    shown = [0] * 12
    shown[0] = seen
    moves = [event("block", event_arg(EventKind.WORD, n)) for n in range(SECTOR_WORDS)]
    assert (follow(text, shown, events=moves)[0] is None) == is_right


def test_a_flip_that_ends_well_and_shows_nothing_is_wrong():
    assert follow(flip())[0] == "flip 1 ended well, but has shown no picture"


def test_a_picture_of_another_size_is_wrong():
    assert follow(flip(), [0] * 11)[0] == "the picture of flip 1 has 11 pixels, not 12"


@pytest.mark.parametrize("first, ends", [(0, DONE), (CONFIG.ram_words - 11, DONE + 1)])
def test_a_flip_without_a_picture_leaves_what_was_shown_unclaimed(first, ends):
    rule, follower = follow(flip(first=first), ends=ends)
    assert rule is None and follower.golden.devices["display"].unclaimed == 0
    rule, follower = follow(flip(first=first), [0] * 12, ends=ends)
    assert rule is None and follower.golden.devices["display"].unclaimed == 1


def test_words_that_change_by_themselves_are_not_compared():
    memory = np.zeros(0x2000, np.uint32)
    shown = np.ones((1, 2), np.uint32)
    assert Picture(memory, 0xFFE, 2, 1).differs(shown) is None
    assert "at (1, 0), but the word at 0x1000 is" in Picture(memory, 0xFFF, 2, 1).differs(shown)


def test_a_delivering_display_shows_on_the_other_and_keeps_the_picture():
    pictures, shown = deque(), Display(2, 1)
    display = DeliveringDisplay(shown, pictures)
    display.show(np.array([1, 2], np.uint32))
    assert shown.last.tolist() == [[1, 2]] and shown.frame_count == 1
    assert [picture.tolist() for picture in pictures] == [[1, 2]]
