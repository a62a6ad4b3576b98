"""Monte Carlo intervals against semTools', and by what must hold of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from mkb21sem import OptionError
from mkb21sem.infer.draws.intervals import intervals
from mkb21sem.infer.draws.montecarlo import monte_carlo
from mkb21sem.infer.effects.effects import effects
from tests.effects.reference import CASES, fitted, table


def limit_error(values, draws):
    """Standard error of the 2.5% quantile over that many draws, with the density there of a normal distribution."""
    return values * np.sqrt(0.025 * 0.975 / draws) / norm.pdf(norm.ppf(0.025))


def semtools(case, scale):
    """semTools' rows of a case."""
    return table("montecarlo").query("case == @case and scale == @scale")


@pytest.mark.parametrize("case", ["pd_ml", "hs_chain_ml", "mkb21_ml"])
def test_limits_are_those_of_semtools_within_monte_carlo_error(case):
    theirs = semtools(case, "raw")
    assert set(theirs["draws"]) == {20_000}
    frame = intervals(monte_carlo(fitted(case), 20_000, seed=3)).query("scale == 'raw'")
    ours = frame.set_index(["effect", "path"]).loc[pd.MultiIndex.from_frame(theirs[["effect", "path"]])]
    error = np.sqrt(2) * limit_error(ours["se"].to_numpy(), 20_000)
    z = np.concatenate([(ours[f"percentile_{end}"].to_numpy() - theirs[end]) / error for end in ("low", "high")])
    # Products of several arrows have longer tails than the density assumed.
    assert np.abs(z).max() < 1.2 * norm.isf(norm.sf(3) / len(z))


def test_semtools_draws_standardised_arrows_as_normal():
    """So its standardised direct effects have the delta method's limits; ours follow from each draw's variances."""
    theirs = semtools("mkb21_ml", "all").query("effect == 'direct'").set_index("path")
    delta = effects(fitted("mkb21_ml")).query("effect == 'direct'").set_index("path").loc[theirs.index]
    for end in ("low", "high"):
        assert np.abs((delta[f"std_{end}"] - theirs[end]) / limit_error(delta["std_se"], 5000)).max() < 3.5


@pytest.mark.parametrize("case", CASES)
def test_draws_have_the_covariance_of_the_estimates(case):
    made = monte_carlo(fitted(case), 20_000)
    k = made.found.layout.k
    sd = np.sqrt(np.maximum(np.diagonal(made.found.vcov), 1e-300))
    z = (made.theta - made.found.theta) / sd
    assert np.abs(z.mean(axis=0)).max() < 0.04
    assert_allclose(np.cov(z.T), made.found.vcov / np.outer(sd, sd), atol=0.05)
    assert made.cells.shape == (20_000, *made.found.cells.shape)
    assert made.theta.shape == (20_000, k)


def test_direct_effects_are_normal_and_indirect_ones_skew():
    frame = intervals(monte_carlo(fitted("pd_ml"), 50_000)).query("scale == 'raw'").set_index("effect")
    delta = effects(fitted("pd_ml")).set_index("effect")
    for end in ("low", "high"):
        assert_allclose(frame.loc["direct", f"percentile_{end}"], delta.loc["direct", end], rtol=0.03)
    indirect = frame.loc["indirect"]
    above, below = indirect["percentile_high"] - indirect["est"], indirect["est"] - indirect["percentile_low"]
    assert above > 1.05 * below
    assert "bca_low" not in frame


def test_the_seed_decides():
    one, same, other = (monte_carlo(fitted("pd_ml"), 50, seed=s).theta for s in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).any()


def test_a_fit_without_errors_is_refused():
    found = fitted("pd_ml")
    lost = replace(found, vcov=np.full_like(found.vcov, np.nan), cause="no minimum")
    with pytest.raises(OptionError, match="no standard errors to draw from: no minimum"):
        monte_carlo(lost)
    with pytest.raises(OptionError, match="draws must be a whole number from 1; got 0"):
        monte_carlo(found, 0)
    with pytest.raises(OptionError, match=r"seed must be a whole number from 0; got 1\.5"):
        monte_carlo(found, 10, 1.5)
