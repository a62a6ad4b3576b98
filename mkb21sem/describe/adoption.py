"""The adoption stage: which firms use social media, how many, how often; and what it means to model users only."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tools.sm_exceptions import ConvergenceWarning, HessianInversionWarning

from mkb21sem.describe.discrimination import DRAWS, Discrimination, discrimination
from mkb21sem.describe.effects import average_effects
from mkb21sem.describe.firth import firth, profile
from mkb21sem.describe.logistic import CERTAIN, logit
from mkb21sem.describe.predictors import Design, design
from mkb21sem.describe.proportional import Proportional, brant
from mkb21sem.errors import WaveError, one_of
from mkb21sem.survey.wave import Wave

Array = NDArray[np.float64]

EVENTS_PER_TERM = 10
RESPONSES = {"USER": False, "BREEDTE": True, "INTENS_MAX": True}
"""Response → whether it is asked of users only. Use comes first; breadth and intensity exist where there is use."""
METHODS = ("auto", "ml", "firth")
STAYING = ("OMV01", "MKT02", "CUL_M", "OMG_M", "TOE_M")


@dataclass(frozen=True, slots=True, eq=False)
class Adoption:
    """One regression.

    Parameters
    ----------
    response
        USER, BREEDTE (number of media) or INTENS_MAX (highest frequency).
    method
        "logit", "firth" or "ordinal".
    reason
        Why: "asked", "few events", "separation", "enough events" or "ordered".
    n, without
        Respondents in it, and left out because an answer is missing.
    events
        Those in the smaller class, for use; else 0.
    coefficients
        term, label, est (log-odds), se, z, p, odds, low, high (of the odds ratio: Wald's; for Firth's the profile's).
    effects
        term, label, effect, se, z, p, low, high: on the chance of use in percentage points, or on the expected answer.
    dropped
        Predictors left out because they are absent, answered by less than half, or don't vary.
    discrimination
        What the predictions are worth; None for an ordered response.
    proportional
        Test of one odds ratio for every cut; None for use.
    """

    response: str
    method: str
    reason: str
    n: int
    without: int
    events: int
    coefficients: pd.DataFrame
    effects: pd.DataFrame
    dropped: tuple[str, ...]
    discrimination: Discrimination | None
    proportional: Proportional | None = None


def adoption(
    wave: Wave,
    response: str = "USER",
    method: str = "auto",
    lang: str = "en",
    seed: int = 2012,
    draws: int = DRAWS,
) -> Adoption:
    """Regress use, its breadth or its intensity on size, market, sector, culture and environment.

    Parameters
    ----------
    wave
        The answers.
    response
        "USER" (logistic, everyone), "BREEDTE" or "INTENS_MAX" (proportional odds, users).
    method
        For use: "ml", "firth", or "auto": Firth's penalty where there are fewer than ten in the smaller class for each
        predictor (Peduzzi et al. 1996), or where a predictor separates the classes.
    lang
        Of the labels.
    seed, draws
        Of the bootstrap that corrects for optimism, and how many.

    Raises
    ------
    WaveError
        Too few respondents, or everyone answers alike.
    OptionError
        An unknown response, method or language.

    Notes
    -----
    Associations in one cross-section: nothing shows that a predictor comes first.
    """
    one_of("response", response, tuple(RESPONSES))
    one_of("method", method, METHODS)
    found, y = design(wave, response, RESPONSES[response])
    if y.nunique() < 2:
        raise WaveError(f"{wave.name}: everyone gives the same answer on {response}; there is nothing to explain.")
    if response == "USER":
        done = _use(found, np.asarray(y, dtype=np.float64), method, seed, draws)
    else:
        done = _ordered(found, y, response)
    labels = {term.name: found.label(term, wave, lang) for term in found.terms}
    for frame in (done.coefficients, done.effects):
        frame.insert(1, "label", frame["term"].map(labels).fillna(""))
    return done


def selection(wave: Wave, lang: str = "en") -> pd.DataFrame:
    """What selecting users does to the structural model's variables.

    Returns
    -------
    DataFrame
        variable, label, n_users, n_others, mean_users, mean_others, sd_users, sd_all, ratio (sd_users / sd_all; below
        1 the variable's range is restricted among users), d (difference in pooled SDs), p (Welch's t).
    """
    valid = wave.answers.where(wave.answers >= 0).astype(float).join(wave.derived())
    lines = []
    for name in STAYING:
        if name not in valid:
            continue
        known = valid.loc[valid[name].notna() & valid["USER"].notna(), [name, "USER"]]
        users, others = known.loc[known["USER"] == 1, name], known.loc[known["USER"] == 0, name]
        if len(users) < 2 or len(others) < 2 or not users.std() > 0 or not others.std() > 0:
            continue
        within = ((len(users) - 1) * users.var() + (len(others) - 1) * others.var()) / (len(known) - 2)
        p = float(stats.ttest_ind(users, others, equal_var=False).pvalue)
        label, spread = wave.codebook.label(name, lang), float(known[name].std())
        means = (float(users.mean()), float(others.mean()))
        sizes = (float(users.std()), spread, float(users.std()) / spread, (means[0] - means[1]) / math.sqrt(within))
        lines.append((name, label, len(users), len(others), *means, *sizes, p))
    names = ["variable", "label", "n_users", "n_others", "mean_users", "mean_others"]
    return pd.DataFrame(lines, columns=[*names, "sd_users", "sd_all", "ratio", "d", "p"])


def _use(found: Design, y: Array, method: str, seed: int, draws: int) -> Adoption:
    """Logistic regression of use."""
    x = np.column_stack([np.ones(len(y)), found.frame.to_numpy()])
    events, terms = int(min(y.sum(), len(y) - y.sum())), len(found.terms)
    reason = "asked" if method != "auto" else "few events" if events < EVENTS_PER_TERM * terms else "enough events"
    penalised = method == "firth" or reason == "few events"
    plain = None if penalised else logit(x, y)
    if plain is None and not penalised:
        penalised, reason = True, "separation"
    names = ["intercept", *found.frame.columns]
    if penalised:
        best = firth(x, y)
        table = _coefficients(names, best.beta, best.cov, [profile(x, y, best, j) for j in range(len(names))])
        beta, cov = best.beta, best.cov
    else:
        assert plain is not None
        beta, cov = plain
        table = _coefficients(names, beta, cov)
    effects = average_effects(_chance, beta, cov, found.frame, found.terms)
    effects[["effect", "se", "low", "high"]] *= 100
    judged = discrimination(x, y, expit(x @ beta), _refit(penalised), seed, draws)
    kind = "firth" if penalised else "logit"
    return Adoption("USER", kind, reason, len(y), found.without, events, table, effects, found.dropped, judged)


def _chance(at: Array, x: Array) -> Array:
    return np.asarray(expit(at[0] + x @ at[1:]))


def _refit(penalised: bool) -> Callable[[Array, Array], Callable[[Array], Array]]:
    """How a bootstrap draw is fitted: as the wave was, or by Firth where the draw is separated."""

    def fitted(x: Array, y: Array) -> Callable[[Array], Array]:
        plain = None if penalised else logit(x, y)
        beta = firth(x, y).beta if plain is None else plain[0]
        return lambda rows: np.asarray(expit(rows @ beta))

    return fitted


def _coefficients(
    names: list[str], beta: Array, cov: Array, profiles: list[tuple[float, float, float]] | None = None
) -> pd.DataFrame:
    """Log-odds and odds ratios, with Wald's or the profile's limits."""
    se = np.sqrt(np.diag(cov))
    z, half = beta / se, float(stats.norm.isf(0.025)) * se
    low, high, p = beta - half, beta + half, 2 * stats.norm.sf(np.abs(z))
    if profiles is not None:
        low, high, p = np.array(profiles).T
    columns = {"term": names, "est": beta, "se": se, "z": z, "p": p}
    return pd.DataFrame(columns | {"odds": np.exp(beta), "low": np.exp(low), "high": np.exp(high)})


def _ordered(found: Design, y: pd.Series[float], response: str) -> Adoption:
    """Proportional odds by statsmodels; effects are on the expected answer."""
    levels = np.sort(y.unique())
    codes = np.searchsorted(levels, y.to_numpy())
    model = OrderedModel(codes, found.frame.to_numpy(), distr="logit")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", HessianInversionWarning)
        try:
            done = model.fit(method="bfgs", disp=0, maxiter=1000, gtol=1e-7)
        except (ConvergenceWarning, HessianInversionWarning, np.linalg.LinAlgError) as error:
            raise WaveError(f"the ordinal regression of {response} found no maximum: {error}.") from error
    params, cov, k = np.asarray(done.params), np.asarray(done.cov_params()), len(found.terms)
    if np.ptp(found.frame.to_numpy() @ params[:k]) > CERTAIN:
        raise WaveError(f"the ordinal regression of {response} found no maximum: a predictor separates the answers.")
    table = _coefficients(list(found.frame.columns), params[:k], cov[:k, :k])

    def expected(at: Array, x: Array) -> Array:
        return np.asarray(model.predict(at, exog=x) @ levels)

    effects = average_effects(expected, params, cov, found.frame, found.terms)
    tested = brant(found.frame.to_numpy(), np.asarray(y, dtype=np.float64))
    kept = (len(y), found.without, 0, table, effects, found.dropped)
    return Adoption(response, "ordinal", "ordered", *kept, None, tested)
