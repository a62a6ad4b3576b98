"""Models beside each other, rivals by editing the graph, and models that no data can tell apart."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Model, OptionError, SpecError, compare, fit, indices, rivals, synthetic_wave
from mkb21sem.infer.rivals.compare import weights
from mkb21sem.infer.rivals.edit import edited, saturated_structure
from mkb21sem.infer.rivals.equivalent import equivalents
from mkb21sem.infer.rivals.family import Rival, rival_models
from mkb21sem.infer.rivals.nesting import nesting
from mkb21sem.specify.parse import Arrow
from tests.planning.reference import answers, model

PLAIN = 1.454953
"""χ² difference of the default model without and with A10; the pair wave_a10_ml of tests/planning."""
CHAIN = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\ng ~ f\nh ~ g"

HELD_AND_FREE = (("\nf ~ x10", "held"), ("\nf ~~ x10\ng ~~ x10", "free"))
"""Two ways to let CHAIN depend on a predictor: given its moments, and with its moments as parameters."""


@pytest.fixture(scope="module")
def family():
    return rivals(Model.read("mkb21"), synthetic_wave())


def test_rivals_of_mkb21(family):
    """Six models of the same variables; every recursive one is nested in the saturated structure."""
    assert list(family.table["model"]) == [
        "stated", "stated and implied", "as drawn", "with A10", "reputation before experience", "saturated structure",
    ]  # fmt: skip
    assert list(family.table["df"]) == [261, 257, 254, 253, 254, 239]
    pairs = family.comparison.pairs
    saturated = pairs[pairs["larger"] == "saturated structure"]
    assert (saturated["relation"] == "nested").all()
    assert len(saturated) == 5
    reversed_ = pairs[(pairs[["smaller", "larger"]] == "reputation before experience").any(axis=1)]
    other = reversed_[(reversed_[["smaller", "larger"]] == "as drawn").any(axis=1)].iloc[0]
    assert other["relation"] == "not nested"
    assert np.isfinite(other["z"])
    assert_allclose(family.table["aic_weight"].sum(), 1)
    assert family.synthetic


def test_as_drawn_is_the_model(family):
    own = indices(fit(Model.read("mkb21"), synthetic_wave(), "MLR"))
    row = family.table.set_index("model").loc["as drawn"]
    assert_allclose([row["chisq"], row["aic"]], [own["chisq.scaled"], own["aic"]], rtol=1e-9)


def test_criteria_count_a_predictor_alike():
    """x is held in one model and free in the other: ΔAIC is Δχ² − 2Δdf all the same, for the rows are the same."""
    draws = np.random.default_rng(7)
    x10 = draws.standard_normal(300)
    scores = [0.4 * x10 + draws.standard_normal(300) for _ in range(3)]
    items = [score + draws.standard_normal(300) for score in scores for _ in range(3)]
    rows = pd.DataFrame({f"x{at}": each for at, each in enumerate([*items, x10], 1)})
    held, free = (fit(Model.parse(CHAIN + text, name), rows, "ML") for text, name in HELD_AND_FREE)
    assert (held.layout.exogenous, free.layout.exogenous) == (("x10",), ())
    table = compare(held, free).models.set_index("model")
    one, other = table.loc["held"], table.loc["free"]
    cost = one["chisq"] - other["chisq"]
    assert one["df"] - other["df"] == other["k"] - one["k"] == 1
    assert_allclose(one["aic"] - other["aic"], cost - 2, atol=1e-6)
    assert_allclose(one["bic"] - other["bic"], cost - np.log(len(rows)), atol=1e-6)


def test_tests_of_a_nested_pair(family):
    tests = family.comparison.tests
    a10 = tests[(tests["smaller"] == "as drawn") & (tests["larger"] == "with A10")].set_index("method")
    assert list(a10.index) == ["satorra.2000", "satorra.bentler.2001", "satorra.bentler.2010"]
    assert (a10["df"] == 1).all()
    assert_allclose(a10.loc["satorra.2000", "chisq"] * a10.loc["satorra.2000", "scaling"], PLAIN, rtol=1e-6)


def test_ordinal_rivals():
    """WLSMV: satorra.2000 scaled and shifted, no information criteria."""
    named = Model.read("mkb21").observed
    ordered = ["OMV01", "MKT02", *(name for name in named if name[:3] in ("CUL", "OMG", "REP"))]
    family = rivals(Model.read("mkb21"), synthetic_wave(), "WLSMV", more=(), ordered=ordered)
    pairs = family.comparison.pairs
    assert (pairs["relation"] == "nested").all()
    assert pairs["pvalue"].between(0, 1).all()
    assert family.table["aic"].isna().all()


def test_weights():
    assert_allclose(weights([10.0, 12.0, np.nan]), [1 / (1 + np.exp(-1)), np.exp(-1) / (1 + np.exp(-1)), np.nan])
    assert np.isnan(weights([np.nan, np.nan])).all()


def test_compare_refuses():
    hs = fit(model("hs"), answers("hs"))
    with pytest.raises(OptionError, match="two fits or more"):
        compare(hs)
    with pytest.raises(OptionError, match="got int"):
        compare(hs, 3)
    with pytest.raises(OptionError, match="called hs"):
        compare(hs, hs)


def test_equivalent_pair_is_named():
    rows = answers("hs")
    forward = Model.parse(CHAIN, "forward")
    backward = Model.parse(CHAIN.replace("g ~ f", "f ~ g\nf ~~ 0*h"), "backward")
    found = compare(fit(forward, rows), fit(backward, rows))
    assert found.pairs["relation"].item() == "equivalent"
    assert found.tests.empty


def test_edited_keeps_what_was_unsaid():
    """No arrow changed: the same fit. An arrow taken out: as with that arrow held at zero."""
    rows, chain = answers("hs"), Model.parse(CHAIN, "chain")
    assert_allclose(fit(edited(chain), rows).test.chisq, fit(chain, rows).test.chisq, rtol=1e-9)
    without = fit(edited(chain, [Arrow("h", "~", "g")]), rows)
    zero = fit(Model.parse(CHAIN.replace("h ~ g", "h ~ 0*g")), rows)
    assert without.layout.df == zero.layout.df
    assert_allclose(without.test.chisq, zero.test.chisq, rtol=1e-8)


def test_edited_refuses():
    chain = Model.parse(CHAIN + "\ng ~ z", "chain")
    with pytest.raises(SpecError, match="no arrow f → h"):
        edited(chain, [Arrow("h", "~", "f")])
    with pytest.raises(SpecError, match="already"):
        edited(chain, add=[Arrow("g", "~", "f")])
    with pytest.raises(SpecError, match="can't become an outcome"):
        edited(chain, add=[Arrow("z", "~", "f")])
    with pytest.raises(SpecError, match="one arrow"):
        rival_models(chain, [Rival("two", "two arrows", add=("h ~ f + z",))])


def test_saturated_structure_is_the_measurement_model():
    rows = answers("hs")
    found = fit(saturated_structure(Model.parse(CHAIN)), rows)
    assert_allclose(found.test.chisq, fit(model("hs"), rows).test.chisq, rtol=1e-8)


def test_equivalents_of_a_chain():
    """A chain f → g → h: both arrows turned, and the fork, but never the collider f → g ← h."""
    rows = answers("hs")
    found = equivalents(fit(Model.parse(CHAIN, "chain"), rows))
    changes = " | ".join(found.table["change"])
    assert "f → g becomes g → f" in changes
    assert "f → g becomes f ↔ g" in changes
    assert found.complete
    assert (found.table["df"] == 25).all()
    one = fit(Model.parse(CHAIN, "chain"), rows)
    for each in found.models:
        assert nesting(fit(each, rows), one).equivalent
        arrows = {(a.tail, a.head) for a in each.arrows if a.op == "~"}
        assert not {("f", "g"), ("h", "g")} <= arrows


def test_equivalents_of_the_default_model():
    found = equivalents(fit(Model.read("mkb21"), synthetic_wave()), steps=1)
    assert np.ptp(found.table["chisq"]) < 1e-5
    changes = list(found.table["change"])
    assert sum("MOT" in change for change in changes) == 8
    # The other way round: what the causes share may as well be an arrow between them.
    assert {"CUL ↔ OMG becomes CUL → OMG", "OMG ↔ CUL becomes OMG → CUL"} <= set(changes)
    assert len(changes) == 22
