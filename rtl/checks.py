"""Checks of parameters. Each returns the value, or raises an error that says what came.

A wrong kind of value is a `TypeError`, a wrong value a `ValueError`.
"""

from isa.machine import RESERVED_LIMIT, WINDOWS

__all__ = ["check_bool", "check_even", "check_integer", "check_power_of_two", "check_sources",
           "check_windows"]


def check_bool(name, value):
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be true or false, not {value!r}")
    return value


def check_integer(name, value, *, least, most=None):
    """An integer that is not less than `least` and not more than `most`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    if most is None and value < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    if most is not None and not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {value!r}")
    return value


def check_even(name, value):
    """An even number of at least 2."""
    check_integer(name, value, least=0)
    if value < 2 or value % 2:
        raise ValueError(f"{name} must be even and at least 2, not {value!r}")
    return value


def check_power_of_two(name, value):
    """A power of two of at least 2."""
    check_integer(name, value, least=0)
    if value < 2 or value & (value - 1):
        raise ValueError(f"{name} must be a power of two and at least 2, not {value!r}")
    return value


def check_sources(sources):
    """Numbers of peripherals' interrupts, in rising order."""
    for number in sources:
        check_integer("each of sources", number, least=2, most=255)
    if list(sources) != sorted(set(sources)):
        raise ValueError(f"sources must rise, not {sources!r}")
    return tuple(sources)


def check_windows(windows):
    """Address and size of each peripheral's window, packed one after another."""
    for address, size in windows:
        check_integer("the size of a window", size, least=1)
        check_integer("the end of a window", address + size, least=WINDOWS, most=RESERVED_LIMIT)
    ends = [address + size for address, size in windows]
    if [address for address, _ in windows][1:] != ends[:-1]:
        raise ValueError(f"windows must follow one another without a gap, not {windows!r}")
    return list(windows)
