"""The sizes of a cache, and what its two halves say to each other."""

from dataclasses import dataclass

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_power_of_two

__all__ = ["BankPort", "CacheShape", "RefillPort"]


@dataclass(frozen=True, kw_only=True)
class CacheShape:
    """Sizes in words; powers of two.

    Parameters
    ----------
    ram_words : int
        The memory behind the cache, larger than it.
    words : int
        What the cache holds: at least four lines.
    line_words : int
        A line, at least 2.
    """
    ram_words:  int
    words:      int = 8192
    line_words: int = 8

    def __post_init__(self):
        for name in ("ram_words", "words", "line_words"):
            check_power_of_two(name, getattr(self, name))
        if self.words < 4 * self.line_words:
            raise ValueError(f"words must be at least four lines of {self.line_words}, "
                             f"not {self.words!r}")
        if self.ram_words <= self.words:
            raise ValueError(f"ram_words must be more than the cache's {self.words}, "
                             f"not {self.ram_words!r}")

    # A word's address is tag, index, offset; tag and index are the number of its line.

    @property
    def lines(self):
        return self.words // self.line_words

    @property
    def offset_bits(self):
        return (self.line_words - 1).bit_length()

    @property
    def index_bits(self):
        return (self.lines - 1).bit_length()

    @property
    def place_bits(self):
        """Bits of an address that say where in the cache a word lies."""
        return self.index_bits + self.offset_bits

    @property
    def addr_bits(self):
        return (self.ram_words - 1).bit_length()

    @property
    def line_bits(self):
        return self.addr_bits - self.offset_bits

    @property
    def tag_bits(self):
        return self.line_bits - self.index_bits

    def contents(self, words_by_address):
        """Words, tags (with a bit above them for a line that is there) and dirty bits after
        power-up, when the cache holds these words.

        Raises
        ------
        ValueError
            If two of their lines share a place.
        """
        words, tags, dirty = [0] * self.words, [0] * self.lines, [0] * self.lines
        for address, word in words_by_address.items():
            number, index = address // self.line_words, address // self.line_words % self.lines
            tag = 1 << self.tag_bits | number // self.lines
            if tags[index] not in (0, tag):
                raise ValueError(f"init has two lines for one place: {address:#x} is in the second")
            tags[index], dirty[index] = tag, 1
            words[address % self.words] = word
        return words, tags, dirty


def BankPort(*, depth, width):
    """A port of two banks. A read gives the two words of the row of `addr`, the even one below the
    odd one, from the next cycle until the next read; a write changes the one at `addr`."""
    return wiring.Signature({
        "read":   Out(1),
        "write":  Out(1),
        "addr":   Out(range(depth)),
        "w_data": Out(width),
        "r_data": In(2 * width),
    })


def RefillPort(shape):
    """From the lookup to the refill.

    fetch_misses, fetch_line, data_misses, data_line
        A line is not there. Both stay until a refill begins.
    stores, stored_index
        A store was found in the cache: the line at this index is dirty.
    is_settled
        No lookup is under way and no store waits to be written.
    is_quiet
        Nothing is asked for, either, nor in this cycle at the port for data.
    holds
        From the refill: start no lookup of data, but write the stores that wait.
    has_ports
        From the refill: the ports for data are in use.
    writes_tag
        From the refill: a tag changes. What a fetch reads of it in this cycle is undefined.
    ends
        From the refill: look up again whatever waits.
    """
    return wiring.Signature({
        "fetch_misses": Out(1),
        "fetch_line":   Out(shape.line_bits),
        "data_misses":  Out(1),
        "data_line":    Out(shape.line_bits),
        "stores":       Out(1),
        "stored_index": Out(shape.index_bits),
        "is_settled":   Out(1),
        "is_quiet":     Out(1),
        "holds":        In(1),
        "has_ports":    In(1),
        "writes_tag":   In(1),
        "ends":         In(1),
    })
