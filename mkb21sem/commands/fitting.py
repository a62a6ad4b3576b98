"""The options of `fit`, as every command that fits a model by hand takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mkb21sem.commands.planned import chosen
from mkb21sem.commands.shell import parted

if TYPE_CHECKING:
    import pandas as pd

    from mkb21sem.estimate.fit import Fit
    from mkb21sem.report.registered import Registered
    from mkb21sem.specify.model import Model
    from mkb21sem.specify.plan import Plan
    from mkb21sem.survey.wave import Wave

REPARAMETRIZED = ("parameterization", "std_lv")
"""Options of `fit` that write the same model down in another way, and are no deviation from a plan."""

Missing = Annotated[
    str | None,
    typer.Option(
        "--missing",
        help="Missing answers: listwise, fiml (ML, MLR) or pairwise (ordinal). Default: as planned, else listwise.",
    ),
]
Group = Annotated[str | None, typer.Option("--group", help="Column that tells groups.")]
Equal = Annotated[
    str, typer.Option("--equal", help="What is equal over groups, parted by commas: loadings,intercepts.")
]
Free = Annotated[str, typer.Option("--free", help="Arrows exempt from that, parted by commas: 'visual=~x2,x3~1'.")]
Weights = Annotated[str | None, typer.Option("--weights", help="Column of sampling weights (ML, MLR).")]
Ordered = Annotated[
    str, typer.Option("--ordered", help="Ordinal items, parted by commas; or all: every item that is no cause.")
]
Parameterization = Annotated[str, typer.Option("--parameterization", help="Scale of ordinal items: delta or theta.")]
StdLv = Annotated[
    bool, typer.Option("--std-lv/--no-std-lv", help="Constructs have variance 1 instead of a marker item.")
]
FixedX = Annotated[
    bool, typer.Option("--fixed-x/--no-fixed-x", help="Take the moments of observed causes from the sample.")
]
Meanstructure = Annotated[
    bool | None,
    typer.Option("--meanstructure/--no-meanstructure", help="Estimate means. Default: with groups and fiml."),
]
Estimator = Annotated[str | None, typer.Option("--estimator", help="How to estimate. Default: as planned, else ML.")]


def listed(equal: str, free: str, ordered: str) -> dict[str, Any]:
    """The options that are lists on the command line, as `fit` takes them."""
    every = ordered.strip() == "all"
    return {"equal": parted(equal), "free": parted(free), "ordered": True if every else parted(ordered) or None}


@dataclass(frozen=True, slots=True)
class ByHand:
    """A model that is fitted by hand, beside the plan if there is one; ``auto`` only where it is planned."""

    plan: Plan | None
    name: str
    model: Model
    estimator: str
    missing: str

    def way(self, source: Wave | pd.DataFrame) -> dict[str, Any]:
        """Estimator and treatment of missing answers for `fit`; what is ordinal where the rule chooses."""
        from mkb21sem.estimate.choice import AUTO, choose, choose_for_table
        from mkb21sem.survey.wave import Wave

        if AUTO not in (self.estimator, self.missing):
            return {"estimator": self.estimator, "missing": self.missing}
        if isinstance(source, Wave):
            return choose(self.model, source, self.estimator, self.missing).options
        estimator, missing = choose_for_table(self.model, source, self.estimator, self.missing)
        return {"estimator": estimator, "missing": missing}

    def held(
        self, found: Fit, source: Wave | pd.DataFrame | None, way: dict[str, Any], options: dict[str, Any]
    ) -> Registered | None:
        """What was done otherwise than planned; None without a plan.

        A table has no codebook by which the rule could choose an estimator: there the planned ``auto`` was not done.
        """
        from mkb21sem.report.promised import broken, promises
        from mkb21sem.report.registered import Registered
        from mkb21sem.specify.deviations import deviations
        from mkb21sem.survey.wave import Wave

        if self.plan is None:
            return None
        promised = promises(self.plan, found, source, str(way["missing"]))
        unplanned = {name: value for name, value in options.items() if name not in REPARAMETRIZED}
        estimator = self.estimator if isinstance(source, Wave) else str(way["estimator"])
        departed = deviations(self.plan, found.model, None, estimator, self.missing, options=unplanned)
        return Registered(self.plan, (*departed, *broken(promised)), promised)


def by_hand(
    plan: Path | None, model: str | None, estimator: str | None, missing: str | None, default: str | None
) -> ByHand:
    """Model, estimator and treatment of missing answers: as asked, else as planned, else ML of complete rows.

    Raises
    ------
    SpecError, OptionError
        As `mkb21sem.commands.planned.chosen`.
    """
    frozen, name, drawn = chosen(plan, model, default)
    rules = None if frozen is None else frozen.rules
    return ByHand(
        frozen,
        name,
        drawn,
        (rules.estimator if rules else "ML") if estimator is None else estimator,
        (rules.missing if rules else "listwise") if missing is None else missing,
    )
