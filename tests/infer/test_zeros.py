"""Arrows that a model leaves out, against lavaan's score, Wald and difference tests, and by law."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import FitError, Hypothesis, Model, fit, synthetic_wave
from mkb21sem.estimate.choice import choose
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.judging.zeros import Zeros, joint_tests, zeros
from mkb21sem.survey.wave import Wave

REFERENCE = Path(__file__).parents[1] / "verdicts" / "zeros.csv"
REGISTERED = Hypothesis.read_zeros("mkb21")


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave()


@pytest.fixture(scope="module", params=["ML", "MLR"])
def tested(request: pytest.FixtureRequest, wave: Wave) -> tuple[str, Zeros, pd.DataFrame]:
    found = fit(Model.read("mkb21"), wave, request.param)
    reference = pd.read_csv(REFERENCE, comment="#")
    return request.param, zeros(found, wave, REGISTERED), reference[reference["estimator"] == request.param]


def test_each_arrow_is_tested_as_lavaan_tests_it(tested: tuple[str, Zeros, pd.DataFrame]) -> None:
    """lavaan's optimiser stops earlier than ours, so that its numbers are good to about 1e-4."""
    _, found, reference = tested
    assert list(found.table["id"]) == [f"Z{i}" for i in range(1, 10)]
    for row in found.table.to_dict("records"):
        path = row["path"].replace("→", "->")
        theirs = reference[reference["path"] == path].set_index("test")["value"]
        assert len(theirs) == 4
        ours = [row[name] for name in ("score", "wald", "std", "std_se")]
        assert_allclose(ours, theirs[["score", "wald", "std", "std_se"]], rtol=2e-4, atol=2e-5)


def test_all_arrows_at_once_are_tested_as_lavaan_tests_them(tested: tuple[str, Zeros, pd.DataFrame]) -> None:
    estimator, found, reference = tested
    theirs = reference[reference["path"] == "all"].set_index("test")
    ours = found.joint.set_index("test")
    names = {"score": "score", "wald": "Wald"} | ({"difference": "difference"} if estimator == "ML" else {})
    assert set(theirs.index) == set(names)
    for name, own in names.items():
        assert_allclose(ours.loc[own, "chisq"], theirs.loc[name, "value"], rtol=2e-4)
        assert ours.loc[own, "df"] == theirs.loc[name, "df"] == 9
    assert np.isfinite(ours["p"]).sum() == (3 if estimator == "ML" else 4)
    assert (ours.loc["robust score", "reason"] == "ML has no robust scores") == (estimator == "ML")


def test_the_three_tests_agree_in_a_large_sample() -> None:
    """Engle (1984): the same to first order; here one arrow is there and one is not."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((20_000, 2))
    m = 0.5 * x[:, 0] + rng.standard_normal(20_000)
    y = 0.4 * m + 0.03 * x[:, 0] + rng.standard_normal(20_000)
    sample = pd.DataFrame({"x": x[:, 0], "v": x[:, 1], "m": m, "y": y})
    claims = [Hypothesis("Z1", "x", "y", family="zero"), Hypothesis("Z2", "v", "y", family="zero")]
    found = zeros(fit(Model.parse("m ~ x + v\ny ~ m"), sample), sample, claims)
    for row in found.table.to_dict("records"):
        assert_allclose([row["wald"], row["difference"]], row["score"], rtol=5e-3)
    assert list(found.table["verdict"]) == ["practically zero", "practically zero"]
    # Real, and far too small for a SESOI of .10; against .02 it is a contradiction.
    strict = [Hypothesis("Z1", "x", "y", family="zero", sesoi=0.02), claims[1]]
    again = zeros(fit(Model.parse("m ~ x + v\ny ~ m"), sample), sample, strict)
    assert list(again.table["verdict"]) == ["contradicted", "practically zero"]


def test_one_arrow_at_once_is_that_arrow(wave: Wave) -> None:
    """The joint tests of a single arrow are its own, robust ones too."""
    model = Model.read("mkb21")
    found = fit(model, wave, "MLR")
    row = zeros(found, wave, REGISTERED[:1])
    one = row.table.iloc[0]
    joint = row.joint.set_index("test")["chisq"]
    assert_allclose(
        joint[["score", "robust score", "Wald", "difference"]],
        one[["score", "robust", "wald", "difference"]].to_numpy(float),
        rtol=1e-8,
    )


def test_ordinal_answers(wave: Wave) -> None:
    options = choose(Model.read("mkb21"), wave, "WLSMV").options
    found = fit(Model.read("mkb21"), wave, **options)
    rest = {name: value for name, value in options.items() if name != "estimator"}
    table = zeros(found, wave, REGISTERED[:2], **rest).table
    assert np.isfinite(table[["score", "robust", "wald", "difference", "std_se"]].to_numpy(float)).all()
    assert_allclose(table["wald"], table["robust"], rtol=0.25)


def test_what_can_not_be_tested_says_why(wave: Wave) -> None:
    found = fit(Model.read("mkb21_stated"), wave)
    claims = [REGISTERED[0], REGISTERED[1], Hypothesis("Z9", "CUL", "MOT", family="zero")]
    table = zeros(found, wave, claims).table
    assert list(table["verdict"]) == ["undecided", "not testable", "not testable"]
    assert table["reason"][1] == "the model mkb21_stated has no variable ERV"
    assert table["reason"][2] == "the model mkb21_stated has the arrow CUL → MOT: it is estimated, not restricted"
    assert math.isnan(table["p_adjusted"][1])
    assert table["p_adjusted"][0] == table["p_difference"][0]


def test_an_arrow_at_a_variable_that_only_predicts() -> None:
    x = pd.DataFrame(np.random.default_rng(1).standard_normal((50, 2)), columns=["x", "y"])
    found = fit(Model.parse("y ~ x"), x)
    table = zeros(found, x, [Hypothesis("Z1", "y", "x", family="zero")]).table
    assert table["reason"][0] == "x only predicts in the model model; nothing may point at it"


def test_no_larger_model_no_joint_test(wave: Wave) -> None:
    found = fit(Model.read("mkb21_stated"), wave)
    table = joint_tests(found, None, REGISTERED[:1], "because").set_index("test")
    assert np.isfinite(table.loc["score", "chisq"])
    assert table.loc["Wald", "reason"] == table.loc["difference", "reason"] == "because"
    assert math.isnan(table.loc["Wald", "p"])


def test_a_fit_without_a_minimum_is_refused(wave: Wave) -> None:
    good = fit(Model.read("mkb21_stated"), wave)
    bad = Fit(**{name: getattr(good, name) for name in good.__dataclass_fields__} | {"vcov": good.vcov * np.nan})
    with pytest.raises(FitError, match="tests of registered zeros need estimates at a minimum"):
        zeros(bad, wave, REGISTERED)
