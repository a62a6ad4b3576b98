"""What a published analysis tells of single questions beside its tables of answers, with small counts hidden."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mkb21sem.describe.suppression import is_small
from mkb21sem.estimate.choice import Choice
from mkb21sem.report.inference.inference import Inference
from mkb21sem.report.privacy.answers import sizes

THRESHOLD = "|"
"""Operator of a threshold, which is a cumulative share of answers."""
OF_SIZE = ("ntotal", "bic", "bic2", "sabic")
"""Figures of a fit from which its number of rows follows."""


def protected_choice(of: Choice) -> Choice:
    """Without the skewness of the most skewed item: with mean and standard deviation it tells of its answers."""
    return replace(of, skewness=math.nan)


def protected_sizes(of: Inference, threshold: int) -> Inference:
    """Other choices without a number of respondents that differs by few from that of the chosen one.

    Parameters
    ----------
    of
        Verdicts, and the same under other choices.
    threshold
        From which difference on it is shown.
    """
    if of.robust is None:
        return of
    frame = of.robust.specifications
    base = float(frame.loc[frame["spec"] == of.robust.base, "n"].iloc[0])
    few = np.array([is_small(abs(base - n), threshold) for n in frame["n"].astype(float)], dtype=bool)
    shown = frame.assign(n=frame["n"].astype(float).where(~few), hidden=few)
    return replace(of, robust=replace(of.robust, specifications=shown))


def protected_numbers(told: Mapping[str, Any], threshold: int, rows: Callable[[float], float]) -> dict[str, Any]:
    """results.json with the threshold, and without thresholds of ordinal items and few respondents left out.

    Parameters
    ----------
    told
        As `mkb21sem.report.results.of_study` gives it.
    threshold
        Counts below it are hidden; 0 hides nothing.
    rows
        Which number of rows may be shown; NaN for one that may not.
    """
    made = dict(told) | {"suppressed": {"below": threshold} if threshold else None}
    if not threshold:
        return made
    data = dict(made["data"])
    for name in ("left_out", "groups"):
        own = data[name]
        several = len(own) > 1
        data[name] = dict(zip(own, sizes(list(own.values()), threshold if several else 0), strict=True))
    beside = dict(made["beside"])
    beside["estimates"] = _without_thresholds(beside["estimates"])
    if math.isnan(rows(float(beside["fit"].get("ntotal") or data["n_used"]))):
        beside["fit"] = {name: None if name in OF_SIZE else value for name, value in beside["fit"].items()}
    return made | {"data": data, "beside": beside, "estimates": _without_thresholds(made["estimates"])}


def _without_thresholds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["op"] != THRESHOLD]
