"""What the items share before any model: KMO, Bartlett, exploratory factor analysis (factor_analyzer)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from factor_analyzer import FactorAnalyzer, Rotator
from factor_analyzer.factor_analyzer import calculate_bartlett_sphericity, calculate_kmo

from mkb21sem.errors import FitError, OptionError, one_of
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import Correlations, correlations
from mkb21sem.validate.minres import polished
from mkb21sem.validate.solution import Factors, describe

METHODS = {"minres": "minimum residuals", "ml": "maximum likelihood"}
ROTATIONS = {
    "none": None,
    "varimax": "varimax",
    "promax": "promax",
    "oblimin": "oblimin",
    "quartimin": "quartimin",
    "geomin": "geomin_obl",
}
BOUND = 0.005
KMO_WORDS = ((0.9, "marvelous"), (0.8, "meritorious"), (0.7, "middling"), (0.6, "mediocre"), (0.5, "miserable"))
KMO_RULE = (
    ".90 marvelous, .80 meritorious, .70 middling, .60 mediocre, .50 miserable, below unacceptable "
    "(Kaiser & Rice 1974). Labels of taste: KMO grows with the number of items."
)

Source = Wave | pd.DataFrame | Correlations


@contextmanager
def _quiet() -> Iterator[None]:
    """One BLAS thread, and none of factor_analyzer's warnings about scikit-learn's future or single factors."""
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")
        yield


def rows_with(R: Array, n: int) -> Array:
    """Rows (n, p) whose correlations are exactly R: for functions that take answers and no matrix.

    The columns of the cosine basis that are orthogonal to the constant, times a square root of R.
    """
    p = len(R)
    at = np.arange(n)[:, None] + 0.5
    basis = np.cos(np.pi * at * np.arange(1, p + 1) / n) * math.sqrt(2)
    return np.asarray(basis @ np.linalg.cholesky(R).T)


def kmo(source: Source, items: Sequence[str] | None = None, correlation: str = "pearson") -> pd.DataFrame:
    """Kaiser-Meyer-Olkin measure Σr² / (Σr² + Σ partial r²), overall and by item (Kaiser 1974).

    Parameters
    ----------
    source
        A wave, a table of answers, or correlations.
    items
        Which items; None for all of a table.
    correlation
        How to correlate answers.

    Returns
    -------
    DataFrame
        item kmo word; the first row, with an empty item, is the overall one. The words follow `KMO_RULE`.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others.
    """
    of = correlations(source, items, correlation)
    _at_least_two(of)
    with _quiet():
        by_item, overall = calculate_kmo(rows_with(of.R, 2 * len(of.R) + 2))
    values = [float(overall), *map(float, by_item)]
    return pd.DataFrame({"item": ["", *of.items], "kmo": values, "word": [kmo_word(value) for value in values]})


def kmo_word(value: float) -> str:
    """Kaiser's word for a KMO."""
    return next((word for bound, word in KMO_WORDS if value >= bound), "unacceptable")


@dataclass(frozen=True, slots=True)
class Bartlett:
    """Test that all correlations are zero: χ² = −(n − 1 − (2p+5)/6) ln|R|, df = p(p−1)/2 (Bartlett 1950)."""

    chisq: float
    df: int
    pvalue: float
    n: int
    determinant: float


def bartlett(
    source: Source,
    items: Sequence[str] | None = None,
    correlation: str = "pearson",
    n: int | None = None,
) -> Bartlett:
    """Bartlett's test of sphericity.

    Parameters
    ----------
    source, items, correlation
        As for `kmo`.
    n
        Respondents behind a given matrix of correlations.

    Raises
    ------
    OptionError
        A matrix without its n.
    """
    of = correlations(source, items, correlation, n)
    _at_least_two(of)
    if of.n <= len(of.items):
        raise OptionError(f"n must be more than the {len(of.items)} items behind the correlations; got {of.n}.")
    p = len(of.items)
    with _quiet():
        chisq, pvalue = calculate_bartlett_sphericity(rows_with(of.R, of.n))
    return Bartlett(float(chisq), p * (p - 1) // 2, float(pvalue), of.n, float(np.linalg.det(of.R)))


def _at_least_two(of: Correlations) -> None:
    if len(of.items) < 2:
        raise OptionError(f"items must be two or more; got {', '.join(of.items)}.")


def factors(
    source: Source,
    items: Sequence[str] | None = None,
    n_factors: int = 1,
    method: str = "minres",
    rotation: str = "oblimin",
    correlation: str = "pearson",
    n: int | None = None,
) -> Factors:
    """Exploratory factor analysis.

    Parameters
    ----------
    source
        A wave, a table of answers, or correlations (with ``n``).
    items
        Which items; None for all of a table.
    n_factors
        m; see `retain`.
    method
        "minres" (least squares of the residual correlations; Harman & Jones 1966) or "ml".
    rotation
        "none", "varimax" (Kaiser normalisation), "promax" (power 4), "oblimin" (γ = 0, no normalisation),
        "quartimin" or "geomin" (δ = .01); one factor isn't rotated.
    correlation
        How to correlate answers.
    n
        Respondents behind a given matrix.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others.
    OptionError
        An unknown method, rotation or kind; more factors than the items allow.
    FitError
        factor_analyzer found no solution.

    Notes
    -----
    Extraction and rotation are factor_analyzer's; where its minres stops short of the minimum, it is carried on. Its
    order of the factor correlations, and the communalities and variances that it makes of an oblique pattern, are not
    used.
    """
    one_of("method", method, METHODS)
    one_of("rotation", rotation, ROTATIONS)
    of = correlations(source, items, correlation, n)
    _check_count(n_factors, len(of.items))
    try:
        with _quiet():
            loading = _extract(of.R, n_factors, method)
            pattern, phi = _rotate(loading, ROTATIONS[rotation])
    except (ValueError, np.linalg.LinAlgError) as error:
        raise FitError(
            f"no solution with {n_factors} factor(s) by {method}, {rotation} ({error}). Try fewer factors."
        ) from error
    return describe(of, pattern, phi, method, rotation, BOUND)


def _check_count(m: int, p: int) -> None:
    most = max((m for m in range(1, p) if (p - m) ** 2 >= p + m), default=0)
    if isinstance(m, bool) or not isinstance(m, (int, np.integer)) or not 1 <= m <= most:
        raise OptionError(f"n_factors must be a whole number from 1 to {most} for {p} items; got {m!r}.")


def _extract(R: Array, m: int, method: str) -> Array:
    analysis = FactorAnalyzer(m, rotation=None, method=method, is_corr_matrix=True, bounds=(BOUND, 1))
    loading = np.asarray(analysis.fit(R.copy()).loadings_, dtype=float)
    return polished(R, loading, BOUND) if method == "minres" else loading


def _rotate(loading: Array, rotation: str | None) -> tuple[Array, Array]:
    """Pattern and factor correlations, ordered by the factors' variance, each factor with a positive sum."""
    m = loading.shape[1]
    pattern, phi = loading, np.eye(m)
    if rotation is not None and m > 1:
        # Of the relative gain of an iteration in varimax, of the gradient in the others.
        tol = 1e-14 if rotation in ("varimax", "promax") else 1e-7
        rotator = Rotator(rotation, tol=tol, max_iter=2000)
        pattern = rotator.fit_transform(loading)
        phi = np.eye(m) if rotator.phi_ is None else np.asarray(rotator.phi_)
    order = np.argsort(-np.diag(phi @ pattern.T @ pattern), kind="stable")
    sign = np.where(pattern.sum(axis=0) < 0, -1.0, 1.0)[order]
    return pattern[:, order] * sign, phi[np.ix_(order, order)] * np.outer(sign, sign)
