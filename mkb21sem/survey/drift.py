"""What happened to each question from the first wave on: identical, recoded, missing or new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.item import Item
from mkb21sem.survey.mapping import Mapped
from mkb21sem.survey.platforms import BATTERIES
from mkb21sem.survey.wave import Wave

STATUSES = ("identical", "recoded", "missing", "new")
COLUMNS = ("item", "wave", "here", "status", "comparable", "kind", "what")
KINDS = (
    *("same", "worded", "not asked", "other medium", "other base"),
    *("other codes", "other answers", "other scale", "added"),
)
"""What a difference is about, in a word."""


def drift(waves: Sequence[Wave], mapped: Mapping[str, Sequence[Mapped]]) -> pd.DataFrame:
    """Compare every question of each later wave with the first wave's.

    Returns
    -------
    DataFrame
        Columns item wave here status comparable kind what: the id, the wave, its id there, one of `STATUSES`, whether
        its answers can be compared with the first wave's, one of `KINDS`, and why.
    """
    first, lines = waves[0], []
    for wave in waves[1:]:
        here = {each.item: each.here for each in mapped.get(wave.name, ())}
        for item in first.codebook.items:
            if item.id not in first.answers:
                continue
            status, comparable, kind, what = _status(item, wave)
            lines.append((item.id, wave.name, here.get(item.id, item.id), status, comparable, kind, what))
        for item in wave.codebook.items:
            if item.id in wave.answers and (item.id not in first.codebook or item.id not in first.answers):
                lines.append((item.id, wave.name, item.id, "new", False, "added", "the first wave did not ask it"))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _status(item: Item, wave: Wave) -> tuple[str, bool, str, str]:
    if item.id not in wave.codebook or item.id not in wave.answers:
        return "missing", False, "not asked", "not asked in this wave"
    other = wave.codebook[item.id]
    if item.battery in BATTERIES.values() and item.topic("nl") != other.topic("nl"):
        return "missing", False, "other medium", f"{item.id} is about {other.topic('nl')} here, not {item.topic('nl')}"
    notes = [] if _said(item.label_nl) == _said(other.label_nl) else [f"worded: {other.label_nl}"]
    if item.asked != other.asked:
        return "recoded", False, "other base", f"asked of {other.asked}, not of {item.asked}"
    if (item.codes, item.measure) == (other.codes, other.measure) and _same_labels(item, other):
        return "identical", True, "worded" if notes else "same", "; ".join(notes)
    if item.measure == other.measure and len(item.codes) == len(other.codes) and _same_labels(item, other):
        return "recoded", True, "other codes", f"codes {_span(other)} become {_span(item)}, the answers being the same"
    if item.codes == other.codes and item.measure == other.measure:
        return (
            "recoded",
            False,
            "other answers",
            f"the same codes stand for other answers ({', '.join(other.code_labels_nl)})",
        )
    what = f"{len(other.codes)} answers ({_span(other)}) in place of {len(item.codes)} ({_span(item)})"
    return "recoded", False, "other scale", what


def _said(text: str) -> str:
    return " ".join(text.lower().split())


def _same_labels(one: Item, other: Item) -> bool:
    return [_said(t) for t in one.code_labels_nl] == [_said(t) for t in other.code_labels_nl] or (
        [_said(t) for t in one.code_labels_en] == [_said(t) for t in other.code_labels_en]
    )


def _span(item: Item) -> str:
    return f"{item.codes[0]}–{item.codes[-1]}" if item.codes else "none"


def recodings(waves: Sequence[Wave], report: pd.DataFrame) -> tuple[list[Wave], tuple[str, ...]]:
    """The waves with codes brought to the first wave's where the answers are the same; and what was done, in words."""
    out, sentences = [waves[0]], []
    for wave in waves[1:]:
        lines = report[(report["wave"] == wave.name) & (report["status"] == "recoded") & report["comparable"]]
        answers, items = wave.answers.copy(), {item.id: item for item in wave.codebook.items}
        for line in lines.to_dict("records"):
            old, new = wave.codebook[line["item"]], waves[0].codebook[line["item"]]
            answers[line["item"]] = answers[line["item"]].replace(dict(zip(old.codes, new.codes, strict=True)))
            items[line["item"]] = replace(old, codes=new.codes)
            sentences.append(f"{line['item']} in {wave.name}: {line['what']}.")
        book = Codebook(tuple(items.values()), wave.codebook.source)
        out.append(replace(wave, answers=answers, codebook=book) if len(lines) else wave)
    return out, tuple(sentences)
