"""Objects and executables, as another reader of ELF sees them."""

import io

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from toolchain.link import link, object_from_unit, read_object
from toolchain.qasm import assemble
from toolchain.qasm.parser import parse_source
from toolchain.source import Source, SourceError, SourceErrors

MAIN = """
@main:
  constant r1 @table
  load r2 r1
  constant r3 @helper
  jmp r3
@main$loop:
  constant r4 @limit
data @limit 10 11
;!rodata
data @table @helper
data @text 'hi'
;!data
data @late 5
"""
HELPER = "@helper:\n  jmp r0\n@helper_end:\n"


def objects(*texts):
    return [object_from_unit(parse_source(Source(f"{at}.qasm", text)))
            for at, text in enumerate(texts)]


def linked(*texts, kind="exec", **options):
    return link(objects(*texts), "test", kind, **options)


def elf_of(octets):
    return ELFFile(io.BytesIO(octets))


def through_files(*texts):
    """The same objects, each written to a file and read back."""
    return [read_object(link([part], part.name, "object"), f"{part.name}.o")
            for part in objects(*texts)]


def words_at(elf, address, count):
    """Words at an address in octets, out of the segment that has it."""
    for segment in elf.iter_segments("PT_LOAD"):
        offset = address - segment["p_vaddr"]
        if 0 <= offset < segment["p_memsz"]:
            data = segment.data()[offset:offset + 4 * count]
            return [int.from_bytes(data[at:at + 4], "little") for at in range(0, len(data), 4)]
    raise AssertionError(f"{address:#x} is in no segment")


def symbols_of(elf):
    return {symbol.name: symbol for symbol in elf.get_section_by_name(".symtab").iter_symbols()}


# --- executables ---------------------------------------------------------------------------------

def test_executable_has_a_header_of_this_machine():
    elf = elf_of(linked(MAIN, HELPER))
    assert (elf.elfclass, elf.little_endian) == (32, True)
    assert elf["e_machine"] == 0x5150
    assert elf["e_type"] == "ET_EXEC"
    assert elf["e_entry"] == 0x4000


def test_each_kind_of_content_has_its_own_segment():
    elf = elf_of(linked(MAIN, HELPER))
    loads = [(s["p_vaddr"], s["p_memsz"], s["p_flags"]) for s in elf.iter_segments("PT_LOAD")]
    # 8 and 1 words of code with two halts; then multiples of 16 words
    assert loads == [(0x4000, 4 * 11, 5), (0x4040, 4 * 4, 4), (0x4080, 4 * 3, 6)]
    for segment in elf.iter_segments():
        assert segment["p_filesz"] == segment["p_memsz"]
        assert segment["p_offset"] % 4 == 0
        if segment["p_type"] == "PT_LOAD":
            assert (segment["p_vaddr"] - segment["p_offset"]) % segment["p_align"] == 0


def test_addresses_are_filled_in_as_words():
    elf = elf_of(linked(MAIN, HELPER))
    assert words_at(elf, 0x4000, 11) == [
        0x05010000, 0x1010, 0x02020100, 0x05030000, 0x1008, 0x14000300, 0x05040000, 0x1020,
        0x14000000, 0, 0]
    assert words_at(elf, 0x4040, 4) == [0x1008, 2, ord("h"), ord("i")]
    assert words_at(elf, 0x4080, 3) == [10, 11, 5]


def test_symbols_have_places_sizes_and_types():
    symbols = symbols_of(elf_of(linked(MAIN, HELPER)))
    table = {name: (symbol["st_value"], symbol["st_size"], symbol["st_info"]["type"],
                    symbol["st_info"]["bind"]) for name, symbol in symbols.items() if name}
    assert table == {
        "main":       (0x4000, 32, "STT_FUNC", "STB_GLOBAL"),
        "main$loop":  (0x4018, 0, "STT_NOTYPE", "STB_LOCAL"),
        "helper":     (0x4020, 4, "STT_FUNC", "STB_GLOBAL"),
        "helper_end": (0x4024, 0, "STT_FUNC", "STB_GLOBAL"),
        "table":      (0x4040, 4, "STT_OBJECT", "STB_GLOBAL"),
        "text":       (0x4044, 12, "STT_OBJECT", "STB_GLOBAL"),
        "limit":      (0x4080, 8, "STT_OBJECT", "STB_GLOBAL"),
        "late":       (0x4088, 4, "STT_OBJECT", "STB_GLOBAL"),
    }


def test_words_inside_of_data_are_not_objects():
    symbols = symbols_of(elf_of(linked(
        "data @a 1\ndata @a$1 2 3\ndata @_init$temporary0 4\ndata @_init$temporary0$1 5")))
    assert {name: symbol["st_size"] for name, symbol in symbols.items()} == {
        "": 0, "a": 12, "a$1": 0, "_init$temporary0": 8, "_init$temporary0$1": 0}


def test_note_has_stack_and_heap_in_octets():
    elf = elf_of(linked(MAIN, HELPER, stack_words=0x800, heap_words=0x4000))
    section = elf.get_section_by_name(".note.quince")
    [note] = section.iter_notes()
    assert note["n_name"] == "Quince"
    assert section.data()[8:12] == b"\1\0\0\0"  # the type, for which the reader has a name
    assert note["n_descdata"] == bytes.fromhex("00200000" "00000100")
    [segment] = elf.iter_segments("PT_NOTE")
    assert segment["p_offset"] == section["sh_offset"]


def test_entry_base_and_alignment_can_be_chosen():
    elf = elf_of(linked(MAIN, HELPER, entry="helper", base=0x2000, align=0x1000))
    assert elf["e_entry"] == (0x2000 + 8) * 4
    assert [s["p_vaddr"] for s in elf.iter_segments("PT_LOAD")] == [0x8000, 0xC000, 0x10000]
    with pytest.raises(SourceError, match="undefined entry label 'nowhere'"):
        linked(MAIN, HELPER, entry="nowhere")


def test_program_without_data_has_one_segment():
    elf = elf_of(linked(HELPER))
    assert [s["p_type"] for s in elf.iter_segments()] == ["PT_LOAD", "PT_NOTE"]


def test_line_tables_are_read_by_others():
    text = ";!line 7 prog.qll\nnop\nnop\n;!line 9 prog.qll\nnop\n;!line 8 lib.qll\nhalt\n"
    dwarf = elf_of(linked(HELPER, text)).get_dwarf_info()
    found, ends = [], []
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        files = [entry.name.decode() for entry in program["file_entry"]]
        states = [entry.state for entry in program.get_entries() if entry.state]
        found += [(s.address, files[s.file], s.line) for s in states if not s.end_sequence]
        ends += [s.address for s in states if s.end_sequence]
    assert found == [(0x4000, "0.qasm", 2), (0x4004, "prog.qll", 7), (0x400C, "prog.qll", 9),
                     (0x4010, "lib.qll", 8)]
    assert ends == [0x4004, 0x4014]
    tops = [unit.get_top_DIE().attributes for unit in dwarf.iter_CUs()]
    assert [(top["DW_AT_low_pc"].value, top["DW_AT_high_pc"].value) for top in tops] == [
        (0x4000, 4), (0x4004, 16)]


# --- relocatable executables ---------------------------------------------------------------------

@pytest.mark.parametrize("shift", [0, 0x1000, 0x30010])
def test_relocatable_executable_runs_anywhere(shift):
    dynamic = elf_of(linked(MAIN, HELPER, kind="dyn"))
    fixed = elf_of(linked(MAIN, HELPER, base=0x1000 + shift))
    assert dynamic["e_type"] == "ET_DYN"
    assert dynamic["e_entry"] == 0
    offset = 0x1000 + shift
    [tags] = dynamic.iter_segments("PT_DYNAMIC")
    table = {tag["d_tag"]: tag["d_val"] for tag in tags.iter_tags()}
    assert table["DT_RELAENT"] == 12
    relocations = list(dynamic.get_section_by_name(".rela.dyn").iter_relocations())
    assert table["DT_RELASZ"] == 12 * len(relocations)
    assert dynamic.get_section_by_name(".rela.dyn")["sh_addr"] == table["DT_RELA"]
    memory = {}
    for segment in dynamic.iter_segments("PT_LOAD"):
        data = segment.data()
        for at in range(0, len(data), 4):
            memory[segment["p_vaddr"] // 4 + at // 4] = int.from_bytes(data[at:at + 4], "little")
    for relocation in relocations:
        assert relocation["r_info_type"] == 2
        memory[relocation["r_offset"] // 4] = offset + relocation["r_addend"] // 4
    for segment in fixed.iter_segments("PT_LOAD"):
        data = segment.data()
        for at in range(0, len(data), 4):
            address = segment["p_vaddr"] // 4 + at // 4
            assert memory[address - offset] == int.from_bytes(data[at:at + 4], "little")


# --- objects -------------------------------------------------------------------------------------

def test_object_has_sections_and_relocations():
    elf = elf_of(linked(MAIN, kind="object"))
    assert elf["e_type"] == "ET_REL"
    assert [(s.name, s["sh_flags"]) for s in elf.iter_sections() if s["sh_flags"] & 2] == [
        (".text", 6), (".data", 3), (".rodata", 2), (".data.1", 3)]
    symbols = elf.get_section_by_name(".symtab")
    relocations = [(name, relocation["r_offset"], relocation["r_info_type"],
                    symbols.get_symbol(relocation["r_info_sym"]).name, relocation["r_addend"])
                   for name in (".rela.text", ".rela.rodata")
                   for relocation in elf.get_section_by_name(name).iter_relocations()]
    assert relocations == [
        (".rela.text", 4, 1, "table", 0), (".rela.text", 16, 1, "helper", 0),
        (".rela.text", 28, 1, "limit", 0), (".rela.rodata", 0, 1, "helper", 0)]
    assert symbols.get_symbol_by_name("helper")[0]["st_shndx"] == "SHN_UNDEF"


def test_object_files_link_to_the_same_as_sources():
    for kind in ("exec", "dyn", "flat"):
        assert link(through_files(MAIN, HELPER), "test", kind) == linked(MAIN, HELPER, kind=kind)


def test_objects_join_to_an_object():
    joined = read_object(linked(MAIN, HELPER, kind="object"), "joined.o")
    assert link([joined], "test", "exec") == linked(MAIN, HELPER)


LINES = st.sampled_from([
    "nop", "constant r1 @a", "constant r2 @b", "constant r3 7", "data @{} 1 2", "data @{} @a",
    "data @{} 'x'", "@{}:", ";!rodata", ";!data", ";!line 3 x.qll", "halt"])


@given(st.lists(st.lists(LINES, max_size=10), min_size=1, max_size=3))
def test_flat_image_is_the_one_of_the_assembler(files):
    texts = ["\n".join(line.format(f"l{file}_{at}") for at, line in enumerate(lines))
             for file, lines in enumerate(files)]
    texts.append("@a:\ndata @b 9")
    expected = assemble([Source(f"{at}", text) for at, text in enumerate(texts)]).to_octets()
    assert linked(*texts, kind="flat") == expected
    assert link(through_files(*texts), "test", "flat") == expected


# --- mistakes ------------------------------------------------------------------------------------

def message(function, *arguments, **options):
    with pytest.raises((SourceError, SourceErrors)) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_undefined_and_duplicate_labels_of_sources_have_their_place():
    assert message(linked, "constant r1 @x\n@y:\n", "@y:") == (
        "0.qasm:1:13: error: undefined label 'x'\n"
        "    constant r1 @x\n                ^~\n"
        "1.qasm:1:1: error: duplicate label 'y'\n"
        "    @y:\n    ^~\n"
        "    note: first defined at 0.qasm:2:1")


def test_undefined_and_duplicate_symbols_of_objects_name_the_file():
    parts = [*through_files("constant r1 @x\n@y:\n", "@y:"), *objects("constant r1 @z")]
    assert message(link, parts, "test") == (
        "error: 1.qasm.o: duplicate symbol 'y'\n"
        "    note: first defined in 0.qasm.o\n"
        "error: 0.qasm.o: undefined symbol 'x'\n"
        "0.qasm:1:13: error: undefined label 'z'\n"
        "    constant r1 @z\n                ^~")


def test_mistakes_in_a_source_come_first():
    assert "is not an instruction" in message(linked, "data @x\nfoo", kind="object")


def test_unknown_kind():
    with pytest.raises(ValueError, match="one of flat, exec, dyn, object, like-flat, not 'coff'"):
        linked(MAIN, kind="coff")


OBJECT = linked(MAIN, HELPER, kind="object")


@pytest.mark.parametrize("octets, text", [
    (b"", "not an ELF file"),
    (b"hello, world", "not an ELF file"),
    (OBJECT[:20], "truncated: the header is not complete"),
    (OBJECT[:4] + b"\x02" + OBJECT[5:], "not a 32-bit little-endian ELF file"),
    (OBJECT[:18] + b"\x03\x00" + OBJECT[20:], "made for machine 0x3, not for 0x5150"),
    (linked(MAIN, HELPER), r"ELF type 2, not 1 \(REL\)"),
    (OBJECT[:-8], "truncated: the table of sections is outside the file"),
])
def test_file_that_is_no_object(octets, text):
    with pytest.raises(SourceError, match=f"^error: x.o: {text}$|^x.o: {text}$"):
        read_object(octets, "x.o")


@given(st.lists(st.tuples(st.integers(0, len(OBJECT) - 1), st.integers(0, 255)), min_size=1,
                max_size=4), st.integers(0, len(OBJECT)))
def test_damaged_object_is_read_or_refused(changes, length):
    octets = bytearray(OBJECT)
    for at, value in changes:
        octets[at] = value
    for damaged in (bytes(octets), bytes(octets[:length])):
        try:
            part = read_object(damaged, "x.o")
            link([part], "test", "flat")
        except (SourceError, SourceErrors) as error:
            assert "x.o: " in str(error)
