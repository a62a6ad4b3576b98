"""What the report says of a frozen plan: its seal, and everything that was done otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from mkb21sem.errors import OptionError
from mkb21sem.report import promised
from mkb21sem.report.promised import Promise
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.deviations import Deviation, of_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan


@dataclass(frozen=True, slots=True)
class Registered:
    """A frozen plan beside what was done.

    Attributes
    ----------
    plan
        As it was frozen.
    deviations
        What was done otherwise.
    promises
        What became of its exclusions and criteria.
    """

    plan: Plan
    deviations: tuple[Deviation, ...] = ()
    promises: tuple[Promise, ...] = ()

    def record(self) -> dict[str, Any]:
        """For results.json."""
        return record(self.plan, self.deviations, self.promises)

    def note(self, words: Words) -> str:
        """For below a drawing: the seal, and how many deviations."""
        return words.plain("plan.note", seal=self.plan.seal[:SHOWN], n=len(self.deviations))

    def sentences(self, words: Words) -> Iterator[Markup]:
        """For a page without a table of deviations: the seal, every deviation, and what became of the promises."""
        yield from lines(self.plan, self.deviations, words)
        yield from (Markup(escape(line)) for line in _listed(self.deviations, words))
        yield from promised.lines(self.promises, words)


SHOWN = 16
"""Letters of the seal in print; the whole stands in results.json."""


def lines(
    plan: Plan | None, found: tuple[Deviation, ...], words: Words, held: tuple[Promise, ...] = ()
) -> Iterator[Markup]:
    """Whether there was a plan, when it was sealed, how many deviations there are, and what became of its promises."""
    if plan is None:
        yield words("plan.none")
        return
    yield words("plan.sealed", when=plan.frozen, seal=plan.seal[:SHOWN], program=plan.program)
    rules = plan.rules
    yield words("plan.rules", exclusions=rules.exclusions, criteria=rules.criteria)
    if rules.intervals:
        yield words("plan.sampling", intervals=rules.intervals, draws=rules.draws or 0, seed=rules.seed)
    if declared := [name for name, text in asdict(plan.study).items() if text]:
        yield words("plan.studied", names=", ".join(declared))
    yield words("plan.deviations", n=len(found)) if found else words("plan.kept")
    yield from promised.lines(held, words)


def record(plan: Plan | None, found: tuple[Deviation, ...], held: tuple[Promise, ...] = ()) -> dict[str, Any]:
    """The plan, the deviations and what became of its promises, for results.json; empty without a plan."""
    if plan is None:
        return {}
    return {
        "frozen": plan.frozen,
        "seal": plan.seal,
        "rules": asdict(plan.rules),
        "deviations": [asdict(each) for each in found],
        "promises": [asdict(each) for each in held],
    }


def of_output(plan: Plan, folder: Path) -> tuple[Deviation, ...] | None:
    """The deviations of an output from its plan, as its results.json holds them; None if it had another plan or none.

    Raises
    ------
    OptionError
        There is no results.json of an analysis, or it does not hold together: its model departs from the plan, and
        the list of deviations doesn't say so.
    """
    try:
        content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        block, model = content.get("plan") or {}, content["model"]
        spec = model if isinstance(model, str) else model["spec"]
        found = tuple(Deviation(**each) for each in block.get("deviations", ()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OptionError(f"{folder}: there is no results.json of an analysis that can be read ({error}).") from error
    if block.get("seal") != plan.seal:
        return None
    again = of_model(plan.model, Model.parse(spec, name=plan.model.name))
    if unsaid := [each for each in again if each not in found]:
        raise OptionError(
            f"{folder}: results.json was edited: its model departs from the plan ({unsaid[0].kind}: {unsaid[0].what}), "
            "and its list of deviations does not say so."
        )
    return found


def spoken(found: tuple[Deviation, ...], words: Words, held: tuple[Promise, ...] = ()) -> Iterator[str]:
    """The same for the terminal: how many deviations, and each on a line; then what became of the promises."""
    yield words.plain("plan.deviations" if found else "plan.kept", n=len(found))
    yield from (f"  {line}" for line in _listed(found, words))
    yield from (f"  {line.striptags()}" for line in promised.lines(held, words))


def _listed(found: tuple[Deviation, ...], words: Words) -> Iterator[str]:
    """Each deviation on a line."""
    for each in found:
        change = " → ".join(text for text in (each.planned, each.done) if text)
        yield f"{words.plain(f'deviation.{each.kind}')}: {each.what} ({change})"


def table(found: tuple[Deviation, ...]) -> Table:
    """The deviations, one a row."""
    frame = pd.DataFrame(
        {
            "deviation": [each.kind for each in found],
            "what": [each.what for each in found],
            "planned": [each.planned for each in found],
            "done": [each.done for each in found],
        }
    )
    columns = (Column("deviation", "word"), Column("what"), Column("planned"), Column("done"))
    return Table("deviations", frame, columns)
