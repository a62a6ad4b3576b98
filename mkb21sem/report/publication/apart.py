"""Validity of the model's own constructs, where the wave's scales are others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from mkb21sem.errors import Mkb21Error
from mkb21sem.report.documents.parts import Block, Num, Tabled, say
from mkb21sem.report.publication.analysis import DEPTH, Analysis
from mkb21sem.report.publication.said import NOTE
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.validate.validity import Validity, validity


def apart(of: Analysis, measured: Sequence[str], words: Words) -> Iterator[Block]:
    """Variance extracted and correlations of constructs by the fit itself, HTMT by its rows.

    Parameters
    ----------
    measured
        Constructs of two or more indicators.
    """
    if not measured:
        yield say(words, "front.single_indicators", look=NOTE)
        return
    own = of.study.reliability
    if of.found.converged and "ave" in own and own["ave"].notna().any():
        low, high = (Num(float(x), "bounded2") for x in (own["ave"].min(), own["ave"].max()))
        yield say(words, "front.extracted", low=low, high=high, shows=("8.convergent",))
    if len(of.model.latents) < 2:
        yield say(words, "front.one_construct", shows=("8.discriminant",))
        return
    try:
        found = validity(of.found, draws=DEPTH.draws, seed=DEPTH.seed)
    except Mkb21Error as error:
        yield say(words, "front.no_validity", reason=str(error), look=NOTE)
        return
    table = pairs(found, words)
    known = bool(table.frame[["est", "htmt"]].notna().any(axis=None))
    yield say(words, "front.apart")
    yield Tabled(table, shows=("8.discriminant",) if known else ())


def pairs(found: Validity, words: Words) -> Table:
    """Correlation and HTMT of every two constructs, with intervals."""
    frame = found.correlations.copy()
    if found.htmt is not None:
        frame = frame.merge(found.htmt.table, on=["construct", "other"], how="left")
    else:
        frame = frame.assign(**dict.fromkeys(("htmt", "htmt_low", "htmt_high"), math.nan))
    for name, to in (("construct", "called"), ("other", "beside")):
        frame[to] = [words.short(str(each)) for each in frame[name]]
    columns = (
        Column("construct", of=("called",)),
        Column("d_other", of=("beside",)),
        Column("d_r", "bounded2", of=("est",)),
        Column("ci", "interval bounded2", of=("low", "high")),
        Column("=HTMT", "bounded2", of=("htmt",)),
        Column("ci", "interval bounded2", of=("htmt_low", "htmt_high")),
    )
    return Table("apart", pd.DataFrame(frame), columns)
