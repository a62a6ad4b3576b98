"""Residuals, their standard errors and their average size against lavaan, and laws that hold without it."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import OptionError, fit
from mkb21sem.estimate.implied import moment_vector
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.infer.globalfit.misfit import misfit, residual_summary
from mkb21sem.infer.localfit.residuals import residual_covariance, residuals
from mkb21sem.infer.localfit.weighing import weighing
from mkb21sem.linalg import vech_index
from mkb21sem.specify.model import Model
from tests.lavaan.reference import case, data, load, notes
from tests.parity import chosen, fitted

CASES = chosen()
WITH_RESIDUALS = [name for name in CASES if "residuals" in case(name).outputs]
# lavaan has no standard errors of residuals, and so no summary, under ULS, of ordinal beside continuous items, or given
# exogenous variables.
NONE = notes().query("stage == 'residual_summary' and kind in ('absent', 'error')")["id"].tolist()
WITH_SUMMARY = [name for name in CASES if "residual_summary" in case(name).outputs and name not in NONE]
KINDS = {"cov": "~~", "mean": "~1", "int": "~1", "th": "|", "slopes": "~"}
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


def key(group, op, lhs, rhs):
    """What a residual is about; a covariance has no direction."""
    return (int(group), op, *(sorted((lhs, rhs)) if op == "~~" else (lhs, rhs)))


def beside(found, reference, kind):
    """Our residuals and lavaan's rows of the same statistics."""
    ours, lavaan = residuals(found, kind, across=False), reference.frame("residuals")
    keys = []
    for group, moment, row, col in lavaan[["group", "moment", "row", "col"]].values:
        op = KINDS[moment.removeprefix("res.")]
        keys.append(key(group, op, *(row.split("|") if op == "|" and "|" in row else (row, col))))
    lavaan.index = pd.MultiIndex.from_tuples(keys)
    number = {group: g + 1 for g, group in enumerate(found.moments.groups)}
    rows = ours[["group", "op", "lhs", "rhs"]].values
    mine = [key(number[group], op, lhs, rhs) for group, op, lhs, rhs in rows]
    missing = lavaan.index.difference(mine)
    # lavaan also lists variances and means of ordinal items, and again the means of continuous ones as thresholds.
    items = {name for name, _ in found.layout.thresholds}
    assert all(k[1] == "|" or items & set(k[2:]) for k in missing)
    return ours, lavaan.loc[mine].reset_index(drop=True)


@pytest.mark.parametrize("case_id", WITH_RESIDUALS)
def test_residuals(case_id):
    found, reference = fitted(case_id), load(case_id)
    ours, lavaan = beside(found, reference, "cor")
    raw, lavaan_raw = beside(found, reference, "raw")
    # Polychoric correlations of thin answers agree to 5e-6.
    tolerance = 5e-6 if found.layout.thresholds else 2e-6
    assert_allclose(ours["residual"], lavaan["residual"], atol=tolerance)
    assert_allclose(raw["residual"], lavaan_raw["raw"], atol=tolerance)
    assert_allclose(raw["z"].fillna(0), ours["z"].fillna(0), atol=1e-10)
    if lavaan["se"].isna().all() or found.estimator.name == "ULS":
        return
    # lavaan divides what varies in a group by the size of the group, but of ordinal items by that of all groups.
    share = found.moments.share[[found.moments.groups.index(group) for group in ours["group"]]]
    factor = np.sqrt(share) if found.layout.thresholds else 1.0
    # lavaan gives about 1e-16 (1e-9 beside exogenous variables) where a residual doesn't vary.
    assert_allclose(ours["se"].fillna(0) * factor, lavaan["se"], rtol=1e-5, atol=1e-6)
    # lavaan shows the residual itself in place of z where it is small.
    large = lavaan["residual"].abs() > 1e-3
    assert_allclose((ours["z"] / factor)[large], lavaan["z"][large], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("case_id", WITH_SUMMARY)
def test_summary(case_id):
    found, reference = fitted(case_id), load(case_id).frame("residual_summary")
    # One release of lavaan writes `cilupper` for CRMR.
    reference["name"] = reference["name"].str.replace("cilupper", "ci.upper")
    lavaan = reference.set_index(["group", "name", "moment"])["value"]
    ordinal = bool(found.layout.thresholds)
    words = {"cov": "cor", "threshold": "thresholds"} if ordinal else {}
    ours = residual_summary(found, across=False)
    assert len(ours) * 11 == len(reference)
    for _, row in ours.iterrows():
        group = found.moments.groups.index(row["group"]) + 1
        for column, name in COLUMNS.items():
            if ordinal and len(found.moments.groups) > 1 and column != "value":
                continue  # lavaan divides by the size of all groups, as above
            if ordinal and row["moments"] == "total" and column not in ("value", "se", "z", "p"):
                continue  # lavaan crosses the order of residuals and of their covariance, see the next test
            theirs = lavaan[group, name.format(row["index"]), words.get(row["moments"], row["moments"])]
            # Residuals smaller than expected have z < 0 here, and z = 0, p = 0.5 in lavaan.
            bounded = {"z": max(row["z"], 0), "p": min(row["p"], 0.5)}
            value = bounded.get(column, row[column]) if row["z"] < 0 else row[column]
            where = f"{row['index']} {row['moments']} {column}"
            assert_allclose(value, theirs, rtol=1e-5, atol=1e-6, err_msg=where)


@pytest.mark.parametrize("case_id", [name for name in WITH_SUMMARY if name in ("ord2_wlsmv", "ord5_wlsmv", "ord7_wls")])
def test_total_of_ordinal_items(case_id):
    """lavaan's number comes out if the residuals are put in another order than the rows of their covariance."""
    found, reference = fitted(case_id), load(case_id).frame("residual_summary").set_index(["name", "moment"])["value"]
    weighed = weighing(found)
    e, Xi, which = weighed.residual[0], residual_covariance(found, weighed)[0], weighed.statistics
    thresholds, pairs = np.flatnonzero(which.of("|")), np.flatnonzero(which.of("~~"))
    one, other = np.concatenate([thresholds, pairs]), np.concatenate([pairs, thresholds])
    t = len(one) + 9
    assert_allclose(misfit(e[one], Xi[np.ix_(one, one)], t).se, reference["srmr.se", "total"], rtol=1e-6)
    assert_allclose(misfit(e[other], Xi[np.ix_(one, one)], t).unbiased_se, reference["usrmr.se", "total"], rtol=1e-5)
    ours = residual_summary(found).set_index(["index", "moments"]).loc[("srmr", "total")]
    assert_allclose(ours["unbiased_se"], misfit(e[one], Xi[np.ix_(one, one)], t).unbiased_se, rtol=1e-10)


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
