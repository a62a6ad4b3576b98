"""Coverage and size: the committed rates are reproduced by new samples, and the page says what the rates are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom

from benchmarks.calibrate import (
    ARMS,
    CONTINUOUS,
    DF,
    SIZE,
    drawn,
    indicators,
    model,
    paths,
    replicate,
    simulate,
    summary,
)
from benchmarks.calibration_page import page, read
from mkb21sem.estimate.fit import fit

FOLDER = Path(__file__).parents[2] / "benchmarks"
ANEW, OTHER_SEED = 200, 1402


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return read(FOLDER / "calibration.csv")


def test_page_says_what_the_rates_are() -> None:
    assert (FOLDER / "calibration.md").read_text(encoding="utf-8") == page(FOLDER / "calibration.csv")


def test_every_method_and_path_has_a_rate(committed: pd.DataFrame) -> None:
    wanted = {(arm.name, what) for arm in ARMS for what in ("test of fit", *_names())}
    assert set(zip(committed["arm"], committed["what"], strict=True)) == wanted
    assert len(committed) == len(wanted)
    assert committed["replications"].min() == committed["replications"].max() >= 1000
    np.testing.assert_allclose(committed["rate"], committed["hits"] / committed["usable"], rtol=1e-5)


def test_normal_theory_holds_on_normal_scores(committed: pd.DataFrame) -> None:
    """The control: where its assumptions hold, ML covers at its level on average, and no estimate is far off."""
    control = committed[(committed["arm"] == "ML, normal scores") & (committed["what"] != "test of fit")]
    assert control["rate"].mean() == pytest.approx(0.95, abs=0.01)
    assert control["bias"].abs().max() < 0.02
    assert control["se"].to_numpy() == pytest.approx(control["sd"].to_numpy(), rel=0.10)


def test_samples_have_five_points_and_holes() -> None:
    sample = drawn(np.random.SeedSequence(1))
    assert all(set(sample["five"][item].unique()) == {1, 2, 3, 4, 5} for item in indicators())
    assert sample["normal"][list(CONTINUOUS)].equals(sample["five"][list(CONTINUOUS)])
    assert sample["holes"].isna().to_numpy().mean() == pytest.approx(0.10, abs=0.02)
    assert sample["holes"].fillna(sample["five"]).equals(sample["five"])


def test_workers_change_nothing() -> None:
    alone, together = (simulate(2, seed=5, workers=workers) for workers in (1, 2))
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(alone[1], replicate(np.random.SeedSequence(5).spawn(2)[1]))


def test_summary_counts_what_covers_and_what_rejects() -> None:
    """Three made-up replications: one right, one off by three standard errors and rejected, one not converged."""
    truth = paths()["value"].to_numpy()
    se = np.full(len(truth), 0.1)
    right, off = np.array([0.5, *truth, *se]), np.array([SIZE / 2, *(truth + 0.3), *se])
    rates = summary(np.stack([np.tile(row, (len(ARMS), 1)) for row in (right, off, np.full(len(right), np.nan))]))
    assert rates["replications"].eq(3).all()
    assert rates["usable"].eq(2).all()
    assert rates["hits"].eq(1).all()
    np.testing.assert_allclose(rates["bias"].dropna(), 0.15)


def test_degrees_of_freedom_are_those_of_the_model() -> None:
    assert fit(model(), drawn(np.random.SeedSequence(1))["normal"]).test.df == DF


@pytest.mark.slow
def test_new_samples_give_the_committed_rates(committed: pd.DataFrame) -> None:
    """Each count of the new samples lies in the band that holds all of them at once with 99% probability.

    The committed rate is itself an estimate, so the band is beta-binomial: its hits and misses, and the new draws.
    """
    anew = summary(simulate(ANEW, OTHER_SEED)).merge(committed, on=["arm", "what"], suffixes=("", "_committed"))
    assert len(anew) == len(committed)
    tail = 0.005 / len(anew)
    hits, misses = anew["hits_committed"] + 0.5, anew["usable_committed"] - anew["hits_committed"] + 0.5
    below, above = (
        betabinom.cdf(anew["hits"], anew["usable"], hits, misses),
        betabinom.sf(anew["hits"] - 1, anew["usable"], hits, misses),
    )
    outside = anew[(below < tail) | (above < tail)]
    assert outside.empty, outside[["arm", "what", "rate", "rate_committed"]].to_string()
    unusable = (anew["replications"] - anew["usable"]) / anew["replications"]
    assert (unusable <= 0.05 + 1 - anew["usable_committed"] / anew["replications_committed"]).all()


def _names() -> list[str]:
    return [f"{path.lhs} ~ {path.rhs}" for path in paths().itertuples()]
