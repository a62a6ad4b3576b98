"""Tables of reliability, validity and method."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from mkb21sem.report.dossier.grouped import called, grouped
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def reliability(found: Sequence[Inquiry], words: Words) -> Table:
    """Reliability with intervals."""

    def rows(one: Inquiry) -> pd.DataFrame:
        return called(one.reliability.drop(columns="group", errors="ignore"), words)

    columns = (
        Column("construct", of=("called",)),
        Column("k", "count"),
        Column("n", "count"),
        Column("alpha", "bounded3"),
        Column("ci", "interval bounded3", of=("low", "high")),
        Column("d_alpha_std", "bounded3", of=("alpha_std",)),
        Column("d_alpha_ordinal", "bounded3", of=("alpha_ordinal",)),
        Column("omega", "bounded3"),
        Column("ci_omega", "interval bounded3", of=("omega_low", "omega_high")),
        Column("d_omega_total", "bounded3", of=("omega_total",)),
        Column("d_omega_ordinal", "bounded3", of=("omega_ordinal",)),
        Column("omega_std", "bounded3"),
        Column("d_h", "bounded3", of=("h",)),
        Column("ave", "bounded2"),
    )
    return grouped("reliability", found, rows, columns, wide=True)


def dropped(found: Sequence[Inquiry], words: Words) -> Table:
    """What each item does to its scale."""

    def rows(one: Inquiry) -> pd.DataFrame:
        return called(one.dropped, words)

    columns = (
        Column("construct", of=("called",)),
        Column("item"),
        Column("mean", "number2"),
        Column("sd", "number2"),
        Column("d_rest", "bounded2", of=("item_rest",)),
        Column("d_alpha_dropped", "bounded3", of=("alpha_dropped",)),
    )
    return grouped("dropped", found, rows, columns)


def fornell(found: Sequence[Inquiry], words: Words) -> Table:
    """Fornell and Larcker's criterion."""

    def rows(one: Inquiry) -> pd.DataFrame:
        if one.validity is None:
            return pd.DataFrame()
        own = called(one.validity.constructs.drop(columns="group"), words)
        nearest = [words.short(str(name)) if name else "" for name in own["with_other"]]
        return own.assign(nearest=nearest, passes=own["fornell_larcker"].astype(str))

    columns = (
        Column("construct", of=("called",)),
        Column("ave", "bounded2"),
        Column("d_root", "bounded2", of=("sqrt_ave",)),
        Column("d_largest", "bounded2", of=("largest",)),
        Column("d_nearest", of=("nearest",)),
        Column("d_passes", "word", of=("passes",)),
    )
    return grouped("fornell", found, rows, columns)


def latent(found: Sequence[Inquiry], words: Words) -> Table:
    """Correlations of constructs, and of one construct's forms, tested against 1."""

    def rows(one: Inquiry) -> pd.DataFrame:
        if one.validity is None:
            return pd.DataFrame()
        parts = [part for part in (one.validity.correlations.drop(columns="group"), one.forms) if len(part)]
        return called(pd.concat(parts, ignore_index=True), words) if parts else pd.DataFrame()

    columns = (
        Column("construct", of=("called",)),
        Column("d_other", of=("beside",)),
        Column("d_r", "bounded2", of=("est",)),
        Column("ci", "interval bounded2", of=("low", "high")),
        Column("d_p_one", "p", of=("p_one",)),
        Column("problem", "word"),
    )
    return grouped("latent", found, rows, columns)


def ratios(found: Sequence[Inquiry], words: Words) -> Table:
    """HTMT and HTMT2 with intervals."""

    def rows(one: Inquiry) -> pd.DataFrame:
        if one.validity is None or one.validity.htmt is None:
            return pd.DataFrame()
        own = one.validity.htmt.table
        if one.latent_ratios is not None:
            other = one.latent_ratios.table[["construct", "other", "htmt", "htmt2"]]
            own = own.merge(other, on=["construct", "other"], how="left", suffixes=("", "_polychoric"))
        else:
            own = own.assign(htmt_polychoric=math.nan, htmt2_polychoric=math.nan)
        return called(own, words).assign(clear=own["below_85"].astype(str), apart=own["excludes_1"].astype(str))

    columns = (
        Column("construct", of=("called",)),
        Column("d_other", of=("beside",)),
        Column("=HTMT", "bounded2", of=("htmt",)),
        Column("ci", "interval bounded2", of=("htmt_low", "htmt_high")),
        Column("=HTMT2", "bounded2", of=("htmt2",)),
        Column("ci", "interval bounded2", of=("htmt2_low", "htmt2_high")),
        Column("d_polychoric", "bounded2", of=("htmt_polychoric",)),
        Column("d_below", "word", of=("clear",)),
        Column("d_apart", "word", of=("apart",)),
    )
    return grouped("ratios", found, rows, columns)


def inflation(found: Sequence[Inquiry], words: Words) -> Table:
    """Full collinearity."""

    def rows(one: Inquiry) -> pd.DataFrame:
        return pd.DataFrame() if one.method is None else called(one.method.collinearity, words)

    columns = (Column("construct", of=("called",)), Column("n", "count"), Column("d_vif", "number2", of=("vif",)))
    return grouped("inflation", found, rows, columns)


def moved(found: Sequence[Inquiry], words: Words) -> Table:
    """Paths without and with a method factor."""

    def rows(one: Inquiry) -> pd.DataFrame:
        if one.method is None or one.method.factor.found is None:
            return pd.DataFrame()
        own = one.method.factor.paths
        arrow = {"~": "→", "~~": "↔"}
        named = [
            f"{words.short(str(b))} {arrow[str(op)]} {words.short(str(a))}"
            for a, op, b in zip(own["lhs"], own["op"], own["rhs"], strict=True)
        ]
        return own.drop(columns="group").assign(named=named)

    columns = (
        Column("path", of=("named",)),
        Column("std", "bounded2"),
        Column("d_std_with", "bounded2", of=("std_with",)),
        Column("d_moved", "bounded2", of=("moved",)),
    )
    return grouped("moved", found, rows, columns)


def marker(found: Sequence[Inquiry], words: Words) -> Table:
    """Correlations of scores less the smallest of them."""
    columns = (
        Column("construct", of=("called",)),
        Column("d_other", of=("beside",)),
        Column("d_r", "bounded2", of=("r",)),
        Column("d_adjusted", "bounded2", of=("adjusted",)),
        Column("p", "p", of=("pvalue",)),
    )
    return grouped("marker", found, lambda one: called(one.marker, words), columns)
