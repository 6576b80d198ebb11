"""The disk format: where each word of a QFS disk stands. All numbers count 32-bit words.

docs/qfs.md describes it in whole; a test compares its tables with these.
"""

from enum import IntEnum, IntFlag

__all__ = [
    "CLEAN_MARK", "DIRECTORY_ENTRIES", "ENTRY_WORDS", "EntryFlag", "EntryWord", "FAT_END",
    "FAT_FIRST", "FAT_FREE", "FAT_RESERVED", "MAGIC", "MAX_SECTORS", "MIN_SECTORS", "NAME_WORDS",
    "OCTETS", "RECORD_WORDS", "RecordWord", "SECTOR_OCTETS", "SECTOR_WORDS", "SuperWord",
    "VERSION", "record_sum",
]

MAGIC         = 0x51465332
VERSION       = 2
SECTOR_WORDS  = 128
OCTETS        = 4             # in a word
SECTOR_OCTETS = SECTOR_WORDS * OCTETS
MIN_SECTORS   = 3             # superblock, one sector of FAT, the root directory
MAX_SECTORS   = 1 << 22       # 2 GiB: these tools keep a whole image in memory

FAT_FIRST    = 1
FAT_FREE     = 0
FAT_END      = 0xFFFFFFFF
FAT_RESERVED = 0xFFFFFFFE

ENTRY_WORDS       = 32
DIRECTORY_ENTRIES = SECTOR_WORDS // ENTRY_WORDS  # in a sector
NAME_WORDS        = 24

CLEAN_MARK = 0x434C4541  # plus the count of free sectors


class SuperWord(IntEnum):
    """Words of sector 0; those behind the record are 0."""
    MAGIC        = 0
    VERSION      = 1
    SECTOR_WORDS = 2
    SECTORS      = 3
    FAT_FIRST    = 4
    FAT_SECTORS  = 5
    ROOT         = 6
    DATA_FIRST   = 7
    FREE         = 8
    CLEAN        = 9   # CLEAN_MARK + FREE while nothing is to be mended
    RECORD       = 10  # the last change of an entry


class RecordWord(IntEnum):
    """Words of the record of the last change, counted from its first."""
    SECTOR     = 0   # where the entry stands
    SLOT       = 1
    OLD_SECTOR = 2   # where it stood before, if that was elsewhere; else 0
    OLD_SLOT   = 3
    BEFORE     = 4   # the slot's words before the change
    AFTER      = 36  # and behind it
    SUM        = 68  # of the words above


RECORD_WORDS = RecordWord.SUM + 1


class EntryWord(IntEnum):
    """Words of a directory entry; four unused ones follow the name."""
    FLAGS    = 0
    FIRST    = 1  # sector, 0 for none
    SIZE     = 2  # octets of a file, entries of a directory
    RESERVED = 3
    NAME     = 4  # octets of UTF-8, one a word; 0 behind the last


class EntryFlag(IntFlag):
    """Flags of a directory entry: it exists if USED is set and DELETED is not."""
    USED       = 1
    DIRECTORY  = 2
    EXECUTABLE = 4
    DELETED    = 0x80


def record_sum(words: list[int]) -> int:
    """What the last word of a record must be, from those before it; never 0."""
    total = MAGIC
    for word in words:
        total = (total * 31 + word) & 0xFFFFFFFF
    return total | 1
