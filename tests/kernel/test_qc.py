"""The compiler on the machine: what it makes does the same, and it compiles itself."""

from array import array

import pytest

from tests.fuzz_qc import KERNELS, first_difference, generated, manual, published
from tests.support.compiler import (
    Case,
    add_compiler,
    compiler_sources,
    on_the_host,
    on_the_machine,
)
from tests.support.qll import run
from tests.support.system import boot
from toolchain.qfs import Image

MOST_CYCLES = 7_200_000_000  # two minutes at 60 MHz


@pytest.mark.slow
def test_it_compiles_itself_to_the_same_words_as_what_it_made_does():
    sources = compiler_sources()
    disk = Image.format(8_000)
    add_compiler(disk)
    disk.make_directory("src")
    for name, text in sources.items():
        disk.write(f"src/{name}", text.encode())
    names = " ".join(sources)
    disk.write("run", f"cd /src\nqc -o /tmp/first.elf {names}\necho $?\n"
                      f"/tmp/first.elf -o /tmp/second.elf {names}\necho $?\n".encode())
    session = boot("sh /run", disk=disk.words.tobytes(), limit=2 * MOST_CYCLES)
    after = Image(array("I", session.disk))
    assert "\n0\n0\n" in session.text, session.text
    assert after.read("tmp/first.elf") == after.read("tmp/second.elf")
    assert session.instructions < MOST_CYCLES / 10


def test_published_programs_do_the_same_or_are_told_the_same():
    assert first_difference([*published()[::9], *manual()[::3]]) is None


def test_random_programs_do_the_same():
    assert first_difference([generated(seed) for seed in range(4)]) is None


def test_kernels_take_at_most_twice_the_instructions_of_the_hosts_plain_code():
    cases = [Case({path.name: path.read_text()}) for path in KERNELS]
    for case, machine in zip(cases, on_the_machine(cases), strict=True):
        wanted, given = run(on_the_host(case).words), run(machine.words)
        assert wanted.r0 == given.r0 is not None
        assert given.instructions <= 2 * wanted.instructions, case


def wrong_programs():
    """Programs with all kinds of mistakes, the last ones too large or too deep."""
    main = "function main(): byte { return 0; }\n"
    deep = 10_000
    return {
        "many": main + "".join(f"function g{i}(): byte {{ return y{i}; }}\n"
                               for i in range(3_000)),
        "zero": "function main(): byte { return 0\0; }\n",
        "long": main + "//" + "x" * 30_000 + "\nglobal a: " + "b" * 3_000 + " = 0;\n",
        "open": "function main(): byte {\n  if (1) {\n  return 0;\n}\n",
        "types": "type t = struct { x: byte; };\n"
                 "function main(): byte { return sizeof t < 3 ? 1 : x; }\n",
    }, {
        "large": "global a: byte[4000000] = [0; 4000000];\n" + main,
        "parentheses": f"function main(): byte {{ return {'(' * deep}1{')' * deep}; }}\n",
        "blocks": f"function main(): byte {{ {'if (1) { ' * deep}{'}' * deep} return 0; }}\n",
        "sum": f"function main(): byte {{ return 1{' + 1' * deep}; }}\n",
        "arms": f"function main(): byte {{ {'if (1) { } else ' * deep} {{ }} return 0; }}\n",
    }


@pytest.mark.slow
def test_what_is_wrong_is_told_as_on_the_host_and_what_is_too_much_in_one_sentence():
    wrong, excessive = wrong_programs()
    assert first_difference([Case({f"{name}.qll": text}) for name, text in wrong.items()]) is None
    cases = [Case({f"{name}.qll": text}) for name, text in excessive.items()]
    for name, outcome in zip(excessive, on_the_machine(cases), strict=True):
        head = outcome.messages.split("\n")[0]
        assert head.endswith("memory is full" if name == "large" else "nested too deeply"), name
