"""Ladders that stop, waves that can't be compared, and how the tables read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import FitError, OptionError, WaveError
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.waves import ladder as rooms
from mkb21sem.infer.waves import replication as over_waves
from mkb21sem.infer.waves.candidates import score_table
from mkb21sem.infer.waves.effectsize import differences
from mkb21sem.infer.waves.ladder import Ladder, invariance, rung_difference
from mkb21sem.infer.waves.means import latent_means
from mkb21sem.infer.waves.partial import Partial, _Search
from mkb21sem.infer.waves.replication import replication
from mkb21sem.infer.waves.robust import _impossible
from mkb21sem.infer.waves.rungs import measurement
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.waves import Waves
from tests.waves.test_harmonising import changed
from tests.waves.test_ladder import HERE, SIMULATED

MODEL = Model.parse(SIMULATED)
PATH = Model.parse(SIMULATED + "\ntwo ~ one")
CLAIM = Hypothesis("H1", "one", "two", sign="+")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Two waves of which nothing differs: one twice."""
    one = pd.read_csv(HERE / "data" / "five2.csv")
    one = one[one["wave"] == one["wave"].iloc[0]]
    return pd.concat([one.assign(wave="2014"), one.assign(wave="2024")], ignore_index=True)


@pytest.fixture(scope="module")
def whole(table: pd.DataFrame) -> Ladder:
    return invariance(MODEL, table, ordinal=False)


def lost(found: Fit) -> Fit:
    return replace(found, converged=False, cause="it ran away")


# -------------------------------------------------------------------------------------------------------------- ladder


def test_a_ladder_reads_as_its_table(whole: Ladder) -> None:
    lines = str(whole).splitlines()
    assert lines[0].split()[:3] == ["rung", "chisq_scaled", "df"]
    assert [line.split()[0] for line in lines[1:]] == list(whole.plan.rungs)


def test_a_ladder_holds_up_to_the_rung_below_one_without_a_fit(whole: Ladder) -> None:
    assert whole.holds == whole.plan.rungs[-1]
    broken = replace(whole.steps[1], fit=lost(whole.steps[1].fit))
    short = replace(whole, steps=(whole.steps[0], broken, *whole.steps[2:]))
    assert short.holds == whole.plan.rungs[0]
    with pytest.raises(FitError, match=rf"^the {whole.plan.rungs[1]} rung has no estimates: .*it ran away"):
        short[whole.plan.rungs[1]]


def test_a_rung_that_cannot_be_fitted_is_told_and_the_next_is_set_against_the_last(whole, table, monkeypatch) -> None:
    search, asked = rooms.fit_layout, []

    def refuses(*given: object) -> Fit:
        asked.append(given)
        if len(asked) == 2:
            raise FitError("too few rows for this rung")
        return search(*given)

    monkeypatch.setattr(rooms, "fit_layout", refuses)
    found = invariance(MODEL, table, ordinal=False)
    assert found.steps[1].fit is None
    assert found.steps[1].reason == "too few rows for this rung"
    assert found.steps[2].against.df == whole.steps[1].against.df + whole.steps[2].against.df


def test_a_scaling_that_is_not_positive_gives_way_to_the_test_that_has_none(whole: Ladder, monkeypatch) -> None:
    one, other = whole[whole.plan.rungs[1]], whole[whole.plan.rungs[0]]
    exact = rooms.difference

    def negative(*given: object, **options: object) -> Test:
        if given[2] == "satorra.bentler.2001":
            return Test("satorra.bentler.2001", float("nan"), 1, "the scaling is not positive")
        return exact(*given, **options)

    monkeypatch.setattr(rooms, "difference", negative)
    test = rung_difference(one, other)
    assert test.name == "satorra.2000"
    assert test.df == one.layout.df - other.layout.df


def test_items_named_ordinal_are_taken_in_the_models_order(table: pd.DataFrame) -> None:
    one = Model.parse("one =~ x1 + x2 + x3 + x4")
    found = invariance(one, table, ordinal=["x4", "x3", "x2", "x1"])
    assert list(found.plan.thresholds) == ["x1", "x2", "x3", "x4"]


def test_a_model_without_constructs_has_no_ladder() -> None:
    with pytest.raises(
        OptionError, match=r"^the model paths has no construct, so that there is nothing to compare over gr"
    ):
        measurement(Model.parse("y ~ x", "paths"))


# --------------------------------------------------------------------------------------------------------------- means


def test_means_of_a_ladder_that_holds_need_no_release(whole: Ladder) -> None:
    means = latent_means(whole)
    assert means.reason == ""
    assert np.abs(means.table["mean"].fillna(0.0)).max() < 1e-5, "the waves are the same"
    lines = str(means).splitlines()
    assert lines[0] == f"latent means from the {means.rung} rung"
    assert lines[1].split() == ["construct", "wave", "mean", "se", "d"]


def test_an_item_released_in_every_wave_has_no_size_of_difference(whole: Ladder) -> None:
    everywhere = {("x2", 0), ("x2", 1)}
    assert differences(whole.plan, whole[whole.plan.rungs[1]], everywhere).empty


def test_a_rung_that_holds_nothing_equal_has_no_candidates(whole: Ladder) -> None:
    table = score_table(whole.plan, 0, whole[whole.plan.rungs[0]], 0.05)
    assert table.empty
    assert list(table) == ["item", "wave", "df", "chisq", "p", "q", "found", "epc"]


def test_responses_that_have_no_unit_in_common_have_no_robust_indices(table: pd.DataFrame) -> None:
    found = invariance(MODEL, table, ordinal=True)
    thresholds = found[found.plan.rungs[1]]
    assert _impossible(found.plan, thresholds) == ""
    some = replace(found.plan, thresholds=dict(list(found.plan.thresholds.items())[:3]))
    assert "not for ordinal and continuous ones together" in _impossible(some, thresholds)
    freed = found.plan.release("x2", 1, found.plan.number("thresholds"))
    assert "thresholds of its own has no unit in common" in _impossible(freed, thresholds)
    group = thresholds.moments.ordinal[0]
    cov = group.cov.copy()
    cov[0, 1] = cov[1, 0] = -0.99
    odd = replace(thresholds.moments, ordinal=(replace(group, cov=cov), *thresholds.moments.ordinal[1:]))
    assert "not positive definite" in _impossible(found.plan, replace(thresholds, moments=odd))


# --------------------------------------------------------------------------------------------------------- replication


def test_replication_reads_as_its_table(table: pd.DataFrame) -> None:
    found = replication(PATH, table, [CLAIM])
    assert str(found).splitlines()[0].split()[:2] == ["hypothesis", "path"]
    assert "H1" in str(found).splitlines()[1]


def test_hypotheses_that_all_need_what_does_not_vary_are_refused(table: pd.DataFrame) -> None:
    flat = table.assign(size=np.where(table["wave"] == "2014", 1.0, np.arange(len(table)) % 3))
    model = Model.parse(SIMULATED + "\ntwo ~ one + size")
    with pytest.raises(FitError, match=r"^every hypothesis needs size, which is constant in some group of wave\.$"):
        replication(model, flat, [Hypothesis("H1", "size", "two")])


def test_a_model_over_waves_without_a_minimum_is_refused(table: pd.DataFrame, monkeypatch) -> None:
    search = over_waves.fit
    monkeypatch.setattr(over_waves, "fit", lambda *a, **k: lost(search(*a, **k)))
    with pytest.raises(FitError, match=r"^the model over all waves did not converge: it ran away$"):
        replication(PATH, table, [CLAIM])


@pytest.mark.parametrize("how", ["refused", "no minimum"])
def test_equality_of_an_arrow_that_cannot_be_tested_says_why(table: pd.DataFrame, monkeypatch, how: str) -> None:
    search = over_waves.fit

    def odd(*given: object, **options: object) -> Fit:
        if "regressions" not in options.get("equal", ()):
            return search(*given, **options)
        if how == "refused":
            raise FitError("it ran away")
        return lost(search(*given, **options))

    monkeypatch.setattr(over_waves, "fit", odd)
    found = over_waves._difference(
        PATH,
        table,
        "listwise",
        "wave",
        CLAIM,
        ["two ~ one"],
        search(PATH, table, "MLR", group="wave", equal=("loadings",)),
    )
    assert np.isnan(found.chisq)
    assert found.reason == "it ran away"


# ------------------------------------------------------------------------------------------------------------- release


def test_a_release_that_nothing_asks_for_is_taken_back(whole: Ladder) -> None:
    rung = whole.plan.number("loadings")
    search = _Search(whole, 0.05, 2)
    search.plan = search.plan.release("x2", 1, rung)
    free = search._fit(search.plan, rung, whole[whole.plan.rungs[rung]])
    found = search._held(rung, free)
    assert search.plan.released == {}
    assert found.layout.df == free.layout.df + 1
    (entry,) = search.entries
    assert (entry.action, entry.item, entry.p > 0.9) == ("held again", "x2", True)


def test_a_release_without_which_there_is_no_fit_stays(whole: Ladder, monkeypatch) -> None:
    rung = whole.plan.number("loadings")
    search = _Search(whole, 0.05, 2)
    search.plan = search.plan.release("x2", 1, rung)
    free = search._fit(search.plan, rung, whole[whole.plan.rungs[rung]])
    monkeypatch.setattr(search, "_fit", lambda *_: lost(free))
    assert search._held(rung, free) is free
    assert list(search.plan.released) == [("x2", 1)]
    assert search.entries == []


def test_a_search_on_a_rung_without_a_fit_is_not_complete(whole: Ladder) -> None:
    rung = whole.plan.number("loadings")
    steps = list(whole.steps)
    steps[rung] = replace(steps[rung], fit=lost(steps[rung].fit))
    search = _Search(replace(whole, steps=tuple(steps)), 0.05, 2)
    search.rung(rung)
    assert not search.complete
    assert rung not in search.fits


def test_equal_loadings_alone_allow_variances_but_no_means(whole: Ladder) -> None:
    at = whole.plan.number("intercepts")
    steps = list(whole.steps)
    steps[at] = replace(steps[at], against=replace(steps[at].against, chisq=400.0))
    metric = replace(whole, steps=tuple(steps))
    for given in (metric, Partial(metric, (), metric, whole.plan.rungs[at], False)):
        means = latent_means(given)
        assert means.reason.startswith("Means are withheld: the ladder holds up to the")
        assert means.table["mean"].isna().all()
        assert means.table["variance"].notna().all()
        assert str(means).startswith("Means are withheld")


def test_waves_of_which_a_variable_cannot_be_compared_have_no_common_model() -> None:
    first, claim = synthetic_wave(1), Hypothesis("H1", "OMV01", "REP")
    later = changed(first, "REP01", code_labels_nl=tuple("abcde"), code_labels_en=tuple("abcde"))
    with pytest.raises(
        WaveError, match=r"can't be fitted to all waves, since these can't be compared: REP01 \(in later\)"
    ):
        replication(Model.parse("REP =~ REP01 + REP02 + REP03\nREP ~ OMV01"), Waves.of([first, later]), [claim])
