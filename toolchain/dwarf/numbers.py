"""The numbers of DWARF 5 that are used here, and what this machine adds to them."""

from enum import IntEnum

__all__ = ["ASSEMBLY", "At", "Ate", "Cfa", "Form", "IP_COLUMN", "Lle", "Lns", "Lnct", "Op", "QLL",
           "Rle", "SP_COLUMN", "Tag", "VERSION"]

VERSION = 5

# Languages: the assembler's is DWARF's own vendor number, QLL has one of the free ones.
ASSEMBLY = 0x8001
QLL      = 0x9051

# Registers 0 to 62 are those of the machine. These two are addresses, and count octets.
SP_COLUMN = 63
IP_COLUMN = 64


class Tag(IntEnum):
    ARRAY_TYPE         = 0x01
    FORMAL_PARAMETER   = 0x05
    LABEL              = 0x0A
    MEMBER             = 0x0D
    POINTER_TYPE       = 0x0F
    COMPILE_UNIT       = 0x11
    STRUCTURE_TYPE     = 0x13
    SUBROUTINE_TYPE    = 0x15
    TYPEDEF            = 0x16
    INLINED_SUBROUTINE = 0x1D
    SUBRANGE_TYPE      = 0x21
    BASE_TYPE          = 0x24
    SUBPROGRAM         = 0x2E
    VARIABLE           = 0x34


class At(IntEnum):
    SIBLING              = 0x01
    LOCATION             = 0x02
    NAME                 = 0x03
    BYTE_SIZE            = 0x0B
    STMT_LIST            = 0x10
    LOW_PC               = 0x11
    HIGH_PC              = 0x12
    LANGUAGE             = 0x13
    INLINE               = 0x20
    PRODUCER             = 0x25
    PROTOTYPED           = 0x27
    ABSTRACT_ORIGIN      = 0x31
    COUNT                = 0x37
    DATA_MEMBER_LOCATION = 0x38
    DECL_COLUMN          = 0x39
    DECL_FILE            = 0x3A
    DECL_LINE            = 0x3B
    DECLARATION          = 0x3C
    ENCODING             = 0x3E
    EXTERNAL             = 0x3F
    FRAME_BASE           = 0x40
    TYPE                 = 0x49
    RANGES               = 0x55
    CALL_COLUMN          = 0x57
    CALL_FILE            = 0x58
    CALL_LINE            = 0x59
    LINKAGE_NAME         = 0x6E


class Form(IntEnum):
    ADDR         = 0x01
    DATA2        = 0x05
    DATA4        = 0x06
    DATA1        = 0x0B
    STRP         = 0x0E
    UDATA        = 0x0F
    REF4         = 0x13
    SEC_OFFSET   = 0x17
    EXPRLOC      = 0x18
    FLAG_PRESENT = 0x19
    LINE_STRP    = 0x1F


class Ate(IntEnum):
    """Encodings of base types."""
    BOOLEAN  = 0x02
    FLOAT    = 0x04
    SIGNED   = 0x05
    UNSIGNED = 0x07


class Op(IntEnum):
    """Operations of location expressions."""
    ADDR           = 0x03
    CONSTU         = 0x10
    PLUS           = 0x22
    SHR            = 0x25
    LIT2           = 0x32
    REG0           = 0x50
    REGX           = 0x90
    FBREG          = 0x91
    PIECE          = 0x93
    CALL_FRAME_CFA = 0x9C
    STACK_VALUE    = 0x9F


class Lle(IntEnum):
    """Entries of location lists."""
    END_OF_LIST  = 0x00
    OFFSET_PAIR  = 0x04
    BASE_ADDRESS = 0x06


class Rle(IntEnum):
    """Entries of range lists."""
    END_OF_LIST  = 0x00
    OFFSET_PAIR  = 0x04
    BASE_ADDRESS = 0x05


class Lns(IntEnum):
    """Opcodes of line programs; the two extended ones begin with a 0 and their length."""
    COPY            = 0x01
    ADVANCE_PC      = 0x02
    ADVANCE_LINE    = 0x03
    SET_FILE        = 0x04
    SET_COLUMN      = 0x05
    NEGATE_STMT     = 0x06
    CONST_ADD_PC    = 0x08
    SET_PROLOGUE_END = 0x0A
    EXTENDED_END_SEQUENCE = 0x101
    EXTENDED_SET_ADDRESS  = 0x102


class Lnct(IntEnum):
    """What the entries of a line table's directories and files are."""
    PATH            = 1
    DIRECTORY_INDEX = 2


class Cfa(IntEnum):
    """Call frame instructions; the first three have their operand in the low six bits."""
    ADVANCE_LOC     = 0x40
    OFFSET          = 0x80
    RESTORE         = 0xC0
    NOP             = 0x00
    ADVANCE_LOC1    = 0x02
    ADVANCE_LOC2    = 0x03
    ADVANCE_LOC4    = 0x04
    OFFSET_EXTENDED = 0x05
    UNDEFINED       = 0x07
    SAME_VALUE      = 0x08
    REGISTER        = 0x09
    DEF_CFA         = 0x0C
    DEF_CFA_OFFSET  = 0x0E
