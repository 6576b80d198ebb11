"""Decimal text to binary32, rounded once: float literals of QASM and QLL."""

import math
import struct

__all__ = ["binary32_from_text"]

_INFINITY = 0x7F800000


def binary32_from_text(text: str) -> int:
    """Pattern of the binary32 nearest to a decimal number such as ``-1.5e3``; ties to even.

    What fits binary64 but not binary32 becomes infinity.

    Raises
    ------
    OverflowError
        If the number does not fit a binary64.
    """
    value = float(text)
    if math.isinf(value):
        raise OverflowError(f"{text} does not fit a binary64")
    # Going through binary64 would round twice. Where the text is not exactly the double, the
    # double is made odd: then rounding it to binary32 gives what rounding the text would.
    if value != 0 and not struct.pack("<d", value)[0] & 1:
        from decimal import Decimal  # few programs need it
        exact = Decimal(text)
        if exact != Decimal(value):
            value = math.nextafter(value, math.inf if exact > Decimal(value) else -math.inf)
    try:
        return struct.unpack("<I", struct.pack("<f", value))[0]
    except OverflowError:
        return _INFINITY | (0x80000000 if value < 0 else 0)
