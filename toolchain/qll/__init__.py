"""The compiler for QLL: sources in, assembly text out.

`front.analyse` makes the typed tree (`tree`) of a program, `generate.generate` assembly text of
the tree; `toolchain.build` does both. `cli` is the command line.
"""
