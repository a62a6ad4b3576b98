import numpy as np
import pytest
from semopy.examples import holzinger39

from mkb21sem import Model, fit

THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
BOUNDED = THREE.replace("+ x2", "+ a*x2").replace("+ x8", "+ b*x8")


@pytest.mark.parametrize("estimator", ["ML", "MLR", "GLS"])
def test_a_bound_that_does_not_bind_changes_nothing(estimator):
    rows = holzinger39.get_data()
    free, bounded = (fit(Model.parse(text), rows, estimator) for text in (BOUNDED, BOUNDED + "BOUND(0, 5) a b"))
    np.testing.assert_allclose(bounded.theta, free.theta, atol=1e-8)
    assert bounded.cause == ""


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_a_bound_that_binds_is_the_same_as_fixing(estimator):
    rows = holzinger39.get_data()
    bounded = fit(Model.parse(BOUNDED + "BOUND(0, 0.4) a"), rows, estimator)
    fixed = fit(Model.parse(BOUNDED.replace("a*x2", "0.4*x2")), rows, estimator)
    assert bounded.test.chisq == pytest.approx(fixed.test.chisq, rel=1e-9)
    ours, theirs = bounded.table(), fixed.table()
    np.testing.assert_allclose(ours["est"], theirs["est"], atol=1e-7)
    np.testing.assert_allclose(ours["se"], theirs["se"], rtol=1e-5)
    assert "a on the bound" in bounded.cause
    assert bounded.layout.df == fixed.layout.df - 1


def test_of_several_bounds_only_those_that_bind_are_kept():
    rows = holzinger39.get_data()
    bounded = fit(Model.parse(BOUNDED + "BOUND(0, 0.4) a\nBOUND(0, 9) b"), rows)
    assert bounded.cause.startswith("a on the bound")
    assert 0.4 < bounded.theta[bounded.layout.names.index("b")] < 9
