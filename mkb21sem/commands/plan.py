"""`mkb21sem plan freeze` and `plan verify`: what was decided before the answers were fitted."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.shell import PROBLEMS, guarded, ours, the_hypotheses, the_zeros
from mkb21sem.report.terminal import console

if TYPE_CHECKING:
    from mkb21sem.specify.declaration import Declaration
    from mkb21sem.specify.hypothesis import Hypothesis
    from mkb21sem.specify.plan import Plan, Rules

EXAMPLE = "mkb21sem plan freeze --model mkb21 --estimator MLR --missing fiml --draws 5000 --out plan.toml"
SHIPPED = "mkb21"

app = typer.Typer(name="plan", help="Freeze a plan of analysis before the answers are fitted, or check one.")

Level = Annotated[
    float | None, typer.Option("--alpha", help="Level of the tests of every hypothesis. Default: as the file says.")
]
Size = Annotated[
    float | None,
    typer.Option("--sesoi", help="Smallest effect of interest (standardised) of every one. Default: as the file says."),
]


@app.command(epilog=f"Example: {EXAMPLE}")
@guarded
def freeze(
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")] = SHIPPED,
    hypotheses: Annotated[
        str | None,
        typer.Option(
            "--hypotheses",
            help="A shipped name, or a .toml file: hypotheses, registered zeros, [study]. Default: the model's own.",
        ),
    ] = None,
    estimator: Annotated[str, typer.Option("--estimator", help="A name, or auto: the program's rule.")] = "auto",
    missing: Annotated[str, typer.Option("--missing", help="auto, listwise, fiml or pairwise.")] = "auto",
    exclusions: Annotated[
        str | None,
        typer.Option(
            "--exclusions",
            help="Who will be left out, in words or as ZZP = 1; OMG06 > 8, which is checked. Default: as [study] says.",
        ),
    ] = None,
    criteria: Annotated[
        str | None,
        typer.Option(
            "--criteria",
            help="Which fit is acceptable; CFI at least .95 and the like are checked. Default: as [study] says.",
        ),
    ] = None,
    alpha: Level = None,
    sesoi: Size = None,
    intervals: Annotated[
        str | None, typer.Option("--intervals", help="delta, montecarlo, percentile, bc or bca. Default: not planned.")
    ] = None,
    draws: Annotated[int | None, typer.Option("--draws", help="Draws for them. Default: not planned.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the draws. Default: 1 with draws.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The plan's file; an existing one is never replaced.")] = Path(
        "plan.toml"
    ),
) -> None:
    """Write model, hypotheses, declarations and rules to a file with a seal and the date."""
    from mkb21sem import __version__
    from mkb21sem.errors import one_of
    from mkb21sem.estimate.choice import AUTO
    from mkb21sem.estimate.estimators import ESTIMATORS
    from mkb21sem.estimate.rows import MISSING
    from mkb21sem.report.outputs import save_file
    from mkb21sem.specify.model import Model
    from mkb21sem.specify.plan import Rules
    from mkb21sem.specify.plan import freeze as seal

    one_of("--estimator", estimator, (AUTO, *ESTIMATORS))
    one_of("--missing", missing, (AUTO, *MISSING))
    chosen = Model.read(model)
    study = _declared(hypotheses, model)
    standard = Rules()
    rules = Rules(
        estimator,
        missing,
        exclusions or study.exclusions or standard.exclusions,
        criteria or study.criteria or standard.criteria,
        *_sampling(intervals, draws, seed),
    )
    claims, zeros = (
        tuple(_levelled(each, alpha, sesoi) for each in group)
        for group in (the_hypotheses(hypotheses, model, chosen), the_zeros(hypotheses, model, chosen))
    )
    plan = seal(chosen, claims, rules, f"mkb21sem {__version__}", datetime.now(UTC), zeros, study)
    save_file(out, plan.text().encode(), replace=False)
    shown = console()
    shown.print(f"Frozen on {plan.frozen}: {len(claims)} hypotheses, seal {plan.seal}", markup=False, soft_wrap=True)
    for line in _checkable(plan.rules):
        shown.print(line, markup=False, soft_wrap=True)
    shown.print(
        "The seal proves the content, not the date: lodge it where others can see it, before the answers are opened.",
        soft_wrap=True,
    )
    shown.print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)


def _declared(hypotheses: str | None, model: str) -> Declaration:
    """What the authors declare beside their hypotheses."""
    from mkb21sem.specify.declaration import Declaration

    if hypotheses is not None:
        return Declaration.read(hypotheses)
    return Declaration.read(SHIPPED) if ours(model) else Declaration()


def _sampling(intervals: str | None, draws: int | None, seed: int | None) -> tuple[str, int | None, int | None]:
    """Intervals, draws and seed, if they are planned."""
    from mkb21sem.report.inference.inference import Sampling

    if intervals is None and draws is None:
        return "", None, seed
    how = Sampling.asked(intervals, draws or 0, 1 if seed is None else seed, 1, "loky")
    return how.intervals, how.draws, how.seed


def _levelled(claim: Hypothesis, alpha: float | None, sesoi: float | None) -> Hypothesis:
    """The hypothesis at the level, and with the smallest effect of interest, that hold for all."""
    from mkb21sem.errors import OptionError

    for name, value in (("alpha", alpha), ("sesoi", sesoi)):
        if value is not None and not 0 < value < 1:
            raise OptionError(f"--{name} must lie between 0 and 1; got {value:g}.")
    level, size = (claim.alpha if alpha is None else alpha), (claim.sesoi if sesoi is None else sesoi)
    return replace(claim, alpha=level, sesoi=size)


@app.command(epilog="Example: mkb21sem plan verify plan.toml --against report")
@guarded
def verify(
    file: Annotated[Path, typer.Argument(help="A plan made by plan freeze.")],
    against: Annotated[
        Path | None, typer.Option("--against", help="Folder with an output: whether it was made by this plan.")
    ] = None,
) -> None:
    """Check that a plan is as it was frozen, say what it holds, and whether an output kept to it."""
    from mkb21sem.specify.plan import Plan

    plan = Plan.read(file)
    for line in _contents(plan):
        console().print(line, markup=False, soft_wrap=True)
    if against is not None and not _kept(plan, against):
        raise typer.Exit(PROBLEMS)


def _contents(plan: Plan) -> list[str]:
    """The plan in sentences."""
    rules, levels = plan.rules, sorted({claim.alpha for claim in plan.hypotheses})
    sizes = sorted({claim.sesoi for claim in plan.hypotheses})
    told = [
        f"Unchanged since {plan.frozen} ({plan.program}), seal {plan.seal}",
        f"Model {plan.model.name}: {len(plan.model.arrows)} arrows; {len(plan.hypotheses)} hypotheses, "
        f"{len(plan.zeros)} registered zeros; estimator {rules.estimator}, missing answers {rules.missing}.",
        f"Alpha {', '.join(f'{each:g}' for each in levels)}; smallest effect of interest "
        f"{', '.join(f'{each:g}' for each in sizes)}.",
        f"Exclusions: {rules.exclusions.rstrip('.')}. Criteria: {rules.criteria.rstrip('.')}.",
        *_checkable(rules),
    ]
    if rules.intervals:
        told.append(f"Intervals: {rules.intervals}, {rules.draws} draws, seed {rules.seed}.")
    declared = [name for name, text in asdict(plan.study).items() if text]
    return [*told, f"Declared: {', '.join(declared)}."] if declared else told


def _checkable(rules: Rules) -> list[str]:
    """What of exclusions and criteria a run by the plan will check, and what it can't."""
    from mkb21sem.specify.checkable import criteria, exclusions

    stated = (exclusions(rules.exclusions), criteria(rules.criteria))
    checked = [rule.said for each in stated for rule in each.rules]
    words = [text for each in stated for text in each.words]
    told = [f"Will be checked: {'; '.join(checked)}."] if checked else []
    if words:
        told.append(f"Words, which no program checks: {'; '.join(f'“{text}”' for text in words)}.")
    return told


def _kept(plan: Plan, folder: Path) -> bool:
    """Say whether an output was made by this plan, and what it does otherwise.

    Raises
    ------
    OptionError
        The folder holds no analysis.
    """
    from mkb21sem.report import registered
    from mkb21sem.report.words import Words

    found = registered.of_output(plan, folder)
    shown = console()
    if found is None:
        shown.print(f"{folder}: made without this plan; give it by --plan.", style="bold red", markup=False)
        return False
    for line in registered.spoken(found, Words()):
        shown.print(f"{folder}: {line}" if not line.startswith(" ") else line, markup=False, soft_wrap=True)
    return not found
