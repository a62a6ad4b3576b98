"""What is released is what was planted; effect sizes are what they say; every step can be taken back."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import norm

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import fit
from mkb21sem.infer.localfit.release import release
from mkb21sem.infer.waves.candidates import score_table
from mkb21sem.infer.waves.effectsize import differences
from mkb21sem.infer.waves.ladder import invariance
from mkb21sem.infer.waves.means import latent_means
from mkb21sem.infer.waves.partial import partial
from mkb21sem.specify.model import Model
from tests.waves.test_ladder import HERE, HS, SIMULATED


def ladder(name, ordinal):
    """A ladder over simulated waves in which x2 and x7 differ in the last one."""
    return invariance(Model.parse(SIMULATED), pd.read_csv(HERE / "data" / f"{name}.csv"), ordinal=ordinal)


@pytest.fixture(scope="module", params=[("five2", True), ("five4", False)], ids=str)
def released(request):
    """A ladder after release."""
    return partial(ladder(*request.param))


def test_the_planted_items_are_released_and_nothing_else(released):
    freed = released.freed()
    last = released.plan.waves[-1]
    assert set(zip(freed["item"], freed["wave"], strict=True)) == {("x2", last), ("x7", last)}
    assert dict(zip(freed["item"], freed["parameters"], strict=True)) == {"x7": "loadings", "x2": "intercepts"}
    assert (freed["q"] < 0.05).all()
    assert released.complete


def test_each_step_can_be_taken_back(released):
    assert released.back(0).plan.released == {}
    assert_allclose(released.back(0).ladder.table()["chisq"], released.start.table()["chisq"], rtol=1e-8)
    one = released.back(1)
    assert len(one.plan.released) == 1
    last = released.plan.waves[-1]
    kept = released.without("x2", last)
    assert list(kept.plan.released) == [("x7", len(released.plan.waves) - 1)]
    with pytest.raises(OptionError, match="x1 is not released"):
        released.without("x1", last)
    with pytest.raises(OptionError, match="the log has 2 step"):
        released.back(3)


def test_a_release_costs_its_degrees_of_freedom(released):
    before, after = released.start.table(), released.ladder.table()
    rung = before["rung"].isin(["scalar", "intercepts"])
    assert before.loc[rung, "df"].item() - after.loc[rung, "df"].item() == 3
    assert after.loc[rung, "chisq"].item() < before.loc[rung, "chisq"].item()


def test_score_tests_are_those_of_the_equality_constraints():
    """The metric rung of two groups by hand: the same model with equal=, tested by infer.release."""
    table = pd.read_csv(HERE / "data" / "hs.csv")
    climbed = invariance(Model.parse(HS), table, group="school", ordinal=False)
    ours = score_table(climbed.plan, 1, climbed["metric"], 0.05).set_index("item")
    by_hand = fit(Model.parse(HS), table, "MLR", group="school", equal=["loadings"], std_lv=True)
    theirs = release(by_hand).set_index("lhs")
    for item in by_hand.layout.observed:
        line = theirs[theirs.index.str.endswith(f"=~{item}")].iloc[0]
        assert_allclose(ours.loc[item, "chisq"], line["robust"], rtol=1e-6)


def test_score_test_of_thresholds_has_two_degrees_of_freedom_less():
    climbed = ladder("five2", True)
    table = score_table(climbed.plan, 1, climbed["thresholds"], 0.05)
    assert (table["df"] == 2).all()
    assert len(table) == 8
    assert score_table(climbed.plan, 2, climbed["loadings"], 0.05)["df"].eq(1).all()


def test_score_tests_come_close_to_difference_tests_of_the_release(released):
    log = released.log()
    plan, start = released.plan, released.start
    rung = plan.rungs.index(log["rung"].iloc[0])
    first = released.back(1).ladder.steps[rung].fit
    tied = start.steps[rung].fit
    assert tied.layout.df - first.layout.df == 1
    fall = tied.scaled.chisq - first.scaled.chisq
    assert 0.3 < fall / log["chisq"].iloc[0] < 3


def test_dmacs_is_the_integral_of_its_definition(released):
    rung, plan = released.ladder[released.to], released.plan
    sizes = differences(plan, rung).set_index("item")
    table = rung.table().set_index(["lhs", "op", "rhs", "group"])["est"]
    g, first = plan.waves[-1], plan.waves[0]
    mean, sd = table["one", "~1", "", g], np.sqrt(table["one", "~~", "one", g])

    def answer(eta, wave):
        line = table["x2", "~1", "", wave] + table["one", "=~", "x2", wave] * eta
        if not plan.thresholds:
            return line
        spread = np.sqrt(table["x2", "~~", "x2", wave])
        return sum(norm.cdf((line - table["x2", "|", f"t{k + 1}", wave]) / spread) for k in range(4))

    def average(power):
        gap = lambda eta: (answer(eta, g) - answer(eta, first)) ** power * norm.pdf(eta, mean, sd)  # noqa: E731
        return quad(gap, mean - 9 * sd, mean + 9 * sd)[0]

    rows = [y[:, rung.moments.names.index("x2")] for y in (rung.moments.rows[-1], rung.moments.rows[0])]
    within = sum(((x - x.mean()) ** 2).sum() for x in rows) / (sum(map(len, rows)) - 2)
    assert_allclose(sizes.loc["x2", "dmacs"], np.sqrt(average(2) / within), rtol=1e-6)
    assert_allclose(sizes.loc["x2", "item_difference"], average(1), rtol=1e-6)
    assert_allclose(sizes.loc["x2", "scale_difference"], average(1) / 4, rtol=1e-6)


def test_means_are_withheld_until_the_ladder_allows_them(released):
    before, after = latent_means(released.start), latent_means(released)
    assert not before.allowed
    assert before.table["mean"].isna().all()
    assert before.trend.empty
    assert "means can be compared from the" in before.reason
    assert after.allowed
    later = after.table[after.table["wave"] != released.plan.waves[0]]
    assert later[["mean", "se", "d", "d_se", "variance_se"]].notna().all(axis=None)
    pd.testing.assert_frame_equal(before.observed, after.observed)


def test_trend_tests_are_wald_tests_of_the_estimates(released):
    means = latent_means(released)
    found = released.ladder[means.rung]
    waves = released.plan.waves
    for line in means.trend.to_dict("records"):
        names = [f"{line['construct']}~1.g{g + 1}" for g in range(1, len(waves))]
        at = [found.layout.names.index(name) for name in names]
        alpha, V = found.theta[at], found.vcov[np.ix_(at, at)]
        assert_allclose(line["equal"], alpha @ np.linalg.solve(V, alpha), rtol=1e-8)
        since = np.arange(1.0, len(waves))
        if len(waves) > 2:
            assert_allclose(line["equal"], line["rest"] + (line["slope"] / line["slope_se"]) ** 2, rtol=1e-8)
            assert line["rest_df"] == len(waves) - 2
        else:
            assert_allclose(line["slope"], alpha[0] / since[0])
            assert np.isnan(line["rest"])


def test_standardised_difference_by_numerical_delta_method(released):
    means = latent_means(released)
    found = released.ladder[means.rung]
    row = means.table[means.table["construct"] == "one"].iloc[-1]
    g = len(released.plan.waves)
    at = [found.layout.names.index(f"one{end}.g{g}") for end in ("~1", "~~one")]
    n = found.moments.n

    def d(values):
        return values[0] / np.sqrt((n[0] + n[-1] * values[1]) / (n[0] + n[-1]))

    values = found.theta[at]
    step = 1e-6
    gradient = np.array([(d(values + step * e) - d(values - step * e)) / (2 * step) for e in np.eye(2)])
    assert_allclose(row["d"], d(values), rtol=1e-10)
    assert_allclose(row["d_se"], np.sqrt(gradient @ found.vcov[np.ix_(at, at)] @ gradient), rtol=1e-6)


def test_times_must_fit_the_waves(released):
    with pytest.raises(OptionError, match="one a wave and grow"):
        latent_means(released, times=[3, 2, 1, 0])
