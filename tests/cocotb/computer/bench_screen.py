"""Keyboard and display, through a program that moves a dot."""

import numpy as np

from sim.host.keyboard import Key
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS

WHITE = 0xFFFFFF


def dot(frame):
    """Column and row of the one white pixel; all others are black."""
    rows, columns = np.nonzero(frame & WHITE)
    assert len(rows) == 1 and int(frame[rows[0], columns[0]]) & WHITE == WHITE
    return int(columns[0]), int(rows[0])


async def frames_until(computer, wanted):
    """Columns of the dot in each frame, up to one for which `wanted` holds."""
    columns = []
    while not columns or not wanted(columns[-1]):
        columns.append(dot(await computer.display.next_frame())[0])
        assert len(columns) < 40, f"the dot was at {columns}"
    return columns


@computer_test(configs=KERNELS)
async def keys_move_what_is_shown(computer):
    """Held keys move the dot, by one each frame and in their direction; others do not."""
    await computer.boot()
    computer.serial.type("/bench/paint\r")
    middle = computer.display.width // 2
    assert dot(await computer.display.next_frame()) == (middle, computer.display.height // 2)
    computer.keyboard.set(ord("d"), True)
    columns = await frames_until(computer, lambda x: x == middle + 5)
    assert all(0 <= b - a <= 1 for a, b in zip(columns, columns[1:], strict=False)), columns
    computer.keyboard.set(ord("d"), False)
    computer.keyboard.set(ord("a"), True)
    await frames_until(computer, lambda x: x == middle - 3)
    computer.keyboard.set(ord("a"), False)
    for key in (Key.LEFT, Key.ENTER, ord(" "), ord("D")):  # every other word of the keyboard
        computer.keyboard.set(key, True)
        computer.keyboard.set(key, False)
    for _ in range(3):
        await computer.display.next_frame()
    still = dot(await computer.display.next_frame())
    assert dot(await computer.display.next_frame()) == still
    computer.keyboard.set(ord("q"), True)
    await computer.serial.expect("$ ")
    assert computer.display.dropped == 0
