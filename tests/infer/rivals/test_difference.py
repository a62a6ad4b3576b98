"""Difference tests against lavaan's lavTestLRT, and laws that hold without it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Model, OptionError, fit
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.infer.rivals.nesting import nesting
from tests.planning.reference import answers, fitted, model, pairs, table, theirs


def comparable_with_lavaan():
    """All rows but those whose difference from lavaan tests/planning/README.md explains."""
    rows = table("differences")
    means = rows["id"].str.contains("intercepts|scalar") & rows["method"].isin(["satorra.bentler.2010", "satorra.2000"])
    exact = means & ((rows["restriction"] != "delta") | rows["id"].str.contains("intercepts"))
    fiml = (rows["id"] == "hs_fiml_mlr") & (rows["method"] == "satorra.2000")
    return rows[(rows["message"] == "") & ~exact & ~fiml]


ROWS = list(comparable_with_lavaan().itertuples(index=False))


def asked(row):
    if row.method == "satorra.2000":
        return {"method": row.method, "moments": row.moments, "restriction": row.restriction}
    return {"method": "plain" if row.method == "default" else row.method}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.method}-{row.moments}{row.restriction}")
def test_lavaan(row):
    found = difference(theirs(row.id, "smaller"), theirs(row.id, "larger"), **asked(row))
    if row.chisq < 0:  # lavaan prints a negative χ² on one occasion; we say that there is none
        assert np.isnan(found.chisq)
        assert "not positive" in found.reason
        return
    assert_allclose(found.chisq, row.chisq, rtol=1e-6, atol=1e-6)
    assert_allclose(found.df, row.df, rtol=1e-5)
    assert_allclose(found.pvalue, row.pvalue, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("pair", [name for name in pairs().index if name.endswith(("_ml", "_wlsmv_delta"))])
def test_own_fit(pair):
    """Unscaled differences and those of WLSMV from our own estimates; 1e-5."""
    row = next(row for row in ROWS if row.id == pair and row.moments in ("plain", "shifted"))
    found = difference(fitted(pair, "smaller"), fitted(pair, "larger"), **asked(row))
    assert_allclose(found.chisq, row.chisq, rtol=1e-5)


def test_larger_as_smaller():
    """The order of the arguments doesn't matter."""
    a, b = fitted("hs_apart_mlm", "smaller"), fitted("hs_apart_mlm", "larger")
    assert difference(a, b) == difference(b, a)


def test_order_of_variables():
    """A model written in another order, with other markers, is the same model.

    satorra.bentler.2010 under MLR is left out: away from its minimum observed information depends on the markers.
    """
    a, b = fitted("hs_apart_mlr", "smaller"), fitted("hs_apart_mlr", "larger")
    turned = "speed =~ x9 + x8 + x7\nvisual =~ x2 + x1 + x3\ntextual =~ x6 + x5 + x4"
    other = fit(Model.parse(turned, "turned"), answers("hs"), "MLR")
    for method in ("satorra.bentler.2001", "satorra.2000"):
        assert_allclose(difference(a, other, method).chisq, difference(a, b, method).chisq, rtol=1e-6)


def test_scaling_by_variance():
    """Standardised constructs in place of markers: the same claims, other parameters."""
    a, b = fitted("hs_apart_mlm", "smaller"), fitted("hs_apart_mlm", "larger")
    other = fit(model("hs"), answers("hs"), "MLM", std_lv=True)
    for method in ("satorra.bentler.2010", "satorra.2000"):
        assert_allclose(difference(a, other, method).chisq, difference(a, b, method).chisq, rtol=1e-6)
    assert nesting(other, b).equivalent


def test_not_nested():
    rows = answers("hs")
    cross = fit(model("hs_cross"), rows)
    other = fit(Model.parse("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nx7 ~~ x8"), rows)
    assert not nesting(cross, other).nested
    two = fit(Model.parse("f =~ x1 + x2 + x3 + x4 + x5 + x6\nspeed =~ x7 + x8 + x9", "two"), rows)
    found = difference(two, cross)
    assert nesting(two, fit(model("hs"), rows)).nested  # a correlation of 1 is reached by three factors
    assert np.isfinite(found.chisq)
    missed = difference(
        two, fit(Model.parse("f =~ x1 + x2 + x3 + x7 + x8 + x9\ntextual =~ x4 + x5 + x6\nx1 ~~ x4"), rows)
    )
    assert np.isnan(missed.chisq)
    assert "not nested" in missed.reason


def test_refused():
    rows = answers("hs")
    hs = fit(model("hs"), rows)
    with pytest.raises(OptionError, match="x9"):
        difference(fit(Model.parse("f =~ x1 + x2 + x3 + x4"), rows), hs)
    with pytest.raises(OptionError, match="same rows"):
        difference(fit(model("hs_apart"), rows[5:]), hs)
    with pytest.raises(OptionError, match="one estimator"):
        difference(fit(model("hs_apart"), rows, "MLR"), hs)
    with pytest.raises(OptionError, match="no robust standard errors"):
        difference(fit(model("hs_apart"), rows), hs, "satorra.2000")
    with pytest.raises(OptionError, match="no single scaling factor"):
        difference(fit(model("hs_apart"), rows), hs, "satorra.bentler.2001")
    with pytest.raises(OptionError, match="method must be"):
        difference(fit(model("hs_apart"), rows), hs, "likelihood")
