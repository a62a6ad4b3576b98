"""The standardised solutions and their standard errors against lavaan, and their derivatives against differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mkb21sem import OptionError, r_squared, standardized
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.ordered.ordinal import derived_cells
from mkb21sem.estimate.standard import KINDS, standardize
from mkb21sem.infer.effects.standardization import standardization
from tests.lavaan.reference import case, load
from tests.parity import chosen, fitted, theirs, theta_of

DIFFERENCES = ["hs_mimic_meanstructure_ml", "hs_school_partial_ml", "nonrec_ml", "pd_equal_ml", "mixed_wlsmv"]
DIFFERENCES += ["groups_thresholds_wlsmv", "groups_thresholds_wlsmv_theta", "mixed_mimic_wlsmv"]
# lavaan's residual variances of the ordered outcomes of ordered causes in this case are not those of its own model, and
# what is standardised by them is neither; see tests/estimate/test_parity_ordinal.py.
CASES = [name for name in chosen() if name != "mkb21_ordered_wlsmv"]


def at(found, theta):
    """All cell values at theta (k,)."""
    layout = found.layout
    free = np.array([row.free for row in layout.rows]).reshape(found.cells.shape)
    cells = np.where(free, layout.offset + np.einsum("gck,k->gc", layout.K, theta), found.cells)
    return derived_cells(layout, without_derived(layout, cells), implied(layout, without_derived(layout, cells)))


def without_derived(layout, cells):
    derived = np.array([row.derived for row in layout.rows]).reshape(cells.shape)
    return np.where(derived, 0.0, cells)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case_id", [name for name in CASES if "vcov" in case(name).outputs])
def test_standardised_solution_at_lavaans_estimates(case_id, kind):
    """With its estimates and its covariance of them, the numbers are lavaan's to 1e-10; se to 1e-6.

    lavaan takes the derivatives of the standard errors numerically.
    """
    found, reference = fitted(case_id), load(case_id)
    lavaan, layout = theirs(found, reference), found.layout
    std, J = standardization(layout, at(found, theta_of(found, reference)), kind)
    assert_allclose(std.ravel(), lavaan[f"std_{kind}"], rtol=1e-10, atol=1e-12)
    V = covariance_of_theta(found, reference)
    se = np.sqrt(np.einsum("gck,kl,gcl->gc", J, V, J)).ravel()
    assert_allclose(se, lavaan[f"se_std_{kind}"], rtol=1e-6, atol=1e-7)


def covariance_of_theta(found, reference):
    """lavaan's vcov of its free parameters as that of ours."""
    layout = found.layout
    number = theirs(found, reference)["free"].to_numpy(int)
    rows = np.flatnonzero(number > 0)
    solve = np.linalg.pinv(layout.K.reshape(-1, layout.k)[rows])
    lavaan = reference.matrix("vcov").to_numpy()[np.ix_(number[rows] - 1, number[rows] - 1)]
    return solve @ lavaan @ solve.T


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case_id", CASES)
def test_own_fit(case_id, kind):
    found, lavaan = fitted(case_id), theirs(fitted(case_id), load(case_id))
    ours = standardized(found, kind)
    assert list(ours) == ["lhs", "op", "rhs", "group", "label", "std", "se", "z", "p", "low", "high"]
    assert_allclose(ours["std"], lavaan[f"std_{kind}"], rtol=1e-5, atol=1e-5)
    # lavaan gives a standard error of 0 where there is nothing to estimate.
    assert_allclose(ours["se"].fillna(0), lavaan[f"se_std_{kind}"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case_id", DIFFERENCES)
def test_derivatives_equal_finite_differences(case_id, kind):
    found = fitted(case_id)
    layout, J = found.layout, standardization(found.layout, found.cells, kind)[1]
    step = 1e-5 * np.eye(layout.k)

    def values(theta):
        return standardize(layout, at(found, theta), kind)

    up, down = (np.stack([values(found.theta + sign * row) for row in step], axis=-1) for sign in (1, -1))
    assert_allclose(J, (up - down) / 2e-5, rtol=1e-6, atol=1e-7)


def test_variances_of_sources_are_one_without_error():
    ours = standardized(fitted("hs_ml")).set_index(["lhs", "op", "rhs"]).loc[("visual", "~~", "visual")]
    assert ours["std"] == pytest.approx(1)
    assert ours[["se", "z", "p", "low", "high"]].isna().all()


def test_unknown_kind_lists_the_known_ones():
    with pytest.raises(OptionError, match="kind must be all, lv, nox; got"):
        standardized(fitted("hs_ml"), "std.all")


@pytest.mark.parametrize("case_id", CASES)
def test_explained_variance(case_id):
    found, reference = fitted(case_id), load(case_id).frame("r2")
    ours = r_squared(found)
    for g, group in enumerate(found.moments.groups):
        mine = ours[ours["group"] == group].set_index("variable")["r2"]
        lavaan = reference[reference["group"] == g + 1].set_index("name")["value"]
        assert set(mine.index) == set(lavaan.index)
        assert_allclose(mine[lavaan.index], lavaan, rtol=1e-5, atol=1e-5)
