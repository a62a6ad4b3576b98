"""A plan: the population, power at several sizes, what is required, what the wave at hand could show, cut-offs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.planning.cutoffs import Cutoffs, cutoffs
from mkb21sem.infer.planning.population import population
from mkb21sem.infer.planning.power import Power, power
from mkb21sem.infer.planning.sensitivity import sensitivity
from mkb21sem.parallel import Progress
from mkb21sem.report.registered import Registered
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

WANTED = 0.80


@dataclass(frozen=True)
class Settings:
    """What was asked for.

    Attributes
    ----------
    sizes
        Numbers of respondents.
    draws
        Samples to simulate at each size; 0 for none.
    missing
        Share of answers missing at random in them; None takes over the wave's.
    cutoffs
        Samples at each level of misfit; 0 for none.
    seed, workers, backend
        As in `parallel.replicate`.
    """

    sizes: tuple[int, ...]
    draws: int = 0
    missing: float | None = None
    cutoffs: int = 0
    seed: int = 1
    workers: int = 1
    backend: str = "loky"


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that the planning report shows.

    Attributes
    ----------
    wave, model, hypotheses, settings
        What was planned for.
    given
        Whether the population was given; otherwise it is the fit of the wave.
    found
        The fit of the wave.
    power
        Of every hypothesis.
    sensitivity
        What the wave at hand could show.
    cutoffs
        None if not asked for, or stopped before.
    stopped
        Whether the user ended it early.
    held
        A frozen plan of analysis beside model and hypotheses, if there is one.
    """

    wave: Wave
    model: Model
    hypotheses: tuple[Hypothesis, ...]
    settings: Settings
    given: bool
    found: Fit
    power: Power
    sensitivity: pd.DataFrame
    cutoffs: Cutoffs | None
    stopped: bool
    held: Registered | None = None


def plan(
    wave: Wave,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    values: pd.DataFrame | None,
    settings: Settings,
    step: Callable[[str], None] = lambda name: None,
    tell: Callable[[str, Progress], None] = lambda name, progress: None,
    checkpoint: Checkpoint | None = None,
) -> Plan:
    """Plan for a model, with the wave's distribution of answers.

    Parameters
    ----------
    wave
        Whose fit is the population, unless values are given, and whose answers the samples look like.
    values
        Population values lhs op rhs value, or None.
    step, tell
        Called with what is being done, and how far simulations are.
    checkpoint
        Keeps the samples that are finished, so that a run that was killed goes on.

    Raises
    ------
    FitError
        The model does not converge on the wave.
    OptionError
        As in `power`.
    """
    step("estimate")
    missing = wave.frame(model.observed).isna().to_numpy().any()
    found = fit(model, wave, "MLR", missing="fiml" if missing else "listwise")
    if not found.converged:
        raise FitError(f"{model.name} did not converge on {wave.name}: {found.cause}")
    assumed = population(found if values is None else values, model)
    if settings.missing is not None and not 0 <= settings.missing < 1:
        raise OptionError(f"--missing must be a share between 0 and 1; got {settings.missing}.")
    step("power")
    made = power(
        model,
        assumed,
        settings.sizes,
        hypotheses=hypotheses,
        draws=settings.draws,
        wave=wave,
        missing=settings.missing,
        seed=settings.seed,
        workers=settings.workers,
        backend=settings.backend,
        progress=lambda size, done: tell(f"power, N = {size}", done),
        checkpoint=checkpoint,
    )
    step("sensitivity")
    could = sensitivity(found, hypotheses, WANTED)
    cuts = None
    if settings.cutoffs and not made.stopped:
        step("cut-offs")
        cuts = cutoffs(
            found,
            settings.cutoffs,
            seed=settings.seed,
            workers=settings.workers,
            backend=settings.backend,
            progress=lambda done: tell("cut-offs", done),
            checkpoint=checkpoint,
        )
    stopped = made.stopped or (cuts is not None and cuts.stopped)
    given = values is not None
    return Plan(wave, model, tuple(hypotheses), settings, given, found, made, could, cuts, stopped)
