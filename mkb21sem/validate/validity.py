"""Whether the constructs differ from each other, and the items belong to their own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.rows import moments
from mkb21sem.estimate.standard import variable_covariance
from mkb21sem.linalg import Array
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import answers, correlation_of, scales
from mkb21sem.validate.delta import delta_method
from mkb21sem.validate.htmt import Ratios, ratios
from mkb21sem.validate.omega import average_variance, items_of, parts

LEVELS = ((1.0, "severe"), (0.9, "moderate"), (0.8, "marginal"))
CORRELATION_RULE = (
    "Upper bound of the correlation between two constructs: 1 or more a severe problem, .90 a moderate, .80 a marginal "
    "one (Rönkkö & Cho 2022). Criticism: the limits are the authors' judgement."
)
FORNELL_LARCKER_RULE = (
    "A construct shares more variance with its items than with any other: AVE above every squared correlation "
    "(Fornell & Larcker 1981). Criticism: it seldom sees a lack of validity (Henseler, Ringle & Sarstedt 2015) and "
    "confuses reliability with it (Rönkkö & Cho 2022)."
)
LOADING, CONDITIONAL, CROSS = 0.708, 0.40, 0.10
LOADING_RULE = (
    "Standardised loadings of .708 or more, .40 to .708 if AVE and reliability allow (Hair et al. 2019), and at least "
    ".10 above every cross-loading. Criticism: .708 is half of the variance, a habit of PLS that says nothing of bias."
)


@dataclass(frozen=True)
class Validity:
    """Convergent and discriminant validity.

    Attributes
    ----------
    constructs
        construct group k ave sqrt_ave largest with_other fornell_larcker: largest is the largest absolute correlation
        with another construct; fornell_larcker says whether sqrt_ave exceeds it.
    correlations
        construct other group est se low high p_one problem: implied correlations of constructs; p_one tests |est| = 1
        one-sidedly, problem follows `CORRELATION_RULE`.
    loadings
        item construct own structure score: structure is the implied correlation of item and construct, score the
        observed one with the mean of the construct's standardised items, leaving the item itself out.
    htmt
        Ratios of correlations; None with ``htmt_note`` where they don't exist.
    """

    constructs: pd.DataFrame
    correlations: pd.DataFrame
    loadings: pd.DataFrame
    htmt: Ratios | None
    htmt_note: str


def validity(
    source: Fit | Wave | pd.DataFrame,
    constructs: Mapping[str, Sequence[str]] | None = None,
    *,
    among: Sequence[str] = (),
    correlation: str = "pearson",
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 2012,
) -> Validity:
    """Fornell and Larcker's criterion, correlations of constructs, HTMT, and cross-loadings.

    Parameters
    ----------
    source
        A fit, best of the measurement model; or a wave or table, of which the correlated-factors model is fitted (ML).
    constructs
        Items of each construct of a wave or table; by default as `reliability`.
    among
        Constructs of a fit that are compared, such as those that consist of others, with all items below them; by
        default all.
    correlation
        Of HTMT: "pearson" or "polychoric".
    draws, seed
        Of HTMT's bootstrap.
    level
        Of all intervals.

    Raises
    ------
    OptionError
        Fewer than two constructs; ``constructs`` together with a fit.
    """
    if isinstance(source, Fit):
        if constructs is not None:
            raise OptionError("constructs are the model's own when a fit is given; leave them out.")
        found = source
    else:
        groups = scales(source, constructs)
        spec = "\n".join(f"{name} =~ " + " + ".join(items) for name, items in groups.items())
        model = Model.parse(spec, name="constructs")
        found = fit(model, answers(source, model.observed))
    if len(found.model.latents) < 2:
        raise OptionError("validity compares constructs; the model has fewer than two.")
    for name in among:
        one_of("among", name, found.model.latents)
    between = latent_correlations(found, level)
    measured = {c: i for c, i in found.model.indicators.items() if all(item in found.moments.names for item in i)}
    if among:
        between = between[between["construct"].isin(among) & between["other"].isin(among)].reset_index(drop=True)
        measured = {name: items_of(found.model.indicators, name) for name in among}
    htmt, note = _ratios(found, measured, correlation, draws, level, seed)
    return Validity(
        _constructs(found, between, among or found.model.latents), between, cross_loadings(found, measured), htmt, note
    )


def _ratios(
    found: Fit, measured: Mapping[str, Sequence[str]], correlation: str, draws: int, level: float, seed: int
) -> tuple[Ratios | None, str]:
    if len(found.moments.groups) > 1:
        return None, "HTMT is for one group at a time."
    if not found.moments.rows:
        return None, "HTMT needs the answers."
    if sum(len(items) > 1 for items in measured.values()) < 2:
        return None, "HTMT compares constructs of two or more items."
    rows = pd.DataFrame(found.moments.rows[0], columns=list(found.moments.names))
    return ratios(rows, measured, correlation, draws=draws, level=level, seed=seed), ""


def latent_correlations(found: Fit, level: float = 0.95) -> pd.DataFrame:
    """Implied correlations of the constructs: construct other group est se low high p_one problem.

    Standard errors by the delta method; the interval is est ± z·se.
    """
    where = found.layout
    at = [where.variables.index(name) for name in found.model.latents]
    i, j = np.tril_indices(len(at), -1)

    def pairs(cells: Array) -> Array:
        C = variable_covariance(where, implied(where, cells))[..., at, :][..., at]
        R = correlation_of(C)[..., i, j]
        return R.reshape(*R.shape[:-2], -1)

    with np.errstate(invalid="ignore"):
        est = pairs(found.cells)
        variance = np.diag(delta_method(found, pairs))
    se = np.sqrt(np.where(variance > 0, variance, math.nan))
    half = norm.isf((1 - level) / 2) * se
    names, groups = found.model.latents, found.moments.groups
    table = pd.DataFrame(
        {
            "construct": [names[b] for b in j] * len(groups),
            "other": [names[a] for a in i] * len(groups),
            "group": np.repeat(np.array(groups, dtype=object), len(i)),
            "est": est,
            "se": se,
            "low": est - half,
            "high": est + half,
            "p_one": norm.sf((1 - np.abs(est)) / se),
        }
    )
    bound = np.maximum(np.abs(table["low"]), np.abs(table["high"]))
    table["problem"] = [problem(upper) for upper in bound]
    return table


def problem(upper: float) -> str:
    """Rönkkö & Cho's word for the upper bound of an absolute correlation; empty if it isn't known."""
    if math.isnan(upper):
        return ""
    return next((word for bound, word in LEVELS if upper >= bound), "none")


def _constructs(found: Fit, between: pd.DataFrame, among: Sequence[str]) -> pd.DataFrame:
    lines = []
    for construct in among:
        for g, group in enumerate(found.moments.groups):
            of = parts(found, construct, g)
            k = len(of.direct)
            ave = float(average_variance(of)) if k > 1 else math.nan
            here = between[between["group"] == group]
            own = here[(here["construct"] == construct) | (here["other"] == construct)]
            pairs = {
                two if one == construct else one: abs(r)
                for one, two, r in own[["construct", "other", "est"]].itertuples(index=False)
                if not math.isnan(r)
            }
            other = max(pairs, key=pairs.__getitem__, default="")
            largest = pairs.get(other, math.nan)
            passes = None if math.isnan(ave) or not pairs else math.sqrt(ave) > largest
            lines.append((construct, group, k, ave, math.sqrt(ave), largest, other, passes))
    columns = ["construct", "group", "k", "ave", "sqrt_ave", "largest", "with_other", "fornell_larcker"]
    return pd.DataFrame(lines, columns=columns).astype({"fornell_larcker": object})


def cross_loadings(found: Fit, measured: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Correlation of every item with every construct: item construct group own structure score.

    Parameters
    ----------
    measured
        Constructs and the items below them.
    """
    where, names = found.layout, list(found.layout.variables)
    items = list(dict.fromkeys(item for own in measured.values() for item in own))
    C = variable_covariance(where, implied(where, found.cells))
    parts_of = []
    for g, group in enumerate(found.moments.groups):
        R = correlation_of(C[g][np.ix_(*[[names.index(v) for v in (*items, *measured)]] * 2)])
        observed = _observed(found, items, g)
        for c, (construct, own) in enumerate(measured.items()):
            score = _score_correlations(observed, [items.index(item) for item in own])
            parts_of.append(
                pd.DataFrame(
                    {
                        "item": items,
                        "construct": construct,
                        "group": group,
                        "own": [item in own for item in items],
                        "structure": R[: len(items), len(items) + c],
                        "score": score,
                    }
                )
            )
    return pd.concat(parts_of, ignore_index=True)


def _observed(found: Fit, items: Sequence[str], g: int) -> Array:
    """Correlations of the items as answered, (p, p)."""
    if found.moments.rows:
        rows = pd.DataFrame(found.moments.rows[g], columns=list(found.moments.names))
        return correlation_of(moments(rows, list(items)).cov[0])
    at = [found.moments.names.index(item) for item in items]
    return correlation_of(found.moments.cov[g][np.ix_(at, at)])


def _score_correlations(R: Array, own: Sequence[int]) -> Array:
    """Correlation of every item with the mean of the construct's standardised items, itself left out, (p,)."""
    out = np.empty(len(R))
    for item in range(len(R)):
        others = [at for at in own if at != item]
        spread = R[np.ix_(others, others)].sum()
        out[item] = R[item, others].sum() / math.sqrt(spread) if others and spread > 0 else math.nan
    return out
