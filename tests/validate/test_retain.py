"""How many factors: against psych, and on tables whose number of factors is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import Mkb21Error, OptionError, WaveError
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.validate.correlations import correlations
from mkb21sem.validate.retain import RULES, average_partials, random_eigenvalues, retain
from tests.psych.reference import EXPLORED, answers, reference


def simulated(n: int, factors: int, items: int, seed: int, cut: bool = False) -> pd.DataFrame:
    """n rows of `items` items a factor, loadings .7, factors correlating .3; cut into five answers if asked."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((n, 1)) * np.sqrt(0.3) + rng.standard_normal((n, factors)) * np.sqrt(0.7)
    rows = np.repeat(common, items, axis=1) * 0.7 + rng.standard_normal((n, factors * items)) * np.sqrt(0.51)
    if cut:
        rows = np.digitize(rows, [-1.5, -0.5, 0.5, 1.5]) + 1
    return pd.DataFrame(rows, columns=[f"y{j}" for j in range(rows.shape[1])]).astype(float)


@pytest.mark.parametrize("name", list(EXPLORED))
@pytest.mark.parametrize("column", ["eigenvalue", "map"])
def test_eigenvalues_and_map_are_psychs(name: str, column: str) -> None:
    found = retain(answers(name), EXPLORED[name][0], draws=20).table
    expected = reference("retention", data=name, name=column)
    ours = found.set_index("m")[column].reindex(expected["m"].astype(int))
    np.testing.assert_allclose(ours.dropna(), expected["value"][ours.notna().to_numpy()], rtol=1e-9)
    assert ours.notna().sum() >= len(ours) - 1


@pytest.mark.parametrize("name", list(EXPLORED))
def test_random_eigenvalues_are_those_of_simulated_answers(name: str) -> None:
    random = random_eigenvalues(correlations(answers(name), EXPLORED[name][0]), 40_000, np.random.default_rng(20120314))
    mean = reference("retention", data=name, name="random_mean")["value"]
    high = reference("retention", data=name, name="random_high")["value"]
    np.testing.assert_allclose(random.mean(axis=0), mean, atol=1e-3)
    np.testing.assert_allclose(np.quantile(random, 0.95, axis=0), high, atol=3e-3)


def test_three_factors_are_found_by_every_rule() -> None:
    found = retain(simulated(500, 3, 5, 1), draws=200)
    assert set(found.suggested.index) == set(RULES)
    assert (found.suggested == 3).all()
    fit = found.table.set_index("m")
    assert fit.loc[2, "rmsea"] > 0.05 > fit.loc[3, "rmsea"]
    assert fit.loc[3, "tli"] > 0.97 > fit.loc[2, "tli"]


def test_polychoric_parallel_analysis_keeps_the_margins_and_finds_the_factors() -> None:
    given = simulated(400, 2, 4, 2, cut=True)
    found = retain(given, correlation="polychoric", draws=100)
    assert found.kind == "polychoric"
    assert found.suggested["parallel"] == 2
    pearson = retain(given, draws=100)
    assert found.table["eigenvalue"].iloc[1] > pearson.table["eigenvalue"].iloc[1]
    random, plain = found.table["random_mean"], pearson.table["random_mean"]
    assert random.iloc[1] > plain.iloc[1], "polychorics of unrelated items vary more than Pearson correlations"


def test_the_first_eigenvalue_of_unrelated_items_passes_as_rarely_as_the_level_says() -> None:
    given = pd.DataFrame(np.random.default_rng(3).standard_normal((80, 5)), columns=list("abcde"))
    high = retain(given, draws=2000).table["random_high"][1]
    rows = np.random.default_rng(4).standard_normal((2000, 80, 5))
    first = np.linalg.eigvalsh([np.corrcoef(y, rowvar=False) for y in rows])[:, -1]
    assert np.mean(first > high) == pytest.approx(0.05, abs=0.015)


def test_same_seed_same_numbers_and_order_of_items_does_not_matter() -> None:
    hs = answers("hs")
    one, two = retain(hs, draws=50), retain(hs, draws=50)
    pd.testing.assert_frame_equal(one.table, two.table)
    turned = retain(10 - 3 * hs[hs.columns[::-1]], draws=50)
    columns = ["eigenvalue", "random_mean", "map", "map4", "rmsea"]
    np.testing.assert_allclose(one.table[columns], turned.table[columns], atol=1e-5)


def test_a_matrix_needs_its_n() -> None:
    hs = answers("hs")
    assert (retain(hs.corr(), n=len(hs), draws=50).suggested == retain(hs, draws=50).suggested).all()
    with pytest.raises(OptionError, match="n above their number"):
        retain(hs.corr())


def test_map_of_unrelated_items_is_least_without_components() -> None:
    partial = average_partials(np.eye(5))
    assert partial[0, 0] == 0


def test_the_waves_motives() -> None:
    found = retain(synthetic_wave(), [f"MOT{i:02d}" for i in range(1, 13)], draws=100)
    assert found.n == 256
    assert found.table["m"].tolist() == list(range(12))
    assert found.table.loc[0, ["eigenvalue", "random_mean"]].isna().all()


BAD = {
    "draws": (lambda: retain(answers("hs"), draws=5), OptionError, "draws must be 20 or more"),
    "two items": (lambda: retain(answers("hs"), ["x1", "x2"]), OptionError, "three items or more"),
    "constant": (lambda: retain(answers("hs").assign(x1=2)), WaveError, "constant: x1"),
    "wave without items": (lambda: retain(synthetic_wave()), OptionError, "items must name columns"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, Mkb21Error)
