"""Models that can't be fitted, or hardly: a message that names the cause, never a silent number."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Fit, FitError, Mkb21Error, Model, OptionError, fit, indices
from mkb21sem.estimate.solve import loss_of
from tests.estimate.setups import ITEMS_ONLY, answers, model_of, plain, refit, rows


def honest(found: Fit) -> None:
    """Either a minimum with numbers, or no number but the estimates where it stopped, and a cause with a remedy."""
    table, words = found.table(), str(found)
    if found.converged and not found.cause:
        loss = loss_of(found.estimator, found.layout, found.moments)
        gradient, hessian = (part[0] for part in loss.derivatives(found.theta[None], observed=True))
        scale = np.sqrt(np.abs(np.diag(hessian)))
        assert np.abs(gradient / scale).max() < 1e-5
        assert np.linalg.eigvalsh(hessian / np.outer(scale, scale))[0] > -1e-8
        free = [row.free for row in found.layout.rows]
        assert np.isfinite(table.loc[free, ["est", "se", "z", "p", "low", "high"]].to_numpy()).all()
        assert np.isfinite(found.test.chisq)
        return
    assert len(found.cause) > 40
    if not found.converged:
        assert words.startswith(f"NOT CONVERGED: {found.cause}")
        assert np.isnan(found.vcov).all()
        assert table[["se", "z", "p", "low", "high"]].isna().all(axis=None)
        assert np.isnan([found.test.chisq, found.test.pvalue]).all()
        assert found.test.reason
        assert indices(found)[["chisq", "pvalue", "cfi", "rmsea", "srmr"]].isna().all()


# ------------------------------------------------------------------------------------------------ unidentified models

FEW = r"the model asks for {} parameters of {} moments \(df = -\d\): it can't be identified"
UNIDENTIFIED = {
    "two items": ("f =~ x1 + x2", FEW.format(4, 3)),
    "a covariance and a path": ("y1 ~ z\ny1 ~~ z", FEW.format(4, 3)),
    "a loop without instruments": ("x1 ~ y1\ny1 ~ x1", FEW.format(4, 3)),
    "a mean beside intercepts": ("f =~ x1 + x2 + x3\nf ~ 1", FEW.format(10, 9)),
    "no scale": ("f =~ NA*x1 + x2 + x3 + y1", {"f=~x1", "f=~x2", "f=~x3", "f=~y1", "f~~f"}),
    "a label on the marker": ("f =~ a*x1 + x2 + x3 + y1", {"a", "f=~x2", "f=~x3", "f=~y1", "f~~f"}),
    "a lonely pair": ("f =~ x1 + x2\ng =~ y1 + y2 + y3\nf ~~ 0*g", {"f=~x2", "x1~~x1", "x2~~x2", "f~~f"}),
    "two pairs": ("f =~ x1 + x2\ng =~ y1 + y2\nf ~~ 0*g", {"f=~x2", "f~~f", "g=~y2", "g~~g"}),
    "two constructs, the same items": (
        "f =~ x1 + x2 + x3 + y1 + y2 + y3\ng =~ x1 + x2 + x3 + y1 + y2 + y3",
        {"f=~x3", "g=~x3", "f=~y2", "g=~y2", "f~~f", "f~~g"},
    ),
    "a second order of two": ("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ns =~ f + g", {"s=~g", "f~~f", "g~~g", "s~~s"}),
    "a single item with an error": (
        "f =~ x1\nx1 ~~ NA*x1\ng =~ y1 + y2 + y3\ng ~ f",
        {"x1~~x1", "g~f", "f~~f", "g~~g"},
    ),
    "a construct without variance": ("f =~ x1 + x2 + x3 + y1\nf ~~ 0*f", {"f=~x"}),
    "a loop, one instrument short": (
        "x1 ~ y1\ny1 ~ x1\nx2 ~ x1\ny2 ~ y1\nx2 ~~ 0*y2",
        {"x1~y1", "y1~x1", "x1~~x1", "y1~~y1"},
    ),
}


@pytest.mark.parametrize("name", ["ML", "MLR", "GLS", "ULS", "fiml"])
@pytest.mark.parametrize("case", UNIDENTIFIED)
def test_a_model_that_is_not_identified(case: str, name: str) -> None:
    """The message counts, or names the parameters that can change together, or some of them and "and … more"."""
    spec, expected = UNIDENTIFIED[case]
    with pytest.raises(FitError) as caught:
        refit(name, spec=spec)
    message = str(caught.value)
    if isinstance(expected, str):
        more = {"fiml": r"the model asks for \d+ parameters of \d+ moments \(df = -\d\)"}
        assert re.search(more.get(name, expected), message), message
        return
    assert message.startswith("the model is not identified: "), message
    named = re.split(r",\s|\sand\s", message.split(": ")[1].split(" can change together")[0])
    assert any(wanted in one for wanted in expected for one in named), message
    if case in ("no scale", "a lonely pair", "a second order of two", "a single item with an error"):
        assert set(named) <= expected, message
        assert len(named) > 1
    assert "Fix one of them, set a marker (1*item), or add indicators." in message


@pytest.mark.parametrize("name", ["WLSMV", "WLSMV theta", "DWLS"])
@pytest.mark.parametrize("spec", ["f =~ NA*x1 + x2 + x3 + y1", "f =~ x1 + x2\ng =~ y1 + y2 + y3\nf ~~ 0*g"])
def test_an_ordinal_model_that_is_not_identified(name: str, spec: str) -> None:
    with pytest.raises(FitError, match=r"^the model is not identified: .*f=~x2.* can change together"):
        refit(name, spec=spec)


def test_a_model_without_free_parameters() -> None:
    found = fit(Model.parse("x1 ~~ 1*x1\nx2 ~~ 1*x2\nx1 ~~ 0*x2"), plain())
    assert found.layout.k == 0
    assert found.test.df == 3
    assert np.isfinite(found.test.chisq)


# -------------------------------------------------------------------------------------------------------------- loops

LOOP = "x ~ b*y + z\ny ~ c*x + w"


def loop(gain: float, seed: int = 5, n: int = 400) -> pd.DataFrame:
    """X and y that drive each other, with one instrument each; the way round multiplies by `gain`."""
    rng = np.random.default_rng(seed)
    z, w, *noise = rng.standard_normal((4, n))
    b = abs(gain) ** 0.5
    x, y = np.linalg.solve([[1, -b], [-gain / b, 1]], [z + noise[0], w + noise[1]])
    return pd.DataFrame({"x": x, "y": y, "z": z, "w": w})


@pytest.mark.parametrize("gain", [-2.0, -0.99, -0.5, 0.3, 0.9, 0.99, 0.999, 2.0])
def test_a_loop_is_recovered_up_to_gain_one(gain: float) -> None:
    found = fit(Model.parse(LOOP), loop(gain))
    honest(found)
    assert found.converged
    table = rows(found)
    b, c = table.loc["x~y ", "est"], table.loc["y~x ", "est"]
    assert_allclose(b * c, gain, atol=0.15)
    assert_allclose([b, c], [abs(gain) ** 0.5, gain / abs(gain) ** 0.5], atol=0.15)


@pytest.mark.parametrize("spec", ["x ~ 1*y + z\ny ~ 1*x + w", "x ~ 2*y + z\ny ~ 0.5*x + w"])
def test_a_loop_fixed_at_gain_one_implies_no_moments(spec: str) -> None:
    found = fit(Model.parse(spec), loop(0.5))
    assert not found.converged
    honest(found)


@pytest.mark.parametrize("gain", [0.5, 0.99, 1.01])
def test_a_loop_begun_at_gain_one(gain: float) -> None:
    honest(fit(Model.parse(LOOP + "\nSTART(1) b c"), loop(gain)))


# ------------------------------------------------------------------------------------------------------ Heywood cases


def heywood(seed: int, n: int = 60) -> pd.DataFrame:
    """One strong item and three weak ones: in small samples the strong one's residual variance is negative."""
    rng = np.random.default_rng(seed)
    f = rng.standard_normal(n)
    return pd.DataFrame({f"x{i}": k * f + (1 - k * k) ** 0.5 * rng.standard_normal(n) for i, k in LOADINGS.items()})


LOADINGS = {1: 0.98, 2: 0.3, 3: 0.3, 4: 0.2}
ONE = "f =~ x1 + x2 + x3 + x4"


@pytest.mark.parametrize("seed", [0, 1, 3, 5, 9, 13, 18, 25, 28, 36])
def test_a_heywood_case_is_shown_or_explained(seed: int) -> None:
    found = fit(Model.parse(ONE), heywood(seed))
    honest(found)
    negative = (found.table()["est"] < 0) & (found.table()["lhs"] == found.table()["rhs"])
    if found.converged and not found.cause and negative.any():
        assert found.table().loc[negative, "se"].notna().all()


def test_there_are_heywood_cases_among_them() -> None:
    found = fit(Model.parse(ONE), heywood(9))
    assert found.converged
    assert found.table()["est"].min() < 0


@pytest.mark.parametrize("seed", [3, 9, 13])
def test_a_bound_holds_a_variance_at_zero(seed: int) -> None:
    """And is then the model with that variance fixed, which says so."""
    labels = "".join(f"\nx{i} ~~ v{i}*x{i}" for i in LOADINGS)
    bounded = fit(Model.parse(ONE + labels + "\nBOUND(0, inf) v1 v2 v3 v4"), heywood(seed))
    table = rows(bounded)
    residuals = [f"x{i}~~x{i} " for i in LOADINGS]
    assert (table.loc[residuals, "est"] >= -1e-12).all()
    (held,) = table.index[(table["est"].abs() < 1e-10) & table.index.isin(residuals)]
    label = table.loc[held, "label"]
    assert np.isnan(table.loc[held, "se"])
    assert label in bounded.cause
    fixed = fit(Model.parse(ONE + f"\n{held[:2]} ~~ 0*{held[:2]}"), heywood(seed))
    assert_allclose(bounded.loss, fixed.loss, rtol=1e-9)
    assert_allclose(table.loc[rows(fixed).index, "est"], rows(fixed)["est"], rtol=1e-5, atol=1e-6)


def test_a_bound_that_does_not_bind_changes_nothing() -> None:
    spec = model_of("ML").__str__().replace("f =~ x2", "f =~ a*x2")
    one, other = (fit(Model.parse(spec + line), plain()) for line in ("", "\nBOUND(-5, 5) a"))
    assert one.theta.tolist() == other.theta.tolist()
    assert other.cause == ""


HARD = {
    "a weak construct": ("f =~ n1 + n2 + n3 + x1\ng =~ y1 + y2 + y3\ng ~ f", lambda: noisy()),
    "weak items, 5": (ONE, lambda: heywood(5)),
    "weak items, 19": (ONE, lambda: heywood(19)),
}


def noisy() -> pd.DataFrame:
    """Three more items that measure nothing."""
    rng = np.random.default_rng(6)
    return plain().assign(**{f"n{i}": rng.standard_normal(len(plain())) for i in (1, 2, 3)})


@pytest.mark.parametrize("case", HARD)
def test_a_hard_case_is_no_silent_number(case: str) -> None:
    spec, sample = HARD[case]
    honest(fit(Model.parse(spec), sample()))


def test_an_error_larger_than_its_item_is_no_silent_number() -> None:
    honest(fit(Model.parse("f =~ x1\nx1 ~~ 5*x1\ng =~ y1 + y2 + y3\ng ~ f"), plain()))


@pytest.mark.parametrize("case", HARD)
def test_a_fit_without_a_minimum_names_what_runs_away(case: str) -> None:
    """BFGS from where we stopped gets lower still, with larger parameters: there is no minimum to find."""
    spec, sample = HARD[case]
    found = fit(Model.parse(spec), sample())
    assert not found.converged
    assert re.search(r"(f=~|g~f|~~).* runs? away\. Often the marker", found.cause)


@pytest.mark.parametrize("name", ["WLSMV", "DWLS", "ULS"])
def test_ordinal_causes_alone_make_nothing_ordinal(name: str) -> None:
    sample = plain().assign(z=(plain()["z"] > 0).astype(int))
    with pytest.raises(OptionError, match=r"ordered: z only explains others"):
        fit(Model.parse("x1 ~ z\nx2 ~ x1"), sample, name, ordered=["z"])


# ---------------------------------------------------------------------------------------- what the sample can't answer


def test_ordinal_items_of_the_spec_are_not_ignored() -> None:
    with pytest.raises(OptionError, match="ordinal"):
        fit(Model.parse(ITEMS_ONLY + "\nDEFINE(ordinal) x1 x2"), answers(), "ML")


def test_items_that_are_never_answered_together() -> None:
    sample = plain().copy()
    half = np.arange(len(sample)) % 2 == 0
    sample.loc[half, "x2"] = np.nan
    sample.loc[~half, "y2"] = np.nan
    with pytest.raises(FitError, match=r"x2.*y2"):
        refit("fiml", sample)


def test_no_missing_answers_are_not_blamed() -> None:
    few = plain().head(7)
    fiml = refit("fiml", few, spec=ITEMS_ONLY)
    complete = fit(Model.parse(ITEMS_ONLY), few, meanstructure=True)
    assert fiml.converged == complete.converged
    if fiml.converged:
        assert_allclose(fiml.test.chisq, complete.test.chisq, rtol=1e-6)
    else:
        assert "missing" not in fiml.cause


def test_a_heywood_case_under_theta_is_not_called_unidentified() -> None:
    small = answers(4).head(40)
    assert refit("WLSMV", small).converged
    honest(refit("WLSMV theta", small))


@pytest.mark.parametrize("name", ["ML", "GLS"])
@pytest.mark.filterwarnings("error")
def test_absurd_units_are_no_other_librarys_error(name: str) -> None:
    with pytest.raises(Mkb21Error, match="x2"):
        refit(name, plain().assign(x2=plain()["x2"] * 1e200))
