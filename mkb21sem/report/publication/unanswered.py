"""Missing answers to the questions of the model: how many, together with which, why, and what was done."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from mkb21sem.report.charts.holes import holes
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.privacy.answers import Gaps, gaps, unless_few
from mkb21sem.report.privacy.dossier import RARE
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.indicators import questions
from mkb21sem.report.publication.said import NOTE, declared, shown
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.validate.missing import mcar, missing_patterns

FREE = 0.05
SHOWN = 12
"""Patterns that are shown one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Unanswered:
    """Missing answers of those who were asked all questions behind the model.

    Attributes
    ----------
    items
        item n missing share: one row a question.
    cases
        Missing answers of each respondent, without their numbers.
    patterns
        missing k n share: see `mkb21sem.validate.missing.missing_patterns`.
    gaps
        Of these what may be shown.
    threshold
        Counts below it are hidden; 0 where none are.
    """

    items: pd.DataFrame
    cases: pd.Series[int]
    patterns: pd.DataFrame
    gaps: Gaps
    threshold: int = 0

    @property
    def total(self) -> int:
        """Answers that are missing."""
        return int(self.cases.sum())


@lru_cache(maxsize=1)
def unanswered(of: Analysis) -> Unanswered:
    """Count the missing answers; a question that routing skipped was never put and is none of them."""
    names = questions(of.wave, of.model.observed)
    asked = of.wave.asked(of.model.observed)
    given = of.wave.answers.loc[asked, list(names)]
    given = given.where(given >= 0).astype(float)
    lost = given.isna()
    items = pd.DataFrame({"item": list(names), "n": len(given), "missing": lost.sum().to_numpy()})
    items["share"] = items["missing"] / max(len(given), 1)
    patterns = missing_patterns(given)
    told = gaps(items, patterns, of.threshold)
    return Unanswered(items, lost.sum(axis=1).reset_index(drop=True), patterns, told, of.threshold)


def rows_shown(of: Analysis, n: float) -> float:
    """A number of rows of the fit that are complete on some variables; NaN where it tells of hidden missing answers.

    It is shown where no row is lost, where it is what is printed of all respondents, and where nothing is hidden.
    """
    used = of.found.moments.total
    if not of.threshold or n in (used, of.wave.n):
        return n
    found = unanswered(of)
    told, asked = found.gaps, len(found.cases)
    if n == asked:
        return n
    if told.whole:
        return unless_few(n, of.threshold, used)
    whole = used == asked and n == asked - (found.cases > 0).sum()
    return n if told.cases and whole else math.nan


def missing(of: Analysis, words: Words) -> Section:
    """By question, by respondent and in patterns: item 10. That none is missing is an answer too."""
    found = unanswered(of)
    blocks: list[Block] = [
        joined(
            say(words, "front.base", n=Num(len(found.cases), "count"), k=Num(len(found.items), "count")),
            say(words, "survey.routing"),
        )
    ]
    blocks += _some(of, found, words) if found.total else [_none(words)]
    return Section("missing", words("front.missing"), tuple(blocks))


def _none(words: Words) -> Paragraph:
    return say(
        words,
        "front.nothing_missing",
        items=Num(0, "count"),
        cases=Num(0, "count"),
        patterns=Num(1, "count"),
        shows=("10.items", "10.cases", "10.patterns"),
    )


def _some(of: Analysis, found: Unanswered, words: Words) -> Iterator[Block]:
    items, cases, told = found.items, found.cases, found.gaps
    worst = told.items.sort_values("missing", ascending=False, kind="stable").iloc[0]
    hides = bool(found.threshold and told.secret)
    yield say(
        words,
        "front.missing_items_hidden" if hides else "front.missing_items",
        cells=shown(found.total / (len(cases) * len(items)) if told.cells else math.nan, "percent1"),
        affected=Num(int((items["missing"] > 0).sum()), "count"),
        k=Num(len(items), "count"),
        worst=Num(float(worst["share"]), "percent1"),
        item=str(worst["item"]),
    )
    yield Tabled(items_table(found, words), shows=("10.items",))
    yield say(
        words,
        "front.missing_cases",
        some=shown(float((cases > 0).sum()) if told.cases else math.nan, "count"),
        share=shown(float((cases > 0).mean()) if told.cases else math.nan, "percent1"),
        most=shown(_most(found), "count"),
        shows=("10.cases",),
    )
    drawn = int((told.patterns["missing"] != RARE).sum())
    some = bool((~told.patterns["missing"].isin(["", RARE])).any())
    key = "front.missing_patterns" if some else "front.missing_patterns_few"
    yield say(words, key, patterns=Num(len(found.patterns), "count"), threshold=Num(found.threshold, "count"))
    yield Tabled(patterns_table(found, words), shows=("10.patterns",))
    if some:
        title = words.plain("front.holes")
        yield of_chart(holes("holes", told.patterns, words, title, min(SHOWN, drawn), of.wave.synthetic))


def _most(found: Unanswered) -> float:
    """The most questions that a respondent left open; NaN where few left open so many."""
    most = int(found.cases.max())
    return math.nan if (found.cases == most).sum() < found.threshold else most


def items_table(found: Unanswered, words: Words) -> Table:
    """Missing answers of every question; in print those that have one."""
    frame = found.gaps.items.assign(label=[words.label(str(item)) for item in found.items["item"]])
    shown = tuple(at for at, lost in enumerate(found.items["missing"]) if lost)
    columns = (
        Column("item"),
        Column("label"),
        Column("n_asked", "count", of=("n",)),
        Column("front_missing", "count", of=("missing",)),
        Column("lost", "percent1", of=("share",)),
    )
    return Table("missing_items", frame, columns, rows=shown)


def patterns_table(found: Unanswered, words: Words) -> Table:
    """Which answers are missing together; the most frequent patterns in print."""
    columns = (
        Column("front_together", of=("missing",)),
        Column("front_missing", "count", of=("k",)),
        Column("n", "count"),
        Column("of_all", "percent1", of=("share",)),
    )
    told = found.gaps.patterns
    frame = told.assign(missing=told["missing"].replace({"": "–", RARE: words.plain("front.rare")}))
    rare = tuple(np.flatnonzero((told["missing"] == RARE).to_numpy()).tolist())
    return Table("missing_patterns", frame, columns, rows=tuple(dict.fromkeys((*range(min(SHOWN, len(frame))), *rare))))


def mechanism(of: Analysis, words: Words) -> Section:
    """Why answers may be missing, what speaks for it, and what was done about it: item 11."""
    blocks: list[Block] = [_tested(of, words), *declared(of.declaration, "missing", words)]
    choice = of.study.choice
    handled = choice.missing if choice.incomplete else "none"
    blocks.append(
        joined(
            say(words, "front.handling", name=words.plain(f"front.handling.{handled}")) if choice.incomplete else None,
            say(words, f"missing.{handled}", shows=("11.handling",)),
            say(words, "front.no_auxiliary"),
        )
    )
    return Section("mechanism", words("front.mechanism"), tuple(blocks))


def _tested(of: Analysis, words: Words) -> Paragraph:
    """Little's test of the model's own variables, with what is held against it."""
    if not unanswered(of).total:
        return say(words, "front.no_mechanism", shows=("11.mechanism",))
    test = mcar(of.wave.frame(of.model.observed))
    if not test.df:
        return say(words, "front.untested", reason=test.note, look=NOTE)
    told = say(
        words,
        "front.by_chance" if test.pvalue >= FREE else "front.not_by_chance",
        df=Num(test.df, "count"),
        chisq=Num(test.chisq, "number2"),
        p=Num(test.pvalue, "equals_p"),
        patterns=Num(test.patterns, "count"),
        shows=("11.mechanism",),
    )
    return joined(told, say(words, "rule.mcar"))
