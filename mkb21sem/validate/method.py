"""How much of the answers is the one respondent at the one moment rather than what was asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import t as student
from statsmodels.stats.outliers_influence import variance_inflation_factor

from mkb21sem.errors import Mkb21Error, OptionError, WaveError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import answers, correlations, scales
from mkb21sem.validate.factors import Source, factors
from mkb21sem.validate.omega import parts

HALF = 0.50
HARMAN_RULE = (
    "Harman's single-factor test: one factor with half of the variance or more points to a common method (Podsakoff & "
    "Organ 1986). Criticism: it hardly ever finds one, and constructs that are related also load on one factor "
    "(Podsakoff et al. 2003)."
)
COLLINEAR = 3.3
COLLINEARITY_RULE = (
    "Full collinearity: a variance inflation factor above 3.3 of a construct on all others points to a common method "
    "(Kock 2015). Criticism: made for PLS scores, and close constructs look the same."
)
MARKER_RULE = (
    "Marker variable: correlations less the one with an item that has nothing to do with them, (r − m)/(1 − m) "
    "(Lindell & Whitney 2001). Criticism: the method has to add the same to every correlation."
)
METHOD_RULE = (
    "Unmeasured latent method factor: all items load equally on one more factor, uncorrelated with the constructs "
    "(Podsakoff et al. 2003). Criticism: it takes whatever the items share, method or not; where the constructs may "
    "correlate freely, as in a measurement model, their correlations take the method over and hide it."
)


@dataclass(frozen=True)
class Harman:
    """One factor behind all items.

    Attributes
    ----------
    share
        Of the variance, that the first principal component takes (SPSS's figure).
    common_share
        Of the variance, that one minres factor takes.
    above_one
        Eigenvalues above 1.
    items, n
        How many.
    """

    share: float
    common_share: float
    above_one: int
    items: int
    n: int


def harman(source: Source, items: Sequence[str] | None = None, correlation: str = "pearson") -> Harman:
    """Harman's single-factor test.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others.
    """
    of = correlations(source, items, correlation)
    values = np.linalg.eigvalsh(of.R)
    common = float(factors(of, rotation="none").communality.mean())
    return Harman(float(values[-1] / len(values)), common, int((values > 1).sum()), len(values), of.n)


def scores(source: Wave | pd.DataFrame, constructs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Mean of the standardised items of each construct, of the rows with an answer on every item.

    Raises
    ------
    WaveError
        An item is absent or constant.
    """
    given = answers(source, list(dict.fromkeys(item for items in constructs.values() for item in items))).dropna()
    flat = [name for name in given if not given[name].min() < given[name].max()]
    if flat:
        raise WaveError(f"constant: {', '.join(map(str, flat))}. Everyone gave the same answer; leave it out.")
    unit = (given - given.mean()) / given.std()
    return pd.DataFrame({name: unit[list(items)].mean(axis=1) for name, items in constructs.items()})


def full_collinearity(
    source: Wave | pd.DataFrame, constructs: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Variance inflation factor of each construct's score on all others: construct n vif above.

    Parameters
    ----------
    source
        A wave or table.
    constructs
        Items of each construct, which may be one; the score is the mean of the standardised items. By default the
        wave's batteries, or every column by itself.

    Raises
    ------
    WaveError
        An item is absent or constant, or a score is determined by others.
    OptionError
        Fewer than two constructs.
    """
    if constructs is None and isinstance(source, pd.DataFrame):
        constructs = {str(name): [str(name)] for name in source.columns}
    groups = scales(source, constructs)
    if len(groups) < 2:
        raise OptionError(f"full collinearity compares constructs; got {', '.join(groups)}.")
    given = scores(source, groups)
    correlations(given)
    design = np.column_stack([np.ones(len(given)), given.to_numpy()])
    vif = [float(variance_inflation_factor(design, at + 1)) for at in range(len(groups))]
    return pd.DataFrame(
        {"construct": list(groups), "n": len(given), "vif": vif, "above": [value > COLLINEAR for value in vif]}
    )


def marker_adjusted(R: pd.DataFrame, marker: float, n: int) -> pd.DataFrame:
    """Correlations without a marker's: construct other r adjusted t pvalue.

    (r − m)/(1 − m), with t = r_adj / √((1 − r_adj²)/(n − 3)) on n − 3 degrees of freedom (Lindell & Whitney 2001).

    Parameters
    ----------
    R : (q, q) frame
        Correlations of constructs' scores.
    marker
        m, the marker's (smallest) correlation with them.
    n
        Respondents.

    Raises
    ------
    OptionError
        m is not a correlation from 0 to below 1.
    """
    if not 0 <= marker < 1:
        raise OptionError(f"marker must be a correlation from 0 to below 1; got {marker!r}.")
    i, j = np.tril_indices(len(R), -1)
    r = R.to_numpy(float)[i, j]
    adjusted = (r - marker) / (1 - marker)
    t = adjusted / np.sqrt((1 - adjusted**2) / (n - 3))
    names = [str(name) for name in R.columns]
    return pd.DataFrame(
        {
            "construct": [names[b] for b in j],
            "other": [names[a] for a in i],
            "r": r,
            "adjusted": adjusted,
            "t": t,
            "pvalue": 2 * student.sf(np.abs(t), n - 3),
        }
    )


@dataclass(frozen=True)
class MethodFactor:
    """The model with and without a method factor.

    Attributes
    ----------
    share
        Mean share of the items' variance that is the method's.
    chisq, df, pvalue
        Improvement on one degree of freedom. A variance can't be below 0, so p is halved (Stoel et al. 2006).
    paths
        lhs op rhs group std std_with moved: standardised paths and correlations of constructs, and how far they move.
    found
        The fit with the factor; None, with a ``note``, where there is none.
    """

    share: float
    chisq: float
    df: int
    pvalue: float
    paths: pd.DataFrame
    found: Fit | None
    note: str = ""


def method_model(model: Model, name: str = "METHOD") -> Model:
    """The model with one more factor, on which every item loads 1, uncorrelated with the exogenous constructs.

    Raises
    ------
    OptionError
        The model has a variable of that name, or no constructs.
    """
    if name in (*model.latents, *model.observed):
        raise OptionError(f"name: the model has a variable `{name}` already.")
    items = list(dict.fromkeys(i for own in model.indicators.values() for i in own if i not in model.latents))
    if not items:
        raise OptionError("a method factor needs constructs with items; the model has none.")
    below = {i for own in model.indicators.values() for i in own} | set(model.endogenous)
    free = [latent for latent in model.latents if latent not in below]
    lines = [str(model), f"{name} =~ " + " + ".join(f"1*{item}" for item in items)]
    lines += [f"{name} ~~ 0*{latent}" for latent in free]
    return Model.parse("\n".join(lines), name=f"{model.name} with a method factor")


def method_factor(found: Fit, source: Wave | pd.DataFrame | None = None) -> MethodFactor:
    """Fit the model with an unmeasured method factor and see what moves.

    Parameters
    ----------
    found
        A converged fit (ML or MLR) of one group.
    source
        What it was fitted to; by default the rows that the fit used.

    Raises
    ------
    OptionError
        The fit has several groups, or neither rows nor a source.
    """
    if len(found.moments.groups) > 1:
        raise OptionError("a method factor is fitted to one group at a time.")
    if source is None and not found.moments.rows:
        raise OptionError("a method factor needs the answers; give source=.")
    given = source if source is not None else pd.DataFrame(found.moments.rows[0], columns=list(found.moments.names))
    before = _paths(found)
    try:
        after = fit(method_model(found.model), given, found.estimator.name)
    except Mkb21Error as error:
        return MethodFactor(math.nan, math.nan, 1, math.nan, before, None, str(error))
    if not after.converged:
        return MethodFactor(math.nan, math.nan, 1, math.nan, before, None, after.cause)
    of = parts(after, "METHOD")
    note = "its variance is negative: the items hold no common method of this kind" if of.variance < 0 else ""
    better = found.test.chisq - after.test.chisq
    share = float(np.mean(np.diag(of.true) / np.diag(of.cov)))
    paths = before.merge(_paths(after), on=["lhs", "op", "rhs", "group"], suffixes=("", "_with"))
    paths["moved"] = paths["std_with"] - paths["std"]
    pvalue = 1.0 if of.variance < 0 else float(chi2.sf(max(better, 0.0), 1) / 2)
    return MethodFactor(share, better, int(found.test.df - after.test.df), pvalue, paths, after, note)


def _paths(found: Fit) -> pd.DataFrame:
    """Standardised regressions, and correlations among constructs."""
    table = found.table()
    latent = table["lhs"].isin(found.model.latents) & table["rhs"].isin(found.model.latents)
    chosen = (table["op"] == "~") | ((table["op"] == "~~") & latent & (table["lhs"] != table["rhs"]))
    return table.loc[chosen, ["lhs", "op", "rhs", "group", "std"]].reset_index(drop=True)


@dataclass(frozen=True)
class MethodBias:
    """What speaks for a common method.

    Attributes
    ----------
    harman
        One factor behind all items.
    collinearity
        Variance inflation factors of the constructs' scores.
    factor
        The model with a method factor.
    """

    harman: Harman
    collinearity: pd.DataFrame
    factor: MethodFactor


def method_bias(found: Fit) -> MethodBias:
    """Harman's test, full collinearity and the method factor of a fitted model, on the rows it used.

    Raises
    ------
    OptionError
        The fit has several groups or no rows, or the model fewer than two constructs with items.
    """
    if len(found.moments.groups) > 1 or not found.moments.rows:
        raise OptionError("method bias is judged for one group at a time, from the answers.")
    rows = pd.DataFrame(found.moments.rows[0], columns=list(found.moments.names))
    own = {c: [i for i in items if i in rows] for c, items in found.model.indicators.items()}
    groups = {construct: items for construct, items in own.items() if items}
    items = list(dict.fromkeys(item for names in groups.values() for item in names))
    return MethodBias(harman(rows, items), full_collinearity(rows, groups), method_factor(found))
