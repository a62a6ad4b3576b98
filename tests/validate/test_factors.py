"""KMO, Bartlett and exploratory factor analysis against psych, and factor_analyzer's slips corrected."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factor_analyzer import FactorAnalyzer

from mkb21sem.errors import FitError, Mkb21Error, OptionError, WaveError
from mkb21sem.validate import minres
from mkb21sem.validate.correlations import correlations
from mkb21sem.validate.factors import ROTATIONS, bartlett, factors, kmo, kmo_word, rows_with
from tests.psych.reference import EXPLORED, SCALES, answers, matrix, number, reference

SETS = [(name, scale) for name in SCALES for scale in SCALES[name]]
IN_R = {"geomin": "geominQ"}
CASES = [
    (name, method, rotation)
    for name in EXPLORED
    for method in ("minres", "ml")
    for rotation in ("none", "varimax", "promax", "oblimin", "geomin")
]


@pytest.mark.parametrize(("name", "scale"), SETS)
def test_kmo_is_psychs(name: str, scale: str) -> None:
    items = SCALES[name][scale]
    found = kmo(answers(name), items)
    expected = reference("adequacy", data=name, scale=scale, name="kmo", correlation="pearson").set_index("item")[
        "value"
    ]
    assert found["item"].tolist() == expected.index.tolist()
    np.testing.assert_allclose(found["kmo"], expected, rtol=1e-10)


@pytest.mark.parametrize(("name", "scale"), SETS)
def test_bartlett_is_psychs(name: str, scale: str) -> None:
    found = bartlett(answers(name), SCALES[name][scale])
    for part in ("chisq", "df", "pvalue", "determinant"):
        expected = number("adequacy", data=name, scale=scale, name=part, correlation="pearson")
        assert getattr(found, part) == pytest.approx(expected, rel=1e-9)
    assert found.n == len(answers(name))


@pytest.mark.parametrize("name", ["corp", "mkb"])
def test_polychoric_kmo_bartlett_and_factors_are_psychs_on_lavaans_correlations(name: str) -> None:
    kind, (items, m) = "polychoric", EXPLORED[name]
    given = answers(name)[items]
    expected = reference("adequacy", data=name, correlation=kind, name="kmo")["value"]
    np.testing.assert_allclose(kmo(given, correlation=kind)["kmo"], expected, atol=1e-5)
    chisq = number("adequacy", data=name, correlation=kind, name="chisq")
    assert bartlett(given, correlation=kind).chisq == pytest.approx(chisq, rel=1e-5)
    found = factors(given, n_factors=m, correlation=kind)
    for what in ("pattern", "phi", "structure"):
        psych = matrix("efa", data=name, correlation=kind, what=what)
        np.testing.assert_allclose(getattr(found, what), psych, atol=1e-5)
    assert found.kind == kind


def test_kmo_and_bartlett_of_answers_are_those_of_their_correlations() -> None:
    hs = answers("hs")
    np.testing.assert_allclose(kmo(hs)["kmo"], kmo(hs.corr())["kmo"], rtol=1e-11)
    assert bartlett(hs.corr(), n=len(hs)).chisq == pytest.approx(bartlett(hs).chisq, rel=1e-11)


def test_rows_with_have_exactly_those_correlations() -> None:
    R = answers("corp").corr().to_numpy()
    np.testing.assert_allclose(np.corrcoef(rows_with(R, 301), rowvar=False), R, atol=1e-13)


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.95, "marvelous"), (0.9, "marvelous"), (0.85, "meritorious"), (0.5, "miserable"), (0.49, "unacceptable")],
)
def test_kmo_word(value: float, word: str) -> None:
    assert kmo_word(value) == word


@pytest.mark.parametrize(("name", "method", "rotation"), CASES)
@pytest.mark.parametrize("what", ["pattern", "phi", "structure", "communality"])
def test_efa_is_psychs(name: str, method: str, rotation: str, what: str) -> None:
    items, m = EXPLORED[name]
    found = factors(answers(name), items, m, method=method, rotation=rotation)
    where = {"data": name, "method": method, "rotation": IN_R.get(rotation, rotation), "correlation": "pearson"}
    expected = matrix("efa", **where, what=what)
    np.testing.assert_allclose(np.asarray(getattr(found, what)).reshape(expected.shape), expected.to_numpy(), atol=1e-5)


@pytest.mark.parametrize("name", list(EXPLORED))
@pytest.mark.parametrize("method", ["minres", "ml"])
def test_test_of_fit_is_psychs(name: str, method: str) -> None:
    items, m = EXPLORED[name]
    found = factors(answers(name), items, m, method=method, rotation="none")
    psych = reference("efa", data=name, method=method, rotation="none", what="fit").set_index("row")["value"]
    assert found.test.chisq == pytest.approx(psych["chisq"], rel=1e-5)
    assert found.test.df == psych["df"]
    assert found.test.pvalue == pytest.approx(psych["pvalue"], rel=1e-4)
    assert found.rmsr == pytest.approx(psych["rmsr"], rel=1e-4)
    # psych: sqrt(chisq/(df n) - 1/(n - 1)); here: sqrt((chisq - df)/(df n)).
    in_psychs_way = np.sqrt(max(found.test.rmsea**2 + 1 / found.n - 1 / (found.n - 1), 0))
    assert in_psychs_way == pytest.approx(psych["rmsea"], abs=1e-5)
    null = psych["null_chisq"] / (found.pattern.shape[0] * (found.pattern.shape[0] - 1) / 2)
    assert found.test.tli == pytest.approx((null - psych["chisq"] / psych["df"]) / (null - 1), abs=1e-5)


def test_minres_derivatives_are_finite_differences() -> None:
    R, m = answers("hs").corr().to_numpy(), 3
    psi, step = 0.5 + 0.03 * np.arange(9), 1e-5

    def loss(at: np.ndarray) -> float:
        return float((minres.eigen(R, at)[0][m:] ** 2).sum())

    moves = step * np.eye(9)
    slope = [(loss(psi + move) - loss(psi - move)) / (2 * step) for move in moves]
    np.testing.assert_allclose(minres.gradient(*minres.eigen(R, psi), m), slope, atol=1e-8)
    curve = [
        (minres.gradient(*minres.eigen(R, psi + move), m) - minres.gradient(*minres.eigen(R, psi - move), m))
        / (2 * step)
        for move in moves
    ]
    np.testing.assert_allclose(minres.hessian(*minres.eigen(R, psi), m), curve, atol=1e-7)


@pytest.mark.parametrize("name", list(EXPLORED))
def test_minres_ends_in_its_minimum(name: str) -> None:
    items, m = EXPLORED[name]
    R = answers(name)[items].corr().to_numpy()
    found = factors(answers(name), items, m, rotation="none")
    slope = minres.gradient(*minres.eigen(R, 1 - found.communality.to_numpy()), m)
    assert np.abs(slope).max() < 1e-9


@pytest.mark.parametrize("rotation", [name for name in ROTATIONS if name != "none"])
@pytest.mark.parametrize("name", list(EXPLORED))
def test_rotation_changes_nothing_that_is_observed(name: str, rotation: str) -> None:
    items, m = EXPLORED[name]
    plain = factors(answers(name), items, m, rotation="none")
    found = factors(answers(name), items, m, rotation=rotation)
    np.testing.assert_allclose(found.communality, plain.communality, atol=1e-12)
    np.testing.assert_allclose(found.residual, plain.residual, atol=1e-12)
    assert found.test.chisq == pytest.approx(plain.test.chisq, rel=1e-9)
    assert found.variance["cumulative"].iloc[-1] == pytest.approx(plain.variance["cumulative"].iloc[-1])
    assert found.variance["ss"].is_monotonic_decreasing


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_phi_and_communalities_are_right_where_factor_analyzers_are_not() -> None:
    """With the items in this order factor_analyzer re-orders the pattern's columns but not phi."""
    hs = answers("hs")[["x7", "x8", "x9", "x1", "x2", "x3", "x4", "x5", "x6"]]
    theirs = FactorAnalyzer(3, rotation="oblimin", is_corr_matrix=True).fit(hs.corr().to_numpy())
    ours = factors(hs, n_factors=3)
    np.testing.assert_allclose(ours.pattern, theirs.loadings_, atol=1e-4)
    common = hs.corr().to_numpy() - ours.residual.to_numpy()
    np.testing.assert_allclose(ours.pattern.to_numpy() @ ours.phi @ ours.pattern.T, common, atol=1e-12)
    slip = "factor_analyzer is right now: the correction may go"
    assert np.abs(theirs.loadings_ @ theirs.phi_ @ theirs.loadings_.T - common).max() > 0.01, slip
    assert np.abs(theirs.get_communalities() - ours.communality).max() > 0.01, slip


@pytest.mark.parametrize("rotation", list(ROTATIONS))
def test_order_sign_and_scale_of_items_do_not_matter(rotation: str) -> None:
    hs = answers("hs")
    found = factors(hs, n_factors=3, rotation=rotation)
    other = factors(3 + 10 * hs[hs.columns[::-1]], n_factors=3, rotation=rotation)
    np.testing.assert_allclose(found.pattern, other.pattern.loc[found.pattern.index], atol=2e-5)
    np.testing.assert_allclose(found.phi, other.phi, atol=2e-5)


def test_one_factor_is_not_rotated() -> None:
    found = factors(answers("hs"), ["x1", "x2", "x3", "x4"])
    assert found.rotation == "none"
    assert found.phi.shape == (1, 1)
    assert (found.pattern["F1"] > 0).all()


def test_a_given_matrix_needs_no_answers_and_says_what_it_does_not_know() -> None:
    hs = answers("hs")
    found = factors(hs.corr(), n_factors=3)
    assert np.isnan(found.test.chisq)
    assert np.isnan(found.test.rmsea)
    known = factors(hs.corr(), n_factors=3, n=len(hs))
    assert known.test.chisq == pytest.approx(factors(hs, n_factors=3).test.chisq, rel=1e-9)
    named = correlations(hs.corr(), n=301, kind="polychoric")
    assert factors(named, n_factors=3).kind == "polychoric"


def test_integers_and_text_that_holds_integers_are_numbers() -> None:
    corp = answers("corp")
    whole = corp.astype(int)
    np.testing.assert_allclose(kmo(whole)["kmo"], kmo(corp)["kmo"])
    np.testing.assert_allclose(factors(whole.astype(str)).pattern, factors(corp).pattern)


def test_rows_with_a_missing_answer_are_left_out_and_counted() -> None:
    hs = answers("hs")
    holed = hs.copy()
    holed.loc[:9, "x1"] = np.nan
    assert correlations(holed).left_out == 10
    assert correlations(holed).n == len(hs) - 10
    np.testing.assert_allclose(factors(holed).pattern, factors(hs.iloc[10:]).pattern)


def test_an_improper_solution_names_its_item() -> None:
    names = list("abcd")
    R = pd.DataFrame(np.eye(4), index=names, columns=names)
    for one, two, r in [("a", "b", 0.9), ("a", "c", 0.9), ("b", "c", 0.7)]:
        R.loc[one, two] = R.loc[two, one] = r
    assert factors(R, n=200).heywood == ("a",)


HS = answers("hs")
BAD = {
    "constant": (lambda: factors(HS.assign(x1=3.0)), WaveError, "constant: x1"),
    "copy": (lambda: kmo(HS.assign(x2=2 * HS["x1"])), WaveError, "collinear: x1, x2"),
    "sum": (lambda: factors(HS.assign(s=HS.sum(axis=1))), WaveError, "collinear"),
    "absent": (lambda: kmo(HS, ["x1", "x11"]), WaveError, "no such column"),
    "absent in matrix": (lambda: kmo(HS.corr(), ["x1", "x11"]), WaveError, "hold no item `x11`"),
    "indefinite": (
        lambda: factors(pd.DataFrame([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])),
        WaveError,
        "not positive definite",
    ),
    "few rows": (lambda: factors(HS.head(9)), FitError, "9 usable rows"),
    "no rows": (lambda: bartlett(HS.head(0)), FitError, "no row"),
    "method": (lambda: factors(HS, method="pca"), OptionError, "method must be minres, ml"),
    "rotation": (lambda: factors(HS, rotation="equamax"), OptionError, "rotation must be"),
    "kind": (lambda: factors(HS, correlation="tetra"), OptionError, "correlation must be pearson"),
    "too many": (lambda: factors(HS, n_factors=7), OptionError, "from 1 to 5 for 9 items"),
    "none": (lambda: factors(HS, n_factors=0), OptionError, "from 1 to 5"),
    "one item": (lambda: kmo(HS, ["x1"]), OptionError, "two or more"),
    "matrix without n": (lambda: bartlett(HS.corr()), OptionError, "n must be more than the 9 items"),
    "no table": (lambda: factors([1, 2]), OptionError, "Wave or a pandas DataFrame"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, Mkb21Error)
