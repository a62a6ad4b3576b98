"""HTMT against semTools, correlations of constructs against lavaan, laws, and planted faults."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import Mkb21Error, OptionError, WaveError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.validate.correlations import correlations
from mkb21sem.validate.findings import reliability_findings, validity_findings
from mkb21sem.validate.htmt import RATIOS, drawing_order, htmt, ratios, resampled
from mkb21sem.validate.reliability import reliability
from mkb21sem.validate.validity import problem, validity
from tests.psych.reference import SCALES, answers, matrix, reference
from tests.validate.worded import worded

CONSTRUCTS = {name: {s: list(items) for s, items in SCALES[name].items() if s != "all"} for name in SCALES}


def measured(name: str) -> Fit:
    spec = "\n".join(f"{construct} =~ " + " + ".join(items) for construct, items in CONSTRUCTS[name].items())
    return fit(Model.parse(spec), answers(name))


@pytest.mark.parametrize("name", list(SCALES))
@pytest.mark.parametrize("ratio", RATIOS)
def test_htmt_is_semtools(name: str, ratio: str) -> None:
    found = ratios(answers(name), CONSTRUCTS[name], draws=0).table
    expected = matrix("htmt", data=name, ratio=ratio)
    for row in found.to_dict("records"):
        assert row[ratio] == pytest.approx(expected.loc[row["construct"], row["other"]], rel=1e-10)
    assert found[f"{ratio}_low"].isna().all()


@pytest.mark.parametrize("name", list(SCALES))
@pytest.mark.parametrize("figure", ["est", "se", "low", "high"])
def test_correlations_of_constructs_are_lavaans(name: str, figure: str) -> None:
    found = validity(measured(name), draws=0).correlations.set_index(["construct", "other"])[figure]
    expected = reference("between", data=name, name=figure).set_index(["construct", "other"])["value"]
    assert len(found) == len(expected)
    for one, other in expected.index:
        ours = found[(one, other)] if (one, other) in found.index else found[(other, one)]
        assert ours == pytest.approx(expected[(one, other)], abs=1e-5)


@pytest.mark.parametrize("name", list(SCALES))
def test_structure_is_lavaans(name: str) -> None:
    found = validity(measured(name), draws=0).loadings.pivot_table("structure", "item", "construct")
    expected = matrix("structure", data=name)
    np.testing.assert_allclose(found.loc[expected.index, expected.columns], expected, atol=1e-5)


def test_scores_are_correlations_with_the_mean_of_the_other_items() -> None:
    hs = answers("hs")
    unit = (hs - hs.mean()) / hs.std()
    found = validity(measured("hs"), draws=0).loadings.set_index(["item", "construct"])["score"]
    assert found["x1", "visual"] == pytest.approx(hs["x1"].corr(unit[["x2", "x3"]].mean(axis=1)))
    assert found["x1", "speed"] == pytest.approx(hs["x1"].corr(unit[["x7", "x8", "x9"]].mean(axis=1)))


def test_fornell_larcker_compares_the_root_of_ave_with_the_largest_correlation() -> None:
    found = validity(measured("corp"), draws=0)
    table = found.constructs.set_index("construct")
    r = found.correlations.set_index(["construct", "other"])["est"]
    assert table.loc["COMP", "largest"] == pytest.approx(max(r["COMP", other] for other in ("LIKE", "CUSL", "QUAL")))
    assert table.loc["COMP", "with_other"] == "QUAL"
    expected = reliability(measured("corp")).set_index("construct")["ave"]
    np.testing.assert_allclose(table["ave"], expected)
    np.testing.assert_allclose(table["sqrt_ave"] ** 2, expected)
    assert table.loc["COMP", "fornell_larcker"] is False
    assert table.loc["CUSL", "fornell_larcker"] is True


def test_bootstrap_by_weights_equals_resampling_rows() -> None:
    of = correlations(answers("hs"))
    found = resampled(of, 5, np.random.default_rng(7))
    weights = np.random.default_rng(7).multinomial(of.n, np.full(of.n, 1 / of.n), size=5)
    rows = of.rows[drawing_order(of.rows)]
    for R, w in zip(found, weights, strict=True):
        np.testing.assert_allclose(R, np.corrcoef(np.repeat(rows, w, axis=0), rowvar=False), atol=1e-10)


def test_batched_htmt_equals_looped() -> None:
    R = resampled(correlations(answers("hs")), 4, np.random.default_rng(1))
    blocks = [np.arange(3), np.arange(3, 6), np.arange(6, 9)]
    for ratio in RATIOS:
        np.testing.assert_allclose(htmt(R, blocks, ratio), [htmt(one, blocks, ratio) for one in R])
        np.testing.assert_allclose(np.diagonal(htmt(R, blocks, ratio), axis1=1, axis2=2), 1)


@pytest.mark.parametrize("ratio", RATIOS)
def test_htmt_of_parallel_items_is_the_correlation_of_their_constructs(ratio: str) -> None:
    loading, r = np.repeat([[0.8], [0.6]], 3, axis=1).ravel(), 0.5
    phi = np.array([[1, r], [r, 1]])
    R = np.outer(loading, loading) * np.kron(phi, np.ones((3, 3)))
    np.fill_diagonal(R, 1)
    assert htmt(R, [np.arange(3), np.arange(3, 6)], ratio)[0, 1] == pytest.approx(r)


def test_htmt2_does_not_need_equal_loadings_where_htmt_does() -> None:
    loading, r = np.array([0.9, 0.7, 0.3, 0.9, 0.6, 0.4]), 0.7
    R = np.outer(loading, loading) * np.kron(np.array([[1, r], [r, 1]]), np.ones((3, 3)))
    np.fill_diagonal(R, 1)
    blocks = [np.arange(3), np.arange(3, 6)]
    assert htmt(R, blocks, "htmt2")[0, 1] == pytest.approx(r)
    assert abs(htmt(R, blocks, "htmt")[0, 1] - r) > 0.01


def test_intervals_hold_their_estimates_and_do_not_depend_on_order_or_units() -> None:
    one = ratios(answers("corp"), CONSTRUCTS["corp"], draws=400)
    assert one.failed == 0
    for ratio in RATIOS:
        assert (one.table[f"{ratio}_low"] < one.table[ratio]).all()
        assert (one.table[ratio] < one.table[f"{ratio}_high"]).all()
    turned = ratios(9 - 2 * answers("corp"), {c: i[::-1] for c, i in CONSTRUCTS["corp"].items()}, draws=400)
    pd.testing.assert_frame_equal(one.table, turned.table)


def test_polychoric_htmt_is_of_polychoric_correlations() -> None:
    wave = synthetic_wave()
    groups = {"CUL": [f"CUL0{i}" for i in range(1, 5)], "REP": [f"REP0{i}" for i in range(1, 6)]}
    found = ratios(wave, groups, "polychoric", draws=50)
    of = correlations(wave, groups["CUL"] + groups["REP"], "polychoric")
    expected = htmt(of.R, [np.arange(4), np.arange(4, 9)])[0, 1]
    assert found.table["htmt"].item() == pytest.approx(expected)
    assert found.table["htmt_low"].item() < expected + 0.1 < found.table["htmt_high"].item() + 0.1


def test_a_wave_is_compared_by_its_batteries() -> None:
    found = validity(synthetic_wave(), draws=100)
    assert len(found.correlations) == len(found.htmt.table) == 28
    assert (found.correlations["problem"] == "none").all()
    assert found.htmt.table["below_90"].all()


def test_a_construct_split_in_two_is_found_and_named() -> None:
    wave = synthetic_wave()
    groups = {"ONE": ["REP01", "REP02"], "TWO": ["REP03", "REP04", "REP05"], "CUL": ["CUL01", "CUL02", "CUL03"]}
    found = validity(wave, groups, draws=200)
    r = found.correlations.set_index(["construct", "other"])
    assert r.loc[("ONE", "TWO"), "problem"] == "severe"
    assert r.loc[("ONE", "TWO"), "p_one"] > 0.05
    assert r.loc[("ONE", "CUL"), "p_one"] < 0.001
    said = worded(validity_findings(found))
    assert "ONE and TWO are hard to tell apart" in said
    assert "ONE and TWO: HTMT reaches" in said
    assert "CUL and" not in said


def test_more_error_than_construct_is_told() -> None:
    found = validity(measured("hs"), draws=0)
    assert "visual: its items hold more error than construct (AVE .37)." in worded(validity_findings(found))
    said = worded(reliability_findings(reliability(answers("hs"), CONSTRUCTS["hs"])))
    assert said.startswith("visual is less reliable than the usual limit (α = .626, interval .5")


def test_an_item_in_the_wrong_construct_is_named() -> None:
    groups = {"ONE": ["x1", "x2", "x3", "x4"], "TWO": ["x5", "x6"], "THREE": ["x7", "x8", "x9"]}
    said = worded(validity_findings(validity(answers("hs"), groups, draws=0)))
    assert "x4 loads on TWO about as much as on ONE." in said
    assert "x7 loads" not in said


@pytest.mark.parametrize(
    ("upper", "word"), [(1.2, "severe"), (1.0, "severe"), (0.95, "moderate"), (0.8, "marginal"), (0.5, "none")]
)
def test_problem(upper: float, word: str) -> None:
    assert problem(upper) == word
    assert problem(float("nan")) == ""


def test_groups_and_second_order_constructs() -> None:
    hs = answers("hs").assign(half=["a", "b"] * 150 + ["a"])
    spec = "\n".join(f"{c} =~ " + " + ".join(i) for c, i in CONSTRUCTS["hs"].items())
    grouped = validity(fit(Model.parse(spec), hs, group="half"))
    assert grouped.htmt is None
    assert "one group" in grouped.htmt_note
    alone = validity(fit(Model.parse(spec), hs[hs["half"] == "b"]), draws=0)
    ours = grouped.correlations.query("group == 'b'")
    np.testing.assert_allclose(ours["est"], alone.correlations["est"], atol=1e-6)
    np.testing.assert_allclose(ours["se"], alone.correlations["se"], atol=1e-5)
    second = validity(fit(Model.parse(f"{spec}\ng =~ visual + textual + speed"), hs), draws=0)
    assert len(second.correlations) == 6
    assert len(second.htmt.table) == 3


def test_single_items_have_no_ratio() -> None:
    found = ratios(answers("corp"), CONSTRUCTS["corp"] | {"CUSA": ["cusa"]}, draws=0)
    assert found.left_out == ("CUSA",)
    assert len(found.table) == 6


HS = answers("hs")
BAD = {
    "one construct": (lambda: ratios(HS, {"a": ["x1", "x2"]}), OptionError, "two or more items; got a"),
    "matrix with draws": (lambda: ratios(HS.corr(), CONSTRUCTS["hs"]), OptionError, "draws=0"),
    "absent": (lambda: ratios(HS, {"a": ["x1", "x2"], "b": ["x3", "q"]}), WaveError, "no such column"),
    "ratio": (lambda: htmt(np.eye(2), [np.arange(2)], "htmt3"), OptionError, "ratio must be htmt, htmt2"),
    "constructs of a fit": (lambda: validity(measured("hs"), CONSTRUCTS["hs"]), OptionError, "model's own"),
    "one latent": (lambda: validity(HS, {"a": ["x1", "x2", "x3"]}), OptionError, "fewer than two"),
    "continuous": (lambda: ratios(HS, CONSTRUCTS["hs"], "polychoric"), OptionError, "at most 11 different"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, Mkb21Error)
