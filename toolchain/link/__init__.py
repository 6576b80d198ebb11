"""The linker: assembled units and object files to objects, executables and flat images."""

from collections.abc import Sequence

from toolchain.link.executable import executable_octets, flat_words
from toolchain.link.object_file import object_octets, pack_words, read_object
from toolchain.link.objects import ObjectFile, check_symbols, join, object_from_unit

__all__ = ["FORMATS", "LIKE_FLAT", "ObjectFile", "link", "object_from_unit", "read_object"]

# What can be made, with the file suffix that asks for it.
FORMATS = {"flat": ".qbin", "exec": ".elf", "dyn": ".elf", "object": ".o"}

# Besides: an executable that is laid out like a flat image, to know that one by.
LIKE_FLAT = "like-flat"


def link(objects: Sequence[ObjectFile], name: str, kind: str = "exec",
         **options: int | str | None) -> bytes:
    """Link objects, in order, to a file of one of `FORMATS`.

    `name` is what the file says that it was made as. The options are those of
    `toolchain.link.executable.executable_octets`; flat images and objects have none.

    Raises
    ------
    SourceError, SourceErrors
        For labels defined twice or, unless an object is made, never; for mistakes in the units
        that the objects were made from.
    """
    if kind not in (*FORMATS, LIKE_FLAT):
        raise ValueError(f"kind must be one of {', '.join((*FORMATS, LIKE_FLAT))}, not {kind!r}")
    check_symbols(objects, allow_undefined=kind == "object")
    part = join(objects, name)
    if kind == "object":
        return object_octets(part)
    if kind == "flat":
        return pack_words(flat_words(part))
    return executable_octets(part, relocatable=kind == "dyn",
                             like_flat=kind == LIKE_FLAT, **options)  # type: ignore[arg-type]
