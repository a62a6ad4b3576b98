"""Coverage of intervals: the committed study says what it found, and new waves of the same population agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from benchmarks.interval_calibration import KINDS, LEVEL, SEED, SPEC, Waves, draw, page, read, summary, truth
from mkb21sem import Model, fit
from mkb21sem.infer.effects.quantities import quantities
from mkb21sem.parallel import chunks, replicate

FOLDER = Path(__file__).parents[2] / "benchmarks"
TABLE, ABOUT = read(FOLDER / "interval_calibration.csv")


def test_the_page_says_what_the_rates_are():
    assert (FOLDER / "interval_calibration.md").read_text(encoding="utf-8") == page(TABLE, ABOUT)


def test_every_effect_has_a_rate_of_every_kind():
    labels, known = truth()
    assert len(TABLE) == len(labels) * len(KINDS)
    assert set(TABLE["waves"]) == {1000}
    assert f"seed {SEED}" in ABOUT
    assert_allclose(TABLE["truth"], np.tile(known, len(KINDS)), atol=1e-6)
    assert_allclose(TABLE["coverage"] + TABLE["truth_below"] + TABLE["truth_above"], 1, atol=2e-6)


def test_rates_outside_their_band_are_marked():
    low, high = (stats.binom.ppf(tail, 1000, LEVEL) / 1000 for tail in (0.005, 0.995))
    assert_allclose(TABLE["band_low"], low)
    assert_allclose(TABLE["band_high"], high)
    assert (TABLE["inside"] == TABLE["coverage"].between(low, high)).all()


def test_the_population_is_the_one_that_is_drawn_from():
    _, known = truth()
    found = fit(Model.parse(SPEC), draw(np.random.default_rng(3), 200_000))
    assert_allclose(quantities(found).of(found.cells[None])[0], known, atol=0.01)


@pytest.mark.slow
def test_new_waves_agree():
    """Two hundred waves by another seed; the rates may differ by what both samples of waves allow."""
    labels, known = truth()
    made = replicate(Waves(500), chunks(200, 20, SEED + 1), workers=2)
    fresh = summary(np.concatenate(made.found), labels, known)
    p = (1000 * TABLE["coverage"] + 200 * fresh["coverage"]) / 1200
    error = np.sqrt(np.maximum(p * (1 - p), 1e-4) * (1 / 1000 + 1 / 200))
    assert (np.abs(fresh["coverage"] - TABLE["coverage"]) < 4 * error).all()
