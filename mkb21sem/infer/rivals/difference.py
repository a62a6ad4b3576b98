"""How much worse the smaller of two nested models fits: the difference of their χ², scaled as the estimator needs.

With T₀, d₀, c₀ of the smaller model (statistic, degrees of freedom, scaling factor) and T₁, d₁, c₁ of the larger one,
m = d₀ − d₁ and T = T₀ − T₁ of the unscaled statistics:

    plain                 T on m degrees of freedom
    satorra.bentler.2001  T / c,  c = (d₀c₀ − d₁c₁) / m                Satorra & Bentler (2001)
    satorra.bentler.2010  the same with the larger model's factor at the smaller one's estimates, so that c stays
                          positive                                     Satorra & Bentler (2010)
    satorra.2000          the first moments of T from its own eigenvalues, those of (AP⁻¹A')⁻¹ A V A'   Satorra (2000)

A (m, k₁) are the restrictions that make the larger model the smaller one, P the information and V the robust covariance
of the larger model's parameters. Of satorra.2000 there are three: ``mean`` matches the mean of T, ``adjusted`` mean
and variance by changing the degrees of freedom, ``shifted`` mean and variance by a scale and a shift (Asparouhov &
Muthén 2010); the last is what WLSMV needs.
"""

from __future__ import annotations

import numpy as np

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate import scaling
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of
from mkb21sem.infer.rivals.nesting import Nesting, comparable, implied_cells, nesting
from mkb21sem.infer.rivals.restrictions import restrictions
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread

METHODS = ("plain", "satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")
MOMENTS = ("mean", "adjusted", "shifted")
_USUAL = {
    "standard": "plain",
    "satorra.bentler": "satorra.2000",
    "yuan.bentler.mplus": "satorra.2000",
    "mean.var.adjusted": "satorra.2000",
    "scaled.shifted": "satorra.2000",
}


def difference(
    smaller: Fit,
    larger: Fit,
    method: str | None = None,
    *,
    moments: str | None = None,
    restriction: str = "delta",
    checked: Nesting | None = None,
) -> Test:
    """Test of the smaller of two nested models against the larger one.

    Parameters
    ----------
    smaller, larger
        Fits of the same variables in the same sample by one estimator, also of several groups. The order is put right
        by the degrees of freedom.
    method
        One of `METHODS`. None takes the one that suits the estimator: plain for ML and others without a robust
        test, satorra.2000 for those with one.
    moments
        Of satorra.2000: ``mean``, ``adjusted`` or ``shifted``. None takes what the estimator's own test does.
    restriction
        Of satorra.2000: where A is taken, ``delta`` or ``exact``; see `restrictions`.
    checked
        What `nesting` found, if it has been looked at already.

    Returns
    -------
    Test
        Its ``name`` is the method. ``reason`` says why there is no statistic, where there is none.

    Notes
    -----
    Checked against lavaan's lavTestLRT in tests/planning/. satorra.2000 rests on the larger model alone. The other two
    subtract one model's factor from another's: where the restriction is far from true this can come out near zero or
    below. satorra.bentler.2010 is positive under MLM; under MLR, whose factor rests on observed information, it need
    not be, and changes with the choice of markers.

    Raises
    ------
    OptionError
        The fits can't be compared, an unknown method, or a method that the estimator lacks the pieces for.
    FitError
        A fit did not converge.
    """
    comparable(smaller, larger)
    if smaller.layout.df < larger.layout.df:
        smaller, larger, checked = larger, smaller, None
    method = method or _USUAL[larger.estimator.test]
    one_of("method", method, METHODS)
    found = checked or nesting(smaller, larger)
    m = found.df
    if not found.nested:
        return Test(method, float("nan"), m, _not_nested(smaller, larger, found))
    if m == 0:
        return Test(method, float("nan"), 0, f"{smaller.model.name} and {larger.model.name} are equivalent models")
    # Rounding can leave a difference a hair below zero where the restriction costs nothing.
    plain = Test(method, max(smaller.test.chisq - larger.test.chisq, 0.0), m)
    with one_thread():
        match method:
            case "satorra.bentler.2001":
                return _scaled(plain, _factor(smaller) * smaller.layout.df, _factor(larger) * larger.layout.df)
            case "satorra.bentler.2010":
                return _scaled(plain, _factor(smaller) * smaller.layout.df, _total_at(larger, found.theta))
            case "satorra.2000":
                return _satorra_2000(plain, larger, restrictions(smaller, larger, found.theta, restriction), moments)
    return plain


def _not_nested(smaller: Fit, larger: Fit, found: Nesting) -> str:
    return (
        f"{smaller.model.name} is not nested in {larger.model.name}: the latter misses what the former implies by "
        f"{found.discrepancy:.3g}; compare them by AIC, BIC or Vuong's test"
    )


def _factor(found: Fit) -> float:
    """Scaling factor of the fit's own test, for tests that are χ² divided by a factor."""
    if found.layout.df == 0:
        return 0.0
    scaled = found.scaled
    if scaled is None or scaled.name not in ("satorra.bentler", "yuan.bentler.mplus"):
        raise OptionError(
            f"{found.estimator.name} has no single scaling factor; take method='plain' for ML, GLS and the like, "
            "'satorra.2000' for tests adjusted in mean and variance, or fit by MLM or MLR."
        )
    return scaled.scaling


def _scaled(plain: Test, smaller: float, larger: float) -> Test:
    """T / c with c m = d₀c₀ − d₁c₁."""
    c = (smaller - larger) / plain.df
    if not c > 0:
        why = f"the scaling factor of the difference is {c:.3g}, not positive; take satorra.2000"
        return Test(plain.name, float("nan"), plain.df, why, c)
    return Test(plain.name, plain.chisq / c, plain.df, plain.reason, c, trace=smaller - larger)


def _total_at(larger: Fit, theta: Array) -> float:
    """d₁c₁ of the larger model at other values theta (k,) of its parameters."""
    _factor(larger)
    if larger.layout.df == 0:
        return 0.0
    scaled = _inference(larger, theta).scaled()
    return 0.0 if scaled is None else scaled.trace


def _inference(larger: Fit, theta: Array) -> Inference:
    loss = loss_of(larger.estimator, larger.layout, larger.moments)
    cells = implied_cells(larger, theta)
    return Inference(larger.estimator, larger.layout, loss, larger.moments, theta, cells, larger.loss)


def _satorra_2000(plain: Test, larger: Fit, A: Array, moments: str | None) -> Test:
    own = {"mean.var.adjusted": "adjusted", "scaled.shifted": "shifted"}.get(larger.estimator.test, "mean")
    moments = moments or own
    one_of("moments", moments, MOMENTS)
    at = _inference(larger, larger.theta)
    if at.row.vcov not in ("sandwich", "huber.white"):
        raise OptionError(
            f"{larger.estimator.name} has no robust standard errors to scale by; take method='plain', or fit by MLR "
            "or WLSMV."
        )
    trace, trace2 = _eigenvalue_sums(at, A)
    if moments == "mean":
        c = trace / plain.df
        return Test(plain.name, plain.chisq / c, plain.df, plain.reason, c, trace=trace, trace2=trace2)
    if moments == "adjusted":
        df = trace**2 / trace2
        c = trace / df
        return Test(plain.name, plain.chisq / c, df, plain.reason, c, trace=trace, trace2=trace2)
    found = scaling.scaled_shifted(plain, trace, trace2)
    return Test(plain.name, found.chisq, plain.df, plain.reason, found.scaling, found.shift, trace, trace2)


def _eigenvalue_sums(at: Inference, A: Array) -> tuple[float, float]:
    """Sum of the eigenvalues of (AP⁻¹A')⁻¹ A P⁻¹BP⁻¹ A', and of their squares."""
    spread = at.first_order if at.row.vcov == "huber.white" else at.moment_meat
    back = np.linalg.solve(at.information, A.T)
    M = np.linalg.solve(A @ back, back.T @ spread @ back)
    return float(np.trace(M)), float(np.trace(M @ M))
