import numpy as np
import pytest
from semopy.examples import holzinger39

from mkb21sem import Model, OptionError, fit
from mkb21sem.estimate.refits.refit import refits

SPEC = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.mark.parametrize("meanstructure", [False, True])
def test_a_draw_is_the_fit_of_its_rows(meanstructure):
    rows = holzinger39.get_data()
    found = fit(Model.parse(SPEC), rows, meanstructure=meanstructure)
    weights = np.random.default_rng(1).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=20)
    drawn = refits(found, weights.astype(float))
    assert drawn.converged.all()
    for b in (0, 7, 19):
        one = fit(
            Model.parse(SPEC), rows.iloc[np.repeat(np.arange(len(rows)), weights[b])], meanstructure=meanstructure
        )
        np.testing.assert_allclose(drawn.theta[b], one.theta, atol=1e-5)


def test_unit_weights_give_the_sample_back():
    found = fit(Model.parse(SPEC), holzinger39.get_data())
    np.testing.assert_allclose(refits(found, np.ones((1, 301))).theta[0], found.theta, atol=1e-9)


def test_other_fits_are_refused():
    found = fit(Model.parse(SPEC), holzinger39.get_data(), "GLS")
    with pytest.raises(OptionError, match="complete rows"):
        refits(found, np.ones((1, 301)))


def test_bounds_are_not_forgotten():
    found = fit(Model.parse(SPEC.replace("+ x2", "+ a*x2") + "\nBOUND(0, 5) a"), holzinger39.get_data())
    with pytest.raises(OptionError, match="BOUND"):
        refits(found, np.ones((1, 301)))


def test_groups_are_drawn_apart():
    rows = holzinger39.get_data().sort_values("school", kind="stable", ignore_index=True)
    found = fit(Model.parse(SPEC), rows, group="school", equal="loadings")
    sizes, rng = [len(z) for z in found.moments.rows], np.random.default_rng(2)
    weights = np.hstack([rng.multinomial(n, np.full(n, 1 / n), size=3) for n in sizes])
    drawn = refits(found, weights.astype(float))
    assert drawn.converged.all()
    names = np.concatenate([np.flatnonzero(rows["school"].astype(str) == group) for group in found.moments.groups])
    for b in range(3):
        one = fit(Model.parse(SPEC), rows.iloc[np.repeat(names, weights[b])], group="school", equal="loadings")
        np.testing.assert_allclose(drawn.theta[b], one.theta, atol=1e-5)


def test_a_sample_that_cannot_be_fitted_is_not_called_converged():
    found = fit(Model.parse(SPEC), holzinger39.get_data())
    weights = np.zeros((2, 301))
    weights[0, :5], weights[1] = 1, 1
    assert refits(found, weights).converged.tolist() == [False, True]
