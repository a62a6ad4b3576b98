"""What the model leaves of the sample moments: residuals with standard errors.

With W the weight that the estimator gives the sample moments, Γ their asymptotic covariance, Δ the derivatives of the
implied moments and J = Σ_g (n_g/N) Δ'WΔ, the residuals e of group g move with the sample moments s of every group h,

    ∂e_g/∂s_h = [g = h] I − (n_h/N) Δ_g J⁻¹ Δ_h'W_h

so that ACOV(e_g) = Σ_h (∂e_g/∂s_h) Γ_h (∂e_g/∂s_h)' / n_h (Ogasawara 2001; Maydeu-Olivares 2017).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import centred, implied, moment_derivative
from mkb21sem.estimate.quadratic import normal_weight
from mkb21sem.linalg import Array, vech, vech_index
from mkb21sem.specify.layout import Layout

KINDS = ("raw", "cor", "standardized")
EXACT = 1e-6
"""A residual whose standard error is this small beside that of its sample moment is zero whatever the sample."""


def residuals(found: Fit, kind: str = "raw", *, across: bool = True) -> pd.DataFrame:
    """Sample moments minus implied ones: lhs op rhs group residual se z p.

    Parameters
    ----------
    found
        A fit.
    kind
        ``raw``: in the units of the items; ``cor``: divided by the sample SDs (Bentler 1995), so that 0.10 is a
        gap of 0.10 in a correlation; ``standardized``: divided by their standard errors.
    across
        Whether standard errors count the sampling error of other groups, to which common parameters tie this one.
        They should; lavaan leaves it out.

    Returns
    -------
    DataFrame
        One row a covariance (``~~``) and, with a mean structure, a mean (``~1``). No se, z and p where the model
        reproduces a moment in every sample, and where the fit did not converge.

    Raises
    ------
    OptionError
        An unknown kind.

    Notes
    -----
    Normal theory, with Γ at the sample's and W at the implied moments, like lavaan's.
    """
    one_of("kind", kind, KINDS)
    scale = sample_scale(found) if kind == "cor" else np.ones_like(moment_residuals(found))
    residual = moment_residuals(found) * scale
    se = standard_errors(found, residual_covariance(found, across=across)) * scale
    z = residual / se
    if kind == "standardized":
        residual, se = z, np.where(np.isnan(se), np.nan, 1.0)
    frames = []
    for g, group in enumerate(found.moments.groups):
        frame = _places(found.layout).assign(group=group, residual=residual[g], se=se[g], z=z[g])
        # The formulas have the means first, the reader expects the covariances.
        frames.append(frame.sort_values("op", ascending=False, kind="stable"))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(p=2 * norm.sf(table["z"].abs()))


def moment_residuals(found: Fit) -> Array:
    """Raw residuals of means (if there is a mean structure) and of vech of the covariances, (g, m)."""
    mu, Sigma, _, _ = centred(found.layout, implied(found.layout, found.cells))
    e = vech(found.moments.cov - Sigma)
    return np.concatenate([found.moments.mean - mu, e], axis=-1) if found.layout.meanstructure else e


def sample_scale(found: Fit) -> Array:
    """By what residuals are multiplied to be in units of the sample SDs, (g, m)."""
    sd = np.sqrt(np.diagonal(found.moments.cov, axis1=1, axis2=2))
    row, col = vech_index(sd.shape[-1])
    scale = 1 / (sd[:, row] * sd[:, col])
    return np.concatenate([1 / sd, scale], axis=-1) if found.layout.meanstructure else scale


def standard_errors(found: Fit, covariance: Array) -> Array:
    """Standard errors of the raw residuals, (g, m), from their covariance (g, m, m).

    NaN where a residual is zero in every sample.
    """
    variance, S = np.diagonal(covariance, axis1=1, axis2=2), found.moments.cov
    sampling = np.diagonal(_fourth(S), axis1=1, axis2=2)
    if found.layout.meanstructure:
        sampling = np.concatenate([np.diagonal(S, axis1=1, axis2=2), sampling], axis=-1)
    sampling = sampling / found.moments.n[:, None]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(variance > EXACT**2 * sampling, np.sqrt(np.maximum(variance, 0)), np.nan))


def residual_covariance(
    found: Fit,
    *,
    gamma: Array | None = None,
    weight: Array | None = None,
    across: bool = True,
) -> Array:
    """Asymptotic covariance of the raw residuals, (g, m, m); NaN where the fit did not converge.

    Parameters
    ----------
    found
        A fit.
    gamma, weight : (g, m, m)
        Γ and W of each group; normal theory at the sample and at the implied moments where not given.
    across
        Whether the sample moments of other groups count.
    """
    where = found.layout
    model = implied(where, found.cells)
    gamma = normal_gamma(found) if gamma is None else gamma
    if not np.isfinite(found.vcov).all():
        return np.full_like(gamma, np.nan)
    W = normal_weight(centred(where, model)[1], where.meanstructure) if weight is None else weight
    Delta = moment_derivative(where, model)
    share = found.moments.share
    weighted = share[:, None, None] * (np.swapaxes(Delta, 1, 2) @ W)
    slope = np.linalg.solve((weighted @ Delta).sum(axis=0), weighted)
    out = np.zeros_like(gamma)
    for g in range(len(gamma)):
        for h in range(len(gamma)) if across else (g,):
            move = (g == h) * np.eye(W.shape[-1]) - Delta[g] @ slope[h]
            out[g] += move @ gamma[h] @ move.T / found.moments.n[h]
    return out


def normal_gamma(found: Fit) -> Array:
    """Γ of the sample moments under normality at the sample's covariances, (g, m, m).

    Moments of exogenous variables held at the sample's don't vary: with H the covariances that exogenous variables
    explain, cov(s_ij, s_kl) = S_ik S_jl + S_il S_jk − H_ik H_jl − H_il H_jk, and means vary by S − H.
    """
    S = found.moments.cov
    H = _explained(S, [found.moments.names.index(name) for name in found.layout.exogenous])
    block = _fourth(S) - _fourth(H)
    if not found.layout.meanstructure:
        return block
    p, m = S.shape[-1], block.shape[-1]
    out = np.zeros((len(S), p + m, p + m))
    out[:, :p, :p], out[:, p:, p:] = S - H, block
    return out


def _explained(S: Array, held: Sequence[int]) -> Array:
    if not held:
        return np.zeros_like(S)
    among, cross = S[:, held][:, :, held], S[:, held]
    return np.asarray(np.swapaxes(cross, 1, 2) @ np.linalg.solve(among, cross))


def _fourth(S: Array) -> Array:
    row, col = vech_index(S.shape[-1])
    i, j = row[:, None], col[:, None]
    return np.asarray(S[:, i, row] * S[:, j, col] + S[:, i, col] * S[:, j, row])


def _places(where: Layout) -> pd.DataFrame:
    """Which moment each residual is about: lhs op rhs."""
    names = np.array(where.observed)
    row, col = vech_index(len(names))
    covariances = pd.DataFrame({"lhs": names[col], "op": "~~", "rhs": names[row]})
    if not where.meanstructure:
        return covariances
    return pd.concat([pd.DataFrame({"lhs": names, "op": "~1", "rhs": ""}), covariances], ignore_index=True)
