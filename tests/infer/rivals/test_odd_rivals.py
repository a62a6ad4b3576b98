"""Fits that can't be compared, and models that only nearly are each other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Fit, FitError, Model, OptionError, compare, fit
from mkb21sem.infer.rivals import equivalent, vuong
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.infer.rivals.equivalent import equivalents
from mkb21sem.infer.rivals.nesting import nesting
from mkb21sem.infer.rivals.vuong import weighted_chisq_sf
from mkb21sem.specify.parse import Arrow
from tests.estimate import setups

CHAIN = "b ~ a\nc ~ b"
JOINED = "b ~ a\nc ~ a\nb ~~ c\nd ~ c"
NAMES = {"x1": "a", "x2": "b", "x3": "c", "y1": "d"}


def fitted(text: str, estimator: str = "ML", **options: object) -> Fit:
    return fit(Model.parse(text, text.replace("\n", ", ")), setups.plain().rename(columns=NAMES), estimator, **options)


def test_residuals_that_covary_may_be_an_arrow_either_way() -> None:
    """The replacing rule the other way round: what causes c causes b as well."""
    found = equivalents(fitted(JOINED), steps=1)
    assert "c ↔ b becomes c → b" in set(found.table["change"])
    for model in found.models:
        assert nesting(fitted(str(model)), fitted(JOINED)).equivalent


def test_the_search_for_equivalents_ends_where_asked() -> None:
    found = equivalents(fitted(JOINED), most=1)
    assert len(found.table) == 1
    assert not found.complete


def test_candidates_that_are_not_equivalent_are_left_out(monkeypatch) -> None:
    monkeypatch.setattr(equivalent, "_equivalent", lambda *_: None)
    found = equivalents(fitted(JOINED))
    assert found.table.empty
    assert found.tried > 0


@pytest.mark.parametrize("other", ["b ~ a\nc ~ a", "b ~ a\nc ~ b + a", "b ~ a\nc ~ z"])
def test_another_model_is_no_equivalent_one(other: str) -> None:
    found = fitted(CHAIN)
    sample = equivalent._summary(found, found.moments.cov[0])
    target = equivalent._summary(found, equivalent._implied(found))
    assert equivalent._equivalent(Model.parse(other), found, sample, target, found.test.chisq) is None
    same = equivalent._equivalent(Model.parse("b ~ c\na ~ b"), found, sample, target, found.test.chisq)
    assert same == pytest.approx(found.test.chisq, rel=1e-6)


def test_an_edit_that_makes_no_model_or_a_loop_is_no_candidate() -> None:
    model = Model.parse(CHAIN + "\na ~~ a")
    cause = next(arrow for arrow in model.arrows if arrow.lhs == "b")
    assert not list(equivalent._made(model, cause, Arrow("c", "~", "b"), "twice"))
    looped = Model.parse("b ~ a\nc ~ b\nb ~~ c")
    joined = next(arrow for arrow in looped.arrows if arrow.op == "~~")
    assert not list(equivalent._made(looped, joined, Arrow("b", "~", "c"), "loop"))


def test_a_construct_of_constructs_keeps_its_loadings() -> None:
    higher = Model.parse("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\nh =~ f + g\nz ~ h")
    assert not [said for _, said in equivalent._neighbours(higher) if "f" in said.split() or "g" in said.split()]


def test_what_has_no_equivalents_or_comparison() -> None:
    found = fitted(CHAIN)
    lost = replace(found, converged=False, cause="it ran away")
    with pytest.raises(FitError, match=r"^equivalent models need estimates, and .* did not converge: it ran away$"):
        equivalents(lost)
    with pytest.raises(FitError, match=r" did not converge, so it can't be compared: it ran away$"):
        difference(lost, found)
    with pytest.raises(OptionError, match=r"^fits are compared, as fit\(\) returns them; got str\.$"):
        difference("mkb21", found)
    with pytest.raises(
        OptionError, match=r"^one of the models has means and the other has none; set meanstructure= alike"
    ):
        difference(fitted(CHAIN, meanstructure=True), found)


def test_a_model_is_no_restriction_of_itself() -> None:
    test = difference(fitted(CHAIN), fitted(CHAIN))
    assert math.isnan(test.chisq)
    assert test.df == 0
    assert test.reason == "b ~ a, c ~ b and b ~ a, c ~ b are equivalent models"


def test_against_a_saturated_model_the_2010_test_is_the_scaled_test() -> None:
    """With nothing left to fit the larger model has no scaling of its own: the difference is the test of fit."""
    small, whole = fitted(CHAIN, "MLR"), fitted("b ~ a\nc ~ b + a", "MLR")
    test = difference(small, whole, "satorra.bentler.2010")
    assert test.df == 1
    assert test.chisq == pytest.approx(small.scaled.chisq, rel=1e-6)


def test_ordinal_models_must_name_their_variables_in_one_order() -> None:
    one, other = (
        fit(Model.parse(text), setups.answers(), "WLSMV", ordered=True)
        for text in ("f =~ x1 + x2 + x3 + y1", "f =~ y1 + x2 + x3 + x1\nx2 ~~ x3")
    )
    with pytest.raises(
        OptionError, match=r"name their variables in different orders; with ordinal items write them in one"
    ):
        difference(one, other)


def test_models_by_least_squares_are_not_told_apart_by_likelihood() -> None:
    table = compare(*(fitted(text, "GLS") for text in (CHAIN + "\nd ~ a", CHAIN + "\nd ~ b"))).pairs
    assert "likelihood" in table["reason"][0]
    assert math.isnan(table["z"][0])


def test_casewise_likelihoods_without_a_minimum_are_refused(monkeypatch) -> None:
    search = vuong.solve

    def lost(*given: object) -> tuple[object, object]:
        found, at = search(*given)
        return replace(found, converged=np.array([False])), at

    monkeypatch.setattr(vuong, "solve", lost)
    with pytest.raises(FitError, match=r" with means has no minimum, so casewise likelihoods can't be given\.$"):
        vuong.vuong(fitted(CHAIN + "\nd ~ a"), fitted(CHAIN + "\nd ~ b"))


def test_a_sum_of_nothing_is_zero() -> None:
    assert weighted_chisq_sf(0.5, np.zeros(3)) == 0.0
    assert weighted_chisq_sf(-0.5, np.zeros(3)) == 1.0
    assert_allclose(weighted_chisq_sf(-0.5, np.array([1.0, 0.0])), 1.0)


def test_weights_may_be_named() -> None:
    from mkb21sem import synthetic_wave
    from mkb21sem.infer.robustness.robustness import _weights

    wave = synthetic_wave()
    pd.testing.assert_series_equal(_weights(wave, "OMV01"), wave.frame(["OMV01"])["OMV01"])
