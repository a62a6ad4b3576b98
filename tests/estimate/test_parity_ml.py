"""Maximum likelihood against lavaan: formulas at its estimates, then our own fits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mkb21sem.estimate.implied import cell_values, implied
from mkb21sem.estimate.loss import NormalLoss, cross, curvature, information
from mkb21sem.estimate.vcov import expected
from mkb21sem.infer.effects.effects import r_squared
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.linalg import transpose
from tests.lavaan.reference import case, load
from tests.parity import chosen, fitted, free_rows, theirs, theta_of

CASES = chosen(estimator="ML", missing="listwise", weights=None, ordered=())
RTOL = 1e-10
NAMES = ("chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
         "rmsea.ci.upper", "rmsea.pvalue", "srmr", "logl", "unrestricted.logl", "aic", "bic", "bic2", "npar",
         "ntotal")  # fmt: skip


def loss_of(found):
    moments = found.moments.augmented(found.layout.meanstructure)[None]
    return NormalLoss.of(found.layout, moments, found.moments.share)


def test_there_are_cases():
    assert len(CASES) >= 20


@pytest.mark.parametrize("case_id", CASES)
def test_rows_and_degrees_of_freedom(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours, _ = free_rows(found, reference)
    assert [row.free for row in found.layout.rows] == [i in ours for i in range(len(found.layout.rows))]
    assert found.layout.df == reference.fit["df"]
    assert found.layout.k == reference.fit["npar"]
    assert len(found.layout.rows) == len(theirs(found, reference))


@pytest.mark.parametrize("case_id", CASES)
def test_implied_moments_at_lavaans_estimates(case_id):
    found, reference = fitted(case_id), load(case_id)
    loss, p = loss_of(found), len(found.layout.observed)
    Sigma = implied(found.layout, cell_values(found.layout, theta_of(found, reference), loss.fixed[0])).Sigma
    names = list(found.layout.observed)
    for g in range(len(found.moments.groups)):
        cov = Sigma[g, :p, :p]
        if found.layout.meanstructure:
            mu = Sigma[g, :p, p]
            cov = cov - np.outer(mu, mu)
            assert_allclose(mu, reference.moment("implied", "mean", g + 1)[names], rtol=RTOL, atol=1e-12)
        assert_allclose(cov, reference.moment("implied", "cov", g + 1).loc[names, names], rtol=RTOL, atol=1e-12)


@pytest.mark.parametrize("case_id", CASES)
def test_loss_at_lavaans_estimates(case_id):
    found, reference = fitted(case_id), load(case_id)
    value = loss_of(found).value(theta_of(found, reference)[None])[0]
    assert_allclose(value, reference.fit["fmin"], rtol=RTOL, atol=1e-14)


@pytest.mark.parametrize("case_id", [name for name in CASES if "information" in case(name).outputs])
def test_information_at_lavaans_estimates(case_id):
    """Expected and observed information of one observation, before constraints."""
    found, reference = fitted(case_id), load(case_id)
    layout, loss = found.layout, loss_of(found)
    theta = theta_of(found, reference)
    model = implied(layout, cell_values(layout, theta[None], loss.fixed))
    P = np.linalg.inv(model.Sigma)
    T = P @ loss.moments @ P
    Q, R, H = (transpose(model.U) @ M @ model.U for M in (P, T, P - T))
    blocks = {"expected": information(layout, Q)}
    blocks["observed"] = cross(layout, Q, R) - blocks["expected"] + curvature(layout, model, H)
    ours, number = free_rows(found, reference)
    c = len(layout.row)
    for kind, block in blocks.items():
        whole = np.zeros((len(layout.rows), len(layout.rows)))
        for g, share in enumerate(found.moments.share):
            whole[g * c : (g + 1) * c, g * c : (g + 1) * c] = share * block[0, g]
        lavaan = reference.matrix("information", kind).to_numpy()
        scale = np.sqrt(np.outer(np.diag(lavaan), np.diag(lavaan)))
        # lavaan takes its observed information from numerical differences of the analytic gradient.
        tolerance = 1e-10 if kind == "expected" else 1e-6
        assert_allclose(
            (whole[np.ix_(ours, ours)] / scale[np.ix_(number, number)]),
            (lavaan / scale)[np.ix_(number, number)],
            atol=tolerance,
        )


@pytest.mark.parametrize("case_id", [name for name in CASES if "vcov" in case(name).outputs])
def test_vcov_at_lavaans_estimates(case_id):
    found, reference = fitted(case_id), load(case_id)
    loss, theta = loss_of(found), theta_of(found, reference)
    V = expected(loss.derivatives(theta[None])[1][0], found.moments.total)
    K = found.layout.K.reshape(-1, found.layout.k)
    ours, number = free_rows(found, reference)
    lavaan = reference.matrix("vcov").to_numpy()[np.ix_(number, number)]
    se = np.sqrt(np.outer(np.diag(lavaan), np.diag(lavaan)))
    assert_allclose((K @ V @ K.T)[np.ix_(ours, ours)] / se, lavaan / se, atol=1e-9)


@pytest.mark.parametrize("case_id", CASES)
def test_fit_reaches_lavaans_estimates(case_id):
    found, reference = fitted(case_id), load(case_id)
    lavaan, table = theirs(found, reference), found.table()
    assert found.converged
    assert_allclose(table["est"], lavaan["est"], rtol=1e-5, atol=1e-5)
    assert found.loss <= reference.fit["fmin"] + 1e-10
    free = [row.free for row in found.layout.rows]
    assert_allclose(table["se"][free], lavaan["se"].to_numpy()[free], rtol=1e-5)
    assert_allclose(table["std"], lavaan["std_all"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case_id", CASES)
def test_indices(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours = indices(found)
    lavaan = reference.fit
    for name in NAMES:
        if name in lavaan:
            assert_allclose(ours[name], lavaan[name], rtol=1e-6, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("case_id", CASES)
def test_explained_variance(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours = r_squared(found)
    lavaan = reference.frame("r2")
    for g, group in enumerate(found.moments.groups):
        mine = ours[ours["group"] == group].set_index("variable")["r2"]
        other = lavaan[lavaan["group"] == g + 1].set_index("name")["value"]
        assert set(mine.index) == set(other.index)
        assert_allclose(mine[other.index], other, rtol=1e-5, atol=1e-6)
