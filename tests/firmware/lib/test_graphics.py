"""Drawing, held against models that know geometry and not the algorithms; the font."""

import random
import re
from functools import cache

import pytest

from tests.support.qll import build, run
from toolchain.targets import LIBRARY

SIZE = 16

PRELUDE = """
global pixels: byte[256] = [0; 256];
global fb: graphics::framebuffer =
  graphics::framebuffer { pixels = &pixels[0], width = 16, height = 16 };
function dump(): void {
  var row: byte[17];
  row[16] = '\\n';
  for (var y = 0; y < 16; y = y + 1) {
    for (var x = 0; x < 16; x = x + 1) { row[x] = graphics::get_pixel(&fb, x, y); }
    std::console::print(row);
  }
  graphics::clear(&fb, '.');
}
"""


@cache
def drawn(calls):
    """What each of some calls draws: sets of pixels, by (x, y)."""
    body = "".join(f"  graphics::{call}; dump();\n" for call in calls)
    source = (f"{PRELUDE}function main(): byte {{\n  graphics::clear(&fb, '.');\n"
              f"{body}  return 0;\n}}\n")
    outcome = run(build([source], "bare"))
    assert outcome.r0 == 0
    rows = outcome.output.splitlines()
    assert len(rows) == SIZE * len(calls) and all(len(row) == SIZE for row in rows)
    return [{(x, y) for y in range(SIZE) for x in range(SIZE) if rows[at * SIZE + y][x] == "#"}
            for at in range(len(calls))]


def visible(points):
    return {(x, y) for x, y in points if 0 <= x < SIZE and 0 <= y < SIZE}


RANDOM = random.Random(7)
LINES = [(3, 3, 3, 3), (2, 5, 12, 5), (12, 6, 2, 6), (4, 1, 4, 14), (4, 14, 4, 1),
         (0, 0, 15, 15), (15, 0, 0, 15), (1, 2, 14, 7), (14, 7, 1, 2), (2, 14, 6, 1),
         (-5, 3, 20, 9), (8, -3, 8, 20), (-4, -4, -1, -2)]
LINES += [tuple(RANDOM.randrange(16) for _ in range(4)) for _ in range(20)]


def line_calls():
    return tuple(f"line(&fb, {x0}, {y0}, {x1}, {y1}, '#')" for x0, y0, x1, y1 in LINES)


@pytest.mark.parametrize("at", range(len(LINES)), ids=str)
def test_line_is_near_the_ideal_one(at):
    x0, y0, x1, y1 = LINES[at]
    pixels = drawn(line_calls())[at]
    dx, dy = x1 - x0, y1 - y0
    steps = max(abs(dx), abs(dy))
    if all(0 <= c < SIZE for c in LINES[at]):
        assert {(x0, y0), (x1, y1)} <= pixels
        assert len(pixels) == steps + 1
    for x, y in pixels:
        # at most half a pixel from the ideal line, measured across its long direction
        assert abs((x - x0) * dy - (y - y0) * dx) * 2 <= steps
        assert min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1)
    if steps:
        axis = 0 if abs(dx) >= abs(dy) else 1
        inside = visible((x0 + round(dx * n / steps), y0 + round(dy * n / steps))
                         for n in range(steps + 1) if abs(dx * n) % steps * 2 != steps
                         and abs(dy * n) % steps * 2 != steps)
        assert {p[axis] for p in inside} <= {p[axis] for p in pixels}


CIRCLES = [(8, 8, 0), (8, 8, 1), (8, 8, 2), (8, 8, 5), (7, 7, 7), (3, 12, 6), (-2, 5, 6),
           (8, 8, 20)]


def circle_calls(name):
    return tuple(f"{name}(&fb, {x}, {y}, {r}, '#')" for x, y, r in CIRCLES)


@pytest.mark.parametrize("at", range(len(CIRCLES)), ids=str)
def test_circle_has_one_radius_and_no_gaps(at):
    cx, cy, r = CIRCLES[at]
    pixels = drawn(circle_calls("circle"))[at]
    for x, y in pixels:
        assert abs(((x - cx) ** 2 + (y - cy) ** 2) ** 0.5 - r) <= 0.75
    # every row and column that the circle crosses has its pixels on both sides
    for n in range(-r, r + 1):
        across = (r * r - n * n) ** 0.5
        for sign in (-1, 1):
            for x, y, axis in ((cx + n, cy + sign * across, 1), (cx + sign * across, cy + n, 0)):
                fixed, value = ((x, y), (y, x))[axis == 0]
                if 0 <= fixed < SIZE and 1 <= value < SIZE - 1:
                    line = [p for p in pixels if p[1 - axis] == fixed]
                    assert any(abs(p[axis] - value) <= 1 for p in line)


@pytest.mark.parametrize("at", range(len(CIRCLES)), ids=str)
def test_filled_circle_is_all_inside_of_the_outline(at):
    cx, cy, r = CIRCLES[at]
    pixels = drawn(circle_calls("fill_circle"))[at]
    outline = drawn(circle_calls("circle"))[at]
    assert outline <= pixels
    for x in range(SIZE):
        for y in range(SIZE):
            distance = ((x - cx) ** 2 + (y - cy) ** 2) ** 0.5
            if distance <= r - 0.75:
                assert (x, y) in pixels
            if distance >= r + 0.75:
                assert (x, y) not in pixels


def box(x, y, w, h):
    return {(i, j) for i in range(x, x + w) for j in range(y, y + h)}


SHAPES = {
    "set_pixel(&fb, 3, 4, '#')":             {(3, 4)},
    "set_pixel(&fb, 16, 4, '#')":            set(),
    "set_pixel(&fb, 3, -1, '#')":            set(),
    "hline(&fb, 10, 2, 20, '#')":            box(10, 2, 6, 1),
    "hline(&fb, -1, 2, 20, '#')":            set(),
    "hline(&fb, 0, 16, 5, '#')":             set(),
    "hline(&fb, 5, 5, 0, '#')":              set(),
    "vline(&fb, 2, 12, 9, '#')":             box(2, 12, 1, 4),
    "vline(&fb, 2, -1, 9, '#')":             set(),
    "rect(&fb, 2, 3, 5, 4, '#')":            box(2, 3, 5, 4) - box(3, 4, 3, 2),
    "rect(&fb, 2, 3, 1, 1, '#')":            {(2, 3)},
    "rect(&fb, 2, 3, 0, 4, '#')":            set(),
    "fill_rect(&fb, 2, 3, 5, 4, '#')":       box(2, 3, 5, 4),
    "fill_rect(&fb, 12, 13, 50, 50, '#')":   box(12, 13, 4, 3),
    "fill_rect(&fb, 12, 16, 50, 50, '#')":   set(),
    "fill_rect(&fb, 0, 0, -1, -1, '#')":     box(0, 0, 16, 16),
}


@pytest.mark.parametrize("call", SHAPES)
def test_shape(call):
    assert drawn(tuple(SHAPES))[list(SHAPES).index(call)] == SHAPES[call]


def test_blit_clips_on_both_sides():
    setup = "fill_rect(&fb, 0, 0, 3, 3, '#'); graphics::"
    calls = tuple(setup + call for call in (
        "blit(&fb, 10, 10, &fb, 0, 0, 3, 3)", "blit(&fb, -1, 14, &fb, 0, 0, 3, 3)",
        "blit(&fb, 8, 8, &fb, -2, -1, 5, 5)", "blit(&fb, 1, 0, &fb, 0, 0, 3, 1)"))
    start = box(0, 0, 3, 3)
    assert drawn(calls) == [start | box(10, 10, 3, 3), start | box(0, 14, 2, 2),
                            start | box(10, 9, 3, 3), start | {(3, 0)}]


# Coordinates and sizes around all edges, and where words end.
PLACES = [-2147483648, -40, -17, -16, -9, -8, -7, -3, -1, 0, 1, 7, 8, 9, 14, 15, 16, 20, 2147483647]
SIZES = [0, 1, 2, 3, 8, 15, 16, 17, 33, 40, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
AROUND = [tuple(RANDOM.choice(kind) for kind in (PLACES, PLACES, SIZES, SIZES)) for _ in range(250)]
AROUND += [(-5, 3, 10, 4), (3, -5, 4, 10), (-5, -5, 30, 30), (-1, -1, 1, 1), (-3, 2, 3, 3)]


def is_within(value, start, count):
    return start <= value < start + count


@pytest.mark.parametrize("name", ["fill_rect", "rect"])
def test_of_a_rectangle_what_is_visible_is_drawn(name):
    """By a model whose numbers have no end."""
    calls = tuple(f"{name}(&fb, {x}, {y}, {w}, {h}, '#')" for x, y, w, h in AROUND)
    for (x, y, w, h), pixels in zip(AROUND, drawn(calls), strict=True):
        inside = {(i, j) for i in range(SIZE) for j in range(SIZE)
                  if is_within(i, x, w) and is_within(j, y, h)}
        if name == "rect":
            inside = {(i, j) for i, j in inside if i in (x, x + w - 1) or j in (y, y + h - 1)}
        assert pixels == inside, (x, y, w, h)


@pytest.mark.parametrize("name", ["hline", "vline"])
def test_a_row_or_column_is_drawn_from_a_start_that_is_inside(name):
    calls = tuple(f"{name}(&fb, {x}, {y}, {count}, '#')" for x, y, count, _ in AROUND)
    for (x, y, count, _), pixels in zip(AROUND, drawn(calls), strict=True):
        area = (count, 1) if name == "hline" else (1, count)
        begins_inside = 0 <= x < SIZE and 0 <= y < SIZE
        assert pixels == {(i, j) for i in range(SIZE) for j in range(SIZE) if begins_inside
                          and is_within(i, x, area[0]) and is_within(j, y, area[1])}


@pytest.mark.parametrize("to", [(-9, 3), (-8, -8), (-3, -5), (4, 4), (9, 12), (15, 15), (16, 2),
                                (2, 16), (-2147483648, 0)])
def test_of_a_character_what_is_visible_is_drawn(to):
    [pixels] = drawn((f"font::draw_char(&fb, {to[0]}, {to[1]}, ' ', '.', '#')",))
    assert pixels == visible(box(*to, 8, 8))


# --- the font ------------------------------------------------------------------------------------

def font():
    """Rows of each glyph, out of the library's source."""
    text = (LIBRARY / "shared" / "graphics.qll").read_text().split("FONT_DATA: byte[760] = [")[1]
    words = [int(word, 16) for word in re.findall(r"0x[0-9a-f]{2}\b", text)]
    assert len(words) == 760
    return {chr(32 + at): words[8 * at:8 * at + 8] for at in range(95)}


def test_glyphs_differ_and_leave_room_between_letters():
    glyphs = font()
    assert len({tuple(rows) for rows in glyphs.values()}) == 95
    assert glyphs[" "] == [0] * 8
    assert all(row < 256 and not row & 1 for rows in glyphs.values() for row in rows)


def test_text_is_drawn_glyph_by_glyph():
    glyphs = font()
    [pixels] = drawn(("font::draw_string(&fb, 0, 8, \"a~\", '#', '.')",))
    for at, char in enumerate("a~"):
        for y, row in enumerate(glyphs[char]):
            assert {x for x in range(8) if (8 * at + x, 8 + y) in pixels} == {
                x for x in range(8) if row >> 7 - x & 1}


def test_characters_without_a_glyph_are_drawn_as_spaces():
    calls = tuple(f"font::draw_char(&fb, 0, 0, {code}, '#', '.')"
                  for code in (32, 31, 127, 0, 0x1F600))
    assert drawn(calls) == [set()] * 5


def test_all_pixels_of_a_glyph_are_set():
    [pixels] = drawn(("font::draw_char(&fb, 4, 4, ' ', '.', '#')",))
    assert pixels == box(4, 4, 8, 8)
