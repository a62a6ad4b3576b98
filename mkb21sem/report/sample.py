"""Tables about the answers: who was asked, what is missing, what was published, how the variables behave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mkb21sem.describe.suppression import threshold_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.report import numbers
from mkb21sem.report.privacy.published import hidden_figures
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.published import by_number, compare, figures
from mkb21sem.survey.wave import Wave


def bases(wave: Wave, words: Words) -> Table:
    """Groups of questions: asked of whom, how many were asked and answered all of them, the base of 2012."""
    frame = wave.bases()
    frame.insert(1, "label", [words.label(name) or words.plain("bases.none") for name in frame["construct"]])
    columns = [
        Column("label"),
        Column("questions", "count"),
        Column("asked", "word"),
        Column("n_asked", "count"),
        Column("n_complete", "count"),
    ]
    if frame["base_2012"].notna().any():
        columns.append(Column("base_2012", "count"))
    return Table("bases", frame, tuple(columns), {"n": numbers.count(wave.n, words.lang)})


def missing(wave: Wave, words: Words) -> Table:
    """Valid and missing answers of every question; in print only questions with an answer that is missing."""
    frame = wave.missing().reset_index()
    frame.insert(1, "label", [words.label(name) for name in frame["item"]])
    asked = frame["valid"] + frame["dont_know"] + frame["no_answer"]
    lost = frame["dont_know"] + frame["no_answer"]
    frame["lost"] = (lost / asked.where(asked > 0)).astype(float)
    shown = tuple(np.flatnonzero(lost.to_numpy() > 0).tolist())
    counts = [Column(id, "count") for id in ("valid", "not_asked", "dont_know", "no_answer")]
    facts = {
        "questions": numbers.count(len(frame), words.lang),
        "affected": numbers.count(len(shown), words.lang),
        "largest": numbers.percent(float(frame["lost"].max()), 1, words.lang),
    }
    return Table(
        "missing",
        frame,
        (Column("item"), Column("label"), *counts, Column("lost", "percent1")),
        facts,
        rows=shown,
    )


def published(wave: Wave, words: Words) -> Table:
    """The published figures of 2012 beside the same figures of this wave; none if it was not asked what they count."""
    frame = compare(wave, words.lang)
    frame.insert(0, "number", [f"{no}{part}" for no, part in zip(frame["no"], frame["part"], strict=True)])
    frame = frame.assign(kind=[figure.kind for figure in figures()])
    frame = hidden_figures(frame, wave, threshold_of(None, wave.synthetic))
    computed = frame["verdict"] != "not computable"
    told = computed & ~frame["kind"].isin(("respondents", "users", "nonusers"))
    frame = frame if wave.codebook.battery("GEB") or told.any() else frame[:0]
    columns = (
        Column("number"),
        Column("figure"),
        Column("indicator"),
        Column("printed"),
        Column("this_wave", tuple(_form(kind) for kind in frame["kind"]), of=("value",)),
        Column("base_here", "count", of=("n",)),
        Column("agreement", "word", of=("verdict",)),
    )
    agree = by_number(frame) == "agrees"
    facts = {
        "agree": numbers.count(int(agree.sum()), words.lang),
        "all": numbers.count(len(agree), words.lang),
    }
    return Table("published", frame, columns, facts, rows=None if computed.any() else ())


def _form(kind: str) -> str:
    if kind in ("respondents", "complete", "users", "nonusers"):
        return "count"
    if kind == "alpha":
        return "bounded3"
    return "points1" if "share" in kind else "number2"


def remarks(wave: Wave, words: Words) -> list[str]:
    """What else is to be known of the answers, in words: what the reader assumed, categories nobody chose."""
    codebook, found = wave.codebook, []
    for line in wave.remarks().to_dict("records"):
        kind, column, remark = str(line["kind"]), str(line["column"]), str(line["remark"])
        if kind in ("base", "missing"):
            continue
        if kind == "empty category":
            found.append(_empty_categories(wave.answers[column], codebook, column, words))
        elif kind == "constant":
            found.append(words.plain("remark.constant", column=column))
        elif kind in ("use", "same rows"):
            told = int(line["count"]) >= threshold_of(None, wave.synthetic)
            n = numbers.count(int(line["count"]), words.lang) if told else words.plain("remark.few")
            found.append(words.plain(f"remark.{kind.replace(' ', '_')}", n=n))
        else:
            found.append(f"{column}: {remark}" if column else remark)
    return found


def _empty_categories(answers: pd.Series[int], codebook: Codebook, item: str, words: Words) -> str:
    used = set(answers[answers >= 0])
    empty = [code for code in codebook[item].codes if code not in used]
    named = ", ".join(f"{code} ({codebook[item].code_label(code, words.lang)})" for code in empty)
    return words.plain("remark.empty", item=item, label=words.label(item), codes=named)


def descriptives(found: Fit, words: Words, threshold: int = 0) -> Table:
    """Mean, standard deviation, skewness, excess kurtosis and range of the model's variables, on the rows used.

    An end of the range that fewer respondents have than the threshold is hidden.
    """
    rows = np.concatenate(found.moments.rows)
    centred = rows - np.nanmean(rows, axis=0)
    n = np.isfinite(rows).sum(axis=0)
    m2, m3, m4 = (np.nanmean(centred**power, axis=0) for power in (2, 3, 4))
    frame = pd.DataFrame(
        {
            "variable": found.moments.names,
            "label": [words.label(name) for name in found.moments.names],
            "n": n,
            "mean": np.nanmean(rows, axis=0),
            "sd": np.sqrt(m2 * n / (n - 1)),
            "skew": m3 / m2**1.5,
            "kurtosis": m4 / m2**2 - 3,
            "min": np.nanmin(rows, axis=0),
            "max": np.nanmax(rows, axis=0),
        }
    )
    few = {end: (rows == frame[end].to_numpy()).sum(axis=0) < threshold for end in ("min", "max")}
    for end, own in few.items():
        frame[end] = frame[end].where(~own)
    if threshold:
        frame["hidden"] = few["min"] | few["max"]
    shown = [Column(id, "number2") for id in ("mean", "sd", "skew", "kurtosis", "min", "max")]
    if n.min() < len(rows):
        shown.insert(0, Column("n", "count"))
    return Table(
        "descriptives",
        frame,
        (Column("variable"), Column("label"), *shown),
        {"n": numbers.count(len(rows), words.lang)},
    )


def correlations(found: Fit, words: Words) -> Table:
    """Correlations below the diagonal, with mean and standard deviation: enough to fit the model again by ML."""
    sample = found.moments
    if sample.ordinal:
        rows = pd.DataFrame(np.concatenate(sample.rows))
        cov, mean, kind = rows.cov(ddof=0).to_numpy(), rows.mean().to_numpy(), "ordinal"
    else:
        cov, mean = np.einsum("g,gij->ij", sample.share, sample.cov), sample.share @ sample.mean
        kind = "fiml" if sample.patterns else "complete"
    sd = np.sqrt(np.diag(cov))
    lower = np.where(np.tri(len(sd), k=0, dtype=bool), cov / np.outer(sd, sd), np.nan)
    frame = pd.DataFrame(lower, columns=list(sample.names))
    frame.insert(0, "variable", list(sample.names))
    frame.insert(1, "numbered", [f"{j}. {name}" for j, name in enumerate(sample.names, start=1)])
    n = sample.total
    frame.insert(2, "mean", mean)
    frame.insert(3, "sd", sd * np.sqrt(n / (n - 1)))
    p = len(sd)
    columns = (
        Column("=", of=("numbered",)),
        Column("mean", "number2"),
        Column("sd", "number2"),
        *(
            Column(f"={j + 1}", ("blank",) * j + ("dash",) + ("bounded2",) * (p - 1 - j), of=(name,))
            for j, name in enumerate(sample.names)
        ),
    )
    facts = {"n": numbers.count(n, words.lang), "kind": words.plain(f"correlations.{kind}")}
    return Table("correlations", frame, columns, facts, wide=True)
