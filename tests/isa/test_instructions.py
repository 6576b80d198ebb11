"""The instruction table against words encoded by hand from the manual."""

import pytest

from isa import BY_MNEMONIC, ISA, decode_fields, encode


@pytest.mark.parametrize("mnemonic, fields, word", [
    ("add",   {"d": 1, "s0": 2, "s1": 3}, 0x06010203),
    ("store", {"d": 5, "s0": 64},         0x03054000),
    ("halt",  {},                         0x00000000),
    ("rjnz",  {"s0": 7, "s1": 63},        0x2500073F),
    ("sar",   {"d": 0, "s0": 1, "s1": 2}, 0x2A000102),
])
def test_encodes_words_from_the_manual(mnemonic, fields, word):
    assert encode(mnemonic, **fields) == word


def test_opcodes_are_dense_and_unique():
    assert [insn.opcode for insn in ISA] == list(range(len(ISA)))
    assert len(BY_MNEMONIC) == len(ISA)


def test_only_constant_has_two_words():
    assert [insn.mnemonic for insn in ISA if insn.words == 2] == ["constant"]


def test_store_reads_its_address_field():
    assert not BY_MNEMONIC["store"].writes_d
    assert BY_MNEMONIC["load"].writes_d


def test_decode_splits_what_encode_joined():
    assert decode_fields(0x2A010203) == (42, 1, 2, 3)


def test_encode_rejects_fields_that_are_not_there():
    with pytest.raises(KeyError, match="jmp has no field 'd'"):
        encode("jmp", d=1)
    with pytest.raises(ValueError, match="from 0 to 255, not 256"):
        encode("jmp", s0=256)
