"""The Bollen–Stine test against lavaan's, and by what must hold of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from mkb21sem import Model, OptionError, fit
from mkb21sem.infer.draws.bollenstine import bollen_stine, turned
from mkb21sem.parallel import Progress
from tests.effects.reference import fitted, table
from tests.estimate import setups


@pytest.mark.parametrize("case", ["pd_ml", "hs_chain_ml", "mkb21_ml"])
def test_p_is_lavaans_within_monte_carlo_error(case):
    lavaan = table("bollenstine").set_index("case").loc[case]
    ours = bollen_stine(fitted(case), 1000, seed=1, workers=1)
    assert ours.failed == 0
    assert ours.chisq == pytest.approx(lavaan["chisq"], rel=1e-5)
    pooled = (ours.p + lavaan["p"]) / 2
    assert abs(ours.p - lavaan["p"]) <= 3 * np.sqrt(2 * pooled * (1 - pooled) / 1000)
    assert ours.error == pytest.approx(np.sqrt(ours.p * (1 - ours.p) / 1000))


@pytest.mark.parametrize("name", ["ML", "MLR with means"])
def test_turned_rows_are_fitted_without_misfit(name):
    found = setups.fitted(name)
    other = turned(found)
    names = list(found.moments.names)
    again = fit(
        found.model, pd.DataFrame(other.moments.rows[0], columns=names), meanstructure=found.layout.meanstructure
    )
    assert again.test.chisq == pytest.approx(0, abs=1e-8)
    assert_allclose(again.theta, found.theta, atol=1e-6)


def test_groups_are_turned_apart():
    found = fit(Model.parse(setups.SPEC), setups.plain(), group="school", equal=["loadings"])
    other = turned(found)
    for y, S, m in zip(other.moments.rows, other.moments.cov, other.moments.mean, strict=True):
        assert_allclose(np.cov(y.T, bias=True), S, atol=1e-10)
        assert_allclose(y.mean(axis=0), m, atol=1e-10)
    assert 0 <= bollen_stine(found, 100, workers=1).p <= 1


def test_a_true_model_of_normal_answers_has_the_draws_of_chi_square():
    rng = np.random.default_rng(5)
    f = rng.standard_normal((500, 1))
    frame = pd.DataFrame(0.8 * f + 0.6 * rng.standard_normal((500, 5)), columns=list("abcde"))
    test = bollen_stine(fit(Model.parse("f =~ a + b + c + d + e"), frame), 1000, workers=1)
    assert test.draws.mean() == pytest.approx(5, abs=4 * np.sqrt(10 / 1000) + 0.2)
    assert test.p == pytest.approx(stats.chi2.sf(test.chisq, 5), abs=0.08)


def test_stopping_keeps_what_is_finished():
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    test = bollen_stine(fitted("pd_ml"), 1000, workers=1, progress=stop)
    assert test.stopped
    assert len(test.draws) == 128
    assert "128 draws of 1,000 (stopped by the user)" in str(test)


@pytest.mark.parametrize("name", ["fiml", "WLSMV", "GLS"])
def test_rows_that_cannot_be_turned_are_refused(name):
    with pytest.raises(OptionError, match="complete, unweighted rows by ML, MLM or MLR"):
        bollen_stine(setups.fitted(name))


def test_without_degrees_of_freedom_there_is_nothing_to_test():
    frame = pd.DataFrame(np.random.default_rng(1).standard_normal((50, 2)), columns=["x", "y"])
    with pytest.raises(OptionError, match="no degrees of freedom"):
        bollen_stine(fit(Model.parse("y ~ x"), frame))
