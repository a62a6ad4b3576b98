"""Simulated answers and fits: distributions, the batch against single fits, workers, and power against theory."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import FitError, Hypothesis, Model, OptionError, cutoffs, fit, indices, power, synthetic_wave
from mkb21sem.infer.planning.answers import Margin, behind, source
from mkb21sem.infer.planning.cutoffs import _at, _Samples, discrepant
from mkb21sem.infer.planning.noncentrality import at_population
from mkb21sem.infer.planning.population import population
from mkb21sem.infer.planning.robust_batch import robust_estimates
from mkb21sem.survey import population as invented

DEFAULT = Model.read("mkb21")
HYPOTHESES = Hypothesis.read("mkb21")
SMALL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f + z"
VALUES = pd.DataFrame(
    [("f", "=~", f"x{i}", 0.7) for i in (1, 2, 3)]
    + [("g", "=~", f"y{i}", 0.8) for i in (1, 2, 3)]
    + [("g", "~", "f", 0.25), ("g", "~", "z", 0.2)],
    columns=["lhs", "op", "rhs", "value"],
)


@pytest.fixture(scope="module")
def origin():
    at = at_population(DEFAULT, population(invented.population(), DEFAULT))
    return at, source(at.layout.observed, at.Sigma, synthetic_wave().frame(DEFAULT.observed))


def test_answers_correlate_as_the_population(origin):
    """With the wave's own categories: correlations, and shares of every answer, within sampling error."""
    at, made = origin
    y = made.draw(np.random.default_rng(1), 1, 100_000)[0]
    assert np.abs(np.corrcoef(y.T) - at.Sigma).max() < 0.02
    wave = synthetic_wave().frame(DEFAULT.observed)
    for j, name in enumerate(DEFAULT.observed):
        shares = wave[name].value_counts(normalize=True).sort_index().to_numpy()
        drawn = pd.Series(y[:, j]).value_counts(normalize=True).sort_index().to_numpy()
        assert_allclose(drawn, shares, atol=0.008)


def test_tetrachoric_expansion():
    """Two halves cut at 0: r = 2/π arcsin ρ."""
    half = Margin.cut_at([0.0])
    R = np.array([[1.0, 0.3], [0.3, 1.0]])
    assert_allclose(behind(R, [half, half])[0, 1], np.sin(np.pi / 2 * 0.3), rtol=1e-8)


def test_batch_is_single_fits(origin):
    at, made = origin
    y = made.draw(np.random.default_rng(2), 3, 256)
    batch = robust_estimates(at.layout, y, at.theta)
    for b in range(3):
        one = fit(DEFAULT, pd.DataFrame(y[b], columns=list(at.layout.observed)), "MLR")
        assert_allclose(batch.theta[b], one.theta, atol=1e-6)
        assert_allclose(batch.vcov[b], one.vcov, rtol=1e-5, atol=1e-9)
        assert_allclose([batch.chisq[b], batch.scaling[b]], [one.test.chisq, one.scaled.scaling], rtol=1e-7)


def test_batch_with_exogenous_causes():
    at = at_population(Model.parse(SMALL), population(VALUES, Model.parse(SMALL)))
    y = source(at.layout.observed, at.Sigma).draw(np.random.default_rng(3), 2, 200)
    batch = robust_estimates(at.layout, y, at.theta)
    one = fit(Model.parse(SMALL), pd.DataFrame(y[1], columns=list(at.layout.observed)), "MLR")
    assert_allclose(batch.vcov[1], one.vcov, rtol=1e-5, atol=1e-9)
    assert_allclose(batch.scaling[1], one.scaled.scaling, rtol=1e-7)


def test_holes_of_the_wave():
    wave = pd.DataFrame(np.random.default_rng(4).integers(1, 6, (300, 2)).astype(float), columns=["a", "b"])
    wave.loc[:59, "b"] = np.nan
    y = source(["a", "b"], np.eye(2), wave).draw(np.random.default_rng(5), 1, 5000)[0]
    assert not np.isnan(y[:, 0]).any()
    assert 0.17 < np.isnan(y[:, 1]).mean() < 0.23
    with pytest.raises(OptionError, match="between 0 and 1"):
        source(["a", "b"], np.eye(2), missing=1.5)
    with pytest.raises(OptionError, match="no variable `c`"):
        source(["a", "c"], np.eye(2), wave)


def test_simulated_power_is_near_theory():
    """Small model, normal causes: the analytic power lies in the simulation's 99.9% band."""
    made = power(Model.parse(SMALL), VALUES, [200], draws=400, seed=7)
    rows = made.table.set_index(["id", "method"])
    for name in ("H1", "H2"):
        theory, seen = (rows.loc[(name, way), "power"] for way in ("analytic", "simulated"))
        assert abs(seen - theory) < 3.3 * np.sqrt(theory * (1 - theory) / 400) + 0.03
        assert rows.loc[(name, "simulated"), "low"] < seen < rows.loc[(name, "simulated"), "high"]
    assert rows.loc[("H1", "simulated"), "failed"] == 0
    fit_ = made.fit.set_index("test")
    assert abs(fit_.loc["robust, simulated", "power"] - 0.05) < 3.3 * np.sqrt(0.05 * 0.95 / 400) + 0.02
    assert fit_.loc["robust, simulated", "alternative"] < 1e-3


def test_workers_change_nothing():
    given = {"hypotheses": HYPOTHESES, "draws": 90, "wave": synthetic_wave(), "seed": 3}
    one = power(DEFAULT, invented.population(), [256], **given)
    two = power(DEFAULT, invented.population(), [200, 256], workers=2, **given)
    assert one.synthetic
    both = two.table[two.table["n"] == 256].reset_index(drop=True)
    pd.testing.assert_frame_equal(both, one.table, check_dtype=False)


def test_refused():
    with pytest.raises(OptionError, match="seed must be"):
        power(Model.parse(SMALL), VALUES, [200], draws=5, seed=-1)
    with pytest.raises(OptionError, match="number of draws"):
        power(Model.parse(SMALL), VALUES, [200], draws=-5)
    with pytest.raises(OptionError, match="got str"):
        cutoffs("mkb21")


def test_samples_that_are_too_small_are_counted():
    """Seven variables, 20 rows: some samples give no estimates, and they count as not found."""
    made = power(Model.parse(SMALL), VALUES, [20], draws=80, seed=2).table
    drawn = made[made["method"] == "simulated"].set_index("id")
    assert drawn.loc["H1", "draws"] == 80
    assert drawn.loc["H1", "failed"] + drawn.loc["H1", "improper"] > 0


def test_missing_answers_cost_power():
    made = power(Model.parse(SMALL), VALUES, [150], draws=40, missing={f"y{i}": 0.4 for i in (1, 2, 3)}, seed=5)
    rows = made.table[made.table["method"] == "simulated"].set_index("id")
    assert (rows["failed"] < 4).all()
    whole = power(Model.parse(SMALL), VALUES, [150], draws=400, seed=5).table
    whole = whole[whole["method"] == "simulated"].set_index("id")
    assert rows["power"].sum() < whole["power"].sum()


def test_stopped_early():
    """Ctrl-C keeps what is finished and says so."""

    def stop(size, step):
        if step.done >= 80:
            raise KeyboardInterrupt

    made = power(Model.parse(SMALL), VALUES, [200], draws=400, progress=stop)
    assert made.stopped
    assert made.table["draws"].max() == 80


def test_cutoffs_samples_have_the_indices_of_a_fit():
    found = fit(DEFAULT, synthetic_wave())
    at = _at(found)
    ours = _Samples(at.layout, at.Sigma, at.theta, 256)._indices(found.moments.cov)[0]
    assert_allclose(ours, indices(found)[["cfi", "rmsea", "srmr"]], rtol=1e-6)


def test_cutoffs_samples_with_exogenous_causes():
    at = at_population(Model.parse(SMALL), population(VALUES, Model.parse(SMALL)))
    y = source(at.layout.observed, at.Sigma).draw(np.random.default_rng(3), 1, 200)[0]
    found = fit(Model.parse(SMALL), pd.DataFrame(y, columns=list(at.layout.observed)))
    ours = _Samples(at.layout, at.Sigma, at.theta, 200)._indices(found.moments.cov)[0]
    assert_allclose(ours, indices(found)[["cfi", "rmsea", "srmr"]], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("size", [0.038, 0.06])
def test_discrepancy_is_as_asked(size):
    Sigma = population(invented.population(), DEFAULT).Sigma
    R = discrepant(Sigma, size, np.random.default_rng(1))
    off = ~np.eye(len(R), dtype=bool)
    assert_allclose(np.abs(R - Sigma)[off].mean(), size, rtol=1e-5)
    assert_allclose(np.diagonal(R), 1)
    assert np.linalg.eigvalsh(R)[0] > 0
    with pytest.raises(FitError, match="no correlations"):
        discrepant(Sigma, 0.9, np.random.default_rng(1))


def test_cutoffs():
    """Worse misfit, laxer cut-offs; the wave, drawn from the model, passes; workers change nothing."""
    found = fit(DEFAULT, synthetic_wave(), "MLR")
    made = cutoffs(found, 60)
    rmsea = made.table[made.table["index"] == "rmsea"].set_index("level")
    assert list(rmsea.index) == ["exact", "close", "fair", "mediocre"]
    assert (np.diff(rmsea["cutoff"][1:]) > 0).all()
    assert rmsea["within"].all()
    assert (rmsea["kept"][1:] >= 0.9).all()
    assert made.done == 240
    pd.testing.assert_frame_equal(cutoffs(found, 60, workers=2, backend="threading").table, made.table)
    with pytest.raises(OptionError, match="first level"):
        cutoffs(found, 10, levels=(("close", 0.038),))
