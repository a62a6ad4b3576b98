"""Same seed, same numbers: across runs, numbers of workers, and the order in which a file holds its respondents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from typer.testing import CliRunner

from mkb21sem import Wave, cli, fit, synthetic_wave
from mkb21sem.describe.adoption import adoption
from mkb21sem.describe.intervals import mean
from mkb21sem.estimate.refits.resample import draw_counts
from mkb21sem.infer.draws.bollenstine import bollen_stine
from mkb21sem.infer.draws.bootstrap import bootstrap
from mkb21sem.infer.planning.power import power
from mkb21sem.report.again import compared
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.validate.correlations import correlations
from mkb21sem.validate.htmt import resampled
from mkb21sem.validate.retain import random_eigenvalues

WAVE = synthetic_wave()
SHUFFLED = Wave.of(WAVE.answers.sample(frac=1, random_state=3), name=WAVE.name, synthetic=True)
CLOSE = {"rtol": 1e-9, "atol": 1e-10}
"""Sums over rows in another order differ in their last digits."""
SPEC = "MOT =~ MOT03 + MOT05 + MOT07\nERV =~ ERV03 + ERV05 + ERV07\nERV ~ MOT\n"


def both(model: str | Model, **options):
    of = Model.read(model) if isinstance(model, str) else model
    return fit(of, WAVE, "MLR", **options), fit(of, SHUFFLED, "MLR", **options)


def test_the_same_respondents_are_drawn_whatever_their_order() -> None:
    one, other = both("mkb21_stated")
    for seed in (1, 2):
        counts = [draw_counts(found, np.random.default_rng(seed), 3) for found in (one, other)]
        for b in range(3):
            drawn = [
                np.sort(np.repeat(found.moments.rows[0], times[b].astype(int), axis=0), axis=0)
                for found, times in zip((one, other), counts, strict=True)
            ]
            assert_array_equal(*drawn)
        assert not (counts[0] == counts[1]).all(), "the rows do stand in another order"


def test_groups_are_drawn_alike_whichever_comes_first() -> None:
    model = Model.parse(SPEC)
    first = WAVE.frame([*model.observed, "ZZP"]).sort_values("ZZP")
    last = first[::-1]
    one, other = (fit(model, frame, "ML", group="ZZP") for frame in (first, last))
    assert one.moments.groups == other.moments.groups[::-1]
    counts = [draw_counts(found, np.random.default_rng(1), 2) for found in (one, other)]
    begin = len(one.moments.rows[0])
    back = np.concatenate([counts[1][:, -begin:], counts[1][:, :-begin]], axis=1)
    for g, (low, high) in enumerate(((0, begin), (begin, None))):
        rows = one.moments.rows[g], other.moments.rows[1 - g]
        drawn = [
            np.sort(np.repeat(y, times[0, low:high].astype(int), axis=0), axis=0)
            for y, times in zip(rows, (counts[0], back), strict=True)
        ]
        assert_array_equal(*drawn)


@pytest.mark.parametrize("options", [{}, {"missing": "fiml"}])
def test_bootstrap_and_jackknife(options) -> None:
    one, other = (bootstrap(found, 16, workers=1) for found in both("mkb21_stated", **options))
    assert_allclose(one.theta, other.theta, **CLOSE)
    key = [np.lexsort(each.jackknife[:, 0].round(9).T) for each in (one, other)]
    assert_allclose(one.jackknife[key[0]], other.jackknife[key[1]], **CLOSE)


def test_bollen_stine() -> None:
    one, other = (bollen_stine(found, 32, workers=1) for found in both("mkb21_stated"))
    assert one.p == other.p
    assert_allclose(one.draws, other.draws, rtol=1e-7)


def test_simulated_power_with_the_holes_of_the_wave() -> None:
    claims = Hypothesis.read("mkb21")[:3]
    model = Model.read("mkb21_stated")
    frames = [wave.frame(model.observed) for wave in (WAVE, SHUFFLED)]
    for frame, one in zip(frames, ([1, 3, 8], [1, 3, 8]), strict=True):
        order = np.lexsort(frame.to_numpy().T)
        frame.iloc[order[one], [0, 2, 4]] = np.nan
    found = fit(model, WAVE)
    tables = [power(model, found, 100, hypotheses=claims, draws=8, wave=frame).table for frame in frames]
    assert_allclose(*(table["power"].to_numpy() for table in tables), **CLOSE)
    assert_allclose(*(table["coverage"].dropna().to_numpy() for table in tables), **CLOSE)


@pytest.mark.parametrize("kind", ["pearson", "polychoric"])
def test_draws_of_the_dossier(kind: str) -> None:
    items = [f"MOT{i:02d}" for i in range(1, 5)]
    one, other = (correlations(wave.frame(items), items, kind) for wave in (WAVE, SHUFFLED))
    for drawn in (resampled, random_eigenvalues):
        assert_allclose(
            drawn(one, 3, np.random.default_rng(1)), drawn(other, 3, np.random.default_rng(1)), rtol=1e-6, atol=1e-8
        )


def test_draws_of_the_monitor() -> None:
    answers = [wave.frame(["MOT03"])["MOT03"].to_numpy() for wave in (WAVE, SHUFFLED)]
    one, other = (mean(each, "bootstrap") for each in answers)
    assert_allclose((one.low, one.high), (other.low, other.high), rtol=1e-12)
    one, other = (adoption(wave, "USER").discrimination for wave in (WAVE, SHUFFLED))
    assert one is not None
    assert other is not None
    names = ("auc", "auc_corrected", "slope_corrected", "brier_corrected")
    assert_allclose(*([getattr(each, name) for name in names] for each in (one, other)), rtol=1e-7)


def test_the_command_gives_the_same_numbers_of_a_file_in_another_order(tmp_path: Path) -> None:
    """And by another number of workers."""
    (tmp_path / "own.sem").write_text(SPEC, encoding="utf-8")
    for name, wave, workers in (("one", WAVE, 1), ("other", SHUFFLED, 2)):
        folder = tmp_path / name
        folder.mkdir()
        wave.answers.reset_index().to_csv(folder / "wave.csv", index=False)
        asked = ["infer", folder / "wave.csv", "--model", tmp_path / "own.sem", "--draws", 200, "--no-robustness"]
        told = [str(part) for part in [*asked, "--workers", workers, "--out", folder / "out"]]
        done = CliRunner().invoke(cli.app, told)
        assert done.exit_code == 0, done.output
    found = compared(tmp_path / "one" / "out", tmp_path / "other" / "out")
    assert found.compared > 300
    # The file has another SHA-256, which pages name; all else is the same, to the byte.
    apart = found.differences
    assert apart["name"].iloc[0] == "data.sha256"
    assert all("SHA-256" in line for line in (*apart["then"][1:], *apart["now"][1:]))
