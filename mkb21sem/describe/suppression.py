"""Small counts hidden in tables, and enough others that no one can compute them back.

What a table prints about counts x ≥ 0 are linear statements a'x = b: a cell, a total, a mean times its base. A reader
who knows every shown statement can bound a hidden one by linear programming, from min a'x to max a'x. A small count is
protected when that interval is wide enough; until it is, further statements are hidden (secondary suppression). See
Hundepool et al. (2012, Statistical Disclosure Control, chapter 4) on the audit of suppressed tables and on
interval protection, and Fischetti & Salazar-González (2001) on the problem. Choosing the fewest is a hard problem; here
the smallest counts that help go first, and what turned out not to be needed is shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from mkb21sem.errors import OptionError

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

THRESHOLD = 10
"""Counts below it are hidden; rules for tables that are published are usually between 3 and 10."""
SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Statement:
    """One number of a table, as a sum over the counts that stand behind it.

    Parameters
    ----------
    of : (m,)
        How often each of the m counts is in it.
    value
        What the sum is.
    row
        Which line of the table prints it; lines are hidden as a whole. −1: known anyway, such as a total.
    small
        Whether it is itself what is to be hidden.
    cost
        What hiding it costs, for the choice among those that help; by default its value.
    """

    of: tuple[float, ...]
    value: float
    row: int = -1
    small: bool = False
    cost: float | None = None


def threshold_of(asked: int | None, synthetic: bool) -> int:
    """The threshold that was asked for; else `THRESHOLD` for answers of real respondents and 0 (off) for made-up ones.

    Raises
    ------
    OptionError
        It is negative, or 1, which hides nothing.
    """
    if asked is None:
        return 0 if synthetic else THRESHOLD
    if asked < 0 or asked == 1:
        raise OptionError(f"--suppress must be 0 (hide nothing) or a count of at least 2; got {asked}.")
    return asked


def is_small(count: float, threshold: int, base: float | None = None) -> bool:
    """Whether a count, or what it leaves of its base, is above zero and below the threshold."""
    rest = 0.0 if base is None else base - count
    return bool(0.5 < count < threshold - 0.5 or 0.5 < rest < threshold - 0.5)


def hidden(statements: Sequence[Statement], threshold: int) -> frozenset[int]:
    """The lines to hide so that every small number stays uncertain by at least the threshold.

    Parameters
    ----------
    statements
        All that is printed about the same counts, in one table or in several.
    threshold
        Also the least width of the interval in which a reader can place a hidden small number.

    Returns
    -------
    frozenset
        Lines. All of them, where even hiding all leaves too little room (a base below the threshold).
    """
    gone = {each.row for each in statements if each.small and each.row >= 0}
    if not gone:
        return frozenset()
    first = frozenset(gone)
    cost: dict[int, float] = {}
    for each in statements:
        if each.row >= 0 and each.value > 0:
            own = each.value if each.cost is None else each.cost
            cost[each.row] = max(cost.get(each.row, 0.0), own)
    while (worst := _least_protected(statements, gone, threshold)) is not None:
        left = sorted((row for row in cost if row not in gone), key=lambda row: (cost[row], row))
        if not left:
            return frozenset(gone)
        widths = {}
        for row in left:
            widths[row] = width(statements, gone | {row}, worst)
            if widths[row] >= threshold - SLACK:
                break
        gone.add(max(widths, key=lambda row: (widths[row] >= threshold - SLACK, widths[row], -cost[row])))
    for row in sorted(gone - first, key=lambda row: -cost[row]):
        if _least_protected(statements, gone - {row}, threshold) is None:
            gone.discard(row)
    return frozenset(gone)


def _least_protected(statements: Sequence[Statement], gone: set[int], threshold: int) -> Statement | None:
    """A small number that can be placed too well, if there is one."""
    for each in statements:
        if each.small and width(statements, gone, each) < threshold - SLACK:
            return each
    return None


def width(statements: Sequence[Statement], gone: set[int] | frozenset[int], of: Statement) -> float:
    """How wide the interval is in which a reader can place a number, given all lines that are not hidden."""
    low, high = feasible(statements, gone, of)
    return high - low


def feasible(statements: Sequence[Statement], gone: set[int] | frozenset[int], of: Statement) -> tuple[float, float]:
    """What a number can be, least and most, for a reader of all lines that are not hidden.

    A hidden count by itself is known to be at least one, because zeros are never hidden.
    """
    size = len(of.of)
    shown = [each for each in statements if each.row not in gone]
    low = np.zeros(size)
    for each in statements:
        if each.row in gone and sum(map(bool, each.of)) == 1 and max(each.of) == 1:
            low[each.of.index(1)] = 1
    equal = np.array([each.of for each in shown]).reshape(-1, size)
    to = np.array([each.value for each in shown])
    bounds = list(zip(low, [None] * size, strict=True))
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * np.array(of.of), A_eq=equal, b_eq=to, bounds=bounds, method="highs")
        # No end: nothing shown bounds it, or what is printed is rounded and no reader can use it together.
        ends.append(sign * float(found.fun) if found.status == 0 else -sign * np.inf)
    return ends[0], ends[1]


def one_way(counts: Sequence[float], threshold: int) -> Flags:
    """Which counts of a list with a known total to hide, (k,)."""
    unit = np.eye(len(counts))
    cells = [
        Statement(tuple(unit[at].tolist()), float(count), at, is_small(count, threshold))
        for at, count in enumerate(counts)
    ]
    total = Statement(tuple(np.ones(len(counts)).tolist()), float(sum(counts)))
    gone = hidden([*cells, total], threshold)
    return np.array([at in gone for at in range(len(counts))], dtype=bool)


def two_way(counts: Array, threshold: int) -> Flags:
    """Which counts of a table with known margins to hide, (r, c)."""
    rows, columns = counts.shape
    statements = []
    for at in range(rows * columns):
        of = np.zeros(rows * columns)
        of[at] = 1
        count = float(counts.flat[at])
        statements.append(Statement(tuple(of.tolist()), count, at, is_small(count, threshold)))
    for axis, length in ((0, rows), (1, columns)):
        for at in range(length):
            table = np.zeros((rows, columns))
            table[(at, slice(None)) if axis == 0 else (slice(None), at)] = 1
            statements.append(Statement(tuple(table.ravel().tolist()), float((table * counts).sum())))
    gone = hidden(statements, threshold)
    return np.array([at in gone for at in range(rows * columns)], dtype=bool).reshape(rows, columns)
