"""Assembler, disassembler, compiler, linker and disk tool for the Quince computer."""
