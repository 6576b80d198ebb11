"""The assembler on the machine: the words and the messages of the host's."""

from array import array

from tests.fuzz_as import first_difference, generated, repository
from tests.support.assembler import on_the_machine
from tests.support.system import boot, system
from tests.toolchain.qasm import test_constants_and_repeat, test_errors
from toolchain.qasm import assemble
from toolchain.qasm.habits import FOREIGN_CHARACTERS, FOREIGN_REGISTERS, FOREIGN_WORDS
from toolchain.qfs import Image
from toolchain.source import Source
from toolchain.targets import library_sources


def test_the_repositorys_assembly_gives_the_same_words():
    assert first_difference(repository(compiled=False)) is None


def test_generated_programs_give_the_same_words_or_messages():
    assert first_difference([generated(seed) for seed in range(40)]) is None


def wrong_lines():
    """The lines that the host's own tests know as wrong."""
    tests = (test_errors.test_wrong_line, test_constants_and_repeat.test_wrong_line,
             test_constants_and_repeat.test_wrong_bounds,
             test_constants_and_repeat.test_a_mistake_in_a_repeat_is_reported_once)
    return [row[0] for test in tests for row in test.pytestmark[0].args[1]]


def test_wrong_lines_are_told_as_on_the_host():
    lines = wrong_lines()
    assert len(lines) > 60
    cases = [[("lines.qasm", "\n".join(lines))],
             [("a.qasm", "@x:\n" * 3 + "constant r1 @y"), ("b.qasm", "@x:\n  constant r1 @xx")],
             [("long.qasm", " " * 150 + "ad" + " r1" * 100 + "\tü\x1b[2J\n" + "x" * 300)],
             [("open.qasm", "define N 3\nrepeat i 1 N\n add r{i} r{j}\nrepeat k 1 2\nend")],
             [("many.qasm", "ad r1\n" * 2_000)]]
    assert first_difference(cases) is None


def test_words_of_other_assemblers_are_told_as_on_the_host():
    cases = [[("words.qasm", "".join(f"{word} r1\n" for word in words))]
             for words in batched(FOREIGN_WORDS, 90)]
    cases += [[("registers.qasm", "".join(f"mov {word} jmp\n" for word in words))]
              for words in batched(FOREIGN_REGISTERS, 90)]
    cases.append([("characters.qasm", "".join(f"{char}\nmov r1 {char}\nword 1 {char} 2\n"
                                              for char in FOREIGN_CHARACTERS))])
    assert first_difference(cases) is None


def batched(words, count):
    """The words in lists of at most so many: of each run 100 mistakes are shown."""
    words = list(words)
    return [words[at:at + count] for at in range(0, len(words), count)]


def test_a_program_for_the_kernel_is_assembled_and_runs():
    source = "@global::_init:\n  jmp r0\n@global::main:\n  mov r2 r0\n  constant r0 42\n  jmp r2\n"
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/tmp/a.qasm", source.encode())
    session = boot("cd /tmp", "as -t user -o a a.qasm; echo $?", "/tmp/a; echo $?", "as -a a.qasm",
                   "as -o b out.qasm", "as -o /no/a a.qasm", "as", "as -t moon a.qasm",
                   "as /no /tmp", "as -o c - < a.qasm", disk=image.words.tobytes())
    lines = session.lines()
    assert "42" in lines and "as: cannot write: /no/a" in lines
    assert sum(line.startswith("usage: as ") for line in lines) == 2
    assert "error: cannot read /no: No such file or directory" in lines
    assert "error: cannot read /tmp: Is a directory" in lines
    after = Image(array("I", session.disk))
    alone = assemble([Source("a.qasm", source)]).to_octets()
    target = [*library_sources("user", ".qasm"), Source("a.qasm", source)]
    assert after.read("/tmp/a") == assemble(target).to_octets()
    assert after.read("/tmp/b") == after.read("/tmp/c") == alone


def test_what_is_no_text_is_refused():
    assert on_the_machine([[("a.qasm", "halt\n")]])[0].image == bytes(16 + 4)
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/tmp/a.qasm", b"halt\n  h\xfflt\n")
    session = boot("cd /tmp; as a.qasm; echo $?", disk=image.words.tobytes())
    assert ("a.qasm:2:4: error: octet 0xff is not valid UTF-8\n      h\ufffdlt\n       ^\n255\n"
            in session.text)
