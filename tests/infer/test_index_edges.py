"""Fit indices where there is nothing to explain, no misfit, a baseline that fits better, or a statistic far out."""

import math

import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtr, chndtr

from mkb21sem.infer.globalfit import absolute, incremental
from mkb21sem.infer.globalfit.rmsea import noncentrality, rmsea, rmsea_interval, rmsea_notclose, rmsea_pvalue


@pytest.mark.parametrize("chisq", [0.0, 3.0, 23.0, 37.0, 85.3, 900.0, 3e5])
@pytest.mark.parametrize("df", [1, 24, 629, 3.7])
@pytest.mark.parametrize("probability", [0.95, 0.05, 0.995])
def test_noncentrality_solves_its_equation(chisq, df, probability):
    at = noncentrality(chisq, df, probability)
    if at == 0:
        assert chdtr(df, chisq) <= probability
    else:
        assert_allclose(chndtr(chisq, df, at), probability, rtol=1e-10)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((0.0, 0, 100.0, 10), {"cfi": 1.0, "tli": 1.0, "nfi": 1.0, "rfi": 1.0, "rni": 1.0, "pnfi": 0.0}),
        ((5.0, 10, 100.0, 20), {"cfi": 1.0, "rni": 1 + 5 / 80, "tli": 1.125, "ifi": 95 / 90}),
        ((100.0, 10, 50.0, 20), {"cfi": 0.0, "rni": -2.0, "nfi": -1.0, "tli": -5.0}),
        ((100.0, 10, 15.0, 20), {"cfi": 0.0, "rni": 19.0}),
        ((5.0, 10, 15.0, 20), {"cfi": 1.0}),
        ((30.0, 30, 50.0, 20), {"cfi": 1.0, "nfi": math.nan, "rfi": math.nan}),
        ((30.0, 10, 20.0, 20), {"cfi": 0.0, "rni": math.nan, "tli": math.nan}),
        ((30.0, 10, 0.0, 20), {"nfi": math.nan, "rfi": math.nan, "pnfi": math.nan}),
        ((30.0, 10, 10.0, 20), {"ifi": math.nan}),
        ((0.0, 0, 0.0, 0), {"cfi": 1.0, "tli": 1.0, "nfi": math.nan, "pnfi": math.nan}),
    ],
)
def test_incremental_indices_at_the_edges(numbers, expected):
    for name, value in expected.items():
        assert_allclose(getattr(incremental, name)(*numbers), value, err_msg=name)


def test_rmsea_at_the_edges():
    assert rmsea(5.0, 10, 100) == 0.0
    assert rmsea_interval(5.0, 10, 100)[0] == 0.0
    assert rmsea_interval(2.0, 10, 100) == (0.0, 0.0)
    assert rmsea(0.0, 0, 100) == 0.0
    assert rmsea_interval(0.0, 0, 100) == (0.0, 0.0)
    assert math.isnan(rmsea_pvalue(0.0, 0, 100))
    assert math.isnan(rmsea_notclose(0.0, 0, 100))
    # The point estimate lies inside, and a wider interval holds a narrower one.
    low, high = rmsea_interval(60.0, 24, 300)
    wide = rmsea_interval(60.0, 24, 300, level=0.99)
    assert wide[0] < low < rmsea(60.0, 24, 300) < high < wide[1]
    # At the upper end of a 90% interval the test of not close fit is at 5%, at the lower that of close fit.
    assert_allclose(rmsea_notclose(60.0, 24, 300, notclose=high), 0.05, rtol=1e-8)
    assert_allclose(rmsea_pvalue(60.0, 24, 300, close=low), 0.05, rtol=1e-8)
    # χ² far in the tail: the p-value is small and not rounded to zero.
    assert 0 < rmsea_pvalue(1500.0, 24, 300) < 1e-100
    # A shifted statistic may be negative.
    assert rmsea_notclose(-1.0, 24, 300) == 0.0
    assert rmsea_pvalue(-1.0, 24, 300) == 1.0


def test_absolute_indices_at_the_edges():
    assert absolute.agfi(0.9, 0, 10) == 1.0
    assert absolute.pgfi(0.9, 0, 10) == 0.0
    assert math.isnan(absolute.critical_n(0.0, 0, 100, 0.05))
    assert math.isnan(absolute.critical_n(0.0, 5, 100, 0.05))
    assert absolute.mfi(5.0, 10, 100) > 1
    # At N = critical N the same discrepancy gives the critical χ² (n times F, n = N − 1 in Hoelter's formula).
    n = absolute.critical_n(40.0, 24, 200, 0.05)
    assert_allclose(chdtr(24, (n - 1) * 40.0 / 200), 0.95, rtol=1e-10)
