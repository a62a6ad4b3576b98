"""Respondents far from the others or careless, variables that follow from others, and their scales (item 13).

Respondents are counted, never named: the report is made to be shared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mkb21sem.linalg import Array
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.privacy.answers import signs as shareable
from mkb21sem.report.privacy.answers import unless_few
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.indicators import composition, questions
from mkb21sem.report.publication.said import NOTE, shown
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.validate.respondents import CARELESS_RULES, FAR, FEW, distances, respondents


def section(of: Analysis, words: Words) -> Section:
    """Outliers, careless answers, collinearity, scaling and transformations."""
    blocks: list[Block] = [*_outliers(of, words), *_careless(of, words), _collinear(of, words), _scaled(of, words)]
    return Section("anomalies", words("front.anomalies"), tuple(blocks))


def _outliers(of: Analysis, words: Words) -> Iterator[Paragraph]:
    rows = np.concatenate(of.found.moments.rows)
    away, p = distances(rows)
    if not np.isfinite(away).any():
        yield say(words, "front.no_distance", look=NOTE)
        return
    yield say(
        words,
        "front.outliers",
        far=shown(unless_few(int((p < FAR).sum()), of.threshold, len(rows)), "count"),
        n=Num(len(rows), "count"),
        alpha=Num(FAR, "bounded3"),
        expected=Num(FAR * len(rows), "number1"),
        most=shown(float("nan") if of.threshold else float(np.nanmax(away)), "number1"),
        df=Num(rows.shape[1], "count"),
        shows=("13.outliers",),
    )


def signs(of: Analysis) -> tuple[pd.DataFrame, int, int]:
    """Signs of careless answering to the ordinal questions behind the model, and how many respondents and questions.

    Returns
    -------
    tuple
        sign n, of every rule, and hidden where small counts are; respondents that were asked; questions.
    """
    wave = of.wave
    own = set(questions(wave, of.model.observed))
    names = [name for name in wave.answers.columns if name in own and wave.codebook[name].measure == "ordinal"]
    asked = wave.asked(of.model.observed)
    given = wave.answers.loc[asked, names]
    batteries: dict[str, list[str]] = {}
    for name in names:
        batteries.setdefault(wave.codebook[name].battery, []).append(name)
    found = respondents(given.where(given >= 0).astype(float), batteries)["flags"].map(lambda flags: str(flags).split())
    counts = {rule: int(found.map(lambda own, rule=rule: rule in own).sum()) for rule in CARELESS_RULES}
    counts |= {"any": int(found.map(bool).sum()), "several": int(found.map(lambda own: len(own) > 1).sum())}
    frame = pd.DataFrame({"sign": list(counts), "n": list(counts.values())})
    kinds = [frozenset(own) for own in found]
    return shareable(frame, kinds, of.threshold), len(given), len(names)


def _careless(of: Analysis, words: Words) -> Iterator[Block]:
    found, n, k = signs(of)
    if k < FEW:
        yield say(words, "front.no_careless", k=Num(k, "count"), look=NOTE)
        return
    at = found.set_index("sign")["n"]
    yield say(
        words,
        "front.careless",
        n=Num(n, "count"),
        k=Num(k, "count"),
        some=shown(float(at["any"]), "count"),
        several=shown(float(at["several"]), "count"),
    )
    frame = found.assign(share=found["n"] / max(n, 1))
    frame["told"] = [words.plain(f"front_sign.{sign}") for sign in frame["sign"]]
    frame["rule"] = [words.plain(f"rule.careless_{sign}") if sign in CARELESS_RULES else "" for sign in frame["sign"]]
    columns = (
        Column("front_sign", of=("told",)),
        Column("n", "count"),
        Column("of_all", "percent1", of=("share",)),
        Column("front_rule", of=("rule",)),
    )
    yield Tabled(Table("careless", frame, columns), shows=("13.careless",))


def inflation(of: Analysis) -> tuple[dict[str, float], Array]:
    """Variance inflation of every observed variable on all others, and the eigenvalues of their correlations.

    Without inflation where a variable is determined by others.
    """
    found = of.found.moments
    cov = np.einsum("g,gij->ij", found.share, found.cov)
    sd = np.sqrt(np.diag(cov))
    R = cov / np.outer(sd, sd)
    values = np.linalg.eigvalsh(R)
    if values[0] < 1e-10:
        return {}, values
    return dict(zip(found.names, np.diag(np.linalg.inv(R)).tolist(), strict=True)), values


def _collinear(of: Analysis, words: Words) -> Paragraph:
    vif, values = inflation(of)
    if not vif:
        return say(words, "front.singular", least=Num(float(values[0]), "number3"), shows=("13.collinearity",))
    name = max(vif, key=vif.__getitem__)
    return say(
        words,
        "front.collinear",
        vif=Num(vif[name], "number2"),
        name=name,
        r2=Num(1 - 1 / vif[name], "bounded2"),
        least=Num(float(values[0]), "number3"),
        condition=Num(float(np.sqrt(values[-1] / values[0])), "number1"),
        shows=("13.collinearity",),
    )


def _scaled(of: Analysis, words: Words) -> Paragraph:
    """Which variables were made of answers, what was done in reading, and how far variances lie apart."""
    found = of.found.moments
    variance = np.diag(np.einsum("g,gij->ij", found.share, found.cov))
    made_of = composition(of.wave)
    made = [name for name in of.model.observed if name not in of.wave.codebook and name in made_of]
    coded = sum(recode.count for recode in of.wave.recodes if recode.code is not None)
    derived = say(words, "front.derived", names=words.listed(made)) if made else say(words, "front.not_derived")
    return joined(
        say(words, "front.untransformed", shows=("13.scaling",)),
        derived,
        say(words, "front.coded", n=shown(unless_few(coded, of.threshold), "count")) if coded else None,
        say(
            words,
            "front.variances",
            low=Num(float(variance.min()), "number2"),
            high=Num(float(variance.max()), "number2"),
            ratio=Num(float(variance.max() / variance.min()), "number1"),
        ),
    )
