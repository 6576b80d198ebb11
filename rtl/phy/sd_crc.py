"""The checks of the SD protocol, an octet at a time."""

from amaranth import Cat

__all__ = ["crc16", "crc7"]


def crc7(crc, octet):
    """Of commands: x^7 + x^3 + 1."""
    return _next(crc, octet, 0x09)


def crc16(crc, octet):
    """Of data: x^16 + x^12 + x^5 + 1."""
    return _next(crc, octet, 0x1021)


def _next(crc, octet, polynomial):
    """The check with one more octet. Each of its bits is a sum of bits of the two."""
    width  = len(crc)
    inputs = Cat(crc, octet)
    shares = [_divide(1 << n, width, polynomial) for n in range(len(inputs))]
    return Cat((inputs & sum((share >> bit & 1) << n for n, share in enumerate(shares))).xor()
               for bit in range(width))


def _divide(inputs, width, polynomial):
    """The next check of constants: the octet above the check, bit 7 first."""
    crc, octet = inputs & (1 << width) - 1, inputs >> width
    for bit in reversed(range(8)):
        carries = (crc >> width - 1 ^ octet >> bit) & 1
        crc = crc << 1 & (1 << width) - 1 ^ (polynomial if carries else 0)
    return crc
