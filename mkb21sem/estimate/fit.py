"""Fit a model to a wave: data in, `Fit` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import FitError, OptionError, one_of
from mkb21sem.estimate.bounds import bounded_vcov, solve_within
from mkb21sem.estimate.chisquare import NOT_CONVERGED, Test
from mkb21sem.estimate.diagnosis import lacks_rank, not_converged, undetermined_by
from mkb21sem.estimate.estimators import Estimator
from mkb21sem.estimate.implied import matrices, offset
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.moments import Moments, given
from mkb21sem.estimate.options import check_summary, estimator_row, ordinal_items, table
from mkb21sem.estimate.ordered.ordinal import derived_cells
from mkb21sem.estimate.rows import moments
from mkb21sem.estimate.solve import solve
from mkb21sem.estimate.standard import standardize
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout, independence, layout
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

LARGEST = 4 * 2**30
"""Bytes that the derivatives of the moments may take: some 600 variables with two parameters each."""


@dataclass(frozen=True)
class Fit:
    """A model, the sample it was fitted to, and what came out.

    Attributes
    ----------
    model, layout, estimator, moments
        What was fitted, how, and to what.
    theta : (k,)
        Free parameters, in the order of ``layout.names``.
    cells : (g, c)
        Every parameter of every group, fixed ones too, in the order of ``layout.rows``.
    vcov : (k, k)
        Covariance of theta; NaN without convergence.
    loss
        f at theta.
    test, baseline
        Unscaled test of fit, of the model and of the independence model.
    scaled, baseline_scaled
        The estimator's scaled tests; None where the unscaled one is its own.
    converged
        False if no number below may be interpreted; ``cause`` says why.
    iterations
        Steps taken.
    cause
        Empty, or what went wrong and what may help.
    """

    model: Model
    layout: Layout
    estimator: Estimator
    moments: Moments
    theta: Array
    cells: Array
    vcov: Array
    loss: float
    test: Test
    baseline: Test
    converged: bool
    iterations: int
    cause: str = ""
    scaled: Test | None = None
    baseline_scaled: Test | None = None

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """All parameters: lhs op rhs group label est se z p low high std.

        Parameters
        ----------
        level
            Of the interval low–high (normal approximation).

        Notes
        -----
        Fixed parameters have no se, z, p or interval. ``std`` is std.all. Residual variances and
        intercepts are rows too.
        """
        K = self.layout.K.reshape(len(self.layout.rows), self.layout.k)
        variance = np.einsum("ij,jk,ik->i", K, self.vcov, K)
        free = np.array([row.free for row in self.layout.rows])
        est = self.cells.ravel()
        se = np.sqrt(np.where(free & (variance > 0), variance, np.nan))
        z = est / se
        half = norm.isf((1 - level) / 2) * se
        arrows = [row.arrow for row in self.layout.rows]
        return pd.DataFrame(
            {
                "lhs": [a.lhs for a in arrows],
                "op": ["~1" if a.rhs == "1" else a.op for a in arrows],
                "rhs": ["" if a.rhs == "1" else a.rhs for a in arrows],
                "group": [self.moments.groups[row.group - 1] for row in self.layout.rows],
                "label": [a.label for a in arrows],
                "est": est,
                "se": se,
                "z": z,
                "p": 2 * norm.sf(np.abs(z)),
                "low": est - half,
                "high": est + half,
                "std": standardize(self.layout, self.cells).ravel(),
            }
        )

    def matrix(self, name: str) -> pd.DataFrame:
        """One model matrix with names: A, S (RAM) or Lambda, Beta, Psi, Theta (LISREL), groups stacked.

        Raises
        ------
        OptionError
            An unknown name.
        """
        one_of("matrix", name, ("A", "S", "Lambda", "Beta", "Psi", "Theta"))
        A, S = matrices(self.layout, self.cells)
        whole = S if name in ("S", "Psi", "Theta") else A
        names, p = np.array(self.layout.variables), self.layout.p
        y, f = slice(0, len(self.layout.observed)), slice(p, None)
        rows, cols = {"Lambda": (y, f), "Beta": (f, f), "Psi": (f, f), "Theta": (y, y)}.get(
            name, (slice(None), slice(None))
        )
        blocks = {
            group: pd.DataFrame(whole[g][rows, cols], index=names[rows], columns=names[cols])
            for g, group in enumerate(self.moments.groups)
        }
        return blocks[self.moments.groups[0]] if len(blocks) == 1 else pd.concat(blocks)

    def __str__(self) -> str:
        if not self.converged:
            return f"NOT CONVERGED: {self.cause}"
        n, test = self.moments.total, self.test
        return (
            f"{self.model.name}: {self.estimator.name}, N = {n}, {self.layout.k} free parameters, "
            f"chi-square({test.df}) = {test.chisq:.3f}, p = {test.pvalue:.3f}"
        )


def fit(
    model: Model,
    wave: Wave | pd.DataFrame | Moments,
    estimator: str = "ML",
    *,
    missing: str = "listwise",
    group: str | None = None,
    equal: Sequence[str] = (),
    free: Sequence[str] = (),
    weights: str | None = None,
    ordered: Sequence[str] | bool | None = None,
    parameterization: str = "delta",
    std_lv: bool = False,
    fixed_x: bool = True,
    meanstructure: bool | None = None,
) -> Fit:
    """Estimate the model's free parameters from a wave.

    Parameters
    ----------
    model
        The arrows.
    wave
        A `Wave` (respondents who were not asked the model's questions are left out) or any table with a
        column for every observed variable; NaN is a missing answer. Or `Moments`: a printed covariance matrix with
        its n, for the estimators that need no rows (ML, GLS, ULS).
    estimator
        A name in `estimators.ESTIMATORS`.
    missing
        ``listwise``: rows with a missing answer are left out and counted. ``fiml``: every row counts with what it
        answered (ML and MLR), with observed information. ``pairwise``: every pair of ordinal items counts with the
        rows that answered both.
    group
        Column that tells groups, each fitted with parameters of its own except what ``equal`` names.
    equal, free
        Kinds of parameters equal over groups, and single arrows exempt from that; see `layout`.
    weights
        Column of sampling weights: pseudo-maximum likelihood, with MLR's standard errors and test.
    ordered
        Ordinal items for WLSMV and its relatives: names, or True for all but exogenous variables. None takes what the
        spec says by DEFINE(ordinal), or else the items that the wave's codebook calls ordinal.
    parameterization
        delta or theta: ordinal items are scaled by their total or by their residual standard deviation.
    std_lv, fixed_x, meanstructure
        lavaan's ``std.lv``, ``fixed.x`` and ``meanstructure``; several groups and fiml have means unless told
        otherwise.

    Returns
    -------
    Fit
        With ``converged=False`` and a cause where the minimiser found no minimum.

    Raises
    ------
    WaveError
        The table lacks a variable, or holds one that no covariance can be made of.
    FitError
        Too few rows, or a model that the moments can't identify.
    OptionError
        An unknown estimator or option, or options that don't go together.
    """
    if not isinstance(model, Model):
        raise OptionError(f"model must be a Model (Model.read or Model.parse); got {type(model).__name__}.")
    row = estimator_row(estimator, missing, weights)
    one_of("parameterization", parameterization, ("delta", "theta"))
    _check_size(model)
    ordinal = () if isinstance(wave, Moments) else ordinal_items(row, model, wave, ordered, missing, fixed_x)
    with one_thread():
        if isinstance(wave, Moments):
            check_summary(row, missing, group, weights, ordered)
            sample = given(wave, model.observed)
        else:
            sample = moments(
                table(wave, model, group, weights),
                model.observed,
                group,
                missing=missing,
                weights=weights,
                complete=model.exogenous if fixed_x else (),
                ordered=ordinal,
            )
        where = layout(
            model,
            sample.groups,
            equal=equal,
            free=free,
            std_lv=std_lv,
            fixed_x=fixed_x,
            meanstructure=len(sample.groups) > 1 or missing == "fiml" if meanstructure is None else meanstructure,
            thresholds=sample.threshold_counts,
            parameterization=parameterization,
        )
        if where.meanstructure and sample.mean is None:
            raise OptionError("the model has means; give Moments(…, mean=…) as well, or leave the means out.")
        if missing == "fiml" and not where.meanstructure:
            raise OptionError("missing='fiml' needs means; leave meanstructure out or set it to True.")
        return fit_layout(where, row, sample)


def _check_size(model: Model) -> None:
    """Refuse a model whose derivatives, a parameter's for every pair of variables, don't fit into memory."""
    p = len(model.observed)
    k = p + sum(arrow.value is None for arrow in model.arrows)
    if 8 * p * p * k > LARGEST:
        raise FitError(
            f"the model has {p} observed variables and about {k} parameters: to fit it takes "
            f"{8 * p * p * k / 2**30:,.0f} GB of memory, and at most {LARGEST // 2**30} GB is asked for. Split the "
            "model, or use scale means in place of single items."
        )


def _check_df(where: Layout) -> None:
    if where.df < 0:
        raise FitError(
            f"the model asks for {where.k} parameters of {where.moments} moments (df = {where.df}): it can't be "
            "identified. Fix or remove arrows, or add indicators."
        )


def fit_layout(where: Layout, row: Estimator, sample: Moments, before: Fit | None = None) -> Fit:
    """Estimate the free parameters of a layout from moments.

    Parameters
    ----------
    where, row, sample
        What to fit, how, and to what; the layout's groups and thresholds are the sample's.
    before
        A fit of another layout of the same arrows to the same moments, to begin from and with the same baseline.

    Raises
    ------
    FitError
        A model that the moments can't identify.
    """
    _check_df(where)
    model, begin = where.model, None if before is None else nearest(where, before.cells)
    found, at, held = solve_within(row, where, sample, begin)
    converged = bool(found.converged[0])
    vcov, cause = np.full((where.k, where.k), np.nan), ""
    if not converged:
        if np.isfinite(at.minimum):
            undetermined_by(at)
        cause = not_converged(found, at)
    if converged:
        vcov = bounded_vcov(at, held) if held.any() else at.vcov()
        if sample.patterns and lacks_rank(at):
            vcov = np.full_like(vcov, np.nan)
        if not np.isfinite(vcov).all():
            cause = undetermined_by(at)
        elif held.any():
            names = ", ".join(name for name, on in zip(where.names, held, strict=True) if on)
            cause = f"{names} on the bound: no standard error there, and the test of fit is approximate."
    usable = converged and bool(np.isfinite(vcov).all())
    baseline, baseline_scaled = (
        _baseline(where, row, sample) if before is None else (before.baseline, before.baseline_scaled)
    )
    return Fit(
        model,
        where,
        row,
        sample,
        at.theta,
        _shown(where, at, sample),
        vcov,
        at.minimum,
        at.standard() if converged else Test("standard", np.nan, where.df, NOT_CONVERGED),
        baseline,
        converged,
        int(found.iterations[0]),
        cause,
        at.scaled() if usable else _no_scaled(row, where.df),
        baseline_scaled,
    )


def _baseline(where: Layout, row: Estimator, sample: Moments) -> tuple[Test, Test | None]:
    base, at = solve(row, independence(where), sample)
    return at.standard(), at.scaled() if base.converged[0] else _no_scaled(row, at.layout.df)


def nearest(where: Layout, cells: Array) -> Array:
    """The parameters (k,) whose cells come closest to these (g, c), by least squares over the free ones."""
    K = where.K.reshape(len(where.rows), where.k)
    return np.asarray(np.linalg.lstsq(K, (cells - where.offset).ravel() * K.any(axis=1), rcond=None)[0])


def _shown(where: Layout, at: Inference, sample: Moments) -> Array:
    """Cell values for print: with the residual variances and moments of causes that ordinal items leave open."""
    cells = derived_cells(where, at.cells, at.model)
    if not where.thresholds or not where.exogenous:
        return cells
    return np.where(where.sample, offset(where, sample.augmented(True)), cells)


def _no_scaled(row: Estimator, df: float) -> Test | None:
    return None if row.test == "standard" else Test(row.test, np.nan, df, NOT_CONVERGED)
