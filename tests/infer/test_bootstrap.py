"""The bootstrap against lavaan's, and by what must hold of any."""

from __future__ import annotations

import os
import signal
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from mkb21sem import FitError, Model, OptionError, fit, r_squared
from mkb21sem.estimate.refits.resample import NO_STATISTICS
from mkb21sem.infer.draws.bootstrap import CHUNK, Bootstrap, bootstrap
from mkb21sem.infer.draws.intervals import acceleration, bca_level, bias_correction, intervals, quantile
from mkb21sem.infer.effects.effects import effects
from mkb21sem.infer.effects.quantities import quantities
from mkb21sem.parallel import Progress
from tests.effects.reference import fitted, table
from tests.estimate import setups


@cache
def drawn(case: str, draws: int = 1000) -> Bootstrap:
    return bootstrap(fitted(case), draws, seed=1, workers=1)


def spread_error(se, kurtosis, *draws):
    """Standard error of a difference of standard deviations over so many draws each."""
    return se * np.sqrt((kurtosis - 1) / 4 * sum(1 / number for number in draws))


def differences(case, ours):
    """Differences between our standard errors and lavaan's, in standard errors of both, for every number of a case.

    Kurtosis is that of both sets of draws: either alone underestimates it for products of several arrows.
    """
    lavaan = table("bootstrap").query("case == @case and se > 1e-9")
    assert ours.converged.all()
    assert set(lavaan["draws"]) == {1000}
    found = []
    for scale in ("raw", "all", "r2"):
        of = lavaan[lavaan["scale"] == scale]
        wanted = quantities(ours.found, "r2" if scale == "r2" else "effects")
        labels = wanted.labels.assign(place=np.arange(len(wanted.labels))).query("scale == @scale")
        if scale == "r2":
            labels = labels.assign(effect="r2", path=labels["variable"])
        place = labels.set_index(["effect", "path"])["place"].loc[pd.MultiIndex.from_frame(of[["effect", "path"]])]
        values = wanted.of(ours.cells)[:, place]
        kurtosis = (of["kurtosis"].to_numpy() + stats.kurtosis(values, fisher=False)) / 2
        se = of["se"].to_numpy()
        found.append((values.std(axis=0, ddof=1) - se) / spread_error(se, kurtosis, 1000, len(values)))
    return np.concatenate(found)


@pytest.mark.parametrize("case", ["pd_ml", "hs_chain_ml", "mkb21_ml"])
def test_standard_errors_are_lavaans_within_monte_carlo_error(case):
    """Three standard errors for a single number; for the largest of q numbers what that is by Bonferroni.

    Of the case with the most numbers, which hang together, there are four times as many draws of ours.
    """
    z = differences(case, drawn(case, 4000 if case == "mkb21_ml" else 1000))
    assert len(z) == {"pd_ml": 27, "hs_chain_ml": 48, "mkb21_ml": 274}[case]
    assert np.abs(z).max() < stats.norm.isf(stats.norm.sf(3) / len(z))


def test_bits_do_not_depend_on_the_workers():
    one, two = (bootstrap(fitted("pd_ml"), 300, seed=1, workers=workers) for workers in (1, 2))
    assert (one.theta == two.theta).all()
    assert (one.jackknife == two.jackknife).all()
    assert intervals(one).equals(intervals(two))
    assert not (one.theta == bootstrap(fitted("pd_ml"), CHUNK, seed=2, workers=1).theta[0]).all(axis=1).any()


def test_more_draws_begin_with_the_same_ones():
    fewer = bootstrap(fitted("pd_ml"), 2 * CHUNK, seed=1, workers=1)
    assert (fewer.theta == drawn("pd_ml").theta[: 2 * CHUNK]).all()


def test_a_dask_cluster_gives_the_same_bits_and_survives_a_killed_worker():
    distributed = pytest.importorskip("distributed")
    serial = bootstrap(fitted("mkb21_ml"), 500, seed=1, workers=1)
    killed: list[int] = []
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        warnings.simplefilter("ignore")
        address = cluster.scheduler_address
        whole = bootstrap(fitted("mkb21_ml"), 500, seed=1, backend=address)

        def kill(progress: Progress) -> None:
            if not killed and progress.done < progress.asked:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        survived = bootstrap(fitted("mkb21_ml"), 500, seed=1, backend=address, progress=kill)
    assert len(killed) == 1
    for other in (whole, survived):
        assert other.theta.shape == (500, serial.found.layout.k)
        assert (other.theta == serial.theta).all()
        assert (other.cells == serial.cells).all()
        assert (other.jackknife == serial.jackknife).all()


@pytest.mark.parametrize("name", ["MLR", "fiml MLR", "WLSMV", "WLSMV pairwise", "GLS"])
def test_every_estimator_has_every_interval(name, monkeypatch):
    monkeypatch.setattr("mkb21sem.infer.draws.bootstrap.LEFT_OUT", 40)
    made = bootstrap(setups.fitted(name), 60, seed=1, workers=1)
    assert made.converged.mean() > 0.9
    for of in ("effects", "parameters", "r2"):
        frame = intervals(made, of)
        varying = frame[frame["se"].notna()]
        assert len(varying)
        for kind in ("percentile", "bc", "bca"):
            assert (varying[f"{kind}_low"] < varying[f"{kind}_high"]).all()


def test_estimates_in_the_tables_are_those_of_the_fit(monkeypatch):
    monkeypatch.setattr("mkb21sem.infer.draws.bootstrap.LEFT_OUT", 40)
    found, made = fitted("hs_school_chain_ml"), bootstrap(fitted("hs_school_chain_ml"), 40, workers=1)
    frame, plain = intervals(made), effects(found)
    q = len(plain)
    assert_allclose(frame["est"][:q], plain["est"])
    assert_allclose(frame["est"][q:], plain["std"])
    keys = ["group", "source", "outcome", "effect", "path"]
    pd.testing.assert_frame_equal(frame.iloc[:q][keys], plain[keys])
    pd.testing.assert_frame_equal(frame.iloc[q:][keys].reset_index(drop=True), plain[keys])
    assert_allclose(intervals(made, "r2")["est"], r_squared(found)["r2"])
    parameters = intervals(made, "parameters")
    assert_allclose(parameters["est"], np.concatenate([found.table()["est"], found.table()["std"]]))
    half = intervals(made, source="textual", outcome="speed", kind="lv")
    assert set(half["scale"]) == {"raw", "lv"}
    assert set(half["source"]) == {"textual"}


def test_fixed_numbers_have_no_interval():
    frame = intervals(drawn("pd_ml"), "parameters").query("scale == 'raw'").set_index(["lhs", "op", "rhs"])
    assert frame.loc[("ind60", "=~", "x1"), ["se", "bca_low", "percentile_high"]].isna().all()
    assert frame.loc[("ind60", "=~", "x2"), ["se", "bca_low", "percentile_high"]].notna().all()


def test_bca_equals_scipys():
    """The same draws, the same jackknife, another program."""
    rng = np.random.default_rng(3)
    rows = rng.exponential(size=60)
    theirs = stats.bootstrap((rows,), np.var, n_resamples=999, method="BCa", rng=1, confidence_level=0.9)
    values = theirs.bootstrap_distribution[:, None]
    left_out = np.array([[np.var(np.delete(rows, i))] for i in range(60)])
    z0, a = bias_correction(values, np.array([np.var(rows)])), acceleration(left_out)
    ends = [
        quantile(np.sort(values, axis=0), np.array([999]), bca_level(z0, a, z))[0] for z in stats.norm.ppf([0.05, 0.95])
    ]
    assert_allclose(ends, theirs.confidence_interval, rtol=1e-10)


def test_jackknife_is_each_fit_without_a_row():
    found, made = setups.fitted("MLR"), bootstrap(setups.fitted("MLR"), 5, workers=1)
    assert made.jackknife.shape[0] == 240
    assert made.failed == 0
    for i in (0, 100, 239):
        one = setups.refit("MLR", setups.plain().drop(index=i))
        assert_allclose(made.jackknife[i], one.cells, atol=2e-5)
    assert found.converged


def test_of_many_rows_sets_are_left_out():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(1250)
    frame = pd.DataFrame({"x": x, "y": x + rng.exponential(size=1250)})
    made = bootstrap(fit(Model.parse("y ~ x"), frame), 50, workers=1)
    assert made.jackknife.shape[0] == 500
    place = np.argsort(np.lexsort(made.found.moments.rows[0].T[::-1]))
    one = fit(Model.parse("y ~ x"), frame[place % 500 != 7])
    assert_allclose(made.jackknife[7], one.cells, atol=1e-8)


def test_bca_of_all_draws_on_one_side_is_finite():
    z0 = bias_correction(np.arange(1.0, 11)[:, None], np.array([0.0]))
    assert z0[0] == pytest.approx(stats.norm.ppf(0.05))
    assert np.isnan(bca_level(np.array([3.0]), np.array([0.4]), 1.96))[0]


def test_failed_and_improper_draws_are_counted_named_and_kept():
    """Sixty rows, and an answer that one of them gave: many draws miss it, others have a negative variance."""
    frame = setups.answers().iloc[:60].copy()
    frame["x1"] = frame["x1"].clip(lower=1)
    frame.loc[0, "x1"] = 0
    found = fit(Model.parse(setups.ITEMS_ONLY), frame, "WLSMV", ordered=True)
    made = bootstrap(found, 128, workers=1)
    counts = made.counts().set_index("outcome")["draws"]
    lost = counts[f"failed: {NO_STATISTICS}"]
    assert 25 < lost < 70  # a row is left out of 37% of the draws
    assert counts["asked for"] == counts["finished"] == 128
    assert counts["converged"] == 128 - sum(n for why, n in counts.items() if why.startswith("failed"))
    assert np.isnan(made.theta[made.cause == NO_STATISTICS]).all()
    assert counts["improper"] == (made.converged & ~made.admissible).sum() > 0
    assert any(why.startswith("improper: the ") for why in counts.index)
    frame = intervals(made)
    assert (frame.query("scale == 'raw'")["draws"] == counts["converged"]).all()
    assert str(made).startswith("model, WLSMV: 128 bootstrap draws, seed 1; ")
    assert made.failed >= 1


def test_stopping_keeps_what_is_finished():
    def stop(progress: Progress) -> None:
        if progress.done >= 75 + 2 * CHUNK:
            raise KeyboardInterrupt

    made = bootstrap(fitted("pd_ml"), 1000, seed=1, workers=1, progress=stop)
    assert made.stopped
    assert len(made.theta) == 2 * CHUNK
    assert (made.theta == drawn("pd_ml").theta[: 2 * CHUNK]).all()
    assert "256 bootstrap draws of 1,000 (stopped by the user)" in str(made)
    assert list(made.counts()["draws"][:2]) == [1000, 256]
    assert intervals(made)["bca_low"].notna().any()


def test_stopping_before_anything_is_finished_is_said():
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(FitError, match="stopped before the first draws"):
        bootstrap(fitted("pd_ml"), 1000, workers=1, progress=stop)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 0}, "number of draws must be a whole number from 1"),
        ({"draws": 10, "seed": -1}, "seed must be"),
        ({"draws": 10, "workers": 0}, "workers must be"),
        ({"draws": 10, "backend": "spark"}, "backend must be"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message):
        bootstrap(fitted("pd_ml"), **options)


def test_a_model_without_effects_has_none():
    bare = fit(Model.parse("f =~ x1 + x2 + x3"), setups.plain())
    assert intervals(bootstrap(bare, 20, workers=1)).empty


def test_wrong_words_for_intervals():
    with pytest.raises(OptionError, match="of must be effects, parameters, r2"):
        intervals(drawn("pd_ml"), "loadings")
    with pytest.raises(OptionError, match="level must lie between 0 and 1"):
        intervals(drawn("pd_ml"), level=95)
