"""Checks of parameters that several peripherals share."""

__all__ = ["check_cycles_per_ms"]


def check_cycles_per_ms(cycles_per_ms):
    """The parameter itself, if it is an integer of at least 2."""
    if not isinstance(cycles_per_ms, int):
        raise TypeError(f"cycles_per_ms must be an integer, not {cycles_per_ms!r}")
    if cycles_per_ms < 2:
        raise ValueError(f"cycles_per_ms must be at least 2, not {cycles_per_ms!r}")
    return cycles_per_ms
