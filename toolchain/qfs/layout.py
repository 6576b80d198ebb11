"""The disk format: where each word of a QFS disk stands. All numbers count 32-bit words."""

from enum import IntEnum, IntFlag

__all__ = [
    "DIRECTORY_ENTRIES", "ENTRY_WORDS", "EntryFlag", "EntryWord", "FAT_END", "FAT_FIRST",
    "FAT_FREE", "FAT_RESERVED", "MAGIC", "MIN_SECTORS", "NAME_WORDS", "OCTETS", "SECTOR_OCTETS",
    "SECTOR_WORDS", "SuperWord", "VERSION",
]

MAGIC         = 0x51465332
VERSION       = 2
SECTOR_WORDS  = 128
OCTETS        = 4             # in a word
SECTOR_OCTETS = SECTOR_WORDS * OCTETS
MIN_SECTORS   = 3             # superblock, one sector of FAT, the root directory

FAT_FIRST    = 1
FAT_FREE     = 0
FAT_END      = 0xFFFFFFFF
FAT_RESERVED = 0xFFFFFFFE

ENTRY_WORDS       = 32
DIRECTORY_ENTRIES = SECTOR_WORDS // ENTRY_WORDS  # in a sector
NAME_WORDS        = 24


class SuperWord(IntEnum):
    """Words of sector 0; those behind are 0."""
    MAGIC        = 0
    VERSION      = 1
    SECTOR_WORDS = 2
    SECTORS      = 3
    FAT_FIRST    = 4
    FAT_SECTORS  = 5
    ROOT         = 6
    DATA_FIRST   = 7
    FREE         = 8


class EntryWord(IntEnum):
    """Words of a directory entry; four unused ones follow the name."""
    FLAGS    = 0
    FIRST    = 1  # sector, 0 for none
    SIZE     = 2  # octets of a file, entries of a directory
    MOVES    = 3  # how often it was renamed: of two names for one file, the higher is the newer
    NAME     = 4


class EntryFlag(IntFlag):
    """Flags of a directory entry: it exists if USED is set and DELETED is not."""
    USED       = 1
    DIRECTORY  = 2
    EXECUTABLE = 4
    DELETED    = 0x80
