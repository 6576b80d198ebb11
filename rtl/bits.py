"""Functions on words that more than one component needs."""

from amaranth import Cat, Const, Mux

__all__ = ["leading_zeros"]


def leading_zeros(word):
    """How many zeros stand above the highest one of `word`; its width if there is none.

    A tree: each half counts its own, and the upper half decides which count goes on. `word` should
    be a signal, since each of its bits is used many times.
    """
    def count(bits):
        # A count of 2^n bits has n + 1 bits, of which the top one says that all are zeros. It is a
        # list of bits, not a value: to slice a value of this depth doubles it at each level.
        if len(bits) == 1:
            return [~bits[0]]
        half = len(bits) // 2
        *low, low_is_zero = count(bits[:half])
        *high, high_is_zero = count(bits[half:])
        return [*(Mux(high_is_zero, below, above) for below, above in zip(low, high, strict=True)),
                high_is_zero & ~low_is_zero, high_is_zero & low_is_zero]

    # Ones below a word of another width end the count there.
    size = 1 << (len(word) - 1).bit_length()
    below = size - len(word)
    return Cat(count(Cat(Const((1 << below) - 1, below), word)))
