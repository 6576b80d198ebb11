"""Numbers as text, against Python, many in one run; the heap, against a model, likewise."""

import random

from tests.support.qll import build, run

NUMBERS = """
function show(s: string): void { std::console::print(s); std::console::print("\\n"); }
function parse(s: string): byte {
  var n = 0;
  for (var i = 0; i < len s; i = i + 1) { n = n * 10 + s[i] - '0'; }
  return n;
}
function line(buffer: string): string {
  var n = std::console::input(buffer);
  return n == -1 ? buffer[:0] : buffer[:n];
}
function main(): byte {
  var text: byte[40]; var room: byte[34];
  while (true) {
    var n = line(text);
    if (len n == 0) { return 0; }
    var number = parse(n);
    var base = parse(line(text));
    show(std::str::utoa(number, room, base));
    show(std::str::itoa(<unsafe int>number, room, base));
  }
  return 1;
}
"""


def digits(number, base):
    text = ""
    while True:
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[number % base] + text
        number //= base
        if number == 0:
            return text


def test_numbers_in_all_bases():
    source = random.Random(1)
    cases = [(n, base) for n in (0, 1, 35, 36, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
             for base in (2, 3, 10, 16, 36)]
    cases += [(source.getrandbits(source.randint(1, 32)), source.randint(2, 36))
              for _ in range(100)]
    outcome = run(build([NUMBERS], "bare"), [str(value) for case in cases for value in case])
    expected = []
    for number, base in cases:
        signed = number - 2**32 if number >> 31 else number
        expected += [digits(number, base), ("-" if signed < 0 else "") + digits(abs(signed), base)]
    assert outcome.output.splitlines() == expected


HEAP = """
global kept: (* byte)[64] = [null; 64];
function parse(s: string): byte {
  var n = 0;
  for (var i = 0; i < len s; i = i + 1) { n = n * 10 + s[i] - '0'; }
  return n;
}
function main(): byte {
  var text: byte[40]; var room: byte[34];
  while (true) {
    var n = std::console::input(text);
    if (n == -1) { return 0; }
    var slot = parse(text[:n]);
    if (kept[slot]) {
      system::dealloc(kept[slot]);
      kept[slot] = null;
    } else {
      n = std::console::input(text);
      kept[slot] = system::alloc(parse(text[:n]));
      std::console::print(std::str::utoa(<unsafe byte>kept[slot], room, 10));
      std::console::print("\\n");
    }
  }
  return 1;
}
"""


class Heap:
    """First fit by the manual: free pieces in the order of their addresses, as a list of
    [address of the header, words behind it, free]."""

    def __init__(self):
        self.blocks = [[0x8000, 0x10000 - 3, True]]

    def alloc(self, size):
        for at, block in enumerate(self.blocks):
            if block[2] and block[1] >= size:
                if block[1] - size > 3 + 256:
                    rest = [block[0] + 3 + size, block[1] - size - 3, True]
                    self.blocks.insert(at + 1, rest)
                    block[1] = size
                block[2] = False
                return block[0] + 3
        return 0

    def dealloc(self, address):
        next(block for block in self.blocks if block[0] + 3 == address)[2] = True
        merged = self.blocks[:1]
        for block in self.blocks[1:]:
            if block[2] and merged[-1][2]:
                merged[-1][1] += 3 + block[1]
            else:
                merged.append(block)
        self.blocks = merged


def test_heap_does_what_its_model_does():
    source, heap, kept, lines, expected = random.Random(2), Heap(), {}, [], []
    for _ in range(600):
        slot = source.randrange(64)
        lines.append(str(slot))
        if kept.get(slot):
            heap.dealloc(kept.pop(slot))
        else:
            size = source.choice([0, 1, 100, 300, 1000, 5000]) + source.randrange(50)
            lines.append(str(size))
            kept[slot] = heap.alloc(size)
            expected.append(str(kept[slot]))
    assert "0" in expected  # the heap was full at times
    assert run(build([HEAP], "bare"), lines).output.splitlines() == expected
