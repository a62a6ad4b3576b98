"""Power and the sample that it needs, for every hypothesis and for the test of fit.

Power belongs to a plan: to values that a theory, an earlier study or a smallest size of interest names. Put back into
the sample that gave the estimates ("observed power") it says nothing that the p-value has not said (Hoenig & Heisey
2001), and is not offered; what a finished sample could show is `sensitivity`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import ncx2, norm

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.planning.answers import Source, source
from mkb21sem.infer.planning.noncentrality import AtPopulation, arrow_parameters, at_population, noncentrality
from mkb21sem.infer.planning.population import Population, population
from mkb21sem.infer.planning.rmsea_power import TESTS, rmsea_n, rmsea_power
from mkb21sem.infer.planning.simulate import found_shares, simulate
from mkb21sem.parallel import Progress
from mkb21sem.specify.hypothesis import FAMILIES, Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

SIZES = (100, 150, 200, 256, 300, 400, 500)
TARGETS = (0.80, 0.90)
FEWEST, MOST = 20, 100_000
TOO_SMALL = f"so small an effect needs more than {MOST:,} respondents"


@dataclass(frozen=True)
class Power:
    """Power of every hypothesis at several sample sizes.

    Attributes
    ----------
    table
        id path sign family alpha std n method power low high family_power coverage draws failed improper. ``std`` is
        the population's standardised effect. ``method``: ``analytic``, or ``simulated``, with its interval low–high
        and what follows it. ``family_power`` of the analytic rows is a lower bound: alpha shared out over the family.
    fit
        test null alternative n power: the tests of fit by RMSEA; ``this population``, the test of exact fit against a
        population of which the model is not true; and ``robust, simulated``, how often MLR's test rejected in the
        samples, which for a true model should be .05.
    required
        As from `required_n`.
    left_out
        id path reason of the hypotheses that the model can't test.
    population
        What was assumed.
    draws
        Samples asked for at each size.
    stopped
        Whether the user ended the simulation early.
    synthetic
        Whether the wave whose distribution was taken over was made up.
    """

    table: pd.DataFrame
    fit: pd.DataFrame
    required: pd.DataFrame
    left_out: pd.DataFrame
    population: Population
    draws: int = 0
    stopped: bool = False
    synthetic: bool = False


def power(
    model: Model,
    of: Fit | pd.DataFrame | Population,
    n: Sequence[int] | int = SIZES,
    *,
    hypotheses: Sequence[Hypothesis] | None = None,
    draws: int = 0,
    wave: Wave | pd.DataFrame | None = None,
    missing: float | Mapping[str, float] | None = None,
    seed: int = 1,
    workers: int = 1,
    backend: str = "loky",
    progress: Callable[[int, Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Power:
    """Power of every hypothesis and of the test of fit.

    Parameters
    ----------
    model
        The model that will be fitted.
    of
        The population: a fit, whose standardised estimates are taken as true, or a table lhs op rhs value of
        standardised loadings, paths and correlations. It may have arrows that the model lacks.
    n
        Numbers of respondents.
    hypotheses
        Default: a two-sided one for every arrow of the structural part.
    draws
        Samples to simulate at each n; 0 for the analytic part alone.
    wave
        Whose distributions of answers, and missing answers, the simulated samples take over. Default: five-point
        indicators and otherwise normal variables.
    missing
        Share of answers that are missing completely at random; None takes over the wave's.
    seed, workers, backend, progress, checkpoint
        As in `parallel.replicate`; ``progress`` is also told the sample size.

    Returns
    -------
    Power

    Raises
    ------
    OptionError
        An n below 20, a population that contradicts itself or lacks a variable, or none of the hypotheses is one on
        arrows of the model.

    Notes
    -----
    Analytic: the likelihood-ratio test of a path has noncentrality n·2f of the model without the path, fitted to the
    population (Satorra & Saris 1985), for normal variables. A registered sign makes the test one-sided. A path of
    several arrows is tested by its delta-method z, whose distribution in small samples is further from normal; there
    the simulation is to be preferred. Simulated: answers in categories, MLR, and with missing answers full information.
    """
    sizes = _sizes(n)
    assumed = population(of, model)
    at = at_population(model, assumed)
    tested, left_out = testable(at, hypotheses, model)
    each = {claim.id: noncentrality(at, claim) for claim in tested}
    table = pd.concat([_analytic(tested, each, assumed, size) for size in sizes], ignore_index=True)
    stopped, rejected = False, []
    if draws:
        origin = _origin(model, at, wave, missing)
        shares = []
        for size in sizes:
            tell = None if progress is None else (lambda step, size=size: progress(size, step))
            drawn, stopped = simulate(
                at,
                origin,
                tested,
                size,
                draws,
                seed=seed,
                workers=workers,
                backend=backend,
                progress=tell,
                checkpoint=checkpoint,
            )
            if len(drawn.est):
                rejected.append((size, drawn.rejected))
                shares.append(_beside(found_shares(drawn, at, tested), table))
            if stopped:
                break
        table = pd.concat([table, *shares], ignore_index=True)
    return Power(
        table,
        _with_simulated(fit_power(at, sizes), at, rejected),
        _required(tested, each, assumed, TARGETS),
        left_out,
        assumed,
        draws,
        stopped,
        isinstance(wave, Wave) and wave.synthetic,
    )


def required_n(
    model: Model,
    of: Fit | pd.DataFrame | Population,
    power: float | Sequence[float] = TARGETS,
    *,
    hypotheses: Sequence[Hypothesis] | None = None,
) -> pd.DataFrame:
    """Respondents that each hypothesis and each test of fit needs: id path sign alpha std power n reason.

    Parameters
    ----------
    model, of, hypotheses
        As in the function `power`.
    power
        Wanted chance to find the effect, one or several.

    Raises
    ------
    OptionError
        A power not between alpha and 1, or as in the function `power`.
    """
    wanted = [float(each) for each in np.atleast_1d(np.asarray(power, dtype=float))]
    assumed = population(of, model)
    at = at_population(model, assumed)
    tested, _ = testable(at, hypotheses, model)
    table = _required(tested, {claim.id: noncentrality(at, claim) for claim in tested}, assumed, wanted)
    rows = [
        {
            "id": f"fit: {name}",
            "path": "",
            "sign": "",
            "alpha": 0.05,
            "std": math.nan,
            "power": share,
            "n": float(rmsea_n(*TESTS[name], at.layout.df, share)) if at.layout.df else math.nan,
            "reason": "" if at.layout.df else "no degrees of freedom",
        }
        for name in TESTS
        for share in wanted
    ]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def testable(
    at: AtPopulation, hypotheses: Sequence[Hypothesis] | None, model: Model
) -> tuple[tuple[Hypothesis, ...], pd.DataFrame]:
    """The hypotheses on arrows that the model has, and id, path and reason of the others.

    Raises
    ------
    OptionError
        None is left.
    """
    kept, rows = [], []
    for claim in for_model(model) if hypotheses is None else hypotheses:
        try:
            arrow_parameters(at.layout, claim)
            kept.append(claim)
        except OptionError as error:
            rows.append({"id": claim.id, "path": claim.path, "reason": str(error)})
    if not kept:
        raise OptionError(f"none of the hypotheses is about free arrows of {model.name}; there is nothing to plan.")
    return tuple(kept), pd.DataFrame(rows, columns=["id", "path", "reason"])


def path_power(noncentrality: float, sign: str, effect: float, alpha: float) -> float:
    """Power of the test of one path: two-sided, or one-sided where a sign is registered."""
    if not sign:
        return float(ncx2.sf(norm.isf(alpha / 2) ** 2, 1, noncentrality)) if noncentrality > 0 else alpha
    towards = math.copysign(1.0, effect) * (1.0 if sign == "+" else -1.0)
    return float(norm.sf(norm.isf(alpha) - towards * math.sqrt(noncentrality)))


def needed_noncentrality(power: float, sign: str, alpha: float) -> float:
    """Noncentrality with which a path is found with this power.

    Raises
    ------
    OptionError
        The power is not between alpha and 1.
    """
    if not alpha < power < 1:
        raise OptionError(f"power must lie between alpha ({alpha}) and 1; got {power}.")
    if sign:
        return float((norm.isf(alpha) - norm.isf(power)) ** 2)
    return float(brentq(lambda x: path_power(x, "", 1.0, alpha) - power, 1e-9, 1e3, xtol=1e-12))


def fit_power(at: AtPopulation, sizes: Sequence[int]) -> pd.DataFrame:
    """Power of the tests of fit: test null alternative n power.

    ``exact``, ``close`` and ``not close`` by RMSEA; ``this population`` where the model is not true of it.
    """
    df, rows = at.layout.df, []
    for name, (null, alternative) in TESTS.items() if df else ():
        rows += [(name, null, alternative, size, rmsea_power(null, alternative, df, size)) for size in sizes]
    if df and at.misfit > 1e-8:
        crit = float(ncx2.isf(0.05, df, 0.0))
        far = math.sqrt(at.misfit / df)
        rows += [("this population", 0.0, far, size, float(ncx2.sf(crit, df, size * at.misfit))) for size in sizes]
    return pd.DataFrame(rows, columns=["test", "null", "alternative", "n", "power"])


def _with_simulated(table: pd.DataFrame, at: AtPopulation, rejected: Sequence[tuple[int, float]]) -> pd.DataFrame:
    far = math.sqrt(at.misfit / at.layout.df) if at.layout.df else math.nan
    rows = [("robust, simulated", 0.0, far, size, share) for size, share in rejected if not math.isnan(share)]
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True) if rows else table


def _sizes(n: Sequence[int] | int) -> tuple[int, ...]:
    given = [n] if isinstance(n, int) else list(n)
    if not given or any(size != int(size) or size < FEWEST for size in given):
        raise OptionError(f"n must be whole numbers of respondents, at least {FEWEST}; got {n!r}.")
    return tuple(sorted({int(size) for size in given}))


def _describe(claim: Hypothesis, assumed: Population) -> dict[str, object]:
    names = ("id", "path", "sign", "family", "alpha")
    return {name: getattr(claim, name) for name in names} | {"std": assumed.effect(claim.nodes)}


def _analytic(tested: Sequence[Hypothesis], each: Mapping[str, float], assumed: Population, size: int) -> pd.DataFrame:
    members = {family: sum(claim.family == family for claim in tested) for family in FAMILIES}
    rows = []
    for claim in tested:
        told = _describe(claim, assumed)
        far, effect = size * each[claim.id], assumed.effect(claim.nodes)
        shared = claim.alpha / max(members.get(claim.family, 1), 1)
        rows.append(
            told
            | {
                "n": size,
                "method": "analytic",
                "power": path_power(far, claim.sign, effect, claim.alpha),
                "family_power": path_power(far, claim.sign, effect, shared),
            }
        )
    return pd.DataFrame(rows)


def _beside(shares: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    told = table[["id", "path", "sign", "family", "alpha", "std"]].drop_duplicates("id")
    return told.merge(shares, on="id", how="inner", sort=False).assign(method="simulated")


def _origin(
    model: Model, at: AtPopulation, wave: Wave | pd.DataFrame | None, missing: float | Mapping[str, float] | None
) -> Source:
    names = at.layout.observed
    items = [a.rhs for a in model.arrows if a.op == "=~" and a.rhs in names]
    frame = wave.frame(names) if isinstance(wave, Wave) else wave
    return source(names, at.Sigma, frame, items=items, missing=missing)


def _required(
    tested: Sequence[Hypothesis], each: Mapping[str, float], assumed: Population, wanted: Sequence[float]
) -> pd.DataFrame:
    rows = []
    for claim in tested:
        effect, far = assumed.effect(claim.nodes), each[claim.id]
        for share in wanted:
            needed = needed_noncentrality(share, claim.sign, claim.alpha)
            reason = ""
            if not far > 1e-12:
                reason = "the population has no such effect"
            elif claim.sign and (effect > 0) != (claim.sign == "+"):
                reason = "the population's effect has the other sign"
            elif needed / far > MOST:
                reason = TOO_SMALL
            size = math.nan if reason else float(max(math.ceil(needed / far - 1e-9), FEWEST))
            told = _describe(claim, assumed)
            told.pop("family")
            rows.append(told | {"power": share, "n": size, "reason": reason})
    return pd.DataFrame(rows)
