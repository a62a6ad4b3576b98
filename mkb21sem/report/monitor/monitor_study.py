"""Everything that the monitor's page shows, computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd

from mkb21sem.describe.adoption import RESPONSES, Adoption, adoption, selection
from mkb21sem.describe.benchmark import benchmark, by_size
from mkb21sem.describe.experience import Claim, claim, experience
from mkb21sem.describe.knowledge import index, knowledge
from mkb21sem.describe.monitor import monitor
from mkb21sem.describe.trend import Trend, trend
from mkb21sem.describe.weights import Weights, rake
from mkb21sem.errors import WaveError
from mkb21sem.survey.wave import Wave

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, eq=False)
class MonitorStudy:
    """A described wave.

    Parameters
    ----------
    wave
        The answers.
    figures
        Every number of figures 1–13 (`describe.monitor.monitor`).
    claim, adoption, beside, sizes
        Motive against experience; regressions by response; official statistics; use by size. None, or absent, where
        the wave can't give it: `causes` says why.
    knowledge, index
        The five signs, and how many each user gives.
    selection
        Users beside non-users.
    waves, trend
        This wave and the others in the order of time; None without others.
    weights
        None where none were asked for.
    causes
        What could not be computed, and why.
    threshold
        Counts below it are hidden; 0 where none are.
    """

    wave: Wave
    figures: pd.DataFrame
    claim: Claim | None
    knowledge: pd.DataFrame
    index: pd.Series[float]
    adoption: dict[str, Adoption]
    selection: pd.DataFrame
    beside: pd.DataFrame | None
    sizes: pd.DataFrame | None
    waves: tuple[Wave, ...]
    trend: Trend | None
    weights: Weights | None
    causes: dict[str, str]
    threshold: int = 0


def describe(
    wave: Wave,
    lang: str,
    step: Callable[[str], None],
    others: Sequence[Wave] = (),
    population: Path | None = None,
    official: Sequence[Path] = (),
    means: str = "t",
    only_figures: bool = False,
) -> MonitorStudy:
    """Compute the monitor.

    Parameters
    ----------
    wave
        The answers.
    lang
        Of the labels.
    step
        Told what is being done.
    others
        Further waves; the trend goes through them in the order given, and ends with this wave.
    population
        Counts to weight to.
    official
        Further files of official statistics.
    means
        Interval of a mean: "t" or "bootstrap".
    only_figures
        Whether to leave regressions, official statistics and the trend uncomputed.

    Raises
    ------
    WaveError, OptionError
        What was asked for explicitly (a trend, weights, further official numbers) can't be made.
    """
    causes: dict[str, str] = {}

    def attempt(name: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except WaveError as error:
            causes[name] = str(error)
            return None

    step("weights and trend")
    weights = rake(wave, population) if population is not None else None
    waves = (*others, wave) if others and not only_figures else ()
    followed = trend(waves, lang) if waves else None
    beside = None
    if not only_figures:
        beside = benchmark(wave, official) if official else attempt("official", partial(benchmark, wave))
    step("figures")
    figures = monitor(wave, lang, None if weights is None else weights.values, means)
    tested = attempt("experience", lambda: claim(experience(wave)))
    step("adoption")
    wanted = () if only_figures else tuple(RESPONSES)
    stages = {name: attempt(name, partial(adoption, wave, name, lang=lang)) for name in wanted}
    return MonitorStudy(
        wave=wave,
        figures=figures,
        claim=tested,
        knowledge=knowledge(wave),
        index=index(wave),
        adoption={name: done for name, done in stages.items() if done is not None},
        selection=selection(wave, lang),
        beside=beside,
        sizes=None if beside is None else by_size(wave),
        waves=waves,
        trend=followed,
        weights=weights,
        causes=causes,
    )
