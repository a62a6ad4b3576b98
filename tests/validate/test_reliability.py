"""Alpha and omega against psych and semTools, their laws, and what can't be estimated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import Mkb21Error, OptionError, WaveError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.validate.alpha import alpha, alpha_if_dropped, alpha_interval
from mkb21sem.validate.correlations import correlation_of
from mkb21sem.validate.delta import delta_method
from mkb21sem.validate.hierarchy import general_factor
from mkb21sem.validate.omega import items_of
from mkb21sem.validate.reliability import logit_interval, omega_errors, reliability
from tests.psych.reference import EXPLORED, MKB, SCALES, answers, number, reference

SETS = [(name, scale) for name in SCALES for scale in SCALES[name]]
PLAIN = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
MODELS = {
    ("hs", "cfa"): PLAIN,
    ("hs", "single"): "all =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9",
    ("hs", "second"): f"{PLAIN}\ng =~ visual + textual + speed",
    ("hs", "bifactor"): (
        "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
        "g ~~ 0*textual\ng ~~ 0*speed\ntextual ~~ 0*speed"
    ),
    ("corp", "cfa"): (
        "COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3\n"
        "QUAL =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8"
    ),
    ("corp", "residual"): (
        "LIKE =~ like_1 + like_2 + like_3\n"
        "QUAL =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8\n"
        "qual_1 ~~ qual_2\nqual_3 ~~ qual_5\nqual_8 ~~ like_1"
    ),
    ("corp", "single"): "QUAL =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8",
    ("mkb", "cfa"): "\n".join(f"{name} =~ " + " + ".join(items) for name, items in MKB.items()),
    ("mkb", "single"): "REP =~ " + " + ".join(MKB["REP"]),
    ("mkb", "second"): (
        "PR =~ MOT01 + MOT02 + MOT03\nSALES =~ MOT04 + MOT05 + MOT06\nCARE =~ MOT07 + MOT08 + MOT09\n"
        "CRISIS =~ MOT10 + MOT11 + MOT12\ng =~ PR + SALES + CARE + CRISIS"
    ),
}


def fitted(name: str, model: str) -> Fit:
    return fit(Model.parse(MODELS[name, model]), answers(name))


@pytest.mark.parametrize(("name", "scale"), SETS)
@pytest.mark.parametrize("figure", ["alpha", "alpha_std", "low", "high", "n", "k"])
def test_alpha_and_feldts_interval_are_psychs(name: str, scale: str, figure: str) -> None:
    found = reliability(answers(name), {scale: SCALES[name][scale]}).iloc[0]
    assert found[figure] == pytest.approx(number("alpha", data=name, scale=scale, name=figure), rel=1e-10)


@pytest.mark.parametrize(("name", "scale"), SETS)
@pytest.mark.parametrize("figure", ["item_rest", "item_total", "alpha_dropped"])
def test_what_an_item_does_is_psychs(name: str, scale: str, figure: str) -> None:
    found = alpha_if_dropped(answers(name), SCALES[name][scale])
    expected = reference("alpha", data=name, scale=scale, name=figure)
    assert found["item"].tolist() == expected["item"].tolist()
    np.testing.assert_allclose(found[figure], expected["value"], rtol=1e-10)


def semtools(name: str, model: str, scaled: str, figure: str, found: pd.DataFrame) -> np.ndarray:
    rows = reference("omega", data=name, model=model, scaled=scaled, name=figure).set_index("construct")["value"]
    return rows.reindex(found["construct"]).to_numpy()


@pytest.mark.parametrize(("name", "model"), list(MODELS))
def test_omega_is_semtools(name: str, model: str) -> None:
    found = reliability(fitted(name, model))
    np.testing.assert_allclose(found["omega"], semtools(name, model, "0", "omega", found), atol=1e-5)


@pytest.mark.parametrize(("name", "model"), [key for key in MODELS if key[1] != "second"])
def test_figures_of_standardised_items_follow_lavaans_standardised_solution(name: str, model: str) -> None:
    found = reliability(fitted(name, model))
    np.testing.assert_allclose(found["omega_std"], semtools(name, model, "0", "omega_standard", found), atol=1e-5)
    np.testing.assert_allclose(found["ave"], semtools(name, model, "0", "ave_standard", found), atol=1e-5)


@pytest.mark.parametrize(("name", "model"), [key for key in MODELS if key[1] in ("cfa", "single")])
def test_alpha_and_variance_extracted_are_semtools(name: str, model: str) -> None:
    """semTools' own figures of items standardised beforehand: the same where implied variances are the sample's."""
    found = reliability(fitted(name, model))
    np.testing.assert_allclose(found["alpha"], semtools(name, model, "0", "alpha", found), rtol=1e-10)
    np.testing.assert_allclose(found["alpha_std"], semtools(name, model, "1", "alpha", found), rtol=1e-10)
    np.testing.assert_allclose(found["omega_std"], semtools(name, model, "1", "omega", found), atol=1e-5)
    np.testing.assert_allclose(found["ave"], semtools(name, model, "1", "ave", found), atol=1e-5)


@pytest.mark.parametrize("name", list(SCALES))
def test_h_is_semtools_maximal_reliability(name: str) -> None:
    found = reliability(fitted(name, "single"))
    np.testing.assert_allclose(found["h"], semtools(name, "single", "0", "maximal", found), atol=1e-5)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_standard_error_of_omega_is_lavaans(estimator: str) -> None:
    found = fit(Model.parse(PLAIN), answers("hs"), estimator)
    expected = number("omega_se", estimator=estimator, name="se")
    assert omega_errors(found)["visual", 0] == pytest.approx(expected, rel=1e-5)


def test_delta_method_of_the_parameters_themselves_is_their_covariance() -> None:
    found = fitted("hs", "cfa")
    K = found.layout.K[0]

    def free(cells: np.ndarray) -> np.ndarray:
        return cells[..., 0, :] @ K

    np.testing.assert_allclose(delta_method(found, free), found.vcov, atol=1e-9)


ORDINAL = {
    "corp": "COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3",
    "mkb": "\n".join(f"{name} =~ " + " + ".join(MKB[name]) for name in ("CUL", "REP")),
}


@pytest.mark.parametrize("name", list(ORDINAL))
def test_ordinal_figures_are_semtools(name: str) -> None:
    fitted = fit(Model.parse(ORDINAL[name]), answers(name), "WLSMV", ordered=True)
    found = reliability(fitted).set_index("construct")
    same = {"omega_latent": "omega_std"} | {figure: figure for figure in ("omega", "alpha", "alpha_ordinal", "ave")}
    for theirs, column in same.items():
        expected = reference("omega_ordinal", data=name, name=theirs).set_index("construct")["value"]
        np.testing.assert_allclose(found[column].reindex(expected.index), expected, atol=1e-5, err_msg=theirs)
    assert found["omega_low"].isna().all()


@pytest.mark.parametrize("name", list(EXPLORED))
def test_schmid_leiman_is_psychs(name: str) -> None:
    items, m = EXPLORED[name]
    found = general_factor(answers(name), items, m)
    for figure in ("omega_hierarchical", "omega_total", "explained"):
        assert getattr(found, figure) == pytest.approx(number("schmid", data=name, name=figure), abs=1e-5)
    expected = reference("schmid", data=name, name="general").set_index("item")["value"]
    np.testing.assert_allclose(found.loadings["general"], expected.reindex(found.loadings.index), atol=2e-5)


def test_the_waves_reputation_has_the_published_alpha() -> None:
    found = reliability(synthetic_wave(), {"REP": [f"REP{i:02d}" for i in range(1, 6)]}).iloc[0]
    assert found["alpha"] == pytest.approx(0.944, abs=0.001)
    assert found["n"] == 256


def test_a_waves_scales_are_its_batteries_but_for_the_index_of_use() -> None:
    found = reliability(synthetic_wave())
    assert found["construct"].tolist() == ["CUL", "OMG", "TOE", "MAA", "WIJ", "MOT", "ERV", "REP"]
    assert found["n"].tolist()[0] > found["n"].tolist()[-1] == 256
    assert ((found["alpha"] > found["low"]) & (found["alpha"] < found["high"])).all()
    assert ((found["omega"] > found["omega_low"]) & (found["omega"] < found["omega_high"])).all()


def test_alpha_of_parallel_items_is_spearman_browns() -> None:
    k, r = 6, 0.4
    R = np.full((k, k), r) + (1 - r) * np.eye(k)
    assert alpha(R) == pytest.approx(k * r / (1 + (k - 1) * r))
    np.testing.assert_allclose(alpha(np.stack([R, 4 * R])), alpha(R))
    assert np.isnan(alpha(np.eye(1)))


def test_feldts_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20120314)
    k, r, n, draws = 4, 0.5, 60, 2000
    root = np.linalg.cholesky(np.full((k, k), r) + (1 - r) * np.eye(k))
    rows = rng.standard_normal((draws, n, k)) @ root.T
    centred = rows - rows.mean(axis=1, keepdims=True)
    values = alpha(np.swapaxes(centred, 1, 2) @ centred)
    truth = k * r / (1 + (k - 1) * r)
    inside = [low <= truth <= high for low, high in (alpha_interval(float(a), n, k) for a in values)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_logit_interval_stays_inside_and_holds_its_value(level: float) -> None:
    low, high = logit_interval(0.98, 0.03, level)
    assert 0 < low < 0.98 < high < 1
    assert np.isnan(logit_interval(1.2, 0.1)).all()


def test_order_of_items_and_unit_of_a_scale_do_not_matter() -> None:
    hs = answers("hs")
    one = reliability(hs, {"s": ["x1", "x2", "x3", "x4"]}).iloc[0]
    other = reliability(7 - 2 * hs, {"s": ["x3", "x4", "x2", "x1"]}).iloc[0]
    columns = [c for c in one.index if c not in ("construct", "group", "items", "note")]
    np.testing.assert_allclose(one[columns].astype(float), other[columns].astype(float), rtol=1e-6)
    unequal = reliability(hs * [10, 1, 1, 1, 1, 1, 1, 1, 1], {"s": ["x1", "x2", "x3", "x4"]}).iloc[0]
    for same in ("alpha_std", "omega_std", "ave", "h"):
        assert unequal[same] == pytest.approx(one[same], rel=1e-6)
    assert abs(unequal["omega"] - one["omega"]) > 0.01


def test_a_second_order_construct_is_judged_by_the_items_below_it() -> None:
    found = fitted("hs", "second")
    assert items_of(found.model.indicators, "g") == tuple(f"x{i}" for i in range(1, 10))
    rows = reliability(found).set_index("construct")
    assert rows.loc["g", "k"] == 9
    assert rows.loc["g", "omega"] < rows.loc["g", "omega_total"]
    assert rows.loc["g", "alpha"] == pytest.approx(number("alpha", data="hs", scale="all", name="alpha"))


def test_groups_have_rows_of_their_own() -> None:
    hs = answers("hs").assign(half=["a", "b"] * 150 + ["a"])
    rows = reliability(fit(Model.parse(PLAIN), hs, group="half"))
    assert rows[["construct", "group"]].to_numpy().tolist()[:2] == [["visual", "a"], ["visual", "b"]]
    alone = reliability(fit(Model.parse(PLAIN), hs[hs["half"] == "b"]))
    np.testing.assert_allclose(rows.query("group == 'b'")["omega"], alone["omega"], atol=1e-6)
    np.testing.assert_allclose(rows.query("group == 'b'")["omega_low"], alone["omega_low"], atol=1e-5)


def test_missing_answers_leave_alpha_to_complete_rows_of_the_scale() -> None:
    hs = answers("hs")
    hs.loc[:49, "x7"] = np.nan
    rows = reliability(fit(Model.parse(PLAIN), hs, missing="fiml")).set_index("construct")
    assert rows["n"].tolist() == [301, 301, 251]
    assert rows.loc["speed", "alpha"] == pytest.approx(float(alpha(hs.loc[50:, ["x7", "x8", "x9"]].cov().to_numpy())))


def test_what_does_not_exist_has_a_reason() -> None:
    hs = answers("hs")
    two = reliability(hs, {"pair": ["x1", "x2"]}).iloc[0]
    assert np.isnan(two["omega"])
    assert "three items" in two["note"]
    r = hs["x1"].corr(hs["x2"])
    assert two["alpha_std"] == pytest.approx(2 * r / (1 + r))
    lonely = Model.parse("textual =~ x4 + x5 + x6\nf =~ 1*x1\nx1 ~~ 0*x1")
    row = reliability(fit(lonely, hs)).set_index("construct").loc["f"]
    assert np.isnan(row["alpha"])
    assert "single item" in row["note"]


def test_a_negative_residual_variance_is_told() -> None:
    R = pd.DataFrame(np.eye(4), index=list("abcd"), columns=list("abcd"))
    for one, two, r in [("a", "b", 0.9), ("a", "c", 0.9), ("b", "c", 0.7), ("a", "d", 0.1)]:
        R.loc[one, two] = R.loc[two, one] = r
    rows = np.random.default_rng(1).standard_normal((200, 4))
    rows -= rows.mean(axis=0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T @ np.linalg.cholesky(R).T
    found = reliability(pd.DataFrame(rows, columns=list("abcd"))).iloc[0]
    assert "negative residual variance of a" in found["note"]
    assert found["h"] == 1


HS = answers("hs")
BAD = {
    "constant": (lambda: reliability(HS.assign(x1=1)), WaveError, "constant: x1"),
    "absent": (lambda: reliability(HS, {"s": ["x1", "y"]}), WaveError, "no such column"),
    "text": (lambda: alpha_if_dropped(HS.assign(x1="yes")), WaveError, "not a finite number"),
    "constructs of a fit": (lambda: reliability(fitted("hs", "cfa"), {"s": ["x1"]}), OptionError, "model's own"),
    "string of items": (lambda: reliability(HS, {"s": "x1"}), OptionError, "list of items; s does not"),
    "nothing": (lambda: reliability(None), OptionError, "Wave or a pandas DataFrame"),
    "general of one": (lambda: general_factor(HS, n_factors=1), OptionError, "two or more"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, Mkb21Error)


def test_correlation_of_is_numpys() -> None:
    np.testing.assert_allclose(correlation_of(HS.cov().to_numpy()), HS.corr(), atol=1e-12)
