"""Binary32 and what it passes through on its way to being rounded."""

from amaranth import Cat, signed
from amaranth.lib import data

__all__ = ["BIAS", "INFINITY_EXPONENT", "Binary32", "Rough", "Wide", "mantissa_of", "scale_of"]

BIAS              = 127
INFINITY_EXPONENT = 255  # of infinities and NaNs


class Binary32(data.Struct):
    fraction: 23
    exponent: 8
    sign:     1


class Rough(data.Struct):
    """A magnitude to be rounded: ``bits / 2^27 * 2^(scale - 127)``.

    `scale` is at least 1 and would be the exponent's field if the highest bit were set. Of the
    bits, 24 become the mantissa, from the first or second or third; the lowest one is sticky: 1 if
    anything was lost below.
    """
    bits:  28
    scale: 10
    sign:  1


class Wide(data.Struct):
    """A magnitude to be shifted; then its upper 27 bits and a sticky one are `Rough`'s."""
    bits:  48
    left:  signed(7)  # by how much; negative: to the right. From -63 to 63
    is_left: 1        # it is not negative; known earlier
    scale: 10         # after the shift
    sign:  1


def mantissa_of(number):
    """The 24 bits of a finite number's mantissa, with the hidden one, which subnormals lack."""
    return Cat(number.fraction, number.exponent != 0)


def scale_of(number):
    """The exponent as a scale for `mantissa_of`: that of subnormals is 1, not 0."""
    return number.exponent | (number.exponent == 0)
