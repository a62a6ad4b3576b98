"""The loss by way of the few causes is the loss, and a draw is fitted the same whatever is beside it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mkb21sem import Fit, Model, fit, synthetic_wave
from mkb21sem.estimate.implied import cell_values
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.refits.factored import FactoredLoss, structure
from mkb21sem.estimate.refits.places import places
from mkb21sem.estimate.refits.resample import draw_counts, redraw
from mkb21sem.estimate.solve import loss_of
from tests.estimate.setups import ITEMS_ONLY, plain

MODELS = {
    "factors": ITEMS_ONLY,
    "pairs and a triple of residuals": f"{ITEMS_ONLY}\nx2 ~~ y2\ny2 ~~ y3",
    "residuals in a row with a cause": "f =~ x1 + x2 + x3\ny1 ~ f\ny2 ~ f + z\nx3 ~~ y3\ny3 ~~ z\ny1 ~~ y2",
    "observed on the way": "f =~ x1 + x2 + x3\ny1 ~ f + z\ny2 ~ y1 + f\ny3 ~ y2",
    "observed only": "y1 ~ x1 + x2\ny2 ~ y1 + x2\ny3 ~ y1 + y2\ny1 ~~ y3\ny3 ~ 0*x1",
    "an indicator without a residual": "f =~ x1\ng =~ y1 + y2 + y3\nx1 ~~ 0*x1\ng ~ f + z",
    "feedback": "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\nf ~ z + 0.2*g\ng ~ f",
    "no causes": "x1 ~~ x2\ny1 ~~ y1",
}
OPTIONS = {
    "covariances": {},
    "means": {"meanstructure": True},
    "random x": {"fixed_x": False},
    "groups": {"group": "school", "equal": ["regressions"]},
}


def losses(found: Fit, spread: float = 0.02) -> tuple[NormalLoss, FactoredLoss, np.ndarray]:
    """The loss of the sample five times by both ways, and points around the estimates."""
    one = loss_of(found.estimator, found.layout, found.moments).take(np.zeros(5, dtype=np.intp))
    theta = found.theta * (1 + spread * np.random.default_rng(1).standard_normal((5, found.layout.k)))
    return one, FactoredLoss(one, places(found.layout)), theta


def sure(loss: FactoredLoss, theta: np.ndarray) -> np.ndarray:
    """For which of the replicates the structure is used."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return structure(loss.at, cell_values(loss.plain.layout, theta, loss.fixed)).sure.all(axis=-1)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_value_and_gradient_are_those_of_the_general_formulas(spec: str, options: dict) -> None:
    general, factored, theta = losses(fit(Model.parse(spec), plain(), **options))
    assert sure(factored, theta).all()
    assert np.isfinite(general.value(theta)).all()
    assert_allclose(factored.value(theta), general.value(theta), rtol=1e-11, atol=1e-13)
    gradient = general.gradient(theta)
    assert np.abs(gradient).max() > 1e-4
    assert_allclose(factored.gradient(theta), gradient, rtol=1e-9, atol=1e-12)


def test_the_default_model_has_the_structure() -> None:
    general, factored, theta = losses(fit(Model.read("mkb21"), synthetic_wave()))
    assert [sets.shape for sets in factored.at.joint] == [(4, 2)]
    assert sure(factored, theta).all()
    assert_allclose(factored.gradient(theta), general.gradient(theta), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("residual", [0.0, 1e-9, -0.05])
def test_a_residual_that_is_hardly_there_takes_the_general_formulas(residual: float) -> None:
    found = fit(Model.parse(ITEMS_ONLY), plain())
    general, factored, theta = losses(found)
    theta[1:3, found.layout.names.index("x2~~x2")] = residual
    assert sure(factored, theta).tolist() == [True, False, False, True, True]
    assert_array_equal(factored.gradient(theta)[1:3], general.gradient(theta)[1:3])
    assert_array_equal(factored.value(theta)[1:3], general.value(theta)[1:3])


def test_where_nothing_is_implied_there_is_no_value() -> None:
    found = fit(Model.parse(ITEMS_ONLY), plain())
    general, factored, theta = losses(found)
    theta[1, found.layout.names.index("x2~~x2")] = -9.0
    theta[2, [found.layout.names.index(name) for name in ("f~~f", "g~~g")]] = -9.0
    # The inverse of these residuals has a positive diagonal.
    theta[3, [found.layout.names.index(name) for name in ("x1~~x1", "y1~~y1", "x1~~y1")]] = -3, -3, 6
    assert np.isnan(general.value(theta)).tolist() == [False, True, True, True, False]
    assert_array_equal(np.isnan(factored.value(theta)), np.isnan(general.value(theta)))


@pytest.mark.parametrize("options", [{}, {"meanstructure": True}, {"group": "school"}], ids=["one", "means", "groups"])
def test_a_draw_is_fitted_the_same_to_the_last_bit_whatever_is_beside_it(options: dict) -> None:
    found = fit(Model.parse("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\nf ~ z\ng ~ f + z\nx1 ~~ y1"), plain(), **options)
    counts = draw_counts(found, np.random.default_rng(4), 150)
    whole = redraw(found, counts)
    assert whole.converged.all()
    order = np.random.default_rng(5).permutation(150)
    for rows in ([3], [149, 2], order[:70], order):
        part = redraw(found, counts[rows])
        for name in ("theta", "cells", "value"):
            assert_array_equal(getattr(part, name), getattr(whole, name)[rows])


@pytest.mark.parametrize("observed", [False, True])
def test_second_derivatives_are_those_of_the_general_formulas(observed: bool) -> None:
    general, factored, theta = losses(fit(Model.parse(ITEMS_ONLY), plain()))
    for one, other in zip(factored.derivatives(theta, observed), general.derivatives(theta, observed), strict=True):
        assert_array_equal(one, other)
