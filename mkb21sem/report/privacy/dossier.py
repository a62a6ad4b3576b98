"""The dossier with small counts hidden: shares of answers, and what would give them away."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.describe.suppression import Statement, hidden, is_small
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.privacy.power_sums import power_sums
from mkb21sem.validate.screening import Screening

RARE = "rare"
"""Stands for all patterns of missing answers that fewer respondents have than the threshold."""
Place = tuple[int, str, float]
Array = NDArray[np.float64]


def shareable(found: Sequence[Inquiry], threshold: int, named: bool = False) -> tuple[Inquiry, ...]:
    """Inquiries with small counts hidden, and without single respondents unless they may be named.

    Parameters
    ----------
    found
        One inquiry a group.
    threshold
        Counts below it are hidden; 0 hides nothing.
    named
        Whether tables and sentences about single respondents are kept.

    Notes
    -----
    Means, standard deviations, and the answers of all groups together are taken as known to the reader: models are
    printed with them. Skewness, kurtosis and the ends of the range go with the first hidden answer of an item.
    """
    if not threshold:
        return tuple(replace(one, named=named) for one in found)
    gone = _hidden(found, threshold)
    return tuple(
        replace(one, named=named, screening=_screening(one.screening, {p[1:] for p in gone if p[0] == at}, threshold))
        for at, one in enumerate(found)
    )


def _hidden(found: Sequence[Inquiry], threshold: int) -> set[Place]:
    """Group, item and answer of every count to hide."""
    gone: set[Place] = set()
    items = dict.fromkeys(str(item) for one in found for item in one.screening.categories["item"])
    for item in items:
        parts = [_of(one.screening.categories, item) for one in found]
        small = [is_small(float(n), threshold) for part in parts for n in part["n"]]
        if any(small):
            gone |= _of_item(item, found, parts, threshold)
    return gone


PLACES = 2
"""Of the shares of a question whose number of answers is hidden: all their digits would give it away."""


def hidden_answers(table: pd.DataFrame, threshold: int, asked: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Counts of answers with the small ones hidden, question by question; mean and standard deviation taken as known.

    Parameters
    ----------
    table
        item code n share.
    threshold
        Counts below it are hidden; 0 hides nothing.
    asked
        Questions whose number of answers is hidden, and how many were asked them.

    Returns
    -------
    DataFrame
        The same with NaN for what is hidden, and the columns hidden and base (answers to the question; NaN where
        that is hidden, and then shares are rounded).
    """
    secret = asked or {}
    lost = np.zeros(len(table), dtype=bool)
    for item, part in table.groupby("item", sort=False) if threshold else ():
        counts, codes = part["n"].to_numpy(float), part["code"].to_numpy(float)
        gone = _of_question(counts, codes, secret.get(str(item)), threshold) if counts.sum() else []
        places = np.flatnonzero((table["item"] == item).to_numpy())
        lost[places[gone]] = True
    shown = table.astype({"n": float}).assign(hidden=lost, base=table.groupby("item")["n"].transform("sum"))
    shown.loc[lost, ["n", "share"]] = math.nan
    own = shown["item"].isin(list(secret)) & bool(threshold)
    shown["share"] = shown["share"].where(~own, shown["share"].round(PLACES))
    shown["base"] = shown["base"].where(~own)
    return shown


def _of_question(counts: Array, codes: Array, asked: float | None, threshold: int) -> list[int]:
    """Which answers to a question to hide.

    Where the number of answers n is hidden, no answer is one more count, and what is printed are quotients: from x̄
    follows Σ(c−x̄)n_c = 0, and from s² that Σ((c−x̄)²−s²)n_c = −s².
    """
    n, size = float(counts.sum()), len(counts) + (asked is not None)
    unit = np.eye(size)
    statements = [
        Statement(tuple(unit[at].tolist()), float(count), at, is_small(float(count), threshold))
        for at, count in enumerate(counts)
    ]
    if asked is None:
        statements += [Statement(tuple((codes**power).tolist()), float(counts @ codes**power)) for power in range(3)]
        return sorted(hidden(statements, threshold))
    statements.append(Statement(tuple(unit[-1].tolist()), asked - n, len(counts), small=True))
    statements.append(Statement((1.0,) * size, asked))
    away = codes - float(codes @ counts) / n
    if n > 1:
        variance = float(away**2 @ counts) / (n - 1)
        statements.append(Statement((*away.tolist(), 0.0), 0.0))
        statements.append(Statement((*(away**2 - variance).tolist(), 0.0), -variance))
    return sorted(at for at in hidden(statements, threshold) if at < len(counts))


def _of(table: pd.DataFrame, item: str) -> pd.DataFrame:
    return table[table["item"] == item]


def _of_item(item: str, found: Sequence[Inquiry], parts: Sequence[pd.DataFrame], threshold: int) -> set[Place]:
    """One item, its answers in all groups at once."""
    places = [(at, item, float(code)) for at, part in enumerate(parts) for code in part["code"]]
    size, statements = len(places), []
    counts = np.concatenate([part["n"].to_numpy(float) for part in parts])
    codes = np.array([place[2] for place in places])
    group = np.array([place[0] for place in places])
    for at, count in enumerate(counts):
        unit = np.zeros(size)
        unit[at] = 1
        statements.append(Statement(tuple(unit.tolist()), float(count), at, is_small(float(count), threshold)))
    for at, one in enumerate(found):
        inside = (group == at).astype(float)
        n = float(inside @ counts)
        statements.append(Statement(tuple(inside.tolist()), n))
        line = _of(one.screening.items, item)
        if len(line) and n:
            sums = power_sums(n, float(line["mean"].iloc[0]), float(line["sd"].iloc[0]))
            statements += [
                Statement(tuple((inside * codes**power).tolist()), value) for power, value in enumerate(sums, 1)
            ]
    if len(found) > 1:
        for code in np.unique(codes):
            both = (codes == code).astype(float)
            statements.append(Statement(tuple(both.tolist()), float(both @ counts)))
    return {places[at] for at in hidden(statements, threshold)}


def _screening(of: Screening, gone: set[tuple[str, float]], threshold: int) -> Screening:
    table = of.categories
    lost = np.array([(str(i), float(c)) in gone for i, c in zip(table["item"], table["code"], strict=True)], dtype=bool)
    shown = table.astype({"n": float}).assign(hidden=lost, base=table.groupby("item")["n"].transform("sum"))
    shown.loc[lost, ["n", "share"]] = math.nan
    return replace(
        of,
        categories=shown,
        items=_items(of.items, gone, threshold),
        patterns=_patterns(of.patterns, threshold),
        scales=_scales(of.scales, threshold),
    )


def _items(table: pd.DataFrame, gone: set[tuple[str, float]], threshold: int) -> pd.DataFrame:
    """Without what follows from hidden answers, or from the few who gave the lowest or the highest."""
    names = ["skewness", "kurtosis", "minimum", "maximum"]
    touched = table["item"].isin({item for item, _ in gone}).to_numpy()
    shown = table.astype(dict.fromkeys(names, float))
    shown.loc[touched, names] = math.nan
    lost = touched.copy()
    for end in ("floor", "ceiling"):
        few = _few(table[end], table["n"], threshold) | (touched & (table[end] > 0).to_numpy())
        shown.loc[few, end] = math.nan
        lost |= few
    return shown.assign(hidden=lost)


def _few(share: pd.Series[float], n: pd.Series[int], threshold: int) -> NDArray[np.bool_]:
    counts = (share * n).round().fillna(0.0)
    return np.array([is_small(float(c), threshold, float(of)) for c, of in zip(counts, n, strict=True)], dtype=bool)


def _patterns(table: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Patterns of missing answers that few have, as one line."""
    few = table["n"] < threshold
    if not few.any():
        return table
    rest = {
        "missing": RARE,
        "k": table.loc[few, "k"].min(),
        "n": int(table.loc[few, "n"].sum()),
        "share": table.loc[few, "share"].sum(),
    }
    return pd.concat([table[~few], pd.DataFrame([rest])], ignore_index=True)


def _scales(table: pd.DataFrame, threshold: int) -> pd.DataFrame:
    shown, lost = table.copy(), np.zeros(len(table), dtype=bool)
    for end in ("floor", "ceiling"):
        few = _few(table[end], table["n"], threshold)
        shown.loc[few, end] = math.nan
        lost |= few
    return shown.assign(hidden=lost)
