"""The language server for QLL and QASM: `quince lsp`.

It holds no rules of the languages: mistakes, names and types come from the compiler and the
assembler, which it runs on the texts as they stand in the editor.
"""
