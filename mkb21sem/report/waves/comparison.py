"""All steps of comparing waves, from answers to everything that is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.choice import AUTO
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.waves.groups import Source
from mkb21sem.infer.waves.ladder import Ladder, invariance
from mkb21sem.infer.waves.means import Means, latent_means
from mkb21sem.infer.waves.partial import Partial, partial
from mkb21sem.infer.waves.replication import Replication, replication
from mkb21sem.report.registered import Registered
from mkb21sem.specify.deviations import deviations
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import WAVE, Waves

Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Waves, or groups of one wave, and what came out.

    Attributes
    ----------
    model, source, group, hypotheses
        What went in.
    ladder, partial, means
        The invariance ladder, what had to be released, and latent means after that.
    replication
        The hypotheses over waves; None where they can't be compared.
    why_not
        Why there is no replication; empty otherwise.
    held
        A frozen plan beside what was done, if there is one.
    """

    model: Model
    source: Waves | Wave
    group: str
    hypotheses: tuple[Hypothesis, ...]
    ladder: Ladder
    partial: Partial
    means: Means
    replication: Replication | None
    why_not: str
    held: Registered | None = None

    @property
    def waves(self) -> tuple[str, ...]:
        """Names of the groups that are compared."""
        return self.ladder.plan.waves

    @property
    def configural(self) -> Fit:
        """The lowest rung, without whose estimates there is no comparison."""
        return self.ladder[self.ladder.plan.rungs[0]]

    @property
    def synthetic(self) -> bool:
        """Whether any answers were made up."""
        return self.source.synthetic

    def beside(self, plan: Plan) -> Comparison:
        """The comparison with what is done otherwise than a frozen plan: in the model, in the hypotheses, and how.

        Hypotheses are judged by MLR, from every answer; a planned ``auto`` (or fiml or pairwise) asks for no other
        treatment of missing answers, and a planned ``auto`` estimator may mean another one for a wave on its own,
        which is no comparison. Exclusions and criteria of a plan speak of one fit to one wave, and are not held against
        this one.
        """
        again = self.replication
        if again is None:
            return replace(self, held=Registered(plan, deviations(plan, self.model, self.hypotheses)))
        estimator = AUTO if plan.rules.estimator == AUTO else again.fit.estimator.name
        every = bool(again.fit.moments.patterns)
        missing = "fiml" if every and plan.rules.missing == "listwise" else plan.rules.missing
        group = "" if self.group in (WAVE, plan.study.groups) else self.group
        judged = [each for each in self.hypotheses if each.id in set(again.summary["hypothesis"])]
        judged = [replace(each, alpha=again.alpha) for each in judged]
        found = deviations(plan, again.fit.model, judged, estimator, missing, options={"group": group})
        return replace(self, held=Registered(plan, found))


def comparison(
    model: Model,
    source: Waves | Wave,
    hypotheses: Sequence[Hypothesis],
    group: str = WAVE,
    ordinal: bool | None = None,
    progress: Progress = lambda step: None,
) -> Comparison:
    """Climb the ladder, release what differs, compare means, and judge the hypotheses in every wave.

    Parameters
    ----------
    model, source, hypotheses, group, ordinal
        As for `invariance` and `replication`.
    progress
        Called with the name of each step as it begins.

    Raises
    ------
    OptionError, WaveError, FitError
        The waves can't be compared at all.
    """
    progress("ladder")
    ladder = invariance(model, source, group, ordinal)
    progress("release")
    released = partial(ladder)
    means = latent_means(released)
    progress("hypotheses")
    again, why = _replicated(model, source, hypotheses, group)
    return Comparison(model, source, group, tuple(hypotheses), ladder, released, means, again, why)


def _replicated(
    model: Model, source: Source, hypotheses: Sequence[Hypothesis], group: str
) -> tuple[Replication | None, str]:
    if not hypotheses:
        return None, "the model has no structural arrows"
    try:
        return replication(model, source, hypotheses, group), ""
    except Mkb21Error as error:
        return None, str(error)
