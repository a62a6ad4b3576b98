"""Draws by every estimator: a draw is the fit of its rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Model, Moments, OptionError, fit
from mkb21sem.estimate.refits.resample import NO_STATISTICS, check_resampling, draw_counts, fixed_cells, redraw
from tests.estimate.setups import ALL, ITEMS, SETUPS, SPEC, answers, fitted, holes, plain, refit

# Under theta a residual variance may run off to infinity in a draw; its estimate is then as good as any other.
DRAWS = {"WLSMV theta": (1, 2)}


def drawn_rows(name, counts):
    """The rows of a draw as a table; categories must be those of the sample."""
    return SETUPS[name].sample.iloc[np.repeat(np.arange(len(counts)), counts.astype(int))].reset_index(drop=True)


@pytest.mark.parametrize("name", ALL)
def test_a_draw_is_the_fit_of_its_rows(name):
    found = fitted(name)
    counts = draw_counts(found, np.random.default_rng(4), 4)
    made = redraw(found, counts)
    assert made.converged.all()
    for b in DRAWS.get(name, (0, 3)):
        one = refit(name, drawn_rows(name, counts[b]))
        assert_allclose(made.theta[b], one.theta, rtol=1e-4, atol=2e-5)
        assert_allclose(made.cells[b], one.cells, rtol=1e-4, atol=2e-5)
        if not found.moments.patterns:
            assert made.value[b] == pytest.approx(one.loss, rel=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_every_row_once_is_the_sample(name):
    found = fitted(name)
    made = redraw(found, np.ones((1, found.moments.total)))
    assert_allclose(made.theta[0], found.theta, rtol=1e-6, atol=1e-7)
    assert_allclose(made.cells[0], found.cells, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (plain, {"estimator": "ML"}),
        (plain, {"estimator": "GLS"}),
        (holes, {"estimator": "ML", "missing": "fiml"}),
        (answers, {"estimator": "WLSMV", "ordered": list(ITEMS)}),
    ],
)
def test_groups_are_drawn_and_refitted_apart(frame, options):
    spec = SPEC.replace(" + z", "") if "ordered" in options else SPEC
    table = frame()
    found = fit(Model.parse(spec), table, group="school", equal=["loadings"], **options)
    counts = draw_counts(found, np.random.default_rng(4), 2)
    sizes = [len(y) for y in found.moments.rows]
    assert_allclose(counts[:, : sizes[0]].sum(axis=1), sizes[0])
    made = redraw(found, counts)
    order = np.concatenate([np.flatnonzero(table["school"] == name) for name in found.moments.groups])
    rows = table.iloc[np.repeat(order, counts[1].astype(int))]
    one = fit(Model.parse(spec), rows, group="school", equal=["loadings"], **options)
    assert_allclose(made.theta[1], one.theta, rtol=1e-4, atol=3e-5)


def test_sampling_weights_go_with_their_rows():
    table = plain().assign(w=np.random.default_rng(1).uniform(0.5, 2, 240))
    found = fit(Model.parse(SPEC), table, "MLR", weights="w")
    counts = draw_counts(found, np.random.default_rng(4), 2)
    one = fit(Model.parse(SPEC), table.iloc[np.repeat(np.arange(240), counts[1].astype(int))], "MLR", weights="w")
    made = redraw(found, counts)
    assert_allclose(made.theta[1], one.theta, atol=2e-5)
    assert_allclose(made.cells[1], one.cells, atol=2e-5)


def test_bounds_hold_in_the_draws():
    spec = SPEC + "\nx1 ~~ v*x1\nBOUND(0.9, 9) v"
    found = fit(Model.parse(spec), plain())
    made = redraw(found, draw_counts(found, np.random.default_rng(4), 3))
    place = found.layout.names.index("v")
    assert made.converged.all()
    assert made.theta[:, place].min() >= 0.9 - 1e-9


def test_a_draw_that_lost_an_answer_says_so():
    table = answers().copy()
    table.loc[table.index[1:], "x1"] = table["x1"].iloc[1:].clip(lower=1)
    table.loc[table.index[0], "x1"] = 0
    found = fit(Model.parse(SPEC.replace(" + z", "")), table, "WLSMV", ordered=True)
    counts = np.ones((2, 240))
    counts[0, 0] = 0
    made = redraw(found, counts)
    assert list(made.cause) == [NO_STATISTICS, ""]


def test_only_moments_of_causes_differ_between_draws():
    found = fitted("ML with means")
    made = fixed_cells(found, draw_counts(found, np.random.default_rng(4), 3))
    differ = np.abs(made - made[:1]).max(axis=(0, 1)) > 0
    assert differ.sum() == 2
    assert (differ == found.layout.sample).all()


def test_what_cannot_be_drawn_is_refused():
    cov = pd.DataFrame(np.cov(plain()[list(ITEMS)].T), index=ITEMS, columns=ITEMS)
    printed = fit(Model.parse("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3"), Moments(cov=cov, n=240))
    with pytest.raises(OptionError, match=r"no rows to draw from.*monte_carlo"):
        check_resampling(printed)
