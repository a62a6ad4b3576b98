"""Verdicts under other choices: which can be made, what comes of them, and what survives."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Hypothesis, Model, OptionError, fit, synthetic_wave, verdicts
from mkb21sem.estimate.choice import choose
from mkb21sem.infer.robustness import robustness as room
from mkb21sem.infer.robustness.robustness import Robustness, robustness
from mkb21sem.infer.robustness.specifications import CHOICES, Specification, plan
from mkb21sem.parallel import Replicates
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.method import method_model
from mkb21sem.validate.screening import screen

MODEL, CLAIMS = Model.read("mkb21"), Hypothesis.read("mkb21")


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave()


@pytest.fixture(scope="module")
def weights(wave: Wave) -> pd.Series:
    drawn = np.random.default_rng(1).uniform(0.5, 2.0, wave.n)
    return pd.Series(drawn, index=wave.answers.index)


@pytest.fixture(scope="module")
def found(wave: Wave, weights: pd.Series) -> Robustness:
    """Every choice by itself: seven specifications."""
    items = Model.read("mkb21_items")
    return robustness(MODEL, wave, CLAIMS, items=items, weights=weights, crossed=False)


def test_every_choice_by_itself(found: Robustness) -> None:
    specs = found.specifications
    base = {"estimator": "MLR", "missing": "listwise", "items": "parcels", "method": "without"}
    base |= {"respondents": "all", "weights": "none"}
    assert specs.iloc[0][list(CHOICES)].to_dict() == base
    changed = [
        {name: row[name] for name in CHOICES if row[name] != base[name]} for row in specs.iloc[1:].to_dict("records")
    ]
    assert changed == [
        {"estimator": "ML"},
        {"estimator": "WLSMV"},
        {"items": "single items"},
        {"method": "with"},
        {"respondents": "unflagged"},
        {"weights": "weighted"},
    ]
    assert specs["converged"].all()
    assert list(specs["n"]) == [256, 256, 256, 256, 256, 255, 256]
    assert found.unavailable[["choice", "option"]].to_dict("records") == [
        {"choice": "missing", "option": "every answer"},
        {"choice": "weights", "option": "weighted"},
    ]
    assert found.unavailable["reason"].str.startswith(("no answer is missing", "under WLSMV only")).all()


FITS = {
    "S1": lambda wave, weights: fit(MODEL, wave, "MLR"),
    "S2": lambda wave, weights: fit(MODEL, wave, "ML"),
    "S3": lambda wave, weights: fit(MODEL, wave, **choose(MODEL, wave, "WLSMV").options),
    "S4": lambda wave, weights: fit(Model.read("mkb21_items"), wave, "MLR"),
    "S5": lambda wave, weights: fit(method_model(MODEL), wave, "MLR"),
    "S6": lambda wave, weights: fit(MODEL, unflagged(wave), "MLR"),
    "S7": lambda wave, weights: fit(
        MODEL, wave.frame(MODEL.observed).assign(w=lambda rows: weights[rows.index]), "MLR", weights="w"
    ),
}


def unflagged(wave: Wave) -> Wave:
    flags = screen(wave).respondents["flags"]
    return replace(wave, answers=wave.answers[(flags == "").to_numpy()])


@pytest.mark.parametrize("spec", FITS)
def test_a_specification_gives_what_the_fit_it_means_gives(
    spec: str, found: Robustness, wave: Wave, weights: pd.Series
) -> None:
    judged = verdicts(FITS[spec](wave, weights), CLAIMS)
    own = found.verdicts[found.verdicts["spec"] == spec]
    assert list(own["verdict"]) == [v.verdict for v in judged]
    assert_allclose(own["std"], [v.std for v in judged], rtol=1e-6, atol=1e-8)
    assert_allclose(own["p_adjusted"], [v.p_adjusted for v in judged], rtol=1e-4, atol=1e-8)


def test_survival_counts_the_verdicts(found: Robustness) -> None:
    survival = found.survival.set_index("id")
    assert list(survival.index) == [claim.id for claim in CLAIMS]
    for id, own in found.verdicts.groupby("id"):
        row, first = survival.loc[id], own.iloc[0]
        assert row["verdict"] == first["verdict"]
        assert row["runs"] == 7
        assert row["same"] == (own["verdict"] == first["verdict"]).sum()
        assert row["survives"] == (len(set(own["verdict"])) == 1)
        assert_allclose([row["std_low"], row["std_median"], row["std_high"]], own["std"].quantile([0, 0.5, 1]))
        assert row["turned"] == (np.sign(own["std"]) != np.sign(first["std"])).sum()
        others = own.loc[own["verdict"] != first["verdict"], "verdict"].value_counts()
        assert row["others"] == ", ".join(f"{name} ({count})" for name, count in others.items())
    assert not survival["survives"].all()
    assert survival.loc["H11", "survives"]


def test_missing_answers_open_a_choice(wave: Wave) -> None:
    answers = wave.answers.copy()
    users = answers.index[answers["REP01"] > 0][:30]
    answers.loc[users, "REP01"] = -9
    holes = replace(wave, answers=answers)
    found = robustness(MODEL, holes, CLAIMS[:3], crossed=False)
    specs = found.specifications
    assert (specs.loc[0, "missing"], specs.loc[0, "n"]) == ("every answer", 256)
    assert set(specs.loc[specs["missing"] == "listwise", "n"]) == {226}
    options = choose(MODEL, holes, "MLR").options
    assert options["missing"] == "fiml"
    own = found.verdicts[found.verdicts["spec"] == "S1"]
    assert_allclose(own["std"], [v.std for v in verdicts(fit(MODEL, holes, **options), CLAIMS[:3])], rtol=1e-8)


def test_every_combination(wave: Wave) -> None:
    whole = plan(MODEL, wave, Model.read("mkb21_items"), weighted=True, flagged=2)
    assert len(set(whole.specifications)) == len(whole.specifications)
    # ML and MLR: 2⁴ each of items, method, respondents and weights; WLSMV takes no weights.
    assert len(whole.specifications) == 2 * 16 + 8
    assert whole.specifications[0] == whole.base == Specification("MLR")
    assert not [s for s in whole.specifications if s.estimator == "WLSMV" and s.weights == "weighted"]
    assert Specification("ML", items="single items").other(whole.base) == ("estimator", "items")


def test_what_the_model_or_wave_does_not_allow_says_why(wave: Wave) -> None:
    model = Model.parse("INTENS ~ TOE_M")
    barred = plan(model, wave, None, weighted=False, flagged=0).unavailable.set_index("choice")["reason"]
    assert barred["estimator"] == "no variable that is measured or explained is ordinal"
    assert barred["items"] == "there is no model on single items beside this one"
    assert barred["method"] == "a method factor needs constructs with items; the model has none"
    assert barred["respondents"] == "the screening flags no respondent"
    assert barred["weights"] == "there are no weights"
    assert plan(model, wave, None, weighted=False, flagged=0).specifications == (
        Specification("MLR"),
        Specification("ML"),
    )


def test_a_specification_that_fails_keeps_its_row(wave: Wave) -> None:
    """The model on items lacks a variable of this wave: that column says so, and no share counts it."""
    items = Model.parse("MOT =~ MOT01 + MOT02 + MOT03\nINTENS ~ MOT\nINTENS ~ NOBODY", name="wrong")
    found = robustness(MODEL, wave, CLAIMS[:2], items=items, crossed=False)
    row = found.specifications.set_index("items").loc["single items"]
    assert not row["converged"]
    assert "no item or derived variable `NOBODY`" in row["reason"]
    assert set(found.survival["runs"]) == {len(found.specifications) - 1}
    failed = found.verdicts[found.verdicts["spec"] == row["spec"]]
    assert set(failed["verdict"]) == {"not testable"}
    assert failed["std"].isna().all()


def test_a_hypothesis_that_no_run_can_test(wave: Wave) -> None:
    found = robustness(Model.parse("INTENS ~ TOE_M"), wave, [Hypothesis("H1", "CUL", "MOT")], crossed=False)
    row = found.survival.iloc[0]
    assert (row["verdict"], row["runs"], row["survives"]) == ("not testable", 0, False)
    assert math.isnan(row["share"])


def test_workers_change_nothing(wave: Wave) -> None:
    model = Model.parse("INTENS ~ TOE_M + OMV01")
    claims = [Hypothesis("H1", "TOE_M", "INTENS")]
    one, two = (robustness(model, wave, claims, workers=w, backend="threading") for w in (1, 2))
    pd.testing.assert_frame_equal(one.verdicts, two.verdicts)


def test_weights_are_one_a_respondent(wave: Wave) -> None:
    with pytest.raises(OptionError, match="weights must be one a respondent"):
        robustness(MODEL, wave, CLAIMS, weights=pd.Series([1.0, 2.0]))


def test_half_a_table_is_none(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Replicates((), (), 0, 7, stopped=True)
    monkeypatch.setattr(room, "replicate", lambda *_, **__: stopped)
    with pytest.raises(KeyboardInterrupt):
        robustness(MODEL, wave, CLAIMS)
