"""`mkb21sem plan freeze` and `plan verify`: what was decided before the answers were fitted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.shell import guarded, the_hypotheses
from mkb21sem.report.terminal import console

EXAMPLE = "mkb21sem plan freeze --model mkb21 --estimator MLR --missing fiml --out plan.toml"

app = typer.Typer(name="plan", help="Freeze a plan of analysis before the answers are fitted, or check one.")


@app.command(epilog=f"Example: {EXAMPLE}")
@guarded
def freeze(
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")] = "mkb21",
    hypotheses: Annotated[
        str | None, typer.Option("--hypotheses", help="A shipped name, or a .toml file. Default: the model's own.")
    ] = None,
    estimator: Annotated[str, typer.Option("--estimator", help="A name, or auto: the program's rule.")] = "auto",
    missing: Annotated[str, typer.Option("--missing", help="auto, listwise, fiml or pairwise.")] = "auto",
    exclusions: Annotated[
        str, typer.Option("--exclusions", help="Which respondents will be left out, in words.")
    ] = "none but those who were not asked the model's questions",
    criteria: Annotated[
        str, typer.Option("--criteria", help="Which fit will count as acceptable, in words.")
    ] = "none named",
    out: Annotated[Path, typer.Option("--out", help="The plan's file; an existing one is never replaced.")] = Path(
        "plan.toml"
    ),
) -> None:
    """Write model, hypotheses and rules to a file with a seal and the date."""
    from mkb21sem import __version__
    from mkb21sem.errors import OptionError, one_of
    from mkb21sem.estimate.choice import AUTO
    from mkb21sem.estimate.estimators import ESTIMATORS
    from mkb21sem.estimate.rows import MISSING
    from mkb21sem.specify.model import Model
    from mkb21sem.specify.plan import Rules
    from mkb21sem.specify.plan import freeze as seal

    one_of("--estimator", estimator, (AUTO, *ESTIMATORS))
    one_of("--missing", missing, (AUTO, *MISSING))
    chosen = Model.read(model)
    rules = Rules(estimator, missing, exclusions, criteria)
    claims = tuple(the_hypotheses(hypotheses, model, chosen))
    plan = seal(chosen, claims, rules, f"mkb21sem {__version__}", datetime.now(UTC))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(plan.text())
    except FileExistsError as error:
        raise OptionError(
            f"--out {out}: there is a file of that name; a plan is never replaced. Name another."
        ) from error
    except OSError as error:
        raise OptionError(f"--out {out}: the file can't be written ({error.strerror or error}).") from error
    shown = console()
    shown.print(f"Frozen on {plan.frozen}: {len(claims)} hypotheses, seal {plan.seal}", markup=False, soft_wrap=True)
    shown.print(
        "The seal proves the content, not the date: lodge it where others can see it, before the answers are opened.",
        soft_wrap=True,
    )
    shown.print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)


@app.command(epilog="Example: mkb21sem plan verify plan.toml")
@guarded
def verify(file: Annotated[Path, typer.Argument(help="A plan made by plan freeze.")]) -> None:
    """Check that a plan is as it was frozen, and say what it holds."""
    from mkb21sem.specify.plan import Plan

    plan = Plan.read(file)
    shown = console()
    shown.print(f"Unchanged since {plan.frozen} ({plan.program}), seal {plan.seal}", markup=False, soft_wrap=True)
    shown.print(
        f"Model {plan.model.name}: {len(plan.model.arrows)} arrows; {len(plan.hypotheses)} hypotheses; estimator "
        f"{plan.rules.estimator}, missing answers {plan.rules.missing}.",
        markup=False,
        soft_wrap=True,
    )
    shown.print(f"Exclusions: {plan.rules.exclusions}. Criteria: {plan.rules.criteria}.", markup=False, soft_wrap=True)
