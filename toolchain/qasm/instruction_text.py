"""One instruction as text."""

from functools import lru_cache

from isa import BY_OPCODE, IP_FIELD, REGISTERS, decode_fields, encode

__all__ = ["disassemble_word", "is_canonical"]


def _fields(word: int) -> dict[str, int]:
    _, d, s0, s1 = decode_fields(word)
    return {"d": d, "s0": s0, "s1": s1}


def _is_valid(word: int) -> bool:
    """Whether the machine executes it, unused fields aside."""
    insn = BY_OPCODE.get(word >> 24)
    if insn is None:
        return False
    fields = _fields(word)
    return all(fields[name] < REGISTERS or (fields[name] == IP_FIELD and name != "d")
               for name in insn.fields)


@lru_cache(1 << 16)  # programs, and traces even more, consist of few different words
def is_canonical(word: int) -> bool:
    """Whether the word is what the assembler makes of an instruction: valid, the rest zero."""
    if not _is_valid(word):
        return False
    insn, fields = BY_OPCODE[word >> 24], _fields(word)
    return encode(insn.mnemonic, **{name: fields[name] for name in insn.fields}) == word


def disassemble_word(word: int, imm: int | None = None) -> str:
    """Text of one instruction; `imm` is the word behind it, of which only `constant` takes note.

    A word that no instruction assembles to comes out as the directive ``word``, followed, if the
    machine executes it all the same, by the instruction in a comment. A `constant` whose immediate
    is not known shows it as ``?``.
    """
    text = _text(word)
    return text if imm is None else text.replace("?", f"0x{imm:x}")


@lru_cache(1 << 16)
def _text(word: int) -> str:
    if not _is_valid(word):
        return f"word 0x{word:08x}"
    insn, fields = BY_OPCODE[word >> 24], _fields(word)
    operands = []
    for name in insn.operands:
        if name == "imm":
            operands.append("?")
        else:
            operands.append("ip" if fields[name] == IP_FIELD else f"r{fields[name]}")
    text = " ".join([insn.mnemonic, *operands])
    return text if is_canonical(word) else f"word 0x{word:08x} ; {text}"
