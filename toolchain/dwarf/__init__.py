"""DWARF 5: what the compiler knows about a program, as sections of an ELF file.

`records` is what the compiler says, `unit` makes the sections of one compilation from it, and
`sections` joins those of several and fills in addresses. `docs/debug-info.md` is the contract;
`toolchain.debug_info` reads it all back.
"""
