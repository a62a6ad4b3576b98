"""Screening: against psych, semTools and naniar, by hand, and with planted faults."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from mkb21sem.errors import FitError, OptionError, WaveError
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.findings import findings
from mkb21sem.validate.missing import mcar, missing_patterns
from mkb21sem.validate.respondents import distances, longstring, respondents, variability
from mkb21sem.validate.screening import scale_structure, screen
from mkb21sem.validate.shape import categories, describe, mardia
from tests.psych.reference import CORP, HERE, SCALES, answers, number, reference
from tests.validate.worded import worded


def corp() -> pd.DataFrame:
    """All 344 rows, with their missing answers."""
    return pd.read_csv(HERE / "data" / "corp.csv", na_values=["-99"])[CORP].astype(float)


@pytest.mark.parametrize("name", list(SCALES))
@pytest.mark.parametrize("figure", ["mean", "sd", "skewness", "kurtosis"])
def test_moments_of_items_are_psychs(name: str, figure: str) -> None:
    found = screen(answers(name)).items.set_index("item")[figure]
    expected = reference("shape", data=name, name=figure).set_index("item")["value"]
    np.testing.assert_allclose(found.reindex(expected.index), expected, rtol=1e-10)


@pytest.mark.parametrize("name", list(SCALES))
def test_mardia_is_semtools(name: str) -> None:
    found = mardia(answers(name).to_numpy(), ddof=1)
    parts = {
        "mardia_skewness_b1": found.skewness,
        "mardia_skewness_chisq": found.skewness_chisq,
        "mardia_skewness_df": found.skewness_df,
        "mardia_skewness_pvalue": found.skewness_pvalue,
        "mardia_kurtosis_b2": found.kurtosis,
        "mardia_kurtosis_z": found.kurtosis_z,
        "mardia_kurtosis_pvalue": found.kurtosis_pvalue,
    }
    for part, value in parts.items():
        assert value == pytest.approx(number("shape", data=name, name=part), rel=1e-9), part
    own, n = mardia(answers(name).to_numpy()), len(answers(name))
    assert own.skewness == pytest.approx(found.skewness * (n / (n - 1)) ** 3, rel=1e-10)
    assert own.kurtosis == pytest.approx(found.kurtosis * (n / (n - 1)) ** 2, rel=1e-10)


def test_the_reference_wave_is_the_one_that_r_saw() -> None:
    wave = synthetic_wave()
    items = SCALES["mkb"]["all"]
    np.testing.assert_array_equal(wave.frame(items).to_numpy(), answers("mkb")[items].to_numpy())


def test_mardia_does_not_see_units_or_mixtures_of_items() -> None:
    hs = answers("hs").to_numpy()
    mixed = 5 + hs @ np.random.default_rng(1).standard_normal((9, 9))
    assert mardia(mixed).kurtosis == pytest.approx(mardia(hs).kurtosis, rel=1e-9)
    assert mardia(mixed).skewness == pytest.approx(mardia(hs).skewness, rel=1e-9)


@pytest.mark.parametrize("name", list(SCALES))
def test_distance_is_that_of_r(name: str) -> None:
    away, p = distances(answers(name).to_numpy())
    np.testing.assert_allclose(away, reference("distance", data=name)["value"], rtol=1e-8)
    np.testing.assert_allclose(p, chi2.sf(away, answers(name).shape[1]))


@pytest.mark.parametrize("figure", ["chisq", "df", "pvalue"])
@pytest.mark.parametrize("name", ["airquality", "corp", "mkb"])
def test_mcar_is_littles_at_lavaans_moments(name: str, figure: str) -> None:
    given = corp() if name == "corp" else pd.read_csv(HERE / "data" / f"{name}.csv").astype(float)
    if name == "mkb":
        given = given[[*(f"GEB{i:02d}" for i in range(1, 11)), *SCALES["mkb"]["CUL"], *SCALES["mkb"]["OMG"]]]
    assert getattr(mcar(given), figure) == pytest.approx(number("mcar", data=name, name=figure), rel=1e-8)


def test_mcar_is_naniars_on_its_own_example() -> None:
    """naniar's tests have 35.1061288689702 on 14 df, p = .00141778, 4 patterns; its EM stops earlier."""
    found = mcar(pd.read_csv(HERE / "data" / "airquality.csv").astype(float))
    assert found.chisq == pytest.approx(35.1061288689702, rel=2e-6)
    assert (found.df, found.patterns) == (14, 4)
    assert found.pvalue == pytest.approx(0.00141778113856683, rel=1e-4)


def test_mcar_keeps_its_size_and_sees_what_depends_on_answers() -> None:
    rng = np.random.default_rng(20120314)
    root = np.linalg.cholesky(np.full((4, 4), 0.5) + 0.5 * np.eye(4))
    p = []
    for _ in range(200):
        y = rng.standard_normal((200, 4)) @ root.T
        y[rng.random((200, 4)) < 0.08] = np.nan
        p.append(mcar(pd.DataFrame(y)).pvalue)
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.04)
    y = rng.standard_normal((200, 4)) @ root.T
    y[y[:, 0] > 0.8, 1] = np.nan
    assert mcar(pd.DataFrame(y)).pvalue < 1e-6


def test_mcar_without_missing_answers_has_a_reason() -> None:
    found = mcar(answers("hs"))
    assert np.isnan(found.chisq)
    assert "no answer is missing" in found.note
    few = pd.DataFrame(np.eye(4)).replace(0.0, np.nan)
    assert "rows for" in mcar(few.assign(z=[1.0, 2, 3, 4])).note or mcar(few).note
    pairless = pd.DataFrame({"a": [1.0, 2, 3, 4] + [np.nan] * 4, "b": [np.nan] * 4 + [1.0, 2, 3, 5]})
    assert mcar(pairless).note or np.isfinite(mcar(pairless).chisq)


def test_patterns_count_every_respondent() -> None:
    found = missing_patterns(corp())
    assert found["n"].sum() == 344
    assert found["missing"].iloc[0] == ""
    assert found["n"].iloc[0] == 336
    assert found["share"].sum() == pytest.approx(1)
    hole = corp().isna()
    alone = hole["cusl_2"] & hole["cusl_3"] & (hole.sum(axis=1) == 2)
    assert found.set_index("missing").loc["cusl_2 cusl_3", "n"] == alone.sum() == 1


def test_longstring_and_variability_by_hand() -> None:
    nan = np.nan
    rows = np.array([[1, 1, 1, 2, 2], [3, 3, nan, 3, 1], [1, 2, 1, 2, 1], [nan, nan, nan, nan, nan], [4, 4, 4, 4, 4]])
    longest, answered = longstring(rows)
    assert longest.tolist() == [3, 3, 1, 0, 5]
    assert answered.tolist() == [5, 4, 5, 0, 5]
    expected = [np.std(row[np.isfinite(row)], ddof=1) if np.isfinite(row).any() else nan for row in rows]
    np.testing.assert_allclose(variability(rows), expected)


def test_distance_with_missing_answers_is_of_the_answers_given() -> None:
    given = corp()
    away, p = distances(given.to_numpy())
    holed = given.isna().any(axis=1).to_numpy()
    assert np.isfinite(away).all()
    np.testing.assert_allclose(p[holed], chi2.sf(away[holed], given.notna().sum(axis=1)[holed]))
    complete, _ = distances(given.dropna().to_numpy())
    np.testing.assert_allclose(away[~holed], complete, rtol=0.05)


def test_categories_show_what_nobody_gave() -> None:
    answer = pd.Series([1, 1, 2, 5, np.nan])
    assert categories(answer)["n"].tolist() == [2, 1, 0, 0, 1]
    assert categories(answer, [1, 2, 3, 4, 5, 6])["n"].tolist() == [2, 1, 0, 0, 1, 0]
    assert categories(pd.Series([0.5, 1.5]))["code"].tolist() == [0.5, 1.5]
    assert categories(answer)["share"].sum() == pytest.approx(1)


def test_describe_of_too_few_answers_is_nan() -> None:
    assert np.isnan(describe(pd.Series([np.nan, np.nan]))["mean"])
    one = describe(pd.Series([3.0, np.nan]))
    assert (one["n"], one["missing"], one["mean"]) == (1, 1, 3.0)
    assert np.isnan(one["sd"])
    assert np.isnan(describe(pd.Series([2.0, 2.0, 2.0]))["skewness"])


def test_the_synthetic_wave_is_screened_by_what_was_asked() -> None:
    found = screen(synthetic_wave())
    items = found.items.set_index("item")
    assert items.loc["CUL01", "n"] + items.loc["CUL01", "missing"] == 314
    assert items.loc["MOT01", "n"] + items.loc["MOT01", "missing"] == 256
    assert items.loc["GEB04", "empty"] == "4 5"
    assert items.loc["GEB01", "scale"] == ""
    assert np.isnan(items.loc["GEB01", "item_rest"])
    assert not items["flags"].str.contains("reversed|weak|constant").any()
    assert found.patterns["n"].sum() == 256
    assert len(found.respondents) == 314
    assert found.scales.set_index("scale").loc["MAA", "flags"] == "floor"
    pairs = found.pairs
    assert (pairs["scale"] == "MOT").sum() == 66
    assert (pairs["polychoric"] > pairs["pearson"]).mean() > 0.9


def planted() -> Wave:
    """The synthetic wave with an item turned round, an item of noise, two careless respondents and a copy."""
    wave = synthetic_wave()
    answers = wave.answers.copy()
    rng = np.random.default_rng(20120314)
    asked = answers["REP02"] > 0
    answers.loc[asked, "REP02"] = 6 - answers.loc[asked, "REP02"]
    asked = answers["OMG03"] > 0
    answers.loc[asked, "OMG03"] = rng.permutation(answers.loc[asked, "OMG03"])
    users = wave.users[wave.users].index
    scaled = [name for name in answers if name[:3] in ("CUL", "OMG", "TOE", "MAA", "WIJ", "MOT", "ERV", "REP")]
    answers.loc[users[10], scaled] = 3
    answers.loc[users[20], scaled] = rng.choice([1, 5], len(scaled))
    answers.loc[users[30]] = answers.loc[users[31]]
    return Wave.of(answers, name="planted", synthetic=True)


def test_planted_faults_are_found_and_named() -> None:
    wave = planted()
    users = wave.users[wave.users].index
    found = screen(wave)
    flags = found.items.set_index("item")["flags"]
    assert flags["REP02"] == "reversed"
    assert flags["OMG03"] == "weak"
    assert flags.str.contains("reversed|weak").sum() == 2
    signs = found.respondents["flags"]
    assert signs[users[10]].split()[:3] == ["longstring", "straight", "irv"]
    assert {"irv", "distance"} <= set(signs[users[20]].split())
    assert found.respondents.index[found.respondents["duplicate"]].tolist() == sorted([users[30], users[31]])
    said = worded(findings(found))
    assert "REP02 points against the other items of REP" in said
    assert "OMG03 hardly belongs to the other items of OMG" in said
    assert f"Respondent {users[10]} may have answered carelessly: 62 of 62 answers in one unbroken run" in said
    assert f"Respondent {users[20]} may have answered carelessly: variability" in said
    assert "the same answers as another respondent" in said
    dutch = worded(findings(found), "nl")
    assert "REP02 wijst tegen de andere items van REP in" in dutch
    assert "OMG03 hoort nauwelijks bij de andere items van OMG" in dutch
    assert f"Respondent {users[10]} heeft misschien onzorgvuldig geantwoord: 62 van 62 antwoorden" in dutch


def test_nothing_is_left_out() -> None:
    wave = planted()
    before = wave.answers.copy()
    found = screen(wave)
    pd.testing.assert_frame_equal(wave.answers, before)
    assert len(found.respondents) == len(before)


def test_constant_items_and_missing_columns_of_answers_do_not_stop_the_screening() -> None:
    hs = answers("hs").assign(c=4.0, empty=np.nan)
    found = screen(hs, constructs={"speed": ["x7", "x8", "x9", "c"], "other": ["x1", "x2", "empty"]})
    flags = found.items.set_index("item")["flags"]
    assert flags["c"] == "constant"
    assert found.mardia is None
    assert found.mardia_note
    said = worded(findings(found))
    assert "c has the same answer from everybody" in said
    assert "Mardia’s tests can’t be had" in said


def test_half_a_scale_turned_round_is_seen_from_the_majority() -> None:
    hs = answers("hs")[["x4", "x5", "x6", "x1"]]
    _, against = scale_structure(hs.assign(x5=10 - hs["x5"]))
    assert against == {"x5"}
    _, nobody = scale_structure(10 - hs)
    assert nobody == set()


def test_missing_answers_are_told() -> None:
    given = corp()
    said = worded(findings(screen(given)))
    assert "8 respondents left questions open; nothing speaks against chance" in said
    rng = np.random.default_rng(4)
    given.loc[(given["comp_1"] < 4) & (rng.random(len(given)) < 0.5), "qual_1"] = np.nan
    assert "not completely at random" in worded(findings(screen(given)))


def test_respondents_who_answered_next_to_nothing_are_not_judged() -> None:
    given = corp()
    given.iloc[0, 3:] = np.nan
    given.iloc[1] = np.nan
    found = respondents(given, {"all": list(given)})
    assert found["flags"].iloc[0] == ""
    assert found["answered"].tolist()[:2] == [3, 0]
    assert np.isnan(found["distance"].iloc[1])


BAD = {
    "absent": (lambda: screen(answers("hs"), ["x1", "y"]), WaveError, "no such column"),
    "text": (lambda: screen(answers("hs").assign(x1="often")), WaveError, "not a finite number"),
    "no table": (lambda: screen([1, 2]), OptionError, "Wave or a pandas DataFrame"),
    "few rows": (lambda: mardia(np.eye(4)), FitError, "usable rows"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words):
        call()
