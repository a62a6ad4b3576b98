"""Fit a model to a wave: data in, `Fit` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import FitError, OptionError, one_of
from mkb21sem.estimate.chisquare import Test, baseline, standard
from mkb21sem.estimate.implied import cell_values, matrices
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.moments import Moments, moments
from mkb21sem.estimate.scoring import Minimum, minimise
from mkb21sem.estimate.standard import standardize
from mkb21sem.estimate.starts import start
from mkb21sem.estimate.vcov import expected, undetermined
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout, layout
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave


@dataclass(frozen=True, slots=True)
class Estimator:
    """A row of the table of estimators: a loss, a covariance of the estimates, a test of fit."""

    name: str
    loss: str
    vcov: str
    test: str
    words: str


ESTIMATORS = {
    "ML": Estimator("ML", "normal", "expected", "standard", "maximum likelihood, normal theory"),
}


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
        Test of fit and of the independence model.
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
        K = self.layout.K.reshape(-1, self.layout.k)
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
        names, p = list(self.layout.variables), self.layout.p
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
    wave: Wave | pd.DataFrame,
    estimator: str = "ML",
    *,
    group: str | None = None,
    equal: Sequence[str] = (),
    free: Sequence[str] = (),
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
        column for every observed variable; NaN is a missing answer. Rows with one are left out and counted.
    estimator
        A name in `ESTIMATORS`.
    group
        Column that tells groups, each fitted with parameters of its own except what ``equal`` names.
    equal, free
        Kinds of parameters equal over groups, and single arrows exempt from that; see `layout`.
    std_lv, fixed_x, meanstructure
        lavaan's ``std.lv``, ``fixed.x`` and ``meanstructure``; several groups have means unless told otherwise.

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
        An unknown estimator or option.
    """
    one_of("estimator", estimator, ESTIMATORS)
    if not isinstance(model, Model):
        raise OptionError(f"model must be a Model (Model.read or Model.parse); got {type(model).__name__}.")
    sample = moments(table(wave, model, group), model.observed, group)
    where = layout(
        model,
        sample.groups,
        equal=equal,
        free=free,
        std_lv=std_lv,
        fixed_x=fixed_x,
        meanstructure=len(sample.groups) > 1 if meanstructure is None else meanstructure,
    )
    _check_df(where)
    with one_thread():
        return _estimate(model, where, ESTIMATORS[estimator], sample)


def table(wave: Wave | pd.DataFrame, model: Model, group: str | None = None) -> pd.DataFrame:
    """The columns that the model needs, from a wave or a table.

    Raises
    ------
    OptionError
        Neither a wave nor a table.
    """
    if isinstance(wave, Wave):
        return wave.frame([*model.observed, *([group] if group else [])])
    if isinstance(wave, pd.DataFrame):
        return wave
    raise OptionError(f"wave must be a Wave or a pandas DataFrame; got {type(wave).__name__}.")


def _check_df(where: Layout) -> None:
    if where.df < 0:
        raise FitError(
            f"the model asks for {where.k} parameters of {where.moments} moments (df = {where.df}): it can't be "
            "identified. Fix or remove arrows, or add indicators."
        )


def _estimate(model: Model, where: Layout, row: Estimator, sample: Moments) -> Fit:
    loss = NormalLoss.of(where, sample.augmented(where.meanstructure)[None], sample.share)
    begin = start(where, sample.cov, sample.mean)[None]
    if not np.isfinite(loss.value(begin))[0]:
        begin = begin / 2
    found = minimise(loss, begin)
    theta = found.theta[0]
    converged, cause = bool(found.converged[0]), ""
    vcov = np.full((where.k, where.k), np.nan)
    if converged:
        vcov = expected(loss.derivatives(theta[None])[1][0], sample.total)
        if not np.isfinite(vcov).all():
            cause = _undetermined(where, loss, theta)
    else:
        cause = _not_converged(found)
    value = float(found.value[0])
    return Fit(
        model,
        where,
        row,
        sample,
        theta,
        cell_values(where, theta, loss.fixed[0]),
        vcov,
        value,
        standard(value if converged else np.nan, where.df, sample.total),
        baseline(sample, where),
        converged,
        int(found.iterations[0]),
        cause,
    )


def _undetermined(where: Layout, loss: NormalLoss, theta: Array) -> str:
    """Raise if the model is not identified anywhere near; else say that this sample doesn't identify it."""
    shaken = theta * (1 + 0.05 * np.random.default_rng(1).standard_normal(len(theta)))
    here, there = (undetermined(loss.derivatives(at[None])[1][0]) for at in (theta, shaken))
    direction = here if here is not None else np.zeros(len(theta))
    names = [name for name, size in zip(where.names, direction, strict=True) if size > 0.1]
    listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    if there is not None:
        raise FitError(
            f"the model is not identified: {listed} can change together without changing what the model implies. "
            "Fix one of them, set a marker (1*item), or add indicators."
        )
    return f"the sample hardly determines {listed}: standard errors are not given."


def _not_converged(found: Minimum) -> str:
    return (
        f"no minimum after {int(found.iterations[0])} steps. Often a construct with weak or contradictory items, "
        "a model far from the data, or too small a sample. Look at the correlations, simplify the model, or give START values."
    )
