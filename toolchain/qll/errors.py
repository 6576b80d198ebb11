"""What the compiler has to say to its user: errors and warnings, each with a kind and a place.

Programs that look at messages can rely on the kinds, and on a phrase in the message of each.
"""

from toolchain.source import SourceError, Span

__all__ = ["QllError", "QllWarning", "did_you_mean"]


class QllError(SourceError):
    """A mistake in a QLL program. `kind` says which, independent of the wording."""

    def __init__(self, kind: str, message: str, span: Span | None = None,
                 notes: tuple[str, ...] = ()):
        super().__init__(message, span, notes)
        self.kind = kind


class QllWarning(QllError):
    """Legal, but probably not meant. `kind` is the name of the `-W` switch."""

    severity = "warning"

    def __str__(self) -> str:
        head, newline, tail = super().__str__().partition("\n")
        return f"{head} [-W{self.kind}]{newline}{tail}"


def did_you_mean(name: str, candidates: list[str]) -> str | None:
    """The candidate that `name` is most likely a misspelling of, if any is close."""
    best, best_distance = None, (len(name) + 1) // 3 + 1
    if len(name) < 3:
        best_distance = 1  # only another case
    for candidate in candidates:
        if candidate == name or abs(len(candidate) - len(name)) >= best_distance:
            continue
        distance = _distance(name, candidate, best_distance)
        if distance < best_distance:
            best, best_distance = candidate, distance
    return best


def _distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from one to the other; `limit`
    if there are at least that many."""
    if left.lower() == right.lower():
        return 0
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == right[j - 2] and left[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)
