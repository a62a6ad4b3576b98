"""The monitor with its small counts hidden: the same in charts, page, tables and results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.describe.adoption import Adoption
from mkb21sem.describe.benchmark import SIZE, USERS
from mkb21sem.describe.experience import Claim
from mkb21sem.describe.monitor import PERCENT, monitor
from mkb21sem.describe.suppression import Statement, hidden, is_small, threshold_of
from mkb21sem.describe.trend import Trend
from mkb21sem.report.monitor.monitor_study import MonitorStudy
from mkb21sem.report.privacy.power_sums import power_sums
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.published import NOT_COMPUTABLE

NUMBERS = ("count", "value", "sd", "low", "high", "weighted", "weighted_low", "weighted_high", "effective_n")
SIZES = ("respondents", "complete", "users", "nonusers", "user_share")
"""Kinds of numbers that are sizes of the sample: the base of everything else, and never hidden."""
TOGETHER = (PERCENT, "points")
NAMED = ["figure", "kind", "label", "level"]
"""What tells an indicator of the trend among the figures."""
Key = tuple[str, int]
Line = tuple[Any, ...]


@dataclass(slots=True)
class _Question:
    """Everything that is printed about the answers to one question: lines by frame and place."""

    codes: tuple[int, ...]
    statements: list[Statement] = field(default_factory=list)
    lines: list[Key] = field(default_factory=list)

    def add(self, line: Key, parts: Iterable[tuple[tuple[float, ...], float, bool, float | None]]) -> None:
        """A line with its sums over the answers."""
        at = len(self.lines)
        self.lines.append(line)
        self.statements += [Statement(of, value, at, small, cost) for of, value, small, cost in parts]

    def counts(self, codes: Iterable[int]) -> tuple[float, ...]:
        """Which answers are counted."""
        wanted = set(codes)
        return tuple(float(code in wanted) for code in self.codes)


def shareable(of: MonitorStudy, asked: int | None, lang: str = "en") -> MonitorStudy:
    """The monitor with small counts hidden, each wave by its own rule.

    Parameters
    ----------
    of
        What was computed.
    asked
        Counts below it are hidden; 0 hides nothing; None is 10 for real respondents and 0 for a synthetic wave.
    lang
        Of its labels.

    Returns
    -------
    MonitorStudy
        Hidden numbers are NaN, and ``hidden`` is true in their lines.

    Raises
    ------
    OptionError
        The threshold is negative, or 1.
    """
    threshold = threshold_of(asked, of.wave.synthetic)
    earlier = [threshold_of(asked, wave.synthetic) for wave in of.waves[:-1]]
    done = _own(of, threshold) if threshold else of
    if of.trend is None or not any((threshold, *earlier)):
        return done
    followed = _trend(of, of.trend, [*_earlier_lines(of, earlier, lang), _lines(done.figures)], (*earlier, threshold))
    return replace(done, trend=followed)


def _own(of: MonitorStudy, threshold: int) -> MonitorStudy:
    """Everything but the trend."""
    gone = hidden_lines(of.figures, of.wave.codebook, threshold, None if of.weights is None else of.weights.margins)
    figures = _figures(of.figures, {at for frame, at in gone if frame == "figures"})
    small_sizes = _hidden_codes(figures, SIZE)
    weights = of.weights
    if weights is not None:
        lost = {at for frame, at in gone if frame == "margins"}
        weights = replace(weights, margins=_blank(weights.margins, lost, ("n", "sample")))
    sizes = None if of.sizes is None else _sizes(of.sizes, small_sizes, threshold)
    return replace(
        of,
        figures=figures,
        knowledge=_knowledge(of.knowledge, figures, threshold),
        claim=None if of.claim is None else _claim(of.claim, threshold),
        selection=_selection(of.selection, threshold),
        adoption={name: _adoption(done, threshold) for name, done in of.adoption.items()},
        sizes=sizes,
        beside=None if of.beside is None or sizes is None else _beside(of.beside, sizes, threshold),
        weights=weights,
        threshold=threshold,
    )


def hidden_lines(
    figures: pd.DataFrame, codebook: Codebook, threshold: int, margins: pd.DataFrame | None = None
) -> set[Key]:
    """The lines of figures and of the weights' margins that must be hidden, question by question.

    All lines about a question are taken together: each answer, sums of answers, published numbers, class counts of the
    weighting, and its mean and standard deviation.
    """
    questions: dict[str, _Question] = {}
    for at, line in enumerate(figures.to_dict("records")):
        item = str(line["item"])
        if item in codebook and line["kind"] not in SIZES:
            _state(questions, item, codebook, ("figures", at), line, threshold)
    if margins is not None:
        bases = margins.groupby("variable")["n"].transform("sum")
        for at, (line, base) in enumerate(zip(margins.to_dict("records"), bases, strict=True)):
            own = {"codes": str(line["codes"]), "unit": PERCENT, "value": line["sample"], "base": float(base)}
            _state(questions, str(line["variable"]), codebook, ("margins", at), own, threshold)
    gone = {own.lines[at] for own in questions.values() for at in hidden(own.statements, threshold)}
    return gone | set(_touched(figures, gone, codebook))


def _state(
    questions: dict[str, _Question],
    item: str,
    codebook: Codebook,
    key: Key,
    line: Mapping[Any, Any],
    threshold: int,
) -> None:
    """Add what a line says about a question's answers; a base below the threshold hides the line."""
    own = questions.setdefault(item, _Question(codebook[item].codes))
    base, codes = float(line["base"]), [int(code) for code in str(line["codes"]).split()]
    if math.isnan(float(line["value"])) or not base:
        return
    if codes and line["unit"] == PERCENT:
        if all(each.row >= 0 for each in own.statements):
            own.statements.append(Statement(own.counts(own.codes), base))
        count = round(float(line["value"]) * base / 100)
        own.add(key, [(own.counts(codes), count, is_small(count, threshold, base), None)])
    elif line.get("kind") == "mean":
        sums = power_sums(base, float(line["value"]), float(line["sd"]))
        parts = [(tuple(float(c) ** k for c in own.codes), value, False, 10 * base) for k, value in enumerate(sums, 1)]
        own.add(key, parts)


def _touched(figures: pd.DataFrame, gone: set[Key], codebook: Codebook) -> Iterable[Key]:
    """Lines about several questions, such as the lowest share, of which one is hidden; means of too few answers."""
    lost = {str(figures["item"].iloc[at]) for frame, at in gone if frame == "figures"}
    for at, line in enumerate(figures.to_dict("records")):
        items = str(line["item"]).split()
        several = line["kind"] not in SIZES and (len(items) > 1 or not line["codes"])
        if several and line["unit"] in TOGETHER and lost & set(items):
            yield "figures", at


def _figures(figures: pd.DataFrame, at: set[int]) -> pd.DataFrame:
    made = _blank(figures, at, NUMBERS)
    told = made["hidden"] & (made["no"] > 0)
    made.loc[told, "verdict"], made.loc[told, "reason"] = NOT_COMPUTABLE, "hidden, small count"
    return made


def _blank(frame: pd.DataFrame, at: Iterable[int], names: Iterable[str]) -> pd.DataFrame:
    """The frame with numbers of some lines taken out, and a column that says which."""
    places = np.isin(np.arange(len(frame)), sorted(at))
    there = [name for name in names if name in frame]
    made = frame.astype(dict.fromkeys(there, float))
    made.loc[places, there] = math.nan
    return made.assign(hidden=places)


def _hidden_codes(figures: pd.DataFrame, item: str) -> set[int]:
    own = figures[figures["hidden"] & (figures["item"] == item) & (figures["kind"] == "level")]
    return {int(code) for code in own["codes"]}


def _small(counts: pd.Series[Any], bases: pd.Series[Any], threshold: int) -> list[bool]:
    return [is_small(float(n), threshold, float(of)) for n, of in zip(counts, bases, strict=True)]


def _knowledge(frame: pd.DataFrame, figures: pd.DataFrame, threshold: int) -> pd.DataFrame:
    lost = set(figures.loc[figures["hidden"], "item"])
    linked = [items in lost for items in frame["items"]]
    at = np.flatnonzero(np.array(linked) | np.array(_small(frame["count"], frame["base"], threshold)))
    return _blank(frame, at, NUMBERS)


def _claim(of: Claim, threshold: int) -> Claim:
    """How many are below, at and above their goal: together they are the base, so all three go."""
    names = ["lower", "equal", "higher"]
    small = of.goals[names].map(lambda count: is_small(float(count), threshold)).any(axis=1)
    return replace(of, goals=_blank(of.goals, np.flatnonzero(small), names))


def _selection(frame: pd.DataFrame, threshold: int) -> pd.DataFrame:
    if frame.empty:
        return frame
    few = (frame["n_users"] < threshold) | (frame["n_others"] < threshold)
    return _blank(frame, np.flatnonzero(few), [str(name) for name in frame if name not in ("variable", "label")])


def _adoption(of: Adoption, threshold: int) -> Adoption:
    """Observed use by chance predicted; the users in all parts are known."""
    judged = of.discrimination
    if judged is None:
        return of
    frame, unit = judged.calibration, np.eye(len(judged.calibration))
    counts = (frame["n"] * frame["observed"] / 100).round()
    parts = [
        Statement(tuple(unit[at].tolist()), count, at, is_small(count, threshold, n))
        for at, (count, n) in enumerate(zip(counts, frame["n"], strict=True))
    ]
    total = Statement((1.0,) * len(frame), float(counts.sum()))
    shown = _blank(frame, hidden([*parts, total], threshold), ("observed", "low", "high"))
    return replace(of, discrimination=replace(judged, calibration=shown))


def _sizes(frame: pd.DataFrame, lost: set[int], threshold: int) -> pd.DataFrame:
    """Use by size: the users of all sizes together are taken as known, and so are the firms of each size."""
    at: list[int] = []
    for _, own in frame.groupby("variable", sort=False):
        own = own[own["base"] > 0]
        cells = 2 * len(own)
        statements = []
        for k, (place, line) in enumerate(own.iterrows()):
            of = np.zeros(cells)
            of[2 * k] = 1
            small = is_small(line["count"], threshold, line["base"]) or line["size"] in lost
            statements.append(Statement(tuple(of.tolist()), float(line["count"]), int(str(place)), small))
            of = np.zeros(cells)
            of[2 * k : 2 * k + 2] = 1
            statements.append(Statement(tuple(of.tolist()), float(line["base"])))
        total = tuple(np.tile([1.0, 0.0], len(own)).tolist())
        statements.append(Statement(total, float(own["count"].sum())))
        at += hidden(statements, threshold)
    shown = _blank(frame, at, NUMBERS)
    few = shown["size"].isin(lost) | (shown["base"] < threshold)
    shown["base"] = shown["base"].where(~few)
    shown["hidden"] |= few & (frame["base"] > 0)
    return shown


def _beside(frame: pd.DataFrame, sizes: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Beside official numbers: what is hidden by size is hidden here, alone and in sums."""
    lost: dict[str, set[str]] = {}
    for line in sizes[sizes["hidden"]].to_dict("records"):
        lost.setdefault(str(line["variable"]), set()).add(str(line["size"]))
    small = _small(frame["count"], frame["base"], threshold)
    for at, line in enumerate(frame.to_dict("records")):
        needed = {str(line["variable"]), *({"EU_ANY"} if line["unit"] == USERS else ())}
        small[at] |= any(lost.get(name, set()) & set(str(line["size_codes"]).split()) for name in needed)
    differences = ("difference", "difference_low", "difference_high")
    return _blank(frame, np.flatnonzero(small), (*NUMBERS, "base", *differences))


def _earlier_lines(of: MonitorStudy, thresholds: Sequence[int], lang: str) -> Iterator[set[Line]]:
    """What the earlier waves' own figures hide."""
    for wave, threshold in zip(of.waves, thresholds, strict=False):
        frame = monitor(wave, lang)
        gone = hidden_lines(frame, wave.codebook, threshold) if threshold else set()
        yield _lines(_figures(frame, {at for _, at in gone}))


def _lines(figures: pd.DataFrame) -> set[Line]:
    """What of the figures is hidden, as the trend names it."""
    if "hidden" not in figures:
        return set()
    return {tuple(line) for line in figures.loc[figures["hidden"], NAMED].to_numpy().tolist()}


def _trend(of: MonitorStudy, found: Trend, lost: Sequence[set[Line]], thresholds: Sequence[int]) -> Trend:
    """Indicators over waves: hidden where that wave's own figures hide them, or where the count is small."""
    small = []
    for line in found.values.to_dict("records"):
        at, threshold = int(line["order"]), thresholds[int(line["order"])]
        count = 0.0
        if threshold and line["unit"] == PERCENT and line["kind"] != "user_share" and line["base"]:
            count = round(float(line["value"]) * float(line["base"]) / 100)
        own = is_small(count, threshold, float(line["base"])) if count else False
        small.append(own or tuple(line[name] for name in NAMED) in lost[at])
    shown = _blank(found.values, np.flatnonzero(small), NUMBERS)
    gone = set(shown.loc[shown["hidden"], "indicator"])
    followed = found.changes["indicator"].isin(gone) if len(found.changes) else ()
    changes = _blank(found.changes, np.flatnonzero(followed), ("difference", "low", "high", "p", "p_holm"))
    return replace(found, values=shown, changes=changes)
