"""What an operation is equal to without computing: bits of its operands, or a constant."""

from sim.engine.netlist import Node, Word, const, cut, join, width_of

__all__ = ["extended", "operation", "simplified"]


def operation(kind: str, width: int, args: tuple[Word, ...], is_signed: bool = False) -> Word:
    """A new node's value, or what is equal to it."""
    simple = simplified(kind, width, args, is_signed)
    return Node(kind, width, args, is_signed).word if simple is None else simple


def simplified(kind: str, width: int, args: tuple[Word, ...], is_signed: bool) -> Word | None:
    """A word equal to an operation, if there is one."""
    if kind == "mux":
        return _chosen(*args)
    if kind == "pmux":
        return args[0] if all(arg == args[0] for arg in args[2:]) else None
    if kind in ("and", "or", "xor"):
        return _masked(kind, width, args)
    if kind in ("shl", "shr", "sshr"):
        return _shifted(kind, width, args, is_signed)
    if kind == "not" and width_of(args[0]) == width:
        value = _value(args[0])
        return None if value is None else const(~value, width)
    if kind.startswith("reduce") and width_of(args[0]) < 2:
        return args[0] or const(int(kind == "reduce_and"), 1)
    if kind in ("eq", "ne") and args[0] == args[1]:
        return const(int(kind == "eq"), 1)
    return None


def extended(word: Word, width: int, is_signed: bool) -> Word:
    """A number with as many bits as asked for: its lowest, or with its sign above."""
    missing = width - width_of(word)
    if missing <= 0:
        return cut(word, 0, width)
    sign = cut(word, width_of(word) - 1, 1) if is_signed and word else const(0, 1)
    return join((*word, *(sign * missing)))


def _value(word: Word) -> int | None:
    """A constant's value."""
    if len(word) == 1 and word[0].node is None:
        return word[0].low
    return None if word else 0


def _chosen(select: Word, low: Word, high: Word) -> Word | None:
    chosen = _value(select)
    if low == high or chosen == 0:
        return low
    if (low, high) == (const(0, 1), const(1, 1)):
        return select
    return high if chosen == 1 else None


def _masked(kind: str, width: int, args: tuple[Word, ...]) -> Word | None:
    if not all(width_of(arg) == width for arg in args):
        return None
    for this, other in (args, args[::-1]):
        value, ones = _value(this), (1 << width) - 1
        if value == 0:
            return const(0, width) if kind == "and" else other
        if value == ones and kind != "xor":
            return other if kind == "and" else const(ones, width)
    return None


def _shifted(kind: str, width: int, args: tuple[Word, ...], is_signed: bool) -> Word | None:
    """By a constant amount."""
    word, amount = args
    by = _value(amount)
    if by is None:
        return None
    if kind == "shl":
        zeros = min(by, width)
        return join((*const(0, zeros), *extended(word, width - zeros, is_signed))
                    if zeros else extended(word, width, is_signed))
    signed = is_signed and kind == "sshr"
    left   = cut(word, min(by, width_of(word) - signed), max(width, width_of(word)))
    return extended(left, width, signed)
