"""What the test of fit would lose if an arrow were free: score tests, all at once and without refitting.

With gradient g and information I of the free parameters θ and a candidate x, all at the estimates,

    e = g_x − I_xθ I_θθ⁻¹ g_θ,  V = I_xx − I_xθ I_θθ⁻¹ I_θx
    MI = n e²/V,  EPC = −e/V                          Sörbom (1989); Saris, Satorra & Sörbom (1987)
    robust: n e²/(a'Ba),  a = (−I_θθ⁻¹ I_θx, 1)       Boos (1992), B the covariance of the scores
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mkb21sem.errors import FitError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of
from mkb21sem.estimate.standard import KINDS, factors
from mkb21sem.infer.localfit.candidates import Candidate, augmented, candidates
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout
from mkb21sem.specify.model import INTERCEPT

UNDETERMINED = 1e-8
"""Share of a candidate's information that θ leaves to it, below which it can't be told from θ."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Score tests of m candidates, each on its own.

    Attributes
    ----------
    mi, epc, robust : (m,)
        NaN where a candidate can't be told from the free parameters; ``robust`` NaN without a meat.
    """

    mi: Array
    epc: Array
    robust: Array


def score_tests(gradient: Array, information: Array, k: int, n: float, meat: Array | None = None) -> Scores:
    """Score tests of the parameters behind the first k.

    Parameters
    ----------
    gradient : (k + m,)
        Of f, half the discrepancy.
    information : (k + m, k + m)
        Of one observation.
    k
        Parameters that are free.
    n
        Observations.
    meat : (k + m, k + m)
        Covariance of the casewise scores, for the robust version.
    """
    within, across = information[:k, :k], information[:k, k:]
    slope = np.linalg.solve(within, across)
    own = np.diagonal(information)[k:]
    effective = gradient[k:] - gradient[:k] @ slope
    left = own - np.einsum("km,km->m", across, slope)
    left = np.where(left > UNDETERMINED * own, left, np.nan)
    robust = np.full_like(left, np.nan)
    if meat is not None:
        middle = meat[:k, :k] @ slope - 2 * meat[:k, k:]
        spread = np.diagonal(meat)[k:] + np.einsum("km,km->m", slope, middle)
        robust = n * effective**2 / np.where(np.isnan(left) | (spread <= 0), np.nan, spread)
    return Scores(n * effective**2 / left, -effective / left, robust)


def modification(found: Fit) -> pd.DataFrame:
    """Modification indices: lhs op rhs group mi robust epc sepc_lv sepc_all sepc_nox, the largest first.

    Parameters
    ----------
    found
        A converged fit.

    Returns
    -------
    DataFrame
        A row for every fixed arrow and every absent one that `candidates` names, unless the free parameters can
        already do what it would. ``mi`` is the fall of χ² to expect, ``epc`` the value to expect; ``sepc_*`` is that
        value standardised. ``robust`` is the generalised score test, for estimators with robust standard errors.

    Raises
    ------
    FitError
        The fit did not converge, or the sample doesn't determine its parameters.

    Notes
    -----
    Expected information, like lavaan's (under missing answers that of the patterns that occurred). An index says what
    would fit better, not what is true: free an arrow that theory can defend, and say so.
    """
    require_minimum(found, "modification indices")
    named = candidates(found.layout)
    width = max(len(found.layout.row), 1)
    batches = [named[i : i + width] for i in range(0, len(named), width)]
    with one_thread():
        frames = [_tested(found, batch) for batch in batches]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
    return table.dropna(subset="mi").sort_values("mi", ascending=False, kind="stable").reset_index(drop=True)


_COLUMNS = ["lhs", "op", "rhs", "group", "mi", "robust", "epc", "sepc_lv", "sepc_all", "sepc_nox"]


def require_minimum(found: Fit, what: str) -> None:
    """Raise unless the fit has converged with its parameters determined."""
    if not np.isfinite(found.vcov).all():
        raise FitError(f"{what} need estimates at a minimum, and there is none: {found.cause}")


def _tested(found: Fit, batch: Sequence[Candidate]) -> pd.DataFrame:
    at = inference(found, augmented(found.layout, batch))
    gradient = at.loss.derivatives(at.theta[None])[0][0]
    tests = score_tests(gradient, at.expected, found.layout.k, found.moments.total, meat(at))
    numbers = {"mi": tests.mi, "robust": tests.robust, "epc": tests.epc}
    for kind in KINDS[1:] + KINDS[:1]:
        numbers[f"sepc_{kind}"] = tests.epc * _own_factors(at, batch, kind)
    arrows = [candidate.arrow for candidate in batch]
    places = {
        "lhs": [a.lhs for a in arrows],
        "op": ["~1" if a.rhs == "1" else a.op for a in arrows],
        "rhs": ["" if a.rhs == "1" else a.rhs for a in arrows],
        "group": [found.moments.groups[candidate.group] for candidate in batch],
    }
    return pd.DataFrame(places | numbers)[_COLUMNS]


def inference(found: Fit, wider: Layout) -> Inference:
    """The fit as a point in a wider layout, whose cells and parameters begin with its own and go on with zeros."""
    loss = loss_of(found.estimator, found.layout, found.moments)
    own = loss.fixed
    fixed = np.zeros((*own.shape[:-1], len(wider.row)))
    fixed[..., : own.shape[-1]] = own
    cells = np.pad(found.cells, ((0, 0), (0, len(wider.row) - found.cells.shape[1])))
    theta = np.append(found.theta, np.zeros(wider.k - found.layout.k))
    loss = replace(loss, layout=wider, fixed=fixed)  # type: ignore[type-var]
    return Inference(found.estimator, wider, loss, found.moments, theta, cells, found.loss)


def meat(at: Inference) -> Array | None:
    """Covariance of the scores, by the estimator's kind of standard errors; None where they are not robust."""
    match at.row.vcov:
        case "huber.white":
            return at.first_order
        case "sandwich":
            return at.moment_meat
    return None


def _own_factors(at: Inference, batch: Sequence[Candidate], kind: str) -> Array:
    """What the value of each candidate is multiplied by in the standardised solution."""
    k = at.layout.k - len(batch)
    group = [candidate.group for candidate in batch]
    cell = [int(np.flatnonzero(at.layout.K[g, :, k + j])[0]) for j, g in enumerate(group)]
    # An exogenous variable that an arrow points at is one no longer.
    outcome = [
        c.arrow.op == "~" and c.arrow.rhs != INTERCEPT and c.arrow.lhs in at.layout.model.exogenous for c in batch
    ]
    own, everything = (factors(at.layout, at.cells, each)[group, cell] for each in (kind, "all"))
    return np.where(np.array(outcome) & (kind == "nox"), everything, own)
