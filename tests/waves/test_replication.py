"""Hypotheses over waves: each number by another way."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem.errors import SpecError
from mkb21sem.estimate.fit import fit
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.infer.waves.replication import replication
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from tests.waves.test_ladder import HERE

SPEC = "one =~ x1 + x2 + x3 + x4\ntwo =~ x5 + x6 + x7 + x8\ntwo ~ one"
CLAIM = Hypothesis("H1", "one", "two", sign="+")


@pytest.fixture(scope="module")
def table():
    """Four simulated waves."""
    return pd.read_csv(HERE / "data" / "five4.csv")


@pytest.fixture(scope="module")
def found(table):
    """One hypothesis over four waves."""
    return replication(Model.parse(SPEC), table, [CLAIM])


def test_effects_are_those_of_the_fit_with_equal_loadings(table, found):
    own = fit(Model.parse(SPEC), table, "MLR", group="wave", equal=["loadings"]).table()
    own = own[own["op"] == "~"]
    assert_allclose(
        found.effects[["est", "se", "low", "high", "std"]], own[["est", "se", "low", "high", "std"]], rtol=1e-8
    )
    assert_allclose(found.effects["p"], own["p"] / 2, rtol=1e-8)
    assert found.summary["supported"].item() == 4


def test_pooled_effect_and_heterogeneity_by_their_formulas(found):
    y, v = found.effects["est"].to_numpy(), found.effects["se"].to_numpy() ** 2
    w = 1 / v
    q = (w * (y - (w @ y) / w.sum()) ** 2).sum()
    tau2 = max(0.0, (q - 3) / (w.sum() - (w**2).sum() / w.sum()))
    weight = 1 / (v + tau2)
    line = found.summary.iloc[0]
    assert_allclose(line["q"], q, rtol=1e-8)
    assert_allclose(line["tau2"], tau2, rtol=1e-8, atol=1e-12)
    assert_allclose(line["i2"], max(0.0, (q - 3) / q), rtol=1e-8)
    assert_allclose(line["pooled"], weight @ y / weight.sum(), rtol=1e-8)
    assert_allclose(line["pooled_se"], weight.sum() ** -0.5, rtol=1e-8)


def test_equality_by_wald_and_by_difference(table, found):
    model, line = Model.parse(SPEC), found.summary.iloc[0]
    free = fit(model, table, "MLR", group="wave", equal=["loadings"])
    tied = fit(model, table, "MLR", group="wave", equal=["loadings", "regressions"])
    test = difference(tied, free, "satorra.bentler.2001")
    assert_allclose([line["diff"], line["diff_df"]], [test.chisq, 3], rtol=1e-6)
    assert 0.5 < line["equal_chisq"] / line["diff"] < 2
    assert line["equal_df"] == 3


def test_metric_invariance_is_reported(table, found):
    model = Model.parse(SPEC)
    test = difference(
        fit(model, table, "MLR", group="wave", equal=["loadings"]),
        fit(model, table, "MLR", group="wave"),
        "satorra.bentler.2001",
    )
    assert_allclose(found.metric.chisq, test.chisq, rtol=1e-6)


def test_two_copies_of_a_wave_have_one_effect(table):
    once = table[table["wave"] == "w1"]
    both = pd.concat([once, once.assign(wave="copy")])
    line = replication(Model.parse(SPEC), both, [CLAIM]).summary.iloc[0]
    assert_allclose([line["equal_chisq"], line["q"], line["i2"], line["tau2"]], 0, atol=1e-10)


def test_indirect_effects_are_products():
    model = Model.parse(
        "CUL =~ CUL01 + CUL02 + CUL03\nMOT ~ CUL\nINTENS ~ MOT\nMOT =~ MOT_PR + MOT_VERKOOP + MOT_CRISIS"
    )
    claims = [
        Hypothesis("a", "CUL", "MOT"),
        Hypothesis("b", "MOT", "INTENS"),
        Hypothesis("ab", "CUL", "INTENS", through=("MOT",)),
    ]
    found = replication(model, synthetic_wave(), claims, group="MKT02")
    each = found.effects.pivot_table(index="wave", columns="hypothesis", values="est")
    assert list(each.index) == ["MKT02 = 0", "MKT02 = 1"]
    assert_allclose(each["ab"], each["a"] * each["b"], rtol=1e-10)
    assert "Wald test only" in found.summary.set_index("hypothesis").loc["ab", "reason"]
    assert np.isfinite(found.summary["equal_chisq"]).all()


def test_a_cause_that_is_constant_in_a_group_is_left_out():
    model = Model.parse("REP =~ REP01 + REP02 + REP03\nREP ~ OMV01 + INTENS\nOMV01 ~~ INTENS")
    claims = [Hypothesis("size", "OMV01", "REP"), Hypothesis("use", "INTENS", "REP")]
    found = replication(model, synthetic_wave(), claims, group="ZZP")
    assert found.summary["hypothesis"].tolist() == ["use"]
    assert any("OMV01: constant in some group of ZZP" in remark for remark in found.remarks)


def test_a_hypothesis_about_an_absent_arrow(table):
    with pytest.raises(SpecError, match="no arrow for H9: two → one"):
        replication(Model.parse(SPEC), table, [Hypothesis("H9", "two", "one")])
