"""All steps of comparing waves, from answers to everything that is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mkb21sem.errors import Mkb21Error
from mkb21sem.infer.waves.groups import Source
from mkb21sem.infer.waves.ladder import Ladder, invariance
from mkb21sem.infer.waves.means import Means, latent_means
from mkb21sem.infer.waves.partial import Partial, partial
from mkb21sem.infer.waves.replication import Replication, replication
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
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

    @property
    def waves(self) -> tuple[str, ...]:
        """Names of the groups that are compared."""
        return self.ladder.plan.waves

    @property
    def synthetic(self) -> bool:
        """Whether any answers were made up."""
        return self.source.synthetic


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
