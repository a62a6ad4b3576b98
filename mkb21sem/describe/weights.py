"""Weights that make firm characteristics match the population: raking, trimming, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from ipfn.ipfn import ipfn
from numpy.typing import NDArray

from mkb21sem.describe.population import Target, checked, read_population
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.wave import Wave

Array = NDArray[np.float64]

CAP = 5.0
CLOSE, STEPS = 1e-10, 5000
COLUMN = "weight"


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """One weight a respondent, mean 1.

    Parameters
    ----------
    values
        Indexed by respondent.
    margins
        Line by line variable, codes, source, n, sample (share of respondents), population, raked (share before
        trimming), reached (after), all in percent.
    unplaced
        Respondents without an answer to one of the variables; their weight is 1.
    trimmed
        Respondents whose weight was cut to the cap.
    cap
        Largest weight allowed; infinite where nothing is trimmed.
    """

    values: pd.Series[float]
    margins: pd.DataFrame
    unplaced: int
    trimmed: int
    cap: float

    @property
    def design_effect(self) -> float:
        """n Σw² / (Σw)²: how many times larger the variance of a mean becomes (Kish 1965).

        For an answer that has nothing to do with the weights; one that has may gain.
        """
        w = self.values.to_numpy()
        return float(len(w) * (w @ w) / w.sum() ** 2)

    @property
    def effective_n(self) -> float:
        """Respondents of a simple sample with the same precision."""
        return len(self.values) / self.design_effect

    def frame(self, wave: Wave, names: Iterable[str]) -> pd.DataFrame:
        """The wave's variables with a column ``weight`` beside them, for ``fit(model, frame, weights="weight")``.

        Raises
        ------
        WaveError
            The wave has no such variable.
        """
        return wave.frame(names).join(self.values.rename(COLUMN))

    def __str__(self) -> str:
        low, high = self.values.min(), self.values.max()
        return (
            f"weights {low:.2f} to {high:.2f}, design effect {self.design_effect:.2f}, "
            f"effective n {self.effective_n:.0f} of {len(self.values)}"
        )


def rake(wave: Wave, population: str | Path | Sequence[Target], cap: float | None = CAP) -> Weights:
    """Weight a wave so that its firms are spread over size, sector and region as the population is.

    Iterative proportional fitting (Deming & Stephan 1940) on the table of respondents by the variables, by ipfn.

    Parameters
    ----------
    wave
        The answers.
    population
        A file (see `population.read_population`) or targets.
    cap
        Largest weight, as a multiple of the mean. What is cut off is spread equally over the weights that were not
        cut, until none is too large; the margins are then no longer met exactly. None: no trimming.

    Raises
    ------
    OptionError
        The targets aren't firm characteristics, or the cap is not above 1.
    WaveError
        A class of the population has no respondents, or respondents have a class without a count.

    Notes
    -----
    Weights undo differences in the variables used and in nothing else. A sample that firms chose to be in stays one.
    """
    if cap is not None and not cap > 1:
        raise OptionError(f"cap must be above 1 (the mean weight), or None for no trimming; got {cap}.")
    targets = checked(
        list(read_population(population, wave.codebook) if isinstance(population, (str, Path)) else population),
        wave.codebook,
    )
    names = tuple(dict.fromkeys(target.variable for target in targets))
    classes = {name: [target for target in targets if target.variable == name] for name in names}
    place = np.column_stack([_place(wave, name, classes[name]) for name in names])
    placed = (place >= 0).all(axis=1)
    if not placed.any():
        raise WaveError(f"{wave.name}: no respondent answered all of {', '.join(names)}.")
    _check_met(wave, classes, place[placed])
    exact = _raked(place[placed], classes)
    kept, cut = (exact, 0) if cap is None else trim(exact, cap)
    values = np.ones(wave.n)
    values[placed] = kept
    margins = _margins(classes, place[placed], exact, kept)
    series = pd.Series(values, index=wave.answers.index, name=COLUMN)
    return Weights(series, margins, int((~placed).sum()), cut, math.inf if cap is None else float(cap))


def trim(weights: Array, cap: float) -> tuple[Array, int]:
    """Cut weights to ``cap`` times their mean and spread the rest equally over the others, until none is larger.

    Parameters
    ----------
    weights : (n,)
        Positive.

    Returns
    -------
    tuple
        The weights with the same sum, (n,), and how many were cut.
    """
    limit = cap * float(weights.mean())
    kept, cut = weights.copy(), np.zeros(len(weights), dtype=bool)
    while (kept > limit * (1 + 1e-12)).any():
        over = kept > limit
        excess = float((kept[over] - limit).sum())
        cut |= over
        kept[over] = limit
        kept[~cut] += excess / (~cut).sum()
    return kept, int(cut.sum())


def _place(wave: Wave, name: str, classes: Sequence[Target]) -> NDArray[np.int64]:
    """Number of each respondent's class; −1 where unanswered."""
    if name not in wave.answers:
        raise WaveError(f"{wave.name} has no column `{name}`, which the population counts ask for.")
    of = {code: at for at, target in enumerate(classes) for code in target.codes}
    answers = wave.answers[name]
    homeless = sorted({int(code) for code in answers[answers >= 0]} - set(of))
    if homeless:
        said = ", ".join(f"{code} ({wave.codebook[name].code_label(code)})" for code in homeless)
        raise WaveError(f"{wave.name}: {name} has answers without a population count: {said}. Add a line for each.")
    return np.array([of.get(int(code), -1) for code in answers], dtype=np.int64)


def _check_met(wave: Wave, classes: dict[str, list[Target]], place: NDArray[np.int64]) -> None:
    for at, (name, targets) in enumerate(classes.items()):
        for number, target in enumerate(targets):
            if not (place[:, at] == number).any():
                codes = " ".join(map(str, target.codes))
                raise WaveError(
                    f"{wave.name}: nobody stands in class {codes} of {name}, so no weight can make up for it. Put its "
                    "codes and count together with a neighbouring class."
                )


def _raked(place: NDArray[np.int64], classes: dict[str, list[Target]]) -> Array:
    """Weights (n,) of respondents in these classes (n, variables), mean 1."""
    sizes = tuple(len(targets) for targets in classes.values())
    table = np.zeros(sizes)
    np.add.at(table, tuple(place.T), 1.0)
    aims = [_proportions(targets) * len(place) for targets in classes.values()]
    where = [[axis] for axis in range(len(sizes))]
    with redirect_stdout(StringIO()):  # ipfn prints where it stops
        search = ipfn(table.copy(), aims, where, convergence_rate=CLOSE, max_iteration=STEPS, rate_tolerance=0.0)
        fitted = search.iteration()
    for axis, aim in enumerate(aims):
        others = tuple(other for other in range(len(sizes)) if other != axis)
        if not np.allclose(fitted.sum(axis=others), aim, rtol=1e-6):
            name = list(classes)[axis]
            raise WaveError(
                f"raking did not converge: the counts of {name} can't be met together with the others, because some "
                "combinations of classes have no respondents. Put small classes together."
            )
    return np.asarray((fitted / np.where(table > 0, table, 1.0))[tuple(place.T)])


def _proportions(targets: Sequence[Target]) -> Array:
    counts = np.array([target.count for target in targets])
    return counts / counts.sum()


def _margins(classes: dict[str, list[Target]], place: NDArray[np.int64], exact: Array, kept: Array) -> pd.DataFrame:
    lines = []
    for at, (name, targets) in enumerate(classes.items()):
        for number, (target, aim) in enumerate(zip(targets, _proportions(targets), strict=True)):
            here = place[:, at] == number
            shares = (here.mean(), aim, exact[here].sum() / exact.sum(), kept[here].sum() / kept.sum())
            codes = " ".join(map(str, target.codes))
            lines.append((name, codes, target.source, int(here.sum()), *(100 * float(each) for each in shares)))
    names = ["variable", "codes", "source", "n", "sample", "population", "raked", "reached"]
    return pd.DataFrame(lines, columns=names)
