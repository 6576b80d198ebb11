"""Characters as octets, held against the host's own UTF-8."""

import random
import unicodedata

import pytest

from tests.support.qll import build, run

CHANCE = random.Random(5)
CODES = [0, 0x41, 0x7F, 0x80, 0xFF, 0x100, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF]
CODES += [code for code in (CHANCE.randrange(0x110000) for _ in range(60))
          if not 0xD800 <= code < 0xE000]

# Texts of words, most of which are not UTF-8.
WORDS = [[CHANCE.choice([0x41, 0x80, 0xBF, 0xC3, 0xA0, 0xE2, 0x82, 0xAC, 0xED, 0xF0, 0x9F, 0x90,
                         0xF4, 0x8F, 0xC1, 0xFF, 0x101]) for _ in range(CHANCE.randrange(1, 7))]
         for _ in range(120)]


def said(body, rows):
    """What a function of a row says of each row: a line of numbers."""
    array = ", ".join(f"[{', '.join(map(str, row))}]" for row in rows)
    source = f"""
using std::fmt;
function each(row: byte[]): void {{ {body} std::console::print("\\n"); }}
function main(): byte {{
  var rows: (byte[])[] = [{array}];
  for (var i = 0; i < len rows; i = i + 1) {{ each(rows[i]); }}
  return 0;
}}"""
    outcome = run(build([source], "bare"))
    assert outcome.r0 == 0
    return [[int(word) for word in line.split()] for line in outcome.output.splitlines()]


def test_encoding_is_the_hosts():
    got = said("""var to: byte[4]; var n = std::utf8::encode(row[0], to);
      for (var i = 0; i < n; i = i + 1) { print([fu(to[i]), fs(" ")]); }""",
               [[code] for code in CODES])
    assert got == [list(chr(code).encode()) for code in CODES]


@pytest.mark.parametrize("code", [0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF])
def test_what_is_no_code_point_becomes_the_replacement(code):
    got = said("""var to: byte[4]; var n = std::utf8::encode(row[0], to);
      print([fu(n), fs(" "), fu(to[0])]);""", [[code]])
    assert got == [[3, 0xEF]]


def model(words):
    """Code points, by trying the longest character first."""
    codes, at = [], 0
    while at < len(words):
        for count in (4, 3, 2, 1):
            part = words[at:at + count]
            try:
                text = bytes(part).decode()
            except ValueError:
                continue
            if len(text) == 1 and len(part) == count:
                codes.append(ord(text))
                at += count
                break
        else:
            codes.append(words[at])
            at += 1
    return codes


def test_decoding_takes_characters_and_leaves_all_else():
    got = said("""var at = 0;
      while (at < len row) { print([fu(std::utf8::decode(row, &at)), fs(" ")]); }""", WORDS)
    assert got == [model(words) for words in WORDS]


def test_octets_are_told_from_code_points():
    got = said("print([fu(std::utf8::is_octets(row) ? 1 : 0)]);", WORDS)
    def is_octets(words):
        try:
            return bool(bytes(words).decode() or True)
        except ValueError:
            return False
    assert got == [[is_octets(words)] for words in WORDS]
    assert {row[0] for row in got} == {0, 1}


def test_encoded_text_is_the_hosts():
    rows = [CODES[at:at + 5] for at in range(0, len(CODES), 5)]
    got = said("""var made = std::utf8::encoded(row);
      for (var i = 0; i < len made; i = i + 1) { print([fu(made[i]), fs(" ")]); }""", rows)
    assert got == [list("".join(map(chr, row)).encode()) for row in rows]


def test_widths_are_those_of_the_unicode_tables():
    text = "aÄß\u0301\u200d한字かｶＡ€😀🚀𝄞→"
    def width(char):
        if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
            return 0
        return 2 if unicodedata.east_asian_width(char) in "WF" else 1
    got = said("print([fu(std::utf8::width(row[0]))]);", [[ord(char)] for char in text])
    assert got == [[width(char)] for char in text]
