"""Effects along the arrows: against lavaan, against differences, and by what they must add up to."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Hypothesis, Model, OptionError, fit, standardized, verdicts
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.standard import KINDS
from mkb21sem.infer.effects.effects import effects
from mkb21sem.infer.effects.paths import graph, paths, stability
from mkb21sem.infer.effects.standardization import scales
from mkb21sem.infer.judging.verdicts import verdict_table
from mkb21sem.specify.layout import layout
from tests.effects.reference import CASES, State, fitted, table
from tests.infer.test_standardized import at, covariance_of_theta
from tests.parity import fitted as parity_fit
from tests.parity import theta_of

KEYS = ["group", "effect", "path"]


def beside(case, ours):
    """lavaan's rows of a case, and ours in their order."""
    theirs = table("delta").query("case == @case").copy()
    names = list(dict.fromkeys(ours["group"]))
    theirs["group"] = [names[number - 1] for number in theirs["group"]]
    return theirs, ours.set_index(KEYS).loc[pd.MultiIndex.from_frame(theirs[KEYS])]


@pytest.mark.parametrize("case", CASES)
def test_formulas_at_lavaans_estimates(case):
    """With its estimates and its covariance of them; lavaan takes derivatives of standardised effects numerically."""
    found, stopped = fitted(case), State(case)
    theta = theta_of(found, stopped)
    there = replace(found, theta=theta, cells=at(found, theta), vcov=covariance_of_theta(found, stopped))
    for kind in KINDS:
        lavaan, ours = beside(case, effects(there, kind))
        assert_allclose(ours["est"], lavaan["est"], rtol=1e-10)
        assert_allclose(ours["se"], lavaan["se"], rtol=1e-6)
        assert_allclose(ours["std"], lavaan[f"std_{kind}"], rtol=1e-10)
        assert_allclose(ours["std_se"], lavaan[f"se_std_{kind}"], rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_own_fit(case):
    for kind in KINDS:
        lavaan, ours = beside(case, effects(fitted(case), kind))
        assert len(ours) == len(lavaan)
        for mine, other in (("est", "est"), ("se", "se"), ("std", f"std_{kind}"), ("std_se", f"se_std_{kind}")):
            assert_allclose(ours[mine], lavaan[other], rtol=1e-4, atol=1e-5, err_msg=f"{kind} {mine}")


@pytest.mark.parametrize("case", [name for name in CASES if name not in ("nonrec_ml", "hs_school_chain_ml")])
def test_a_hypothesis_along_several_arrows_has_lavaans_standard_error(case):
    """A verdict computes the one path it is about by itself; its error needs the covariances of all arrows."""
    theirs = table("delta").query("case == @case and effect == 'indirect'")
    ways = [way.split(" -> ") for way in theirs["path"]]
    claims = [Hypothesis(f"H{i}", way[0], way[-1], through=tuple(way[1:-1])) for i, way in enumerate(ways)]
    ours = verdict_table(verdicts(fitted(case), claims))
    assert len(ours) == len(theirs) > 0
    for mine, other in (("est", "est"), ("se", "se"), ("std", "std_all"), ("std_se", "se_std_all")):
        assert_allclose(ours[mine], theirs[other], rtol=1e-4, atol=1e-5, err_msg=mine)


@pytest.mark.parametrize("case", [name for name in CASES if name != "nonrec_ml"])
def test_no_effect_is_left_out(case):
    """The paths of the reference are found by another search; it has regressions only, no second-order loadings."""
    ours = effects(fitted(case))
    mine = ours[~ours["outcome"].isin(["visual", "textual", "speed"])] if case == "hs_second_path_ml" else ours
    assert len(mine) == (table("delta")["case"] == case).sum()


# Ordinal items given causes, by their residuals, and over groups; continuous ones beside them; tied groups.
OTHERS = ["mixed_mimic_wlsmv", "ord5_path_wlsmv_theta", "groups_thresholds_wlsmv_theta", "hs_school_regression_ml"]


@pytest.mark.parametrize("case", [*CASES, *OTHERS])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_equal_finite_differences(case, kind):
    found = parity_fit(case) if case in OTHERS else fitted(case)
    where, ways = found.layout, paths(found.layout, items=True)

    def values(theta):
        cells = at(found, theta)
        model = implied(where, cells)
        sd = scales(where, cells, kind)[0]
        raw = ways.values(cells, model)
        return np.stack([raw, raw * sd[:, ways.source] / sd[:, ways.outcome]])

    step = 1e-5 * np.eye(where.k)
    raw, std = np.stack([values(found.theta + e) - values(found.theta - e) for e in step], axis=-1) / 2e-5
    model = implied(where, found.cells)
    slope = ways.gradient(found.cells, model)
    assert_allclose(slope, raw, rtol=1e-5, atol=1e-6)
    V = found.vcov
    frame = effects(found, kind, items=True)
    for column, J in (("se", raw), ("std_se", std)):
        se = np.sqrt(np.einsum("gqk,kl,gql->gq", J, V, J)).ravel()
        assert_allclose(frame[column].fillna(0), np.where(se < 1e-6, 0, se), rtol=1e-4, atol=1e-7, err_msg=column)


@pytest.mark.parametrize("case", [name for name in CASES if name != "nonrec_ml"])
def test_paths_add_up_without_loops(case):
    frame = effects(fitted(case), items=True)
    assert (frame["note"] == "").all()
    for _, pair in frame.groupby(["group", "source", "outcome"], sort=False):
        for column in ("est", "std"):
            by = pair.groupby("effect")[column].sum()
            assert by["total"] == pytest.approx(by.get("direct", 0) + by.get("total indirect", 0))
            assert by.get("total indirect", 0) == pytest.approx(by.get("indirect", 0))


def test_direct_effects_are_the_arrows():
    found = fitted("mkb21_ml")
    ours = effects(found).query("effect == 'direct'")
    theirs = found.table().set_index(["rhs", "lhs"]).loc[pd.MultiIndex.from_frame(ours[["source", "outcome"]])]
    for column in ("est", "se", "z", "p", "low", "high", "std"):
        assert_allclose(ours[column], theirs[column], rtol=1e-9)
    std = standardized(found).set_index(["rhs", "lhs"]).loc[theirs.index]
    for column in ("se", "z", "p", "low", "high"):
        assert_allclose(ours[f"std_{column}"], std[column], rtol=1e-7)


def test_a_loop_is_in_the_totals_only():
    frame = effects(fitted("nonrec_ml"))
    pair = frame[(frame["source"] == "y1") & (frame["outcome"] == "y3")].set_index("effect")
    summed = pair.loc["direct", "est"] + pair.loc["indirect", "est"]
    assert abs(pair.loc["total", "est"] - summed) > 0.01
    assert set(frame.loc[frame["effect"].str.startswith("total"), "note"]) == {
        "more than the paths: it goes round a loop again and again"
    }
    assert (frame.loc[~frame["effect"].str.startswith("total"), "note"] == "").all()


def test_a_loop_that_does_not_settle_is_said():
    found = fitted("nonrec_ml")
    cells = found.cells.copy()
    loop = [
        i
        for i, row in enumerate(found.layout.rows)
        if row.arrow.op == "~" and {row.arrow.lhs, row.arrow.rhs} == {"y1", "y2"}
    ]
    cells[0, loop] = 1.2
    assert stability(found.layout, cells)[0] == pytest.approx(1.2)
    wild = effects(replace(found, cells=cells))
    assert wild["note"].str.contains("stability index 1.20").any()


def test_stability_of_arrows_without_a_loop_is_zero():
    assert stability(fitted("pd_ml").layout, fitted("pd_ml").cells) == pytest.approx(0)


def test_every_simple_path_is_there_once():
    ways = paths(fitted("mkb21_ml").layout)
    drawing = graph(fitted("mkb21_ml").layout)
    count = sum(
        1 for a in drawing for b in drawing if a != b for way in nx.all_simple_paths(drawing, a, b) if len(way) > 2
    )
    assert (ways.kind == "indirect").sum() == count
    assert len(set(zip(ways.kind, ways.path, strict=True))) == len(ways.path)


def test_source_and_outcome_choose():
    whole = effects(fitted("mkb21_ml"))
    part = effects(fitted("mkb21_ml"), source="MOT", outcome="REP")
    wanted = whole[(whole["source"] == "MOT") & (whole["outcome"] == "REP")].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, wanted)


def test_items_are_outcomes_when_asked_for():
    found = fitted("pd_ml")
    assert not set(effects(found)["outcome"]) & set(found.layout.observed)
    frame = effects(found, items=True)
    row = frame[(frame["path"] == "ind60 -> dem65 -> y6") & (frame["effect"] == "indirect")].iloc[0]
    cells = found.table().set_index(["lhs", "op", "rhs"])["est"]
    assert row["est"] == pytest.approx(cells["dem65", "~", "ind60"] * cells["dem65", "=~", "y6"])


def test_a_model_without_structure_has_no_effects():
    found = parity_fit("hs_ml")
    frame = effects(found)
    assert frame.empty
    assert list(frame)[:5] == ["group", "source", "outcome", "effect", "path"]


def test_an_arrow_fixed_at_zero_is_none():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.standard_normal((100, 3)), columns=["a", "b", "c"])
    found = fit(Model.parse("b ~ a\nc ~ b + 0*a"), frame)
    assert list(effects(found)["path"]) == ["a -> b", "a -> b", "a -> b -> c", "a -> c", "a -> c", "b -> c", "b -> c"]


def test_fixed_arrows_have_no_error():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.standard_normal((100, 3)), columns=["a", "b", "c"])
    table = effects(fit(Model.parse("b ~ 0.5*a\nc ~ 0.4*b"), frame)).set_index(["effect", "path"])
    assert table.loc[("indirect", "a -> b -> c"), "est"] == pytest.approx(0.2)
    assert table[["se", "z", "p", "low", "high"]].isna().all(axis=None)
    assert table["std_se"].gt(0).all()


def test_too_many_paths_are_refused():
    names = [f"v{i}" for i in range(18)]
    lines = [f"{name} ~ {' + '.join(names[:i])}" for i, name in enumerate(names) if i]
    whole = layout(Model.parse("\n".join(lines)))
    with pytest.raises(OptionError, match="more than 20,000 paths; name a source or an outcome"):
        paths(whole)
    assert (paths(whole, outcome="v4").kind == "indirect").sum() == sum(2**i - 1 for i in range(4))


def test_unknown_names_are_told():
    with pytest.raises(OptionError, match=r"source: no arrow of the model starts or ends at `MOTT`. Closest: MOT"):
        effects(fitted("mkb21_ml"), source="MOTT")
    with pytest.raises(OptionError, match="kind must be all, lv, nox"):
        effects(fitted("mkb21_ml"), "std")
