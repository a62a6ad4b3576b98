"""Certificates: every fit that lavaan shares gets one, and every kind of failure is named with its remedy."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem import Model, fit
from mkb21sem.infer.certificates.certificate import _count_moments, _count_parameters, certificate
from mkb21sem.infer.certificates.restarts import elsewhere
from tests.lavaan.reference import case, load
from tests.parity import chosen, fitted

GRID = ["hs_ml", "corp_ml", "hs_second_ml", "path_meanstructure_ml", "hs_constraint_mlr", "hs_school_partial_ml"]
GRID += ["hs_mlm", "hs_gls", "hs_wls", "hs_fiml_mlr", "ord5_wlsmv", "groups_thresholds_wlsmv_theta", "mkb21_ml"]
GRID += ["mixed_mimic_wlsmv", "mixed_probit_wlsmv_theta"]


def sample(cov, n, names):
    """Rows with exactly these covariances (divisor n) and means 0."""
    noise = np.random.default_rng(0).standard_normal((n, len(cov)))
    noise -= noise.mean(axis=0)
    noise = noise @ np.linalg.inv(np.linalg.cholesky(noise.T @ noise / n)).T
    return pd.DataFrame(noise @ np.linalg.cholesky(np.array(cov)).T, columns=list(names))


def three_constructs(among):
    loading = np.kron(np.eye(3), np.full((3, 1), 0.8))
    return sample(loading @ np.array(among) @ loading.T + 0.36 * np.eye(9), 500, "abcdefghi")


CFA = "F =~ a + b + c\nG =~ d + e + f\nH =~ g + h + i"


@pytest.mark.parametrize("case_id", GRID)
def test_the_references_pass(case_id):
    given = certificate(fitted(case_id), semopy=case(case_id).estimator == "ML")
    assert given.ok, str(given)
    assert given["restarts"].ok is True


@pytest.mark.parametrize("case_id", chosen())
def test_moments_and_parameters_are_counted_like_lavaan(case_id):
    found, reference = fitted(case_id), load(case_id).fit
    assert _count_parameters(found) == reference["npar"]
    assert _count_moments(found) - _count_parameters(found) == reference["df"]


def test_semopy_is_asked_and_agrees():
    assert certificate(fitted("pd_ml"))["second opinion"].ok is True
    assert certificate(fitted("hs_wls"))["second opinion"].ok is None


def test_semopy_stopping_short_is_no_failure():
    """With construct variances of 1 semopy ends at a higher χ²; lavaan ends where we do."""
    given = certificate(fitted("hs_stdlv_ml"))["second opinion"]
    assert given.ok is None
    assert "semopy stops short of the minimum" in given.finding


def test_a_fit_short_of_the_minimum_is_found_out():
    found = fitted("hs_ml")
    theta = found.theta + 0.05
    cells = found.cells + np.einsum("gck,k->gc", found.layout.K, theta - found.theta)
    short = replace(found, theta=theta, cells=cells, loss=found.loss + 0.1)
    given = certificate(short, semopy=False)
    assert given["gradient"].ok is False
    assert given["restarts"].ok is False
    assert "ends lower: χ² falls by 60.2" in given["restarts"].finding
    assert not given.ok


def test_a_fit_that_did_not_converge():
    given = certificate(replace(fitted("hs_ml"), converged=False, cause="no minimum after 500 steps."))
    assert not given.ok
    assert str(given).splitlines()[0] == "Certificate of hs (ML, N = 301): NOT PASSED (convergence)"
    assert "no minimum after 500 steps." in str(given)


def test_wrong_degrees_of_freedom_are_found_out():
    found = fitted("hs_ml")
    given = certificate(replace(found, test=replace(found.test, df=23)), semopy=False)["df"]
    assert given.ok is False
    assert given.finding == "45 moments less 21 parameters leave 24, but the test has 23"


def test_what_the_answers_hardly_determine_is_named():
    """Two constructs with two items each and next to no correlation between them."""
    cov = np.kron(np.eye(2), [[1, 0.5], [0.5, 1]]) + np.kron([[0, 1], [1, 0]], np.full((2, 2), 0.003))
    given = certificate(fit(Model.parse("F =~ a + b\nG =~ c + d"), sample(cov, 200, "abcd")), semopy=False)
    assert given["identification"].ok is False
    assert "rank 9 for 9 parameters" in given["identification"].finding
    assert "F=~b, G=~d" in given["identification"].finding


def test_a_negative_residual_variance_within_sampling_error():
    frame = sample([[1, 0.62, 0.62], [0.62, 1, 0.37], [0.62, 0.37, 1]], 40, "abc")
    given = certificate(fit(Model.parse("F =~ a + b + c"), frame), semopy=False)["variances"]
    assert given.ok is False
    assert given.finding.startswith("the residual variance of a is -0.0389")
    assert "within sampling error of zero" in given.remedy
    assert "F has 3 items; a third or fourth item helps" in given.remedy


def test_a_negative_residual_variance_that_is_no_accident():
    frame = sample([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]], 500, "abc")
    given = certificate(fit(Model.parse("F =~ a + b + c"), frame), semopy=False)
    assert "the residual variance of a is -0.28 (z = -6.0)" in given["variances"].finding
    assert "the model is wrong about this item" in given["variances"].remedy
    assert given["residuals"].remedy == "See a under variances."


def test_a_negative_disturbance():
    frame = three_constructs([[1, 0.1, 0.75], [0.1, 1, 0.75], [0.75, 0.75, 1]])
    given = certificate(fit(Model.parse(CFA + "\nH ~ F + G"), frame), semopy=False)
    assert "the residual variance of H is -0.0145" in given["variances"].finding
    assert "F and G explain more than all of it" in given["variances"].remedy
    assert "One of F, G and H is a mixture of the others" in given["constructs"].remedy


def test_a_construct_without_common_variance():
    frame = sample([[1, -0.3, 0.3], [-0.3, 1, 0.3], [0.3, 0.3, 1]], 300, "abc")
    given = certificate(fit(Model.parse("F =~ a + b + c"), frame), semopy=False)["variances"]
    assert given.ok is False
    assert "the variance of F is -0.3" in given.finding
    assert "reversed items" in given.remedy


def test_constructs_that_the_items_do_not_tell_apart():
    frame = three_constructs([[1, 0.99, 0.5], [0.99, 1, 0.5], [0.5, 0.5, 1]])
    frame[["d", "e", "f"]] += 0.3 * frame[["a", "b", "c"]].to_numpy()
    given = certificate(fit(Model.parse(CFA), frame), semopy=False)
    assert given["correlations"].ok is False
    assert given["correlations"].finding.startswith("F and G correlate 1.")
    assert "join them into one construct" in given["correlations"].remedy
    assert given["constructs"].ok is False


def test_residual_covariances_that_cannot_be():
    cov = np.full((4, 4), 0.2) + 0.8 * np.eye(4)
    cov[0, 1] = cov[1, 0] = 0.98
    frame = sample(cov, 300, "abcd")
    given = certificate(fit(Model.parse("F =~ a + b + c + d\na ~~ b"), frame), semopy=False)
    assert given["items"].ok is False
    assert given["items"].finding == "almost the same: a and b (r = 0.98)"
    assert given["correlations"].ok is True


def test_items_that_are_nearly_a_sum_of_others():
    frame = sample(0.3 + 0.7 * np.eye(5), 300, "abcde")
    frame["e"] = frame[["a", "b", "c"]].sum(axis=1) + 0.05 * frame["e"]
    given = certificate(fit(Model.parse("F =~ a + b + c + d + e"), frame), semopy=False)["items"]
    assert given.ok is False
    assert "almost a sum of each other: a, b, c and e" in given.finding


def test_pairs_of_answers_that_nobody_gave_are_counted():
    given = certificate(fitted("ord5_wlsmv"))["answers"]
    assert given.ok is True
    assert given.finding == "pairs of answers that nobody gave: 18, most with u2"


def test_starting_values_are_reproducible_and_within_bounds():
    found = fitted("hs_ml")
    one, other, third = elsewhere(found, 5, 1), elsewhere(found, 5, 1), elsewhere(found, 5, 2)
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)
    variances = [i for i, name in enumerate(found.layout.names) if name.split("~~")[0] == name.split("~~")[-1]]
    assert (one[:, variances] > 0).all()


def test_a_certificate_reads_as_lines_and_as_a_table():
    given = certificate(fitted("hs_ml"), starts=0, semopy=False)
    lines = str(given).splitlines()
    assert lines[0] == "Certificate of hs (ML, N = 301): passed"
    assert lines[4].split() == ["ok", "df", "45", "moments", "less", "21", "parameters", "leave", "24"]
    assert lines[5].startswith("-     restarts")
    assert given.table()["name"].tolist()[:3] == ["convergence", "gradient", "identification"]
