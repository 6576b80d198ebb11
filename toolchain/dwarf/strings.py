"""String tables: each string is there once."""

from toolchain.dwarf.sections import Part, Target

__all__ = ["StringTable"]


class StringTable:
    """A debug section of strings, `name`."""

    def __init__(self, name: str):
        self.name = name
        self.part = Part()
        self._offsets: dict[str, int] = {}

    def refer(self, user: Part, text: str) -> None:
        """Append a reference to a string."""
        offset = self._offsets.get(text)
        if offset is None:
            offset = self._offsets[text] = len(self.part.octets)
            self.part.add(text.replace("\0", "").encode() + b"\0")
        user.fix(Target.SECTION, self.name, offset)
