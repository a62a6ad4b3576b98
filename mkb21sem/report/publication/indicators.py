"""What the model's variables are made of: the questions, their answers, and what is known of their wording."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

import pandas as pd

from mkb21sem.report import numbers
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Item
from mkb21sem.survey.derived import derivations
from mkb21sem.survey.wave import Wave


def composition(wave: Wave) -> dict[str, tuple[str, ...]]:
    """Every question and variable of a wave, and the questions that it is made of; a question is made of itself."""
    derived = {name: made.items for name, made in derivations(wave.codebook).items()}
    return derived | {question: (question,) for question in wave.codebook}


def questions(wave: Wave, names: tuple[str, ...]) -> tuple[str, ...]:
    """All questions behind some variables, each once."""
    made_of = composition(wave)
    return tuple(dict.fromkeys(question for name in names for question in made_of.get(name, ())))


def indicators(of: Analysis, words: Words) -> Table:
    """Every observed variable of the model: construct, wording, kind, answers, evidence, who was asked."""
    arrows = {a.rhs: a for a in of.model.arrows if a.op == "=~"}
    made_of, called, lines = composition(of.wave), scales(of, words), []
    for name in of.model.observed:
        own = made_of.get(name, ())
        arrow = arrows.get(name)
        item = next((each for each in of.wave.codebook.items if each.id == name), None)
        lines.append(
            {
                "item": name,
                "construct": words.short(arrow.lhs) if arrow else numbers.ABSENT,
                "label": words.label(name),
                "kind": (kind := "item" if item else "composed" if own else "unknown"),
                "kind_said": words.plain(f"front_kind.{kind}"),
                "k": len(own),
                "questions": " ".join(own) if not item else "",
                "answers": _shared(of.wave, own, called, words),
                "evidence": (arrow.evidence if arrow else "") or (item.evidence if item else ""),
                "asked": asked(of.wave, own),
            }
        )
    columns = (
        Column("item"),
        Column("construct"),
        Column("label"),
        Column("front_kind", of=("kind_said",)),
        Column("front_answers", of=("answers",)),
        Column("evidence", "word"),
        Column("asked", "word"),
    )
    return Table("indicators", pd.DataFrame(lines), columns)


def behind_table(of: Analysis, words: Words) -> Table | None:
    """Every question behind a variable that is made of several; None where there is none."""
    made_of, called, lines = composition(of.wave), scales(of, words), []
    for name in of.model.observed:
        for question in made_of.get(name, ()) if name not in of.wave.codebook else ():
            item = of.wave.codebook[question]
            lines.append(
                {
                    "variable": name,
                    "item": question,
                    "label": item.label(words.lang),
                    "answers": called[answers(item, words)],
                    "evidence": item.evidence,
                    "asked": item.asked,
                }
            )
    if not lines:
        return None
    columns = (
        Column("variable"),
        Column("item"),
        Column("label"),
        Column("front_answers", of=("answers",)),
        Column("evidence", "word"),
    )
    return Table("behind", pd.DataFrame(lines), columns)


def scales(of: Analysis, words: Words) -> dict[str, str]:
    """The answers that could be given to the questions behind the model → the letter by which tables call them."""
    told = dict.fromkeys(answers(of.wave.codebook[name], words) for name in questions(of.wave, of.model.observed))
    return {each: ascii_uppercase[at] if at < len(ascii_uppercase) else f"S{at + 1}" for at, each in enumerate(told)}


def answers(item: Item, words: Words) -> str:
    """The answers that could be given, each after its code; of a list of categories how many."""
    if item.measure == "nominal":
        return words.plain("front.categories", k=len(item.codes))
    return "; ".join(f"{code} = {item.code_label(code, words.lang)}" for code in item.codes)


def _shared(wave: Wave, own: tuple[str, ...], called: Mapping[str, str], words: Words) -> str:
    """What the answers to the questions behind a variable are called, if they are the same."""
    kinds = {called[answers(wave.codebook[question], words)] for question in own}
    return next(iter(kinds)) if len(kinds) == 1 else numbers.ABSENT


def asked(wave: Wave, own: tuple[str, ...]) -> str:
    """Who was asked all questions behind a variable: the narrowest group among them."""
    groups = {wave.codebook[question].asked for question in own}
    return next((group for group in ("nonusers", "users", "all") if group in groups), "")
