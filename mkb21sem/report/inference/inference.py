"""Hypothesis tests for publication: verdicts and their intervals, registered zeros, and what other choices give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import Mkb21Error, OptionError, one_of
from mkb21sem.estimate.choice import AUTO, Choice, choose
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.draws.bootstrap import Bootstrap, bootstrap
from mkb21sem.infer.draws.intervals import intervals
from mkb21sem.infer.draws.montecarlo import MonteCarlo, monte_carlo
from mkb21sem.infer.effects.effects import effects
from mkb21sem.infer.judging.verdicts import Verdict, verdicts
from mkb21sem.infer.judging.zeros import Zeros, zeros
from mkb21sem.infer.rivals.equivalent import equivalents
from mkb21sem.infer.rivals.family import Rivals, rivals
from mkb21sem.infer.robustness.robustness import Robustness, robustness
from mkb21sem.parallel import Progress, check_workers
from mkb21sem.report.promised import Promise, broken, promises
from mkb21sem.specify.deviations import Deviation, Drawn, deviations
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.wave import Wave

WAY = ("source", "outcome", "effect", "path")
NUMBERS = ("est", "se", "low", "high", "std", "std_se", "std_low", "std_high")
INTERVALS = ("delta", "montecarlo", "percentile", "bc", "bca")
BOOTSTRAP = ("percentile", "bc", "bca")


class Steps(Protocol):
    """Told what is being done, and how far it is."""

    def __call__(self, name: str) -> object:
        """A step begins."""

    def count(self, of: Progress) -> None:
        """So many replicates of it are done."""


class Silent:
    """Tells nobody."""

    def __call__(self, name: str) -> None:
        """A step begins."""

    def count(self, of: Progress) -> None:
        """So many replicates of it are done."""


MOST = 1_000_000
"""Draws that can be asked for; their estimates are kept in memory."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Where intervals and p-values come from.

    Attributes
    ----------
    intervals
        One of `INTERVALS`.
    draws, seed
        How many, and the seed; draws 0 is the delta method.
    workers, backend
        Where refits are done; they change no number.
    """

    intervals: str = "delta"
    draws: int = 0
    seed: int = 1
    workers: int = 1
    backend: str = "loky"

    @staticmethod
    def asked(intervals: str | None, draws: int, seed: int, workers: int, backend: str) -> Sampling:
        """Put in order what was asked for: no draws mean the delta method, and draws without a kind BCa.

        Raises
        ------
        OptionError
            An unknown kind, or draws that don't go with it.
        """
        kind = intervals or ("bca" if draws else "delta")
        one_of("intervals", kind, INTERVALS)
        if draws < 0:
            raise OptionError(f"draws must be 0 (delta method) or more; got {draws}.")
        if draws > MOST:
            raise OptionError(f"draws: at most {MOST:,} are made, and 5,000 are many; got {draws}.")
        if kind == "delta" and draws:
            raise OptionError("intervals='delta' take no draws; leave draws out, or name another kind.")
        if kind != "delta" and draws < 100:
            raise OptionError(f"intervals='{kind}' need at least 100 draws, better 5,000; got {draws}.")
        check_workers(workers, backend)
        return Sampling(kind, draws, seed, workers, backend)


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """Everything that is concluded about the hypotheses of one wave.

    Attributes
    ----------
    wave, model, hypotheses
        What went in.
    choice
        The estimator, how it treats missing answers, and why.
    found
        The fit.
    sampling
        Where the intervals come from; its kind is what was used in the end.
    outcome
        outcome draws share: what became of the draws; empty for the delta method.
    judged
        The verdicts.
    effects
        source outcome effect path est se low high std std_se std_low std_high: every direct, specific indirect, total
        indirect and total effect with 95% intervals of that kind; empty without convergence.
    zeros, zeros_reason
        Tests of the registered zeros; None, with the reason, where there are none.
    robust
        The verdicts under other choices; None if that was not asked for.
    rivals, rivals_reason
        The model beside its rivals; None, with the reason, where there are none.
    equivalent
        model change steps df chisq: models, one change away, that no answers can tell from this one; None where they
        can't be looked for.
    plan, deviations, promises
        The frozen plan, if there is one, what was done otherwise, and what became of its exclusions and criteria.
    """

    wave: Wave
    model: Model
    hypotheses: tuple[Hypothesis, ...]
    choice: Choice
    found: Fit
    sampling: Sampling
    outcome: pd.DataFrame
    judged: tuple[Verdict, ...]
    effects: pd.DataFrame
    zeros: Zeros | None
    zeros_reason: str
    robust: Robustness | None
    rivals: Rivals | None = None
    rivals_reason: str = ""
    equivalent: pd.DataFrame | None = None
    plan: Plan | None = None
    deviations: tuple[Deviation, ...] = ()
    promises: tuple[Promise, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether the user ended the draws before all were finished."""
        count = dict(zip(self.outcome["outcome"], self.outcome["draws"], strict=True))
        return int(count.get("finished", 0)) < int(count.get("asked for", 0))


def infer(
    wave: Wave,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    restrictions: Sequence[Hypothesis] = (),
    *,
    estimator: str = AUTO,
    missing: str = AUTO,
    sampling: Sampling | None = None,
    robust: bool = True,
    items: Model | None = None,
    weights: str | None = None,
    step: Steps | None = None,
    checkpoint: Checkpoint | None = None,
    plan: Plan | None = None,
) -> Inference:
    """Judge the hypotheses of a wave, test what the model leaves out, and see which verdicts survive other choices.

    Parameters
    ----------
    wave, model, hypotheses
        Checked already.
    restrictions
        Arrows that are registered as zero.
    estimator, missing
        A name, or ``auto`` for what the answers ask for.
    sampling
        Where intervals come from; None for the delta method.
    robust, items, weights
        Whether to judge again under other choices; the model on single items and a column of weights, if there are.
    step
        Told what is being done.
    checkpoint
        Keeps what is finished of the bootstrap and of the other choices, so that a run that was killed goes on.
    plan
        The frozen plan that this analysis is held against.

    Raises
    ------
    WaveError, FitError
        The model can't be fitted to this wave. Not converging is no error: see ``found.converged``.
    OptionError
        An unknown word, or options that don't go together.
    KeyboardInterrupt
        Stopped by the user outside the draws. Draws that are finished are used.
    """
    tell, how = step or Silent(), sampling or Sampling()
    tell("estimate")
    otherwise = _otherwise(plan, model, hypotheses, restrictions, estimator, missing, how) if plan else ()
    choice = choose(model, wave, estimator, missing)
    found = fit(model, wave, **choice.options)
    draws, how, outcome = _drawn(found, how, tell, checkpoint)
    tell("verdicts")
    judged = verdicts(
        found, hypotheses, draws=draws, intervals="percentile" if how.intervals == "montecarlo" else _kind(how)
    )
    everything = _effects(found, draws, how)
    restricted, reason = _zeros(found, wave, restrictions, choice, tell)
    again = None
    if robust and found.converged:
        tell("other choices")
        again = robustness(
            model,
            wave,
            hypotheses,
            items=items,
            weights=weights,
            estimator=choice.estimator,
            workers=how.workers,
            backend=how.backend,
            progress=tell.count,
            checkpoint=checkpoint,
        )
    beside, why_not, alike = _rivals(found, wave, choice, tell)
    held = promises(plan, found, wave, choice.missing)
    return Inference(
        wave,
        model,
        tuple(hypotheses),
        choice,
        found,
        how,
        outcome,
        judged,
        everything,
        restricted,
        reason,
        again,
        beside,
        why_not,
        alike,
        plan,
        (*otherwise, *broken(held)),
        held,
    )


def _otherwise(
    plan: Plan,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    zeros: Sequence[Hypothesis],
    estimator: str,
    missing: str,
    how: Sampling,
) -> tuple[Deviation, ...]:
    """What is done otherwise than planned."""
    drawn = Drawn(how.intervals, how.draws, how.seed)
    return deviations(plan, model, hypotheses, estimator, missing, zeros=zeros, drawn=drawn)


def _kind(how: Sampling) -> str:
    return how.intervals if how.intervals in BOOTSTRAP else "bca"


def _drawn(
    found: Fit, how: Sampling, tell: Steps, checkpoint: Checkpoint | None
) -> tuple[Bootstrap | MonteCarlo | None, Sampling, pd.DataFrame]:
    """The draws, what is made of them, and what became of them."""
    nothing = pd.DataFrame(columns=["outcome", "draws", "share"])
    if how.intervals == "delta" or not found.converged:
        return None, Sampling(workers=how.workers, backend=how.backend, seed=how.seed), nothing
    if how.intervals == "montecarlo":
        tell("draws")
        return monte_carlo(found, how.draws, how.seed), how, nothing
    tell("bootstrap")
    made = bootstrap(
        found, how.draws, how.seed, how.workers, backend=how.backend, progress=tell.count, checkpoint=checkpoint
    )
    if how.intervals == "bca" and not len(made.jackknife):
        how = Sampling("bc", how.draws, how.seed, how.workers, how.backend)
    return made, how, made.counts()


def _effects(found: Fit, draws: Bootstrap | MonteCarlo | None, how: Sampling) -> pd.DataFrame:
    """All effects with 95% intervals of the kind that the verdicts have."""
    if not found.converged:
        return pd.DataFrame(columns=[*WAY, *NUMBERS])
    if draws is None:
        return effects(found)[[*WAY, *NUMBERS]]
    kind = how.intervals if how.intervals in BOOTSTRAP else "percentile"
    both = intervals(draws).rename(columns={f"{kind}_low": "low", f"{kind}_high": "high"})
    raw, std = (
        both[both["scale"] == scale].set_index(list(WAY))[["est", "se", "low", "high"]] for scale in ("raw", "all")
    )
    std.columns = pd.Index(["std", "std_se", "std_low", "std_high"])
    return raw.join(std).reset_index()


def _zeros(
    found: Fit, wave: Wave, restrictions: Sequence[Hypothesis], choice: Choice, tell: Steps
) -> tuple[Zeros | None, str]:
    if not restrictions:
        return None, "none is registered"
    tell("registered zeros")
    options = {name: value for name, value in choice.options.items() if name != "estimator"}
    try:
        return zeros(found, wave, restrictions, **options), ""
    except Mkb21Error as error:
        return None, str(error)


def _rivals(found: Fit, wave: Wave, choice: Choice, tell: Steps) -> tuple[Rivals | None, str, pd.DataFrame | None]:
    """The model beside its rivals, and the models that can't be told from it."""
    if not found.converged:
        return None, found.cause, None
    tell("rival models")
    try:
        beside, reason = rivals(found.model, wave, **choice.options), ""
    except Mkb21Error as error:
        beside, reason = None, str(error)
    try:
        alike = equivalents(found, steps=1).table
    except Mkb21Error:
        alike = None
    return beside, reason, alike
