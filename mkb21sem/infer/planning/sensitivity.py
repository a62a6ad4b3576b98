"""What the sample at hand could have shown: the smallest effect that each test would find with the wanted power.

Every other value of the population stays at the fit's standardised estimate; the path itself is moved until its test
has the noncentrality that the power asks for. The answer depends on the number of respondents and on how strongly the
other variables are tied to each other, not on the estimate of the path itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.planning.noncentrality import at_population, noncentrality
from mkb21sem.infer.planning.population import Population, population
from mkb21sem.infer.planning.power import needed_noncentrality, path_power, testable
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model

LARGEST = 0.98
"""Standardised value up to which a path is moved."""


def sensitivity(
    found: Fit,
    hypotheses: Sequence[Hypothesis] | None = None,
    power: float = 0.80,
    *,
    n: int | None = None,
) -> pd.DataFrame:
    """Smallest detectable standardised effect: id path sign alpha n std power smallest at_sesoi sesoi reason.

    Parameters
    ----------
    found
        A converged fit of one group by ML, MLR or the like.
    hypotheses
        Default: a two-sided one for every arrow of the structural part.
    power
        With which the effect is to be found.
    n
        Respondents; default: those of the fit.

    Returns
    -------
    DataFrame
        ``smallest`` has the sign that is registered, or that of the estimate ``std``. ``at_sesoi`` is the power at the
        smallest effect size of interest: where it is low, "not found" is no evidence against an effect that matters.
        NaN with a ``reason`` where no value of the path is found with that power. For a path of several arrows all of
        them are moved by one factor.

    Raises
    ------
    OptionError
        A power not between alpha and 1, or none of the hypotheses can be tested.
    FitError
        The fit did not converge.

    Notes
    -----
    Satorra & Saris (1985), turned round. This is not observed power: the estimate of the path has no part in it.
    """
    if not isinstance(found, Fit):
        raise OptionError(f"sensitivity needs a Fit; got {type(found).__name__}.")
    size = found.moments.total if n is None else n
    assumed = population(found, found.model)
    at = at_population(found.model, assumed)
    tested, left_out = testable(at, hypotheses, found.model)
    rows = [_row(found.model, assumed, claim, size, power) for claim in tested]
    rows += [{"id": r.id, "path": r.path, "reason": r.reason} for r in left_out.itertuples()]
    return pd.DataFrame(rows)


def _row(model: Model, assumed: Population, claim: Hypothesis, n: int, power: float) -> dict[str, object]:
    std = assumed.effect(claim.nodes)
    sign = {"+": 1.0, "-": -1.0}.get(claim.sign, 1.0 if std >= 0 else -1.0)
    wanted = needed_noncentrality(power, claim.sign, claim.alpha)
    smallest, reason = _solved(model, assumed, claim, sign, wanted / n)
    far = _far(model, assumed, claim, sign * claim.sesoi)
    return {
        "id": claim.id,
        "path": claim.path,
        "sign": claim.sign,
        "alpha": claim.alpha,
        "n": n,
        "std": std,
        "power": power,
        "smallest": smallest,
        "sesoi": claim.sesoi,
        "at_sesoi": math.nan if math.isnan(far) else path_power(n * far, claim.sign, sign, claim.alpha),
        "reason": reason,
    }


def _solved(model: Model, assumed: Population, claim: Hypothesis, sign: float, wanted: float) -> tuple[float, str]:
    """The effect whose noncentrality per respondent is the wanted one, or NaN and the reason."""

    def short(size: float) -> float:
        far = _far(model, assumed, claim, sign * size)
        return math.sqrt(far) - math.sqrt(wanted)

    low, high = 0.0, 0.05
    while True:
        value = short(high)
        if math.isnan(value):
            high = (low + high) / 2
            if high - low < 1e-3:
                return math.nan, "no value that the other paths leave room for is found with this power"
        elif value >= 0:
            return sign * float(brentq(short, max(low, 1e-6), high, xtol=1e-5)), ""
        else:
            low, high = high, min(high * 1.6, LARGEST)
            if low >= LARGEST:
                return math.nan, f"not even an effect of {LARGEST} is found with this power"


def _far(model: Model, assumed: Population, claim: Hypothesis, effect: float) -> float:
    """Noncentrality per respondent when the path's effect is this one; NaN if no population has it."""
    steps = [(head, tail) for tail, head in claim.steps]
    moved = assumed
    for step, value in zip(steps, _spread(assumed, claim, effect), strict=True):
        moved = moved.changed(*step, value)
    try:
        return noncentrality(at_population(model, moved), claim)
    except (FitError, OptionError, np.linalg.LinAlgError):
        return math.nan


def _spread(assumed: Population, claim: Hypothesis, effect: float) -> list[float]:
    """Values of the path's arrows whose product is the effect, all changed by one factor; equal ones if one is 0."""
    own = [assumed.paths.get((head, tail), 0.0) for tail, head in claim.steps]
    k = len(own)
    if k == 1:
        return [effect]
    if min(abs(value) for value in own) < 1e-3:
        own = [1.0] * k
    factor = (abs(effect) / abs(math.prod(own))) ** (1 / k)
    values = [value * factor for value in own]
    if math.copysign(1.0, math.prod(values)) != math.copysign(1.0, effect):
        values[0] = -values[0]
    return values
