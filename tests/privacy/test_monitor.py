"""Regressions and official statistics of real respondents: no count of a few can be computed from what is shown."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe.adoption import adoption
from mkb21sem.describe.benchmark import benchmark, by_size
from mkb21sem.describe.suppression import is_small
from mkb21sem.report.monitor.monitor_study import MonitorStudy, describe
from mkb21sem.report.privacy.answers import gaps
from mkb21sem.report.privacy.dossier import _hidden, hidden_answers
from mkb21sem.report.privacy.monitor import hidden_lines, shareable
from mkb21sem.report.privacy.power_sums import power_sums
from mkb21sem.report.privacy.publication import protected_numbers
from mkb21sem.survey.synthetic import draw_answers
from mkb21sem.survey.wave import Wave
from tests.privacy.test_suppression import attacked

THRESHOLD = 10


@cache
def studies(few: bool = False) -> tuple[MonitorStudy, MonitorStudy]:
    """A wave that counts as real, with a regression of use and official statistics: whole, and as it may be shared."""
    answers = draw_answers(3, 200)
    big = np.flatnonzero(answers["OMV01"] == 4)
    answers.loc[answers.index[big[4:] if few else []], "OMV01"] = 3
    hopeful = np.flatnonzero(answers["MAA02"] >= 4)
    answers.loc[answers.index[hopeful[6:]], "MAA02"] = 3
    wave = Wave.of(answers, name="real")
    others = {} if few else {"USER": adoption(wave, draws=2)}
    if others:
        others["BREEDTE"] = replace(others["USER"], response="BREEDTE", discrimination=None)
    own = describe(wave, "en", lambda step: None, only_figures=True)
    whole = replace(own, adoption=others, beside=benchmark(wave), sizes=by_size(wave))
    return whole, shareable(whole, None)


def assert_secret(equations: list[np.ndarray], values: list[float], target: np.ndarray) -> None:
    """Whoever solves all that is shown for a small count is left with as many values as the threshold."""
    low, high = attacked(np.array(equations), values, target, len(target))
    assert high - low >= THRESHOLD - 1e-6


def test_users_in_parts_of_the_predictions_stay_hidden() -> None:
    whole, shown = (of.adoption["USER"].discrimination.calibration for of in studies())
    counts = (whole["n"] * whole["observed"] / 100).round().to_numpy()
    lost = shown["hidden"].to_numpy()
    small = [is_small(count, THRESHOLD, n) for count, n in zip(counts, whole["n"], strict=True)]
    assert any(small)
    assert shown.loc[small, ["observed", "low", "high"]].isna().all(axis=None)
    assert shown.loc[~lost, "observed"].tolist() == whole.loc[~lost, "observed"].tolist()
    unit = np.eye(len(counts))
    for at in np.flatnonzero(small):
        assert_secret([*unit[~lost], np.ones(len(counts))], [*counts[~lost], counts.sum()], unit[at])
    assert studies()[1].adoption["BREEDTE"] is studies()[0].adoption["BREEDTE"]


def test_users_of_a_medium_in_a_size_class_stay_hidden() -> None:
    whole, shown = (of.sizes for of in studies())
    assert shown["hidden"].any()
    assert not shown["hidden"].all()
    assert shown.loc[shown["hidden"], ["count", "value", "low", "high"]].isna().all(axis=None)
    for variable, own in whole[whole["base"] > 0].groupby("variable"):
        lost = shown.loc[own.index, "hidden"].to_numpy()
        users, unit = own["count"].to_numpy(float), np.eye(len(own))
        for at, (count, base) in enumerate(zip(own["count"], own["base"], strict=True)):
            if is_small(count, THRESHOLD, base):
                assert lost[at], variable
                if not lost.all():
                    assert_secret([*unit[~lost], np.ones(len(own))], [*users[~lost], users.sum()], unit[at])


def test_a_size_class_of_few_firms_is_not_counted_at_all() -> None:
    whole, shown = (of.sizes for of in studies(few=True))
    few = (whole["base"] < THRESHOLD) & (whole["base"] > 0)
    assert few.any()
    assert shown.loc[few, "hidden"].all()
    assert shown.loc[few, "base"].isna().all()


def test_nothing_beside_official_numbers_gives_a_hidden_size_class_away() -> None:
    whole, shown = (of.beside for of in studies())
    sizes = studies()[1].sizes
    secret = {(str(line["variable"]), str(line["size"])) for line in sizes[sizes["hidden"]].to_dict("records")}
    for at, line in enumerate(shown.to_dict("records")):
        names = {line["variable"], *(["EU_ANY"] if line["unit"] == "percent of users" else [])}
        if any((name, code) in secret for name in names for code in str(line["size_codes"]).split()):
            assert line["hidden"]
            assert np.isnan([line[name] for name in ("value", "low", "high", "base", "difference")]).all()
        elif not line["hidden"]:
            assert line["value"] == whole["value"].iloc[at]
    pd.testing.assert_series_equal(shown["official"], whole["official"])


def test_the_lowest_of_several_shares_goes_with_a_hidden_one() -> None:
    figures, codebook = studies()[0].figures, studies()[0].wave.codebook
    gone = {at for _, at in hidden_lines(figures, codebook, THRESHOLD)}
    items = set(figures["item"].iloc[sorted(gone)])
    assert "MAA02" in items
    several = figures.index[figures["kind"].isin(["lowest_share", "highest_share"])]
    assert len(several) == 4
    assert set(several) <= gone


def test_the_only_answer_to_a_question_is_hidden_where_its_number_is() -> None:
    lines = pd.DataFrame({"item": "A", "code": [1.0, 2.0], "n": [1, 0], "share": [1.0, 0.0]})
    shown = hidden_answers(lines, THRESHOLD, {"A": 12.0})
    assert shown["hidden"].tolist() == [True, False]
    assert shown["base"].isna().all()


def test_a_question_that_nobody_of_a_group_answered_hides_the_small_counts_of_the_other() -> None:
    def one(counts: list[int]) -> SimpleNamespace:
        categories = pd.DataFrame({"item": "A", "code": [1.0, 2.0, 3.0], "n": counts})
        values = np.repeat([1.0, 2.0, 3.0], counts)
        spread = {"mean": values.mean(), "sd": values.std(ddof=1)} if len(values) else {"mean": np.nan, "sd": np.nan}
        return SimpleNamespace(
            screening=SimpleNamespace(categories=categories, items=pd.DataFrame([{"item": "A"} | spread]))
        )

    gone = _hidden([one([40, 4, 30]), one([0, 0, 0])], THRESHOLD)
    assert {place[0] for place in gone} == {0}
    assert (0, "A", 2.0) in gone


def test_sums_of_answers_without_a_standard_deviation() -> None:
    assert power_sums(3, 7 / 3, float("nan")) == (7.0,)
    assert power_sums(3, 7 / 3, float(np.std([1, 2, 4], ddof=1))) == (7.0, 21.0)


def test_patterns_of_many_stay_as_they_are() -> None:
    patterns = pd.DataFrame({"missing": ["", "A"], "k": [0, 1], "n": [80, 40], "share": [2 / 3, 1 / 3]})
    items = pd.DataFrame({"item": ["A"], "n": [120], "missing": [40], "share": [1 / 3]})
    shown = gaps(items, patterns, THRESHOLD)
    assert shown.patterns[["missing", "n"]].to_numpy().tolist() == [["", 80], ["A", 40]]
    assert not shown.patterns["hidden"].any()


@pytest.mark.parametrize(("may", "ntotal"), [(True, 197), (False, None)])
def test_figures_of_a_fit_that_tell_its_rows_go_with_them(may: bool, ntotal: int | None) -> None:
    fit = {"chisq": 12.5, "ntotal": 197, "bic": 1834.2}
    told = {"data": {"left_out": {}, "groups": {"": 200}, "n_used": 200}, "estimates": [], "made_by": "x"}
    told["beside"] = {"estimates": [{"op": "|", "est": 1.0}, {"op": "~", "est": 2.0}], "fit": fit}
    shown = protected_numbers(told, THRESHOLD, lambda n: n if may else float("nan"))
    assert shown["beside"]["fit"] == {"chisq": 12.5, "ntotal": ntotal, "bic": 1834.2 if may else None}
    assert shown["beside"]["estimates"] == [{"op": "~", "est": 2.0}]
    assert shown["suppressed"] == {"below": THRESHOLD}
