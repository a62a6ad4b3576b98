"""Missing answers and signs of careless answering of a published analysis, with small counts hidden."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.describe.suppression import Statement, hidden, is_small, one_way
from mkb21sem.linalg import Array
from mkb21sem.report.privacy.dossier import RARE


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Missing answers with small counts hidden.

    Attributes
    ----------
    items
        item n missing share hidden: one row a question.
    patterns
        missing k n share kinds hidden: patterns of few are one line, `RARE`, which holds so many kinds.
    cases
        Whether the number of respondents who left a question open is shown.
    cells
        Whether the share of all answers that are missing is shown.
    """

    items: pd.DataFrame
    patterns: pd.DataFrame
    cases: bool = True
    cells: bool = True

    @property
    def secret(self) -> dict[str, float]:
        """Questions of which it is hidden how many left them open, and how many were asked them."""
        own = self.items[self.items["hidden"]] if "hidden" in self.items else self.items[:0]
        return dict(zip(own["item"], own["n"].astype(float), strict=True))

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden, and no patterns are taken together."""
        lost = any("hidden" in each and bool(each["hidden"].any()) for each in (self.items, self.patterns))
        return self.cases and self.cells and not lost and RARE not in set(self.patterns["missing"])


def gaps(items: pd.DataFrame, patterns: pd.DataFrame, threshold: int) -> Gaps:
    """What may be shown of the missing answers: of every question, of all, and in patterns, taken together.

    Parameters
    ----------
    items
        item n missing share; all questions have the same n, which is known.
    patterns
        missing (items, by a space) k n share, of the same respondents.
    threshold
        Counts below it are hidden; 0 hides nothing.
    """
    if not threshold:
        return Gaps(items, patterns)
    n = patterns["n"].to_numpy(float)
    few = n < threshold
    parts = [np.arange(len(n)) == at for at in np.flatnonzero(~few)] + ([few] if few.any() else [])
    holes = [set(str(missing).split()) for missing in patterns["missing"]]
    lines = [part.astype(float) for part in parts]
    lines += [np.array([float(item in own) for own in holes]) for item in items["item"]]
    open_at_all = (patterns["k"] > 0).to_numpy(float)
    cells = patterns["k"].to_numpy(float)
    statements = [
        Statement(tuple(of.tolist()), float(of @ n), at, is_small(float(of @ n), threshold, float(n.sum())))
        for at, of in enumerate([*lines, open_at_all])
    ]
    statements += [
        Statement(tuple(cells.tolist()), float(cells @ n), len(statements)),
        Statement((1.0,) * len(n), float(n.sum())),
    ]
    gone = hidden(statements, threshold)
    named, end = len(parts), len(parts) + len(items)
    told = _blank(items, [at in gone for at in range(named, end)], ("missing", "share"))
    return Gaps(told, _joined(patterns, few, threshold, gone), end not in gone, end + 1 not in gone)


def _joined(patterns: pd.DataFrame, few: NDArray[np.bool_], threshold: int, gone: frozenset[int]) -> pd.DataFrame:
    """The patterns of as many as the threshold, and one line for the others."""
    shown = patterns[~few].assign(kinds=1)
    if few.any():
        rare = patterns[few]
        line = {"missing": RARE, "k": math.nan, "n": rare["n"].sum(), "share": rare["share"].sum(), "kinds": len(rare)}
        shown = pd.concat([shown, pd.DataFrame([line])], ignore_index=True)
    return _blank(shown.reset_index(drop=True), [at in gone for at in range(len(shown))], ("n", "share"))


def signs(found: pd.DataFrame, flags: Sequence[frozenset[str]], threshold: int) -> pd.DataFrame:
    """Counts of signs that overlap, with small ones hidden.

    Parameters
    ----------
    found
        sign n; besides the signs themselves ``any`` and ``several``.
    flags
        The signs of each respondent.
    threshold
        Counts below it are hidden; 0 hides nothing.
    """
    if not threshold:
        return found
    kinds = Counter(flags)
    of: dict[str, Array] = {
        sign: np.array([_shows(sign, kind) for kind in kinds], dtype=float) for sign in found["sign"]
    }
    n, total = np.array(list(kinds.values()), dtype=float), float(len(flags))
    statements = [
        Statement(tuple(own.tolist()), float(own @ n), at, is_small(float(own @ n), threshold, total))
        for at, own in enumerate(of.values())
    ]
    gone = hidden([*statements, Statement((1.0,) * len(n), total)], threshold)
    return _blank(found, [at in gone for at in range(len(found))], ("n",))


def _shows(sign: str, kind: frozenset[str]) -> bool:
    return {"any": len(kind) > 0, "several": len(kind) > 1}.get(sign, sign in kind)


def sizes(counts: Sequence[float], threshold: int) -> list[float]:
    """Sizes of parts whose sum is known; NaN where hidden."""
    lost = one_way(counts, threshold) if threshold else np.zeros(len(counts), dtype=bool)
    return [math.nan if gone else float(n) for n, gone in zip(counts, lost, strict=True)]


def unless_few(count: float, threshold: int, base: float | None = None) -> float:
    """A count by itself; NaN where it, or what it leaves of its base, is small."""
    return math.nan if threshold and is_small(count, threshold, base) else float(count)


def _blank(frame: pd.DataFrame, lost: Sequence[bool], names: Sequence[str]) -> pd.DataFrame:
    """Numbers of some rows taken out; which, in a column."""
    made = frame.astype(dict.fromkeys(names, float))
    made.loc[list(compress(frame.index, lost)), list(names)] = math.nan
    return made.assign(hidden=np.array(lost, dtype=bool))
