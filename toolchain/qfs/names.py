"""Names and paths: what a disk can hold, and how it is shown.

A name is 1 to 24 octets of UTF-8, one a word. What stands on a damaged or foreign disk may be
something else: it is read so that no two names become one, and shown without harm to a terminal.
"""

from collections.abc import Sequence

from toolchain.qfs.layout import NAME_WORDS

__all__ = ["QfsError", "decode_name", "encode_name", "is_name", "shown", "split_path"]


class QfsError(Exception):
    """What a user got wrong, or a disk that is damaged; the message names the place."""


def split_path(path: str) -> list[str]:
    """Names on the way from the root; ``.`` and ``..`` are resolved, ``..`` stops at the root."""
    names: list[str] = []
    for name in path.split("/"):
        if name in ("", "."):
            continue
        if name == "..":
            del names[-1:]
            continue
        names.append(name)
    return names


def encode_name(name: str) -> list[int]:
    """The words of a name that a file is to get.

    Raises
    ------
    QfsError
        If a disk cannot hold it.
    """
    try:
        octets = name.encode()
    except UnicodeEncodeError:
        raise QfsError(f"'{name}': a name must be UTF-8") from None
    if not octets or name in (".", "..") or "/" in name:
        raise QfsError(f"'{name}' cannot be a name")
    if "\0" in name:
        raise QfsError(f"'{name}': a name cannot contain a zero character")
    if len(octets) > NAME_WORDS:
        raise QfsError(f"'{name}' has {len(octets)} octets of UTF-8; a name has at most "
                       f"{NAME_WORDS}")
    return [*octets, *[0] * (NAME_WORDS - len(octets))]


def decode_name(words: Sequence[int]) -> str:
    """The name in an entry. Octets that are no UTF-8 become surrogates, as in `os.fsdecode`; words
    that are no octets are taken as characters, which is how older disks kept names."""
    length = next((at for at, word in enumerate(words) if word == 0), len(words))
    codes = words[:length]
    if all(code < 0x100 for code in codes):
        return bytes(codes).decode("utf-8", "surrogateescape")
    return "".join(chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
                   for code in codes)


def is_name(name: str) -> bool:
    """Whether a file may be called so."""
    try:
        encode_name(name)
    except QfsError:
        return False
    return True


def shown(text: str) -> str:
    """A text for a terminal: what is not printable, and the backslash, as Python writes it."""
    return "".join(char if char.isprintable() and char != "\\" else
                   f"\\x{ord(char) - 0xDC00:02x}" if 0xDC80 <= ord(char) <= 0xDCFF else
                   char.encode("unicode_escape", "surrogatepass").decode() for char in text)
