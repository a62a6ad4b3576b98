"""Many hypotheses, one error rate: p-values adjusted within a family."""

from __future__ import annotations

import gc
import math
from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests

METHODS = {"primary": "holm", "secondary": "fdr_bh", "exploratory": "holm", "zero": "holm"}
"""Holm (1979) bounds the chance of any false claim, Benjamini & Hochberg (1995) the expected share of false ones."""


def adjusted(p: Sequence[float], families: Sequence[str]) -> list[float]:
    """The p-values adjusted within their families; a NaN, which was not tested, stays one and counts for nothing."""
    out = [math.nan] * len(p)
    for family in dict.fromkeys(families):
        at = [i for i, own in enumerate(families) if own == family and not math.isnan(p[i])]
        if at:
            for i, value in zip(at, _within([p[i] for i in at], METHODS[family]), strict=True):
                out[i] = value
    return out


def _within(p: list[float], method: str) -> list[float]:
    # multipletests collects garbage at every call, which takes half a second beside a full heap. What is frozen is
    # left alone, and freezing takes no time.
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    try:
        return [min(float(value), 1.0) for value in multipletests(p, method=method)[1]]
    finally:
        if ours:
            gc.unfreeze()
