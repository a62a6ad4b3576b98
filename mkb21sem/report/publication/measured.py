"""How constructs were measured, and how well: indicators, reliability, validity, method variance (items 7-9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from mkb21sem.report import tables
from mkb21sem.report.documents.parts import Block, Listing, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.dossier import judged
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.dossier.sentences import called
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.apart import apart
from mkb21sem.report.publication.indicators import behind_table, indicators, questions, scales
from mkb21sem.report.publication.said import NOTE, declared, meant, rules
from mkb21sem.report.publication.unanswered import rows_shown
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.validate.reliability import ACCEPTABLE, reliability

ALIKE = ("d_alpha_std", "d_omega_total", "omega_std", "d_h")
"""Figures beside alpha and omega, which stand in the table's file and in `mkb21sem validate`."""
CONVERGENT, DISCRIMINANT = ("8.convergent",), ("8.discriminant",)


def sections(of: Analysis, words: Words) -> tuple[Section, ...]:
    """Indicators; reliability and validity; what the one questionnaire does."""
    return (_indicators(of, words), _quality(of, words), _method(of, words))


def _indicators(of: Analysis, words: Words) -> Section:
    """Every observed variable and every question behind it: item 7."""
    table, more = indicators(of, words), behind_table(of, words)
    composed = int((table.frame["k"] > 1).sum())
    counts = {"observed": Num(len(table.frame), "count"), "composed": Num(composed, "count")}
    blocks: list[Block] = [
        joined(
            say(words, "front.indicators", counts),
            say(words, "front.behind") if more is not None else None,
            _turned(of, words),
        ),
        Tabled(table, shows=("7.items",)),
        *([Tabled(more)] if more is not None else []),
        say(words, "front.scales_said"),
        Listing(_scales(of, words)),
        *declared(of.declaration, "measures", words, ("7.sources",)),
    ]
    return Section("indicators", words("front.measures"), tuple(blocks))


def _scales(of: Analysis, words: Words) -> tuple[Paragraph, ...]:
    """The answers to the questions, under the letters that the tables have."""
    found = scales(of, words).items()
    return tuple(say(words, "front.scale", letter=letter, answers=answers) for answers, letter in found)


def _turned(of: Analysis, words: Words) -> Paragraph:
    """Whether answers were recoded to point the other way, and questions that look as if they should have been."""
    asked = set(questions(of.wave, of.model.observed))
    screened = of.inquiry.screening.items if of.inquiry else pd.DataFrame({"item": [], "flags": []})
    against = [
        str(row["item"])
        for row in screened.to_dict("records")
        if "reversed" in str(row["flags"]).split() and row["item"] in asked
    ]
    kept = say(words, "front.not_turned")
    return joined(kept, say(words, "front.against", items=words.listed(against)) if against else None)


def _quality(of: Analysis, words: Words) -> Section:
    """Reliability with intervals, and evidence that constructs hang together and differ: item 8."""
    named = Words(words.lang, called(of.wave.codebook))
    blocks: list[Block] = [*_reliable(of, named), *_grouped(of, named), *_valid(of, named)]
    return Section("validity", words("front.quality"), tuple(blocks))


def _reliable(of: Analysis, words: Words) -> Iterator[Block]:
    """The constructs of the model as they are measured there, and all scales by their single items."""
    own, one = of.study.reliability, of.inquiry
    if len(own):
        lowest = own["alpha"].min()
        if pd.notna(lowest):
            low, high = (Num(float(x), "bounded2") for x in (lowest, own["alpha"].max()))
            yield say(words, "front.reliable", low=low, high=high, k=Num(int(own["alpha"].notna().sum()), "count"))
        table = _counted(tables.reliability(own, words), of)
        yield Tabled(table, shows=("8.reliability",) if _bounded(own) else ())
    else:
        yield say(words, "front.no_constructs", look="" if one else NOTE)
    if one is not None and len(one.reliability):
        yield joined(
            say(words, "front.scales"),
            *meant("d_reliability", one, words, ("reliability_unsure",)),
            _unsure(one, words),
        )
        enough = not len(own) and _bounded(one.reliability)
        table = _counted(_narrow(judged.reliability([one], words)), of)
        yield Tabled(table, shows=("8.reliability",) if enough else ())


def _counted(table: Table, of: Analysis) -> Table:
    """Without a number of complete rows that tells of missing answers that are hidden."""
    if not of.threshold:
        return table
    n = [rows_shown(of, float(n)) for n in table.frame["n"]]
    frame = table.frame.assign(n=n)
    return replace(table, frame=frame.assign(hidden=frame["n"].isna()))


def _narrow(table: Table) -> Table:
    """Without columns of figures that were not computed, and without those that say nearly the same as others."""
    shown = tuple(
        column
        for column in table.columns
        if column.id not in ALIKE and table.frame[list(column.source)].notna().any(axis=None)
    )
    return replace(table, columns=shown, wide=False)


def _unsure(one: Inquiry, words: Words) -> Paragraph | None:
    """Scales that are reliable enough by their estimate, but not by their interval."""
    table = one.reliability
    names = list(table.loc[(table["alpha"] >= ACCEPTABLE) & (table["low"] < ACCEPTABLE), "construct"])
    if not names:
        return None
    called = words.listed(words.short(str(name)) for name in names)
    return say(words, "front.unsure", m=Num(len(names), "count"), limit=Num(ACCEPTABLE, "bounded2"), names=called)


def _bounded(table: pd.DataFrame) -> bool:
    """Whether every construct of several indicators has a reliability with an interval."""
    several = table[table["k"] > 1] if "k" in table else table
    return len(several) > 0 and bool(several[["alpha", "low", "high"]].notna().to_numpy().all())


def _grouped(of: Analysis, words: Words) -> Iterator[Block]:
    """The same in every wave or group that is compared, each with loadings of its own."""
    compared = of.comparison
    if compared is None:
        return
    frame = reliability(compared.configural).assign(note="")
    frame["called"] = [words.short(str(name)) for name in frame["construct"]]
    if of.threshold:
        own = frame.groupby("construct")["n"]
        small = own.transform("min") < of.threshold
        complete = own.transform("sum") == compared.configural.moments.total
        frame["n"] = frame["n"].where(complete & ~small)
        frame["hidden"] = frame["n"].isna()
    columns = (
        Column("construct", of=("called",)),
        Column("waves_wave", of=("group",)),
        Column("n", "count"),
        Column("alpha", "bounded2"),
        Column("ci", "interval bounded2", of=("low", "high")),
        Column("omega", "bounded2"),
        Column("ci_omega", "interval bounded2", of=("omega_low", "omega_high")),
        Column("ave", "bounded2"),
    )
    yield say(words, "front.grouped")
    yield Tabled(Table("reliability_groups", frame, columns))


def _valid(of: Analysis, words: Words) -> Iterator[Block]:
    """Convergent and discriminant validity, by the wave's measurement model if that has the constructs."""
    one = of.inquiry
    measured = [name for name, own in of.model.indicators.items() if len(own) > 1]
    if one is None or one.validity is None or not set(measured) <= set(one.structure.constructs):
        yield from apart(of, measured, words)
        return
    yield joined(say(words, "front.validity"), *meant("d_loadings", one, words), *meant("d_fornell", one, words))
    yield Tabled(judged.fornell([one], words), shows=CONVERGENT)
    yield joined(*meant("d_latent", one, words), *meant("d_ratios", one, words))
    ratios, latent = judged.ratios([one], words), judged.latent([one], words)
    if len(ratios.frame):
        yield Tabled(_narrow(ratios), shows=DISCRIMINANT)
    yield Tabled(latent, shows=() if len(ratios.frame) else DISCRIMINANT)
    yield from rules(("d_reliability", "d_fornell", "d_latent", "d_ratios"), words)


def _method(of: Analysis, words: Words) -> Section:
    """What the one respondent at the one moment does to the relations: item 9."""
    one, heading = of.inquiry, words("front.method")
    if one is None or one.method is None:
        return Section("common_method", heading, (say(words, "front.no_method", look=NOTE),))
    return Section("common_method", heading, tuple(_shared(of, one, words)))


def _shared(of: Analysis, one: Inquiry, words: Words) -> Iterator[Block]:
    yield say(words, "front.shared")
    structural = say(words, "dossier.structural" if one.method_structural else "dossier.measurement")
    yield joined(*meant("d_moved", one, words), structural)
    moved = judged.moved([one], words)
    if len(moved.frame):
        yield Tabled(moved, shows=("9.method",))
    yield joined(*meant("d_inflation", one, words))
    yield Tabled(_counted(judged.inflation([one], words), of), shows=("9.method",))
    if len(one.marker):
        yield joined(say(words, "front.marker"), *meant("d_marker", one, words))
        yield Tabled(judged.marker([one], words))
    yield from rules(("d_moved", "d_inflation", "d_marker"), words)
