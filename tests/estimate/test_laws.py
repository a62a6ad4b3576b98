"""Laws of every estimator: derivatives, and many samples at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Model, fit
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.quadratic import QuadraticLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.estimate.solve import loss_of
from tests.estimate.setups import (
    ALL,
    SETUPS,
    SPEC,
    N,
    fitted,
    holes,
    loss_and_start,
    model_of,
    plain,
    refit,
)

# ------------------------------------------------------------------------------------------------- derivatives


def difference(function, theta: np.ndarray) -> np.ndarray:
    """Central differences of a function of (1, k), the last axis the parameter."""
    columns = []
    for j in range(theta.shape[1]):
        step = np.zeros_like(theta)
        step[0, j] = 1e-5 * max(1.0, abs(theta[0, j]))
        columns.append((function(theta + step) - function(theta - step)) / (2 * step[0, j]))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", ALL)
def test_the_gradient_is_the_derivative_of_the_loss(name: str) -> None:
    loss, theta = loss_and_start(fitted(name))
    gradient = loss.derivatives(theta)[0]
    numeric = difference(loss.value, theta)
    assert np.abs(gradient).max() > 1e-4
    assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)
    assert_allclose(loss.gradient(theta), gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["ML", "ML with means", "ML random x", "fiml"])
def test_the_observed_hessian_is_the_derivative_of_the_gradient(name: str) -> None:
    loss, theta = loss_and_start(fitted(name))
    gradient, hessian = loss.derivatives(theta, observed=True)
    numeric = difference(lambda at: loss.derivatives(at)[0][0], theta)
    assert_allclose(hessian[0], numeric, rtol=1e-6, atol=1e-7)
    assert_allclose(hessian[0], hessian[0].T, rtol=1e-12, atol=1e-14)
    assert_allclose(gradient, loss.derivatives(theta)[0], rtol=1e-12)


def test_derivatives_with_groups_labels_and_constraints() -> None:
    """All of a layout's ways to move many cells by one parameter at once."""
    spec = SPEC.replace("x2 + x3", "a*x2 + b*x3").replace("y2", "a*y2") + "\nCONSTRAINT(b = 2*a - 0.7)"
    for missing, frame in (("listwise", plain()), ("fiml", holes())):
        found = fit(Model.parse(spec), frame, missing=missing, group="school", equal=("intercepts", "regressions"))
        loss, theta = loss_and_start(found)
        gradient, hessian = loss.derivatives(theta, observed=True)
        assert_allclose(gradient, difference(loss.value, theta), rtol=1e-6, atol=1e-8)
        assert_allclose(hessian[0], difference(lambda at, f=loss: f.derivatives(at)[0][0], theta), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("meanstructure", [False, True])
def test_the_observed_hessian_is_the_expected_one_where_the_model_is_true(meanstructure: bool) -> None:
    found = fit(model_of("ML"), plain(), meanstructure=meanstructure)
    loss, _ = loss_and_start(found)
    assert isinstance(loss, NormalLoss)
    implied = loss.implied(found.theta[None]).Sigma
    true = NormalLoss.of(found.layout, implied, found.moments.share)
    gradient, observed = true.derivatives(found.theta[None], observed=True)
    assert_allclose(gradient, 0, atol=1e-12)
    assert_allclose(observed, true.derivatives(found.theta[None])[1], rtol=1e-9, atol=1e-12)
    assert_allclose(true.value(found.theta[None]), 0, atol=1e-13)


# ----------------------------------------------------------------------------------------------------- batches


def stacked(losses: list):
    """One loss of several samples."""
    first = losses[0]
    kind = {NormalLoss: ("moments", "share", "fixed", "saturated"), QuadraticLoss: ("sample", "W", "share", "fixed")}
    return replace(first, **{f: np.concatenate([getattr(one, f) for one in losses]) for f in kind[type(first)]})


def resampled(name: str, draws: int) -> list:
    """Fits of the setup's estimator to bootstrap samples of its sample."""
    rng = np.random.default_rng(7)
    sample = SETUPS[name].sample
    return [refit(name, sample.iloc[rng.integers(0, N, N)].reset_index(drop=True)) for _ in range(draws)]


@pytest.mark.parametrize("name", ["ML", "ML with means", "GLS", "ULS", "WLS", "DWLS", "WLSMV theta", "WLSMV mixed"])
def test_a_batch_is_the_same_as_one_after_the_other(name: str) -> None:
    fits = resampled(name, 3)
    losses = [loss_of(found.estimator, found.layout, found.moments) for found in fits]
    batch, begin = stacked(losses), np.repeat(fitted(name).theta[None], 3, axis=0)
    alone = [minimise(loss, begin[:1]) for loss in losses]
    together = minimise(batch, begin)
    assert together.converged.all()
    assert_allclose(together.theta, np.concatenate([one.theta for one in alone]), rtol=1e-8, atol=1e-9)
    assert_allclose(together.value, np.concatenate([one.value for one in alone]), rtol=1e-12)
    assert_allclose(together.theta, [found.theta for found in fits], rtol=1e-6, atol=1e-7)
    assert_allclose(batch.value(begin), [loss.value(begin[:1])[0] for loss in losses], rtol=1e-13)
    for observed in (False, True):
        pieces = [loss.derivatives(begin[:1], observed=observed) for loss in losses]
        for whole, part in zip(batch.derivatives(begin, observed=observed), zip(*pieces, strict=True), strict=True):
            assert_allclose(whole, np.concatenate(part), rtol=1e-12, atol=1e-13)
