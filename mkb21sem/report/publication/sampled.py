"""Who was asked and how it was measured: design, respondents, weights (item 6), and what `measured` says (7-9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from mkb21sem.report import prose
from mkb21sem.report.charts.flow import Box, flow
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.privacy.answers import sizes
from mkb21sem.report.publication import measured
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import declared, shown
from mkb21sem.report.publication.unanswered import rows_shown
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves

REASONS = {
    "no group": "no_group",
    "no answer on any variable of the model": "nothing",
    "a missing answer on an exogenous variable": "cause",
    "a missing answer (listwise deletion)": "listwise",
}
"""Why `fit` leaves a row out → the text ``front_step.<key>``."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How many respondents there are at each step.

    Attributes
    ----------
    n, asked, used
        In the wave; asked everything behind the model's variables; in the fit.
    partial
        Of those in the fit, with an answer missing.
    lost
        Asked, and left out of the fit: reason and number.

    Notes
    -----
    The first three are sizes and always shown, and with them how many are left out in all; why so many were, and of
    how many an answer is missing, is NaN where it is hidden.
    """

    n: int
    asked: int
    used: int
    partial: float
    lost: tuple[tuple[str, float], ...]


def followed(of: Analysis) -> Flow:
    """Count the respondents at each step."""
    found = of.found
    asked = int(of.wave.asked(of.model.observed).sum())
    used = found.moments.total
    partial = used - rows_shown(of, used - prose.partial(of.study))
    return Flow(of.wave.n, asked, used, partial, reasons(of))


def reasons(of: Analysis) -> tuple[tuple[str, float], ...]:
    """Why rows were left out of the fit, and how many; NaN where hidden."""
    given = of.found.moments.left_out
    counts = sizes([n for _, n in given], of.threshold if len(given) > 1 else 0)
    return tuple((why, n) for (why, _), n in zip(given, counts, strict=True))


def section(of: Analysis, words: Words) -> Section:
    """Who was asked, what, and how well it was measured."""
    return Section("sample", words("front.sample"), (), (_design(of, words), *measured.sections(of, words)))


def _design(of: Analysis, words: Words) -> Section:
    given = of.declaration
    whole = ("6.design",) if given.design and given.dates else ()
    at = followed(of)
    blocks: list[Block] = [
        *declared(given, "design", words, whole),
        *declared(given, "dates", words),
        next(prose.survey(of.study, words)),
        _counted(of, at, words),
        Tabled(flow_table(at, words), shows=("6.flow",)),
        of_chart(flow("respondents", _boxes(at, words), words, words.plain("front.flow"), of.wave.synthetic)),
        *_several(of, words),
        *declared(given, "exclusions", words),
        *_weights(of, words),
    ]
    return Section("design", words("front.design"), tuple(blocks))


def _counted(of: Analysis, at: Flow, words: Words) -> Paragraph:
    """How many there are, how many were asked the model's questions, and how many count."""
    use = of.wave.derived()["USER"]
    users = int((use == 1).sum())
    told = say(
        words,
        "front.counted",
        n=Num(at.n, "count"),
        asked=Num(at.asked, "count"),
        used=Num(at.used, "count"),
        shows=("6.n",),
    )
    users_too = say(words, "front.users", users=Num(users, "count")) if users else None
    partial = say(words, "front.partial", partial=shown(at.partial, "count")) if at.partial else None
    return joined(told, users_too, partial, say(words, "survey.routing"))


def flow_table(at: Flow, words: Words) -> Table:
    """Respondents step by step, each as a share of the wave."""
    steps: list[tuple[str, float]] = [("wave", at.n), ("not_asked", at.n - at.asked), ("asked", at.asked)]
    steps += [(REASONS.get(reason, "lost"), n) for reason, n in at.lost]
    steps += [("used", at.used), *([("partial", at.partial)] if at.partial else [])]
    frame = pd.DataFrame(steps, columns=["step", "n"])
    frame["share"] = frame["n"] / at.n
    if frame["n"].isna().any():
        frame["hidden"] = frame["n"].isna()
    frame["told"] = [words.plain(f"front_step.{step}") for step in frame["step"]]
    return Table(
        "flow",
        frame,
        (Column("front_step", of=("told",)), Column("n", "count"), Column("of_all", "percent1", of=("share",))),
    )


def _boxes(at: Flow, words: Words) -> tuple[Box, ...]:
    """The picture: what goes on in the middle, what leaves at the side."""

    def told(step: str) -> str:
        return words.plain(f"front_step.{step}")

    lost = tuple((told(REASONS.get(reason, "lost")), n) for reason, n in at.lost)
    return (
        Box(told("wave"), at.n, ((told("not_asked"), at.n - at.asked),) if at.n > at.asked else ()),
        Box(told("asked"), at.asked, lost),
        Box(told("used"), at.used, ()),
    )


def _several(of: Analysis, words: Words) -> Iterator[Block]:
    """Respondents of each wave or group that is compared."""
    compared = of.comparison
    if compared is None:
        return
    sample = compared.configural.moments
    each: dict[str, Wave] = {}
    if isinstance(compared.source, Waves):
        each = {wave.name: wave for wave in compared.source.waves}
    frame = pd.DataFrame(
        {
            "group": list(sample.groups),
            "respondents": [each[name].n if name in each else float("nan") for name in sample.groups],
            "n": sizes(list(sample.n), of.threshold),
        }
    )
    if of.threshold:
        frame["hidden"] = frame["n"].isna()
    columns = [Column("waves_wave", of=("group",)), Column("front_used", "count", of=("n",))]
    if frame["respondents"].notna().any():
        columns.insert(1, Column("front_respondents", "count", of=("respondents",)))
    yield say(words, "front.waves" if each else "front.groups", g=Num(len(frame), "count"))
    yield Tabled(Table("group_sizes", frame, tuple(columns)))


def _weights(of: Analysis, words: Words) -> Iterator[Paragraph]:
    """What the authors say of weights, and what was done."""
    yield from declared(of.declaration, "weights", words, ("6.weights",))
    if of.found.moments.weights:
        yield say(words, "front.weighted")
    elif of.asked.weights:
        yield say(words, "front.weighted_beside", column=of.asked.weights)
    else:
        yield say(words, "front.unweighted")
