"""The published figures beside a wave: each computed, and whether it agrees with what was printed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.survey.printed import Benchmark, Figure, Interval, belgium, figures
from mkb21sem.survey.wave import Wave

__all__ = ["Benchmark", "Figure", "Interval", "belgium", "by_number", "compare", "figures"]

AGREES, DIFFERS, NOT_COMPUTABLE = "agrees", "differs", "not computable"


def compare(wave: Wave, lang: str = "nl") -> pd.DataFrame:
    """Compute each of the 25 published figures from a wave and say whether it agrees.

    Parameters
    ----------
    wave
        Any wave; one of another year will differ, which is a result and no fault.
    lang
        Language of the indicators, "nl" or "en".

    Returns
    -------
    DataFrame
        One line a part: no, part, figure, indicator, printed, allowed, base_n, value, n, verdict
        ("agrees", "differs" or "not computable"), reason, reading.
    """
    lines = []
    for each in figures():
        value, n, reason = _computed(wave, each)
        verdict = NOT_COMPUTABLE if reason else AGREES if value in each.interval else DIFFERS
        if verdict == DIFFERS:
            reason = f"{value:.6g} is not in {each.interval}"
        place = (each.no, each.part, each.figure, each.indicator(lang), each.printed, str(each.interval))
        lines.append((*place, each.base_n, value, n, verdict, reason, each.reading))
    names = ["no", "part", "figure", "indicator", "printed", "allowed", "base_n", "value", "n", "verdict"]
    return pd.DataFrame(lines, columns=[*names, "reason", "reading"])


def by_number(comparison: pd.DataFrame) -> pd.Series[str]:
    """Collapse the parts of a comparison: the verdict of each of the 25 figures, indexed by number.

    A figure differs if any part does, is not computable if any part isn't, and agrees otherwise.
    """
    worst = [DIFFERS, NOT_COMPUTABLE, AGREES]
    verdicts = comparison.groupby("no")["verdict"]
    return verdicts.agg(lambda parts: min(parts, key=worst.index))


def _computed(wave: Wave, figure: Figure) -> tuple[float, int, str]:
    """Value, number of respondents behind it, and why it can't be computed (empty if it can)."""
    lacking = [id for id in (*figure.items, *figure.against) if id not in wave.answers]
    if lacking:
        return np.nan, 0, f"the wave has no {', '.join(lacking)}"
    for id in figure.items:
        foreign = [code for code in figure.codes if code not in wave.codebook[id].codes]
        if foreign:
            return np.nan, 0, f"the codebook gives {id} no code {', '.join(map(str, foreign))}"
    with np.errstate(invalid="ignore", divide="ignore"):
        value, n = STATISTICS[figure.kind](wave, figure)
    if np.isnan(value):
        return value, n, "too few valid answers" if n < 2 else "the answers don't vary, or too many are missing"
    return float(value), int(n), ""


def _valid(wave: Wave, ids: tuple[str, ...]) -> NDArray[np.float64]:
    """Valid answers, NaN where missing or not asked, (n, ids)."""
    block = wave.answers[list(ids)]
    return block.where(block >= 0).to_numpy(dtype=float)


def _shares(wave: Wave, ids: tuple[str, ...], codes: tuple[int, ...]) -> tuple[NDArray[np.float64], int]:
    """Percentage of valid answers that is one of the codes, for each question; and the smallest base."""
    valid = _valid(wave, ids)
    n = (~np.isnan(valid)).sum(axis=0)
    counts = np.isin(valid, codes).sum(axis=0)
    return np.where(n > 0, 100 * counts / np.maximum(n, 1), np.nan), int(n.min())


def _means(wave: Wave, ids: tuple[str, ...]) -> tuple[NDArray[np.float64], int]:
    """Mean of the valid answers to each question, and the smallest base."""
    valid = _valid(wave, ids)
    n = (~np.isnan(valid)).sum(axis=0)
    return np.where(n > 0, np.nansum(valid, axis=0) / np.maximum(n, 1), np.nan), int(n.min())


def _complete(wave: Wave, ids: tuple[str, ...]) -> NDArray[np.float64]:
    valid = _valid(wave, ids)
    return valid[~np.isnan(valid).any(axis=1)]


def _count(use: float) -> Callable[[Wave, Figure], tuple[float, int]]:
    return lambda wave, figure: (float((wave.derived()["USER"] == use).sum()), wave.n)


def _user_share(wave: Wave, figure: Figure) -> tuple[float, int]:
    known = wave.derived()["USER"].dropna()
    return (100 * float(known.sum()) / len(known) if len(known) else np.nan), len(known)


def _share(wave: Wave, figure: Figure) -> tuple[float, int]:
    shares, n = _shares(wave, figure.items, figure.codes)
    return shares[0], n


def _share_of_all(wave: Wave, figure: Figure) -> tuple[float, int]:
    return 100 * float(np.isin(_valid(wave, figure.items), figure.codes).sum()) / wave.n, wave.n


def _extreme_share(
    extreme: Callable[[NDArray[np.float64]], np.float64],
) -> Callable[[Wave, Figure], tuple[float, int]]:
    def share(wave: Wave, figure: Figure) -> tuple[float, int]:
        shares, n = _shares(wave, figure.items, figure.codes)
        return float(extreme(shares)), n

    return share


def _lead_share(wave: Wave, figure: Figure) -> tuple[float, int]:
    """Percentage points by which the first stands above the highest of the others."""
    shares, n = _shares(wave, (*figure.items, *figure.against), figure.codes)
    return float(shares[0] - shares[1:].max()), n


def _mean(wave: Wave, figure: Figure) -> tuple[float, int]:
    means, n = _means(wave, figure.items)
    return means[0], n


def _lead_mean(wave: Wave, figure: Figure) -> tuple[float, int]:
    """Scale points by which the lowest of the items stands above the highest of the others."""
    means, n = _means(wave, (*figure.items, *figure.against))
    k = len(figure.items)
    return float(means[:k].min() - means[k:].max()), n


def _largest_gap(wave: Wave, figure: Figure) -> tuple[float, int]:
    """Largest difference of an item's mean with that of its counterpart."""
    means, n = _means(wave, (*figure.items, *figure.against))
    k = len(figure.items)
    return float((means[:k] - means[k:]).max()), n


def _alpha(wave: Wave, figure: Figure) -> tuple[float, int]:
    """Cronbach's α = k/(k−1) (1 − Σ var(item) / var(sum)) over complete answers (Cronbach 1951)."""
    x = _complete(wave, figure.items)
    k = x.shape[1]
    if len(x) < 2 or np.ptp(x.sum(axis=1)) == 0:
        return np.nan, len(x)
    return k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / x.sum(axis=1).var(ddof=1)), len(x)


def _scale_mean(wave: Wave, figure: Figure) -> tuple[float, int]:
    x = _complete(wave, figure.items)
    return (float(x.mean()) if len(x) else np.nan), len(x)


STATISTICS: dict[str, Callable[[Wave, Figure], tuple[float, int]]] = {
    "respondents": lambda wave, figure: (float(wave.n), wave.n),
    "complete": lambda wave, figure: (float(len(_complete(wave, figure.items))), wave.n),
    "users": _count(1),
    "nonusers": _count(0),
    "user_share": _user_share,
    "share": _share,
    "share_of_all": _share_of_all,
    "lowest_share": _extreme_share(np.min),
    "highest_share": _extreme_share(np.max),
    "lead_share": _lead_share,
    "mean": _mean,
    "lead_mean": _lead_mean,
    "largest_gap": _largest_gap,
    "alpha": _alpha,
    "scale_mean": _scale_mean,
}
"""How each kind of figure is computed: wave and figure → value and number of respondents behind it."""
