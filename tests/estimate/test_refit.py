import numpy as np
import pytest
from semopy.examples import holzinger39

from mkb21sem import Model, OptionError, fit
from mkb21sem.estimate.refit import refits

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
    with pytest.raises(OptionError, match="one group to complete rows"):
        refits(found, np.ones((1, 301)))
