"""Method bias and rival models: against R, and with a planted method factor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import Mkb21Error, OptionError, WaveError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.validate.findings import method_findings
from mkb21sem.validate.method import (
    full_collinearity,
    harman,
    marker_adjusted,
    method_bias,
    method_factor,
    method_model,
)
from mkb21sem.validate.rivals import WORDS, rival_models, rivals
from tests.psych.reference import SCALES, answers, number, reference
from tests.validate.worded import worded

CONSTRUCTS = {name: {s: list(items) for s, items in SCALES[name].items() if s != "all"} for name in SCALES}


@pytest.mark.parametrize("name", list(SCALES))
def test_vif_is_that_of_r(name: str) -> None:
    found = full_collinearity(answers(name), CONSTRUCTS[name]).set_index("construct")["vif"]
    expected = reference("method", data=name, name="vif").set_index("construct")["value"]
    np.testing.assert_allclose(found.reindex(expected.index), expected, rtol=1e-9)


@pytest.mark.parametrize("name", list(SCALES))
def test_harman_is_that_of_r(name: str) -> None:
    found = harman(answers(name))
    assert found.share == pytest.approx(number("method", data=name, name="share"), rel=1e-10)
    assert found.common_share == pytest.approx(number("method", data=name, name="common_share"), abs=1e-5)
    assert found.items == answers(name).shape[1]


def test_vif_is_the_diagonal_of_the_inverse() -> None:
    found = full_collinearity(answers("hs"))
    np.testing.assert_allclose(found["vif"], np.diag(np.linalg.inv(answers("hs").corr())), rtol=1e-9)
    assert not found["above"].any()


def test_a_marker_takes_its_correlation_away() -> None:
    R = pd.DataFrame([[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]], index=list("abc"), columns=list("abc"))
    found = marker_adjusted(R, 0.2, 103).set_index(["construct", "other"])
    assert found.loc[("a", "b"), "adjusted"] == pytest.approx(0.375)
    assert found.loc[("a", "c"), "adjusted"] == 0
    assert found.loc[("a", "c"), "pvalue"] == 1
    assert found.loc[("a", "b"), "t"] == pytest.approx(0.375 / np.sqrt((1 - 0.375**2) / 100))
    np.testing.assert_allclose(marker_adjusted(R, 0, 103)["adjusted"], marker_adjusted(R, 0, 103)["r"])


def planted(size: float) -> Fit:
    """The default model on the synthetic wave, with `size` times one deviate a respondent added to every item."""
    model, wave = Model.read("mkb21"), synthetic_wave()
    rows = wave.frame(model.observed)
    items = [item for own in model.indicators.values() for item in own]
    shift = size * np.random.default_rng(1).standard_normal(len(rows))
    return fit(model, rows.assign(**{item: rows[item] + shift for item in items}))


def test_a_planted_method_factor_is_found_and_named() -> None:
    none, some = method_bias(planted(0)), method_bias(planted(0.5))
    assert none.factor.pvalue > 0.1
    assert none.factor.share < 0.02
    assert method_findings(none) == ()
    assert some.factor.pvalue < 0.01
    assert some.factor.share == pytest.approx(0.2, abs=0.06)
    assert some.harman.share > none.harman.share + 0.1
    assert (some.collinearity["vif"] > none.collinearity["vif"]).all()
    said = worded(method_findings(some))
    assert "A common method factor is found" in said
    assert "With it" in said
    assert "Er is een gemeenschappelijke methodefactor" in worded(method_findings(some), "nl")


def test_the_method_factor_brings_the_paths_back() -> None:
    def paths(found: Fit) -> pd.DataFrame:
        return method_factor(found).paths.set_index(["lhs", "op", "rhs"])

    none, some = paths(planted(0)), paths(planted(0.5))
    biased, mended = (some[c] - none["std"] for c in ("std", "std_with"))
    latent = {"CUL", "OMG", "MOT", "ERV", "REP"}
    between = [key for key in some.index if key[1] == "~" and {key[0], key[2]} <= latent]
    assert len(between) == 4
    assert (mended.loc[between] ** 2).sum() < (biased.loc[between] ** 2).sum()


def test_method_model_adds_one_parameter() -> None:
    model = Model.read("mkb21")
    more = method_model(model)
    wave = synthetic_wave()
    found, richer = fit(model, wave), fit(more, wave)
    assert found.test.df - richer.test.df == 1
    assert len(more.indicators["METHOD"]) == 21
    assert richer.test.chisq <= found.test.chisq + 1e-8
    second = method_model(Model.read("mkb21_items"))
    assert len(second.indicators["METHOD"]) == 41


def test_rivals_are_nested_and_fitted_to_the_same_rows() -> None:
    found = {rival.name: rival for rival in rivals(answers("hs"), CONSTRUCTS["hs"])}
    assert list(found) == ["one", "second", "correlated", "bifactor"]
    assert all(rival.words == WORDS[name] for name, rival in found.items())
    chisq = {name: rival.found.test.chisq for name, rival in found.items() if rival.found and rival.found.converged}
    assert chisq["one"] > chisq["correlated"]
    assert chisq["second"] == pytest.approx(chisq["correlated"], abs=1e-6)
    assert chisq["correlated"] == pytest.approx(85.306, abs=0.001)
    assert found["one"].found.test.df == 27


def test_rivals_of_the_motives() -> None:
    forms = {"PR": (1, 2, 3), "VERKOOP": (4, 5, 6), "WEBCARE": (7, 8, 9), "CRISIS": (10, 11, 12)}
    found = rivals(synthetic_wave(), {form: [f"MOT{i:02d}" for i in own] for form, own in forms.items()})
    df = {rival.name: rival.found.test.df for rival in found if rival.found}
    assert (df["one"], df["second"], df["correlated"]) == (54, 50, 48)
    assert all(rival.found.moments.total == 256 for rival in found if rival.found)


def test_two_constructs_have_no_second_order_rival() -> None:
    assert list(rival_models({"a": ["x1", "x2", "x3"], "b": ["x4", "x5", "x6"]})) == ["one", "correlated", "bifactor"]


HS = answers("hs")
BAD = {
    "one construct": (lambda: full_collinearity(HS, {"a": ["x1"]}), OptionError, "got a"),
    "constant": (lambda: full_collinearity(HS.assign(x1=1.0)), WaveError, "constant: x1"),
    "collinear": (lambda: full_collinearity(HS.assign(x10=HS["x1"])), WaveError, "collinear"),
    "marker": (lambda: marker_adjusted(HS.corr(), 1.2, 301), OptionError, "from 0 to below 1"),
    "name taken": (lambda: method_model(Model.parse("METHOD =~ a + b + c")), OptionError, "already"),
    "no constructs": (lambda: method_model(Model.parse("y ~ x")), OptionError, "no constructs|has none"),
    "item twice": (lambda: rival_models({"a": ["x1", "x2"], "b": ["x2", "x3"]}), OptionError, "x2 stands in two"),
    "one rival": (lambda: rival_models({"a": ["x1", "x2"]}), OptionError, "two or more"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, Mkb21Error)
