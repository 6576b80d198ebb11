"""The compiler on the machine: what it makes does the same, and it compiles itself."""

from array import array

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
