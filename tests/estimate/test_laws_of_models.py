"""Laws of every estimator: one model said in several ways, and models whose fit is known beforehand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Model, fit, standardized
from mkb21sem.estimate.incomplete.fiml import FimlLoss
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.quadratic import QuadraticLoss
from mkb21sem.estimate.solve import solve
from tests.estimate.setups import (
    ALL,
    ITEMS,
    ITEMS_ONLY,
    SETUPS,
    SPEC,
    N,
    answers,
    fitted,
    loss_and_start,
    model_of,
    plain,
    refit,
    rows,
    same_fit,
)

# ------------------------------------------------------------------------------------- the same model, said otherwise


@pytest.mark.parametrize("name", ALL)
def test_the_scale_of_a_construct_does_not_matter(name: str) -> None:
    """A marker or a variance of 1: the same test, the same standardised solution."""
    one, other = fitted(name), refit(name, std_lv=True)
    same_fit(one, other, rtol=1e-6, columns=("std",))


@pytest.mark.parametrize("name", ALL)
def test_another_marker_does_not_matter(name: str) -> None:
    spec = SETUPS[name].spec.replace("x1 + x2 + x3", "x3 + x1 + x2")
    same_fit(fitted(name), refit(name, spec=spec), rtol=1e-6, columns=("std",))


@pytest.mark.parametrize("name", ["ML", "MLM", "MLR", "GLS", "ULS", "WLS", "fiml", "fiml MLR", "WLSMV", "WLSMV theta"])
def test_equality_said_in_three_ways(name: str) -> None:
    """One label, another label, two labels and a constraint."""
    spec = SETUPS[name].spec
    one, other, third = (
        refit(name, spec=spec.replace("x2 + x3", f"{a}*x2 + {b}*x3") + line)
        for a, b, line in (("a", "a", ""), ("zz", "zz", ""), ("a", "b", "\nCONSTRAINT(a = b)"))
    )
    assert one.test.df == fitted(name).test.df + 1
    same_fit(one, other)
    same_fit(one, third)
    table = rows(one)
    for column in ("est", "se"):
        assert table.loc["f=~x2 ", column] == pytest.approx(table.loc["f=~x3 ", column], rel=1e-12)


@pytest.mark.parametrize("name", ["ML", "MLR", "GLS", "fiml", "WLSMV"])
def test_equality_over_groups_said_in_two_ways(name: str) -> None:
    spec = ITEMS_ONLY.replace("x2 + x3", "a*x2 + b*x3").replace("y2 + y3", "c*y2 + d*y3")
    words = refit(name, spec=ITEMS_ONLY, group="school", equal=("loadings",))
    same_fit(words, refit(name, spec=spec, group="school"))


@pytest.mark.parametrize("name", ALL)
def test_other_starting_values_find_the_same_minimum(name: str) -> None:
    found = fitted(name)
    rng = np.random.default_rng(3)
    for _ in range(2):
        begin = found.theta * rng.uniform(0.7, 1.3, len(found.theta))
        minimum, _ = solve(found.estimator, found.layout, found.moments, begin)
        assert minimum.converged[0]
        assert_allclose(minimum.value[0], found.loss, rtol=1e-9, atol=1e-12)
        assert_allclose(minimum.theta[0], found.theta, rtol=1e-5, atol=1e-6)


def test_starting_values_of_the_spec_are_only_a_start() -> None:
    spec = SPEC.replace("x2", "a*x2").replace("~ f", "~ b*f")
    one, other = (fit(Model.parse(spec + line), plain()) for line in ("", "\nSTART(3) a\nSTART(-0.5) b"))
    same_fit(one, other)


# --------------------------------------------------------------------------------------------------- saturated models


@pytest.mark.parametrize("name", [name for name in ALL if "given" not in name])
@pytest.mark.parametrize(
    "spec", ["f =~ x1 + x2 + x3", "x1 ~~ x2 + x3\nx2 ~~ x3", "x3 ~ x1 + x2\nx1 ~~ x2"], ids=["factor", "free", "path"]
)
def test_a_saturated_model_fits_perfectly(name: str, spec: str) -> None:
    found = refit(name, spec=spec, **({"ordered": ("x2",)} if name == "WLSMV mixed" else {}))
    assert found.converged
    assert found.test.df == 0
    assert_allclose(found.test.chisq, 0, atol=1e-8)
    assert np.isnan(found.test.pvalue)


@pytest.mark.parametrize("name", ["ML", "ML with means", "fiml"])
def test_a_regression_is_least_squares(name: str) -> None:
    """A path model without constructs: the slopes and the intercept that linear algebra gives."""
    sample = plain()
    found = refit(name, sample, spec="y1 ~ x1 + x2 + z\ny2 ~ y1 + z\ny1 ~~ 0*y2")
    table = rows(found)
    for outcome, causes in (("y1", ["x1", "x2", "z"]), ("y2", ["y1", "z"])):
        X = np.column_stack([sample[causes], np.ones(N)])
        slopes, rss, *_ = np.linalg.lstsq(X, sample[outcome].to_numpy(), rcond=None)
        assert_allclose(table.loc[[f"{outcome}~{cause} " for cause in causes], "est"], slopes[:-1], rtol=1e-6)
        assert_allclose(table.loc[f"{outcome}~~{outcome} ", "est"], rss[0] / N, rtol=1e-6)
        if found.layout.meanstructure:
            assert_allclose(table.loc[f"{outcome}~1 ", "est"], slopes[-1], rtol=1e-6)


@pytest.mark.parametrize("name", ["ML", "MLR", "fiml", "GLS"])
def test_a_saturated_model_implies_the_sample(name: str) -> None:
    found = refit(name, spec="x1 ~~ x2 + x3\nx2 ~~ x3")
    cov = pd.DataFrame(found.moments.cov[0], index=found.moments.names, columns=found.moments.names)
    n = found.moments.total
    unbiased = 1.0 if SETUPS[name].likelihood else n / (n - 1)
    for row in found.table().itertuples():
        if row.op == "~~":
            assert_allclose(row.est, cov.loc[row.lhs, row.rhs] * unbiased, rtol=1e-7)


# ------------------------------------------------------------------------------------------- printed moments, families


@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS"])
@pytest.mark.parametrize("meanstructure", [False, True])
def test_printed_moments_are_as_good_as_rows(estimator: str, meanstructure: bool) -> None:
    names = [*ITEMS, "z"]
    cov = plain()[names[::-1]].cov()
    summary = Moments(cov=cov, n=N, mean=plain()[names].mean() if meanstructure else None)
    options = {"estimator": estimator, "meanstructure": meanstructure}
    same_fit(fit(model_of("ML"), plain(), **options), fit(model_of("ML"), summary, **options))


@pytest.mark.parametrize(
    "family", [("ML", "MLM", "MLMV", "MLMVS", "MLR"), ("DWLS", "WLSM", "WLSMV", "WLSMVS")], ids=" ".join
)
def test_a_family_shares_its_estimates(family: tuple[str, ...]) -> None:
    """Only standard errors and the scaled test differ."""
    first = fitted(family[0])
    for other in family[1:]:
        assert_allclose(fitted(other).theta, first.theta, rtol=1e-9)
        assert_allclose(fitted(other).test.chisq, first.test.chisq, rtol=1e-10)
        assert fitted(other).scaled is not None


@pytest.mark.parametrize("name", ["ML", "MLR", "GLS", "ML with means", "GLS with means"])
def test_the_standardised_solution_is_the_solution_of_standardised_items(name: str) -> None:
    names = [*ITEMS, "z"]
    sample = plain().copy()
    sample[names] = (sample[names] - sample[names].mean()) / sample[names].std(ddof=0)
    for found in (refit(name, sample), refit(name, sample, std_lv=True)):
        loadings = rows(found)["op"].isin(["=~", "~"])
        assert_allclose(rows(found).loc[loadings, "std"], rows(fitted(name)).loc[loadings, "std"], rtol=1e-6)
        assert_allclose(standardized(found)["std"], found.table()["std"], rtol=1e-9)


def test_the_losses_are_of_the_kinds_that_the_laws_are_about() -> None:
    kinds = {name: type(loss_and_start(fitted(name))[0]) for name in ALL}
    assert set(kinds.values()) == {NormalLoss, FimlLoss, QuadraticLoss}
    assert answers()["y3"].nunique() == 2
