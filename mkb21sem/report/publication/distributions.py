"""How the questions of the model were answered, and how far its variables are from normal (item 12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from mkb21sem.errors import Mkb21Error
from mkb21sem.report import numbers, sample
from mkb21sem.report.charts.likert import likert
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.privacy.dossier import hidden_answers
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.indicators import questions
from mkb21sem.report.publication.said import NOTE, shown
from mkb21sem.report.publication.unanswered import rows_shown, unanswered
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Item
from mkb21sem.validate.shape import categories, mardia

FEW = 5
"""An answer that fewer respondents gave is sparse."""
MOST = 11
"""Answers of a question that is shown."""
CHARTS = 3
NORMAL = 0.05


def section(of: Analysis, words: Words) -> Section:
    """Categories, skewness and kurtosis, multivariate normality."""
    blocks: list[Block] = [*_categories(of, words), *_shape(of, words), _normality(of, words)]
    return Section("distributions", words("front.distributions"), tuple(blocks))


@lru_cache(maxsize=1)
def answered(of: Analysis) -> pd.DataFrame:
    """Answers of those who were asked the model's questions: item code n share, every possible answer a row.

    Small counts are hidden: see `mkb21sem.report.privacy.dossier.hidden_answers`.
    """
    asked = of.wave.asked(of.model.observed)
    parts = []
    for name in questions(of.wave, of.model.observed):
        own = of.wave.answers.loc[asked, name]
        codes = [float(code) for code in of.wave.codebook[name].codes]
        if len(codes) <= MOST:
            parts.append(categories(own.where(own >= 0).astype(float), codes).assign(item=name))
    if not parts:
        return pd.DataFrame(columns=["item", "code", "n", "share", "hidden", "base"])
    secret = unanswered(of).gaps.secret if of.threshold else {}
    return hidden_answers(pd.concat(parts, ignore_index=True), of.threshold, secret)


def _categories(of: Analysis, words: Words) -> Iterator[Block]:
    found = answered(of)
    if found.empty:
        yield say(words, "front.no_categories", shows=("12.categories",))
        return
    yield _rare(of, found, words)
    note = "note.categories_hidden" if of.threshold else ""
    yield Tabled(categories_table(found, words, of.threshold), note, shows=("12.categories",))
    for chart in charts(of, found, words):
        yield of_chart(chart)


def _rare(of: Analysis, found: pd.DataFrame, words: Words) -> Paragraph:
    """How many questions have an answer that nobody gave, or that few did: sparse, or hidden."""
    by = found.groupby("item", sort=False)
    least = by["n"].min()
    facts: dict[str, object] = {"k": Num(len(least), "count"), "empty": Num(int((least == 0).sum()), "count")}
    if of.threshold:
        lost = int(by["hidden"].any().sum())
        return say(words, "front.categories_hidden", facts, hidden=Num(lost, "count"))
    facts["sparse"] = Num(int(((least > 0) & (least < FEW)).sum()), "count")
    return say(words, "front.categories_said", facts, few=Num(FEW, "count"))


def categories_table(found: pd.DataFrame, words: Words, threshold: int = 0) -> Table:
    """Share of every answer to every question, and the answers that nobody or hardly anybody gave."""
    codes = sorted(found["code"].unique())
    share = found.pivot_table("share", "item", "code", sort=False, dropna=False)
    base = found.groupby("item", sort=False)["base"].first()
    frame = pd.DataFrame({"item": list(base.index), "n": base.to_numpy()})
    if threshold:
        frame["hidden"] = (found.groupby("item", sort=False)["hidden"].any() | base.isna()).to_numpy()
    there = set(zip(found["item"], found["code"], strict=True))
    for name, low, high in (("empty", -1, 0), *(() if threshold else (("sparse", 0, FEW - 1),))):
        own = found[(found["n"] > low) & (found["n"] <= high)].groupby("item")["code"]
        listed = {item: " ".join(f"{code:g}" for code in given) for item, given in own}
        frame[name] = [listed.get(item, numbers.ABSENT) for item in frame["item"]]
    shown = [Column("item"), Column("n", "count")]
    for code in codes:
        frame[f"{code:g}"] = share[code].reindex(frame["item"]).to_numpy(float)
        forms = tuple("percent" if (item, code) in there else "blank" for item in frame["item"])
        shown.append(Column(f"={code:g}", forms, of=(f"{code:g}",)))
    shown.append(Column("front_empty", of=("empty",)))
    if threshold:
        return Table("categories", frame, tuple(shown))
    shown.append(Column("front_sparse", of=("sparse",)))
    return Table("categories", frame, tuple(shown), {"few": words.plain("front.few", n=FEW)})


def charts(of: Analysis, found: pd.DataFrame, words: Words) -> list[Chart]:
    """Bars of the ordinal questions, those with the same answers in one picture.

    Questions that are variables of the model themselves; if there are none, those behind its variables.
    """
    book, there = of.wave.codebook, set(found["item"])
    own = [name for name in of.model.observed if name in there] or list(dict.fromkeys(found["item"]))
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in (book[name] for name in own):
        if item.measure == "ordinal" and 2 < len(item.codes) <= 7:
            groups.setdefault(tuple(item.code_label(code, words.lang) for code in item.codes), []).append(item)
    scales = sorted((items for items in groups.values() if len(items) > 1), key=len, reverse=True)[:CHARTS]
    made = []
    for at, items in enumerate(scales, start=1):
        labels = {item.id: item.topic(words.lang) for item in items}
        codes = [items[0].code_label(code, words.lang) for code in items[0].codes]
        title = words.plain(
            "front.likert", items=words.listed(dict.fromkeys(words.short(item.battery) for item in items))
        )
        made.append(likert(f"answers_{at}", {"": found}, labels, codes, words, title, of.wave.synthetic))
    return made


def _shape(of: Analysis, words: Words) -> Iterator[Block]:
    table = descriptives(of, words)
    known = table.frame.dropna(subset=["skew", "kurtosis"])
    lost = say(words, "front.shape_left_out") if len(known) < len(table.frame) else None
    yield joined(_extreme(known, words), lost, say(words, "front.shape_rule"))
    yield Tabled(table, shows=("12.shape",))


def _extreme(known: pd.DataFrame, words: Words) -> Paragraph:
    """The variables that are furthest from normal, among those whose skewness and kurtosis are shown."""
    if not len(known):
        return say(words, "front.shape_hidden")
    skew, kurtosis = (dict(zip(known["variable"], known[name], strict=True)) for name in ("skew", "kurtosis"))
    skewed, peaked = _furthest(skew), _furthest(kurtosis)
    return say(
        words,
        "front.shape",
        skew=Num(float(skew[skewed]), "number2"),
        skewed=str(skewed),
        kurtosis=Num(float(kurtosis[peaked]), "number2"),
        peaked=str(peaked),
    )


def descriptives(of: Analysis, words: Words) -> Table:
    """Mean, standard deviation, skewness, kurtosis and range, without what would tell of answers that are hidden."""
    table = sample.descriptives(of.found, words, of.threshold)
    if not of.threshold:
        return table
    answers = answered(of)
    touched = set(answers.loc[answers["hidden"].astype(bool) | answers["base"].isna(), "item"])
    frame, told = table.frame.copy(), unanswered(of).gaps.items
    own = frame["variable"].isin(touched).to_numpy()
    frame.loc[own, ["skew", "kurtosis", "min", "max"]] = np.nan
    known = set(told["item"][~told["hidden"]])
    frame["n"] = [
        n if name in known else rows_shown(of, n) for name, n in zip(frame["variable"], frame["n"], strict=True)
    ]
    frame["hidden"] |= own | frame["n"].isna()
    return replace(table, frame=frame)


def _furthest(values: Mapping[str, float]) -> str:
    """The name whose value is furthest from 0."""
    return max(values, key=lambda name: abs(values[name]))


def _normality(of: Analysis, words: Words) -> Paragraph:
    """Mardia's tests of the rows of the fit that are complete."""
    rows = np.concatenate(of.found.moments.rows)
    rows = rows[np.isfinite(rows).all(axis=1)]
    try:
        test = mardia(rows, of.found.moments.names)
    except Mkb21Error as error:
        return say(words, "front.no_mardia", reason=str(error), look=NOTE)
    far = min(test.skewness_pvalue, test.kurtosis_pvalue) < NORMAL
    told = say(
        words,
        "front.mardia",
        n=shown(rows_shown(of, test.n), "count"),
        p=Num(test.p, "count"),
        skewness=Num(test.skewness, "number2"),
        df=Num(test.skewness_df, "count"),
        chisq=Num(test.skewness_chisq, "number2"),
        p_skewness=Num(test.skewness_pvalue, "equals_p"),
        kurtosis=Num(test.kurtosis, "number2"),
        z=Num(test.kurtosis_z, "number2"),
        p_kurtosis=Num(test.kurtosis_pvalue, "equals_p"),
        shows=("12.normality",),
    )
    return joined(told, say(words, "front.mardia_far" if far else "front.mardia_near"))
