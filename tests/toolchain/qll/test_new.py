"""`new` of several elements: what they are copied from, and what is left over."""

import pytest

from tests.support.qll import LEVELS, run_qll

PROGRAM = """
function show(s: byte[]): byte {{
  var n = len s;
  for (var i = 0; i < len s; i = i + 1) {{ n = n * 10 + s[i]; }}
  return n;
}}
type holder = struct {{ before: byte; items: byte[3]; }};
global fixed: byte[3] = [1, 2, 3];
function three(): byte[3] {{ return [1, 2, 3]; }}
function held(): holder {{ return holder {{ before = 9, items = [1, 2, 3] }}; }}
function main(): byte {{
  var array: byte[3] = [1, 2, 3];
  var struct_: holder = holder {{ items = [1, 2, 3] }};
  var slice: byte[] = fixed;
  var n = len slice - 3;
  var s = new byte[n + {count}] = {source};
  return show(s);
}}
"""
EXPECTED = {0: 0, 2: 212, 3: 3123, 5: 512300}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("count", EXPECTED)
@pytest.mark.parametrize("source", ["array", "struct_.items", "slice", "fixed", "three()",
                                    "held().items", "[1, 2, 3]"])
def test_elements_are_copied_and_the_rest_is_zero(source, count, level):
    program = PROGRAM.format(source=source, count=count)
    assert run_qll(program, target="bare", level=level).r0 == EXPECTED[count]
