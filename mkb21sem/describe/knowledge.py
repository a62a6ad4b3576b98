"""The level of knowledge: five indications of the whitepaper, made countable.

The whitepaper calls five results indications of how much firms know about social media, and measures no
knowledge. The index counts how many of five signs a user gives. It is an interpretation: no answer was checked for
being right, the cut-offs are ours (each stands in `SIGNS`), and the questions behind the last sign are a
reconstruction. Only users were asked all five, so only they have an index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.describe import intervals
from mkb21sem.describe.outline import same_question
from mkb21sem.survey.wave import Wave

Array = NDArray[np.float64]

ABOVE, MIDDLE, REGULAR = 4, 3.0, 3
INTERACTION_WAYS = ("WIJ04", "WIJ05", "WIJ06")
INTERACTION_MOTIVES = ("MOT03", "MOT07", "MOT08", "MOT09")
MAIN_MEDIA = ("GEB01", "GEB02", "GEB03")
PLAN = ("MAA04",)


@dataclass(frozen=True, slots=True)
class Sign:
    """One indication.

    Parameters
    ----------
    name
        regular, able, plan, ways or motives.
    items
        The questions behind it.
    asked
        "all" or "users".
    of
        Valid answers (n, items), NaN where missing → 1 where the sign is given, 0 where not, NaN where unknown.
    """

    name: str
    items: tuple[str, ...]
    asked: str
    of: Callable[[Array], Array]


def knowledge(wave: Wave) -> pd.DataFrame:
    """How many respondents give each of the five signs of knowledge.

    Returns
    -------
    DataFrame
        sign, items, asked, count, base, value (percent), low, high (Wilson). Signs whose questions the wave lacks, or
        asks otherwise, have base 0. ``able`` counts everyone who did not name lack of knowledge as a reason not to use
        social media: users were never asked.
    """
    lines = []
    for sign in SIGNS:
        found = intervals.share(*_given(wave, sign))
        line = (
            sign.name,
            " ".join(sign.items),
            sign.asked,
            found.count,
            found.base,
            found.value,
            found.low,
            found.high,
        )
        lines.append(line)
    return pd.DataFrame(lines, columns=["sign", "items", "asked", "count", "base", "value", "low", "high"])


def index(wave: Wave) -> pd.Series[float]:
    """Number of signs, 0 to 5, of every user whose five signs are known; NaN for all others."""
    given = [np.where(known, hit.astype(float), np.nan) for hit, known in (_given(wave, sign) for sign in SIGNS)]
    total = np.sum(given, axis=0)
    return pd.Series(np.where(wave.users, total, np.nan), index=wave.answers.index, name="KNOWLEDGE")


def _given(wave: Wave, sign: Sign) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who gives a sign, and of whom that is known."""
    nobody = np.zeros(wave.n, dtype=bool)
    if not all(item in wave.answers and same_question(wave.codebook, item) for item in sign.items):
        return nobody, nobody
    block = wave.answers[list(sign.items)]
    if sign.name == "able":
        named = (block["NIE01"] == 1).to_numpy()
        use = wave.derived()["USER"].to_numpy()
        return ~named, (use == 1) | (block["NIE01"] >= 0).to_numpy()
    value = sign.of(block.where(block >= 0).to_numpy(dtype=float))
    return value == 1, ~np.isnan(value)


def _regular(x: Array) -> Array:
    """Weekly or more on at least one medium."""
    return np.where((x >= REGULAR).any(axis=1), 1.0, np.where(np.isnan(x).any(axis=1), np.nan, 0.0))


def _all_high(x: Array) -> Array:
    return np.where(np.isnan(x).any(axis=1), np.nan, (x >= ABOVE).all(axis=1))


def _mean_above(x: Array) -> Array:
    average = x.mean(axis=1)
    return np.where(np.isnan(average), np.nan, average > MIDDLE)


SIGNS = (
    Sign("regular", MAIN_MEDIA, "all", _regular),
    Sign("able", ("NIE01",), "all", lambda x: x[:, 0]),
    Sign("plan", PLAN, "users", _all_high),
    Sign("ways", INTERACTION_WAYS, "users", _mean_above),
    Sign("motives", INTERACTION_MOTIVES, "users", _mean_above),
)
"""In the whitepaper's order: use of the main media, no lack of knowledge, a plan, interaction in use and in motives."""
