"""Residuals, their standard errors and their average size against lavaan, and laws that hold without it."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import OptionError, fit
from mkb21sem.estimate.implied import moment_vector
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.infer.misfit import misfit, residual_summary
from mkb21sem.infer.residuals import residual_covariance, residuals
from mkb21sem.infer.saturated import weighing
from mkb21sem.linalg import vech_index
from mkb21sem.specify.model import Model
from tests.lavaan.reference import case, data, load
from tests.parity import chosen, fitted

CASES = chosen(ordered=())
WITH_RESIDUALS = [name for name in CASES if "residuals" in case(name).outputs]
# lavaan has no standard errors of residuals, and so no summary, under ULS.
WITH_SUMMARY = [name for name in CASES if "residual_summary" in case(name).outputs and case(name).estimator != "ULS"]
COLUMNS = {
    "value": "{}",
    "se": "{}.se",
    "z": "{}.exactfit.z",
    "p": "{}.exactfit.pvalue",
    "unbiased": "u{}",
    "unbiased_se": "u{}.se",
    "low": "u{}.ci.lower",
    "high": "u{}.ci.upper",
    "close_z": "u{}.closefit.z",
    "close_p": "u{}.closefit.pvalue",
}


def beside(found, reference, kind):
    """Our residuals and lavaan's rows of the same moments."""
    ours, lavaan = residuals(found, kind, across=False), reference.frame("residuals")
    lavaan["key"] = [
        (int(g), frozenset((a, b or a)), m) for g, m, a, b in lavaan[["group", "moment", "row", "col"]].values
    ]
    numbers = {group: g + 1 for g, group in enumerate(found.moments.groups)}
    keys = [
        (numbers[group], frozenset((lhs, rhs or lhs)), "cov" if op == "~~" else "mean")
        for lhs, op, rhs, group in ours[["lhs", "op", "rhs", "group"]].values
    ]
    assert len(keys) == len(lavaan)
    return ours, lavaan.set_index("key").loc[keys].reset_index()


@pytest.mark.parametrize("case_id", WITH_RESIDUALS)
def test_residuals(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours, lavaan = beside(found, reference, "cor")
    assert_allclose(ours["residual"], lavaan["residual"], atol=1e-6)
    if found.estimator.name != "ULS":
        # lavaan gives about 1e-16 (1e-9 beside exogenous variables) where a residual doesn't vary.
        assert_allclose(ours["se"].fillna(0), lavaan["se"], rtol=1e-5, atol=1e-7)
        # lavaan shows the residual itself in place of z where it is small.
        large = lavaan["residual"].abs() > 1e-3
        assert_allclose(ours["z"][large], lavaan["z"][large], rtol=1e-4, atol=1e-4)
    raw, lavaan = beside(found, reference, "raw")
    assert_allclose(raw["residual"], lavaan["raw"], atol=2e-6)
    assert_allclose(raw["z"].fillna(0), ours["z"].fillna(0), atol=1e-10)


@pytest.mark.parametrize("case_id", WITH_SUMMARY)
def test_summary(case_id):
    found, reference = fitted(case_id), load(case_id).frame("residual_summary")
    # One release of lavaan writes `cilupper` for CRMR.
    reference["name"] = reference["name"].str.replace("cilupper", "ci.upper")
    lavaan = reference.set_index(["group", "name", "moment"])["value"]
    ours = residual_summary(found, across=False)
    assert len(ours) * 11 == len(reference)
    for _, row in ours.iterrows():
        group = found.moments.groups.index(row["group"]) + 1
        for column, name in COLUMNS.items():
            theirs = lavaan[group, name.format(row["index"]), row["moments"]]
            # Residuals smaller than expected have z < 0 here, and z = 0, p = 0.5 in lavaan.
            bounded = {"z": max(row["z"], 0), "p": min(row["p"], 0.5)}
            value = bounded.get(column, row[column]) if row["z"] < 0 else row[column]
            where = f"{row['index']} {row['moments']} {column}"
            assert_allclose(value, theirs, rtol=1e-5, atol=1e-6, err_msg=where)


def test_standardized_residuals_are_z():
    found = fitted("hs_ml")
    ours, raw = residuals(found, "standardized"), residuals(found)
    assert_allclose(ours["residual"], raw["residual"] / raw["se"])
    assert ours["se"].dropna().eq(1).all()


@pytest.mark.parametrize("case_id", ["hs_school_loadings_ml", "hs_school_strict_means_ml"])
def test_covariance_over_groups_equals_numerical_derivatives(case_id):
    """On moments that the model fits exactly, residuals move with the moments of every group as the formula says."""
    found = fitted(case_id)
    layout, share = found.layout, found.moments.share
    loss = NormalLoss.of(layout, found.moments.augmented(True)[None], share)
    model = loss.implied(found.theta[None])
    moments = model.Sigma[0]
    p = len(layout.observed)
    row, col = vech_index(p)
    exact = fit_moments(found, moments)
    slopes = numerical_slopes(layout, share, found.theta, moments, p, row, col)
    weighed = weighing(exact)
    for g in range(2):
        expected = sum(slopes[g, h] @ weighed.covariance[h] @ slopes[g, h].T for h in range(2))
        ours = residual_covariance(exact, weighed)[g]
        assert_allclose(ours, expected, atol=1e-5 * np.abs(expected).max())


def fit_moments(found, moments):
    """The fit as if the sample had these moments."""
    from dataclasses import replace

    p = len(found.layout.observed)
    mean = moments[:, :p, p]
    cov = moments[:, :p, :p] - mean[:, :, None] * mean[:, None, :]
    return replace(found, moments=replace(found.moments, mean=mean, cov=cov))


def numerical_slopes(layout, share, theta, moments, p, row, col):
    """∂e_g/∂s_h for g, h = 1, 2 from refits to moments a little off."""
    m, step = p + len(row), 1e-4
    slopes = {(g, h): np.zeros((m, m)) for g in range(2) for h in range(2)}
    for h in range(2):
        for j in range(m):
            ends = []
            for sign in (step, -step):
                mean, cov = moments[:, :p, p].copy(), moments[:, :p, :p].copy()
                cov -= mean[:, :, None] * mean[:, None, :]
                if j < p:
                    mean[h, j] += sign
                else:
                    r, c = row[j - p], col[j - p]
                    cov[h, r, c] += sign
                    cov[h, c, r] = cov[h, r, c]
                ends.append(fitted_residuals(layout, share, theta, mean, cov, row, col))
            for g in range(2):
                slopes[g, h][:, j] = (ends[0][g] - ends[1][g]) / (2 * step)
    return slopes


def fitted_residuals(layout, share, theta, mean, cov, row, col):
    p = cov.shape[-1]
    augmented = np.ones((2, p + 1, p + 1))
    augmented[:, :p, :p] = cov + mean[:, :, None] * mean[:, None, :]
    augmented[:, :p, p] = augmented[:, p, :p] = mean
    loss = NormalLoss.of(layout, augmented[None], share)
    found = minimise(loss, theta[None], tolerance=1e-24)
    implied_moments = moment_vector(layout, loss.implied(found.theta))[0]
    return np.concatenate([mean, cov[:, row, col]], axis=1) - implied_moments


def test_a_group_of_its_own_has_the_residuals_of_a_single_sample():
    together = fitted("hs_school_configural_ml")
    frame = data("hs_ml")
    alone = fit(Model.parse(case("hs_ml").spec), frame[frame["school"] == "Pasteur"], meanstructure=True)
    ours = residuals(together)
    assert_allclose(ours[ours["group"] == "Pasteur"]["se"].fillna(0), residuals(alone)["se"].fillna(0), rtol=1e-6)


def test_rescaling_an_item_leaves_correlation_residuals():
    spec, frame = Model.parse(case("hs_ml").spec), data("hs_ml")
    scaled = frame.assign(x2=100 * frame["x2"], x9=0.01 * frame["x9"])
    ours, other = (residuals(fit(spec, table), "cor") for table in (frame, scaled))
    assert_allclose(other[["residual", "se", "z"]], ours[["residual", "se", "z"]], atol=1e-8)
    ours, other = (residual_summary(fit(spec, table)) for table in (frame, scaled))
    kept = ours["index"] != "rmr"
    pd.testing.assert_frame_equal(ours[kept], other[kept], rtol=1e-7)


def test_no_interval_where_nothing_varies():
    size = misfit(np.zeros(3), np.zeros((3, 3)))
    assert size.value == size.unbiased == 0
    assert np.isnan([size.se, size.p, size.unbiased_se, size.high, size.close_p]).all()


def test_unknown_kind():
    with pytest.raises(OptionError, match="kind must be raw, cor, standardized; got"):
        residuals(fitted("hs_ml"), "bentler")
