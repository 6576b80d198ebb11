"""The intermediate representation as text, and what `verify` finds."""

import pytest

from toolchain.qll.middle.ir import Block, parse_function, print_function, verify

EXAMPLE = """\
function @`global::f` (2) {
  slot $0 3
  slot $1 1 private
b0:
  %0 = param 0
  %1 = param 1
  %2 = lt %0, 10
  guard.1 %2
  %3 = add %1, %0
  %4 = load.e %3
  store.l $0+1, %4
  branch %4, b1, b2
b1: <- b0
  %5 = call.fast @`global::g<byte>`(%4, 7)
  %6 = call.stack:2 %5()
  store.g @`global::x`+2, %6
  jump b2
b2: <- b0, b1
  %7 = phi %4, %5
  ret %7
}
"""


def test_text_comes_back_as_it_was():
    assert print_function(parse_function(EXAMPLE)) == EXAMPLE


def test_a_sound_function_passes():
    verify(parse_function(EXAMPLE))


@pytest.mark.parametrize("old, new, complaint", [
    ("  ret %7\n", "", "has no terminator"),
    ("b1: <- b0\n", "b1:\n", "is not among its predecessors"),
    ("phi %4, %5", "phi %4", "does not fit its predecessors"),
    ("ret %7", "ret %5", "is not defined there"),
    ("phi %4, %5", "phi %5, %4", "is not defined on its edge"),
    ("branch %4, b1, b2", "branch %4, b1", "ends with branch to 1 blocks"),
])
def test_a_broken_rule_is_named(old, new, complaint):
    assert old in EXAMPLE
    with pytest.raises(ValueError, match=complaint):
        verify(parse_function(EXAMPLE.replace(old, new)))


def test_a_predecessor_must_go_there():
    for odd in (lambda blocks: blocks[2], lambda blocks: Block("elsewhere")):
        function = parse_function(EXAMPLE)
        blocks = function.blocks
        blocks[1].preds.append(odd(blocks))
        with pytest.raises(ValueError, match="has a predecessor that does not go there"):
            verify(function)


@pytest.mark.parametrize("text", ["", "function f", EXAMPLE.replace("lt %0, 10", "??")])
def test_other_text_is_refused(text):
    with pytest.raises((ValueError, IndexError)):
        parse_function(text)
