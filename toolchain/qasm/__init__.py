"""The assembler and the disassembler: QASM text to a flat image, and back."""

from toolchain.qasm.assembler import Program, assemble
from toolchain.qasm.instruction_text import disassemble_word

__all__ = ["Program", "assemble", "disassemble_word"]
