"""The same indicators over waves: values with their intervals, and tests for change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import confint_proportions_2indep

from mkb21sem.describe import intervals
from mkb21sem.describe.benchmark import VARIABLES
from mkb21sem.describe.experience import holm
from mkb21sem.describe.monitor import PERCENT, SCALE, answers_of
from mkb21sem.describe.outline import Line, lines
from mkb21sem.errors import OptionError
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves

Array = NDArray[np.float64]

LEVEL = 0.95
FEWEST = 5.0
DETAIL = ("GEB", "TOE")
FIRST_FIGURE_OF_CLASSES = 7


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing that is followed over waves: what makes a question the same one in another wave.

    Parameters
    ----------
    figure
        Of the whitepaper; 7 for the types of media, 0 for the share of users.
    kind
        See `outline.Block`; "class" for a type of media, "user_share".
    topic, level
        Dutch words of question and answer, in which waves are matched: the ids of media change, Twitter doesn't.
    """

    figure: int
    kind: str
    battery: str
    topic: str
    level: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Indicators over waves.

    Parameters
    ----------
    values
        indicator (number), figure, kind, label, level, unit, wave, order, base, value, low, high; a line for every
        wave that asked it.
    changes
        indicator, figure, kind, label, level, unit, waves, first, last, difference, low, high (last minus first, 95%),
        test, p (of no change over all waves that asked), p_holm (over all indicators).
    """

    values: pd.DataFrame
    changes: pd.DataFrame


def trend(waves: Sequence[Wave] | Waves, lang: str = "en") -> Trend:
    """Follow every indicator over waves, each wave a sample of its own.

    Parameters
    ----------
    waves
        In the order of time, at least two, or `Waves` whose items were renamed alike; questions are matched by their
        words, so media may come and go, and types of media (social networks, blogs, multimedia, wikis) stay
        comparable.
    lang
        Of the labels.

    Returns
    -------
    Trend
        Shares: Newcombe's interval (1998) of the difference and Pearson's χ² of no change, or Fisher's exact test of
        the first and the last wave where fewer than five are expected in a cell. Means: Welch's interval and Welch's
        analysis of variance.

    Raises
    ------
    OptionError
        Fewer than two waves, or two of the same name.

    Notes
    -----
    Waves are independent samples: firms that answered twice are not known. A mean of a scale is only comparable where
    the scale measures alike in each wave, which is to be tested first.
    """
    waves = waves.waves if isinstance(waves, Waves) else waves
    if len(waves) < 2:
        raise OptionError(f"a trend needs at least two waves; got {len(waves)}.")
    names = [wave.name for wave in waves]
    if len(set(names)) < len(names):
        raise OptionError(f"two waves have the same name ({', '.join(names)}); give each its own.")
    found: dict[Indicator, dict[int, tuple[Array, bool, str, str]]] = {}
    for order, wave in enumerate(waves):
        for indicator, measured in _measured(wave, lang):
            found.setdefault(indicator, {})[order] = measured
    ordered = sorted(found.items(), key=lambda pair: pair[0].figure)
    values = [line for at, (of, by) in enumerate(ordered) for line in _values(at, of, by, names)]
    changes = pd.DataFrame([_change(at, of, by, names) for at, (of, by) in enumerate(ordered) if len(by) > 1])
    changes["p_holm"] = holm(changes["p"])
    return Trend(pd.DataFrame(values), changes)


def _measured(wave: Wave, lang: str) -> list[tuple[Indicator, tuple[Array, bool, str, str]]]:
    """Every indicator of a wave: answers (n,), whether a share, label and level in the reader's language."""
    derived = wave.derived()
    known = [("user_share", 0, "USER"), *(("class", FIRST_FIGURE_OF_CLASSES, name) for name in VARIABLES)]
    found = [
        (Indicator(figure, kind, name, name), (derived[name].to_numpy(), True, wave.codebook.label(name, lang), ""))
        for kind, figure, name in known
        if name in derived
    ]
    for line in lines(wave.codebook):
        detailed = line.block.kind == "level" and line.block.battery in DETAIL
        if detailed or line.block.kind == "alpha" or any(id not in wave.answers for id in line.items):
            continue
        answers, percent = answers_of(wave, line)
        found.append((_indicator(wave, line), (answers, percent, *_labels(wave, line, lang))))
    return found


def _indicator(wave: Wave, line: Line) -> Indicator:
    topic, level = _labels(wave, line, "nl")
    codes = level or f"{line.codes} of {wave.codebook[line.items[0]].codes}"
    return Indicator(line.block.figure, line.block.kind, line.block.battery, topic.casefold(), codes)


def _labels(wave: Wave, line: Line, lang: str) -> tuple[str, str]:
    codebook = wave.codebook
    if line.block.kind == "scale_mean":
        return codebook.label(line.block.battery, lang), ""
    item = codebook[line.items[0]]
    return item.topic(lang), item.code_label(line.codes[0], lang) if line.block.kind == "level" else ""


def _values(
    at: int, of: Indicator, by: dict[int, tuple[Array, bool, str, str]], names: Sequence[str]
) -> list[dict[str, object]]:
    made = []
    for order, (answers, percent, label, level) in by.items():
        known = ~np.isnan(answers)
        estimate = intervals.share(answers == 1, known) if percent else intervals.mean(answers)
        made.append(
            {
                **_named(at, of, label, level, percent),
                "wave": names[order],
                "order": order,
                "base": estimate.base,
                "value": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
            }
        )
    return made


def _named(at: int, of: Indicator, label: str, level: str, percent: bool) -> dict[str, object]:
    unit = PERCENT if percent else SCALE
    return {"indicator": at, "figure": of.figure, "kind": of.kind, "label": label, "level": level, "unit": unit}


def _change(
    at: int, of: Indicator, by: dict[int, tuple[Array, bool, str, str]], names: Sequence[str]
) -> dict[str, object]:
    """Last minus first, and the test of no change."""
    orders = sorted(by)
    samples = [by[order][0][~np.isnan(by[order][0])] for order in orders]
    _, percent, label, level = by[orders[-1]]
    tested = _shares(samples) if percent else _means(samples)
    return {
        **_named(at, of, label, level, percent),
        "waves": len(orders),
        "first": names[orders[0]],
        "last": names[orders[-1]],
        **tested,
    }


def _shares(samples: Sequence[Array]) -> dict[str, object]:
    """Change of a percentage, in points."""
    counts, n = np.array([x.sum() for x in samples]), np.array([len(x) for x in samples])
    none = {"difference": math.nan, "low": math.nan, "high": math.nan, "test": "", "p": math.nan}
    if not n.all():
        return none
    low, high = confint_proportions_2indep(counts[-1], n[-1], counts[0], n[0], method="newcomb", alpha=1 - LEVEL)
    limits = {"difference": 100 * (counts[-1] / n[-1] - counts[0] / n[0]), "low": 100 * low, "high": 100 * high}
    table = np.array([counts, n - counts])
    if not table.sum(axis=1).all():
        return none | limits
    if stats.contingency.expected_freq(table).min() < FEWEST:
        p = stats.fisher_exact(table[:, [0, -1]].astype(int)).pvalue
        return limits | {"test": "Fisher", "p": float(p)}
    return limits | {"test": "chi-square", "p": float(stats.chi2_contingency(table, correction=False).pvalue)}


def _means(samples: Sequence[Array]) -> dict[str, object]:
    """Change of a mean."""
    first, last = samples[0], samples[-1]
    value = float(last.mean() - first.mean()) if len(first) and len(last) else math.nan
    none = {"difference": value, "low": math.nan, "high": math.nan, "test": "", "p": math.nan}
    if any(len(x) < 2 or not x.std() > 0 for x in samples):
        return none
    limits = stats.ttest_ind(last, first, equal_var=False).confidence_interval(LEVEL)
    p = float(anova_oneway(list(samples), use_var="unequal").pvalue)
    return {"difference": value, "low": float(limits.low), "high": float(limits.high), "test": "Welch", "p": p}
