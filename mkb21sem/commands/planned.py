"""Runs that are held against a frozen plan: what is not asked otherwise is done as planned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.shell import the_hypotheses, the_items, the_zeros

if TYPE_CHECKING:
    from rich.console import Console

    from mkb21sem.report.promised import Promise
    from mkb21sem.report.words import Words
    from mkb21sem.specify.deviations import Deviation
    from mkb21sem.specify.hypothesis import Hypothesis
    from mkb21sem.specify.model import Model
    from mkb21sem.specify.plan import Plan

DEFAULT = "mkb21"

PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        help="A frozen plan (mkb21sem plan freeze): what no option asks otherwise is done as planned, and every "
        "deviation is reported.",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", help="A shipped model's name, or a .sem file. Default: the plan's, else mkb21."),
]
Hypotheses = Annotated[
    str | None,
    typer.Option("--hypotheses", help="A shipped name, or a .toml file. Default: the plan's, else the model's own."),
]
Estimator = Annotated[
    str | None,
    typer.Option(
        "--estimator",
        help="auto: what the answers ask for (MLR or WLSMV); or a name. Default: as planned, else auto.",
    ),
]
Missing = Annotated[
    str | None,
    typer.Option(
        "--missing",
        help="auto: every answer counts; or listwise, fiml, pairwise. Default: as planned, else auto.",
    ),
]
Draws = Annotated[
    int | None,
    typer.Option("--draws", help="Draws for intervals and p-values; 0: delta method. Default: as planned, else 0."),
]
Intervals = Annotated[
    str | None,
    typer.Option(
        "--intervals",
        help="delta, montecarlo, percentile, bc or bca. Default: as planned, else bca with draws.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="Of the draws; the same seed gives the same numbers. Default: as planned, else 1."),
]


@dataclass(frozen=True, slots=True)
class Specified:
    """What is analysed, from options and plan."""

    name: str
    model: Model
    hypotheses: tuple[Hypothesis, ...]
    zeros: tuple[Hypothesis, ...]
    estimator: str
    missing: str
    plan: Plan | None

    def items(self, given: str | None) -> Model | None:
        """The model on single items: the one asked for, or that of the default model."""
        return the_items(given, self.name)


def chosen(plan: Path | None, model: str | None, default: str | None = DEFAULT) -> tuple[Plan | None, str, Model]:
    """The plan, if there is one, and name and model: as asked, else as planned, else the default.

    Raises
    ------
    SpecError
        A file that can't be used, or a plan whose content no longer fits its seal.
    OptionError
        There is neither a model nor a plan, nor a default.
    """
    from mkb21sem.errors import OptionError
    from mkb21sem.specify.model import Model
    from mkb21sem.specify.plan import Plan

    frozen = None if plan is None else Plan.read(plan)
    if model is None and frozen is not None:
        return frozen, frozen.model.name, frozen.model
    name = default if model is None else model
    if name is None:
        raise OptionError("--model is lacking: name a shipped model or a .sem file, or a frozen plan by --plan.")
    return frozen, name, Model.read(name)


def specified(
    plan: Path | None, model: str | None, hypotheses: str | None, estimator: str | None, missing: str | None
) -> Specified:
    """Model, hypotheses, zeros, estimator and missing answers: as asked, else as planned, else by default.

    Raises
    ------
    SpecError
        A file that can't be used, or a plan whose content no longer fits its seal.
    """
    frozen, name, drawn = chosen(plan, model)
    if hypotheses is None and frozen is not None:
        claims, zeros = frozen.hypotheses, frozen.zeros
    else:
        claims, zeros = tuple(the_hypotheses(hypotheses, name, drawn)), the_zeros(hypotheses, name, drawn)
    rules = None if frozen is None else frozen.rules
    return Specified(
        name,
        drawn,
        claims,
        zeros,
        (rules.estimator if rules else "auto") if estimator is None else estimator,
        (rules.missing if rules else "auto") if missing is None else missing,
        frozen,
    )


def sampled(
    plan: Plan | None, intervals: str | None, draws: int | None, seed: int | None
) -> tuple[str | None, int, int]:
    """Kind of intervals, number of draws and seed: as asked, else as planned, else by default."""
    if plan is not None:
        rules = plan.rules
        if intervals is None and draws is None:
            intervals, draws = rules.intervals or None, rules.draws
        seed = rules.seed if seed is None else seed
    return intervals, draws or 0, 1 if seed is None else seed


def say(
    plan: Plan | None, found: tuple[Deviation, ...], words: Words, shown: Console, held: tuple[Promise, ...] = ()
) -> None:
    """Whether the plan was kept, or every deviation from it, and what became of its promises; nothing without one."""
    from mkb21sem.report import registered

    if plan is not None:
        for line in registered.spoken(found, words, held):
            style = "bold yellow" if found and not line.startswith(" ") else None
            shown.print(line, markup=False, style=style, soft_wrap=True)
