"""The whitepaper's figures 1–13 for any wave, each number beside the published one."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.describe import intervals
from mkb21sem.describe.intervals import Estimate
from mkb21sem.describe.outline import Line, lines, same_question
from mkb21sem.errors import OptionError, one_of
from mkb21sem.survey.item import LANGUAGES
from mkb21sem.survey.published import NOT_COMPUTABLE, Figure, compare, figures
from mkb21sem.survey.wave import Wave

Array = NDArray[np.float64]
Record = Mapping[Hashable, Any]

AGREES = "agrees within rounding"
PERCENT, SCALE, COEFFICIENT, RESPONDENTS, POINTS = "percent", "scale", "coefficient", "respondents", "points"
_PUBLISHED_AS = {"ticked": "share", "ticked_of_all": "share_of_all"}
UNWEIGHTED = (Estimate(math.nan, math.nan, math.nan, 0), math.nan)
_COUNTS = ("respondents", "complete", "users", "nonusers")


def monitor(
    wave: Wave, lang: str = "en", weights: pd.Series[float] | None = None, means: str = "t", seed: int = 2012
) -> pd.DataFrame:
    """Every number of figures 1–13 of the whitepaper, computed from a wave, beside what was published.

    Parameters
    ----------
    wave
        Any wave; figures of questions that it lacks are left out, published numbers that it can't give are not.
    lang
        Language of the labels, "en" or "nl".
    weights
        By respondent; adds columns weighted, weighted_low, weighted_high and effective_n. Published numbers are
        unweighted, and the verdict is on the unweighted value.
    means
        Interval of a mean: "t" or "bootstrap".
    seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One line a number: figure (0 for what no figure shows), kind (see `outline.Block`; the published kinds for
        orders and counts), item, codes, label, level, count, base, value, sd, low, high (95%: Wilson's for shares),
        unit, no, part, indicator, printed, published, allowed, published_base, verdict ("agrees within rounding",
        "differs", "not computable", or empty where nothing was published), reason, reading (how words were made
        checkable).

    Raises
    ------
    OptionError
        An unknown language or interval, or weights that don't fit the wave.
    """
    one_of("lang", lang, LANGUAGES)
    w = _checked(weights, wave)
    compared = compare(wave, lang).to_dict("records")
    printed = {(each.kind, each.items, each.codes): at for at, each in enumerate(figures())}
    rows, told = [], set()
    for line in lines(wave.codebook):
        if all(id in wave.answers for id in line.items):
            at = printed.get((_PUBLISHED_AS.get(line.block.kind, _share_kind(line)), line.items, line.codes))
            told.add(at)
            beside = _published(wave, figures()[at], compared[at], lang) if at is not None else _unpublished()
            rows.append(_row(wave, line, lang, w, means, seed) | beside)
    for at, each in enumerate(figures()):
        if at not in told:
            rows.append(_of_published(wave, each, compared[at], lang, w) | _published(wave, each, compared[at], lang))
    frame = pd.DataFrame(rows).sort_values("figure", kind="stable", ignore_index=True)
    return frame if w is not None else frame.drop(columns=["weighted", "weighted_low", "weighted_high", "effective_n"])


def agreement(frame: pd.DataFrame) -> pd.Series[str]:
    """Verdict on each of the 25 published figures, by number: the worst of its parts."""
    worst = ["differs", NOT_COMPUTABLE, AGREES]
    published = frame[frame["no"] > 0]
    return published.groupby("no")["verdict"].agg(lambda parts: min(parts, key=worst.index))


def _share_kind(line: Line) -> str:
    return "share" if line.codes else line.block.kind


def _row(wave: Wave, line: Line, lang: str, w: Array | None, means: str, seed: int) -> dict[str, object]:
    """One number of a figure with its labels and limits."""
    codebook, kind = wave.codebook, line.block.kind
    answers, percent = answers_of(wave, line)
    found = _estimate(line, answers, percent, means, seed)
    heavy, size = UNWEIGHTED
    if w is not None and answers.ndim == 1:
        heavy, size = intervals.weighted(answers, w, percent)
    scale = kind in ("scale_mean", "alpha")
    level = codebook[line.items[0]].code_label(line.codes[0], lang) if kind == "level" else ""
    return {
        "figure": line.block.figure,
        "kind": kind,
        "item": line.block.battery if scale else line.items[0],
        "codes": " ".join(map(str, line.codes)),
        "label": codebook.label(line.block.battery, lang) if scale else codebook[line.items[0]].topic(lang),
        "level": level,
        **_numbers(found),
        "unit": PERCENT if percent else COEFFICIENT if kind == "alpha" else SCALE,
        **_weighted(heavy, size),
    }


def _numbers(found: Estimate) -> dict[str, float]:
    names = ("count", "base", "value", "sd", "low", "high")
    return {name: getattr(found, name) for name in names}


def _weighted(heavy: Estimate, size: float) -> dict[str, float]:
    limits = {"weighted": heavy.value, "weighted_low": heavy.low, "weighted_high": heavy.high}
    return limits | {"effective_n": size}


def answers_of(wave: Wave, line: Line) -> tuple[Array, bool]:
    """What is averaged over respondents (n,), NaN for those outside the base; and whether it is a share.

    For alpha the answers themselves, (n, k).
    """
    block = wave.answers[list(line.items)]
    valid = block.where(block >= 0).to_numpy(dtype=float)
    match line.block.kind:
        case "alpha":
            return valid, False
        case "scale_mean":
            return np.asarray(valid.mean(axis=1)), False
        case "difference":
            return valid[:, 0] - valid[:, 1], False
        case "mean":
            return valid[:, 0], False
        case "ticked_of_all":
            return np.isin(valid[:, 0], line.codes).astype(float), True
        case _:
            return np.where(np.isnan(valid[:, 0]), np.nan, np.isin(valid[:, 0], line.codes)), True


def _estimate(line: Line, answers: Array, percent: bool, means: str, seed: int) -> Estimate:
    if line.block.kind == "alpha":
        return intervals.alpha(answers)
    if percent:
        return intervals.share(answers == 1, ~np.isnan(answers))
    return intervals.mean(answers, means, seed)


def _of_published(wave: Wave, figure: Figure, compared: Record, lang: str, w: Array | None) -> dict[str, object]:
    """A published number that is no row of a figure: a count, an order, the ends of a range, the share of users."""
    value, n = float(compared["value"]), int(compared["n"])
    found, (heavy, size) = Estimate(value, math.nan, math.nan, n), UNWEIGHTED
    if figure.kind == "user_share":
        use = wave.derived()["USER"].to_numpy()
        found = intervals.share(use == 1, ~np.isnan(use))
        heavy, size = UNWEIGHTED if w is None else intervals.weighted(use, w, percent=True)
    unit = RESPONDENTS if figure.kind in _COUNTS else PERCENT if "share" in figure.kind else SCALE
    numbered = re.findall(r"fig(\d+)", figure.figure)
    return {
        "figure": int(numbered[0]) if len(numbered) == 1 and figure.kind not in _COUNTS else 0,
        "kind": figure.kind,
        "item": " ".join(figure.items),
        "codes": " ".join(map(str, figure.codes)),
        "label": figure.indicator(lang),
        "level": "",
        **_numbers(found),
        "unit": POINTS if figure.kind == "lead_share" else unit,
        **_weighted(heavy, size),
    }


def _published(wave: Wave, figure: Figure, compared: Record, lang: str) -> dict[str, object]:
    """What was printed, and whether the wave agrees; another question under the same name is not compared."""
    verdict, reason = str(compared["verdict"]), str(compared["reason"])
    other = [
        id for id in (*figure.items, *figure.against) if id in wave.answers and not same_question(wave.codebook, id)
    ]
    if other:
        verdict, reason = NOT_COMPUTABLE, f"{', '.join(other)} is not the question of 2012"
    return {
        "no": figure.no,
        "part": figure.part,
        "indicator": figure.indicator(lang),
        "printed": figure.printed,
        "published": as_number(figure.printed),
        "allowed": str(figure.interval),
        "published_base": figure.base_n,
        "verdict": AGREES if verdict == "agrees" else verdict,
        "reason": reason,
        "reading": figure.reading,
    }


def _unpublished() -> dict[str, object]:
    words = {"part": "", "indicator": "", "printed": "", "allowed": "", "verdict": "", "reason": "", "reading": ""}
    return {"no": 0, "published": math.nan, "published_base": 0, **words}


def as_number(printed: str) -> float:
    """The number in print, NaN where words or a range stand there: 62% → 62, 2,28 → 2.28, "iets meer dan 50%" → NaN."""
    whole = re.fullmatch(r"(\d+(?:,\d+)?)\s*%?", printed.strip())
    return float(whole.group(1).replace(",", ".")) if whole else math.nan


def _checked(weights: pd.Series[float] | None, wave: Wave) -> Array | None:
    """Weights in the wave's order."""
    if weights is None:
        return None
    if not weights.index.equals(wave.answers.index):
        raise OptionError(f"weights: one weight for each of the {wave.n} respondents of {wave.name}, by their index.")
    values = np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(values) & (values > 0)).all():
        raise OptionError("weights: every weight must be a positive number.")
    return values
