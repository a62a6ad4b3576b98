"""Vuong's tests against the same formulas in R, and sums of weighted χ² with known distributions."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2

from mkb21sem import OptionError, fit
from mkb21sem.infer.rivals.vuong import _casewise, _weights, vuong, weighted_chisq_sf
from tests.planning.reference import HERE, answers, model, table

PAIRS = pd.read_csv(HERE / "vuong_pairs.csv", dtype=str).set_index("id")


@pytest.mark.parametrize("row", list(table("vuong").itertuples()), ids=lambda row: row.id)
def test_lavaan(row):
    """lavaan's own estimates are good to 1e-5 or so; z is as exact as they are."""
    pair = PAIRS.loc[row.id]
    first, second = (fit(model(pair[which]), answers(pair["data"])) for which in ("first", "second"))
    told = vuong(first, second)
    assert_allclose(told.lr, row.lr, rtol=1e-7)
    assert_allclose([told.variance, told.z], [row.omega2, row.z], rtol=1e-5)
    assert_allclose([told.p_first, told.p_second], [row.p_first, row.p_second], rtol=1e-4)
    weights = _weights(_casewise(first), _casewise(second))
    assert_allclose(weights.sum(), row.sum_weights, atol=1e-4)
    assert_allclose([(weights**2).sum(), weights.max()], [row.sum_squares, row.largest], rtol=1e-5)


def test_means_make_no_difference():
    """Saturated means add nothing to either likelihood."""
    pair = [
        fit(model(name), answers("hs"), meanstructure=means) for means in (False, True) for name in ("hs", "hs_two")
    ]
    plain, means = vuong(*pair[:2]), vuong(*pair[2:])
    assert_allclose([plain.z, plain.p_distinguishable], [means.z, means.p_distinguishable], rtol=1e-8)


def test_full_information_without_holes():
    pair = [fit(model(name), answers("hs"), missing=way) for way in ("listwise", "fiml") for name in ("hs", "hs_two")]
    assert_allclose(vuong(*pair[:2]).z, vuong(*pair[2:]).z, rtol=1e-7)


def test_likelihoods_with_holes():
    """Casewise likelihoods sum to the likelihood of the whole."""
    from mkb21sem import indices

    found = fit(model("hs"), answers("hs_missing"), "MLR", missing="fiml")
    assert_allclose(_casewise(found).likelihood.sum(), indices(found)["logl"], rtol=1e-9)


def test_turned_round():
    one, other = fit(model("hs"), answers("hs")), fit(model("hs_apart"), answers("hs"))
    told, turned = vuong(one, other), vuong(other, one)
    assert_allclose([told.z, told.p_nested, told.bic_low], [-turned.z, turned.p_nested, -turned.bic_high], rtol=1e-9)


def test_weighted_sums():
    assert_allclose(weighted_chisq_sf(12.0, np.ones(10)), chi2.sf(12, 10), rtol=1e-12)
    assert_allclose(weighted_chisq_sf(3.0, np.array([1.0])), chi2.sf(3, 1), rtol=1e-12)
    # Pairs of equal weights are exponentials, whose sum has a closed form.
    rate = 1 / np.array([2.0, 4.0, 1.0])
    parts = [np.prod([b / (b - a) for b in rate if b != a]) * np.exp(-a * 5) for a in rate]
    assert_allclose(weighted_chisq_sf(5.0, np.array([1.0, 1, 2, 2, 0.5, 0.5])), sum(parts), rtol=1e-9)
    # A difference of two exponentials of mean 2 lies above 1 with probability e^(−1/2)/2.
    assert_allclose(weighted_chisq_sf(1.0, np.array([1.0, 1, -1, -1])), np.exp(-0.5) / 2, rtol=1e-9)


def test_refused():
    rows = answers("hs")
    with pytest.raises(OptionError, match="likelihood of each row"):
        vuong(fit(model("hs"), rows, "GLS"), fit(model("hs_two"), rows, "GLS"))
    with pytest.raises(OptionError, match="one group"):
        vuong(*(fit(model(name), rows, group="school") for name in ("hs", "hs_two")))
