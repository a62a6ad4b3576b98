"""Robust and least-squares estimators, FIML and weights against lavaan: formulas at its estimates, then our fits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mkb21sem.estimate.implied import cell_values
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of
from tests.lavaan.reference import case, load
from tests.parity import chosen, fitted, free_rows, theirs, theta_of

CASES = [
    *chosen(estimator={"MLM", "MLMV", "MLR", "GLS", "ULS", "WLS"}, ordered=(), missing="listwise"),
    *chosen(estimator={"ML", "MLR"}, missing="fiml", ordered=()),
    *chosen(estimator="ML", weights="w"),
]


def at_lavaans_estimates(found, reference):
    loss = loss_of(found.estimator, found.layout, found.moments)
    theta = theta_of(found, reference)
    fixed = loss.fixed.reshape(len(found.layout.groups), -1)
    cells = cell_values(found.layout, theta, fixed)
    return Inference(
        found.estimator, found.layout, loss, found.moments, theta, cells, float(loss.value(theta[None])[0])
    )


def test_there_are_cases():
    assert len(CASES) >= 45


@pytest.mark.parametrize("case_id", CASES)
def test_loss_and_degrees_of_freedom(case_id):
    found, reference = fitted(case_id), load(case_id)
    at = at_lavaans_estimates(found, reference)
    assert found.layout.df == reference.fit["df"]
    assert_allclose(at.minimum, reference.fit["fmin"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "case_id",
    [
        name
        for name in CASES
        if "information" in case(name).outputs and case(name).estimator not in ("GLS", "ULS", "WLS")
    ],
)
def test_first_order_information(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours, number = free_rows(found, reference)
    # lavaan's is that of the parameters before constraints.
    K = found.layout.K.reshape(-1, found.layout.k)[ours]
    lavaan = K.T @ reference.matrix("information", "first.order").to_numpy()[np.ix_(number, number)] @ K
    scale = np.sqrt(np.outer(np.diag(lavaan), np.diag(lavaan)))
    assert_allclose(at_lavaans_estimates(found, reference).first_order / scale, lavaan / scale, atol=1e-9)


@pytest.mark.parametrize("case_id", [name for name in CASES if "vcov" in case(name).outputs])
def test_vcov(case_id):
    found, reference = fitted(case_id), load(case_id)
    K = found.layout.K.reshape(-1, found.layout.k)
    ours, number = free_rows(found, reference)
    V = (K @ at_lavaans_estimates(found, reference).vcov() @ K.T)[np.ix_(ours, ours)]
    lavaan = reference.matrix("vcov").to_numpy()[np.ix_(number, number)]
    se = np.sqrt(np.outer(np.diag(lavaan), np.diag(lavaan)))
    # lavaan differentiates its gradient numerically for the observed information.
    observed = found.estimator.vcov == "huber.white" or bool(found.moments.patterns)
    assert_allclose(V / se, lavaan / se, atol=1e-6 if observed else 1e-9)


@pytest.mark.parametrize("case_id", CASES)
def test_scaled_test(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours = at_lavaans_estimates(found, reference).scaled()
    if found.estimator.test == "standard":
        assert ours is None
        return
    lavaan = reference.fit.filter(like=f"test:{found.estimator.test}:")
    lavaan.index = lavaan.index.str.split(":").str[-1]
    tolerance = 1e-6 if found.estimator.vcov == "huber.white" else 1e-9
    assert_allclose(ours.trace, lavaan["trace.UGamma"], rtol=tolerance)
    assert_allclose(ours.chisq, lavaan["stat"], rtol=tolerance)
    if found.estimator.test != "yuan.bentler.mplus":
        assert_allclose(ours.df, lavaan["df"], rtol=tolerance)
    if found.estimator.test == "scaled.shifted":
        assert_allclose(ours.trace2, lavaan["trace.UGamma2"], rtol=tolerance)
        assert_allclose(ours.shift, lavaan["shift.parameter"], rtol=tolerance)


@pytest.mark.parametrize("case_id", CASES)
def test_fit_reaches_lavaans_estimates(case_id):
    found, reference = fitted(case_id), load(case_id)
    lavaan, table = theirs(found, reference), found.table()
    assert found.converged
    assert_allclose(table["est"], lavaan["est"], rtol=1e-5, atol=1e-5)
    assert found.loss <= reference.fit["fmin"] + 1e-10
    free = [row.free for row in found.layout.rows]
    assert_allclose(table["se"][free], lavaan["se"].to_numpy()[free], rtol=1e-4)
    assert_allclose(found.test.chisq, reference.fit["chisq"], rtol=1e-6)
    assert_allclose(found.baseline.chisq, reference.fit["baseline.chisq"], rtol=1e-6)
    if found.scaled is not None:
        assert_allclose(found.scaled.chisq, reference.fit["chisq.scaled"], rtol=1e-4)
        assert_allclose(found.baseline_scaled.chisq, reference.fit["baseline.chisq.scaled"], rtol=1e-4)
