"""Defaults, counts, equality over groups, constraints: which parameter stands in which cell."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mkb21sem.errors import OptionError, SpecError
from mkb21sem.specify.layout import Layout, independence, layout, saturated
from mkb21sem.specify.model import Model

FACTOR = "f =~ x1 + x2 + x3 + x4"
HOLZINGER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
DEMOCRACY = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
"""


def lavaan_defaults() -> list[dict[str, str]]:
    with open(Path(__file__).with_name("defaults.csv"), encoding="utf-8", newline="") as file:
        next(file)
        return list(csv.DictReader(file))


def laid_out(spec: str, **options: object) -> Layout:
    return layout(Model.parse(spec), **options)


def cells(where: Layout, group: int = 1) -> dict[str, int]:
    """Arrow to its place among the rows, in one group."""
    return {f"{r.arrow.lhs}{r.arrow.op}{r.arrow.rhs}": i for i, r in enumerate(where.rows) if r.group == group}


def same(where: Layout, one: tuple[str, int], other: tuple[str, int]) -> bool:
    """Whether two cells, each an arrow and a group, are moved by one and the same free parameter."""
    K = where.K.reshape(-1, where.k)
    a, b = (K[cells(where, group)[arrow]] for arrow, group in (one, other))
    return bool(a.any() and (a == b).all())


# ---------------------------------------------------------------------------------------------------- defaults


@pytest.mark.parametrize("case", lavaan_defaults(), ids=lambda case: f"{case['spec']} | {case['options']}")
def test_defaults_are_those_of_lavaan(case: dict[str, str]) -> None:
    """Every row that `lavaanify` makes of the spec, free, fixed or held at the sample, and no other row."""
    options = case["options"].split()
    where = laid_out(
        case["spec"].replace("; ", "\n"),
        std_lv="std_lv" in options,
        fixed_x="random_x" not in options,
        meanstructure="means" in options,
    )
    ours = {}
    for row in where.rows:
        ends = sorted((row.arrow.lhs, row.arrow.rhs)) if row.arrow.op == "~~" else [row.arrow.lhs, row.arrow.rhs]
        value = "sample" if row.sample else "free" if row.free else f"{row.arrow.value:g}"
        ours[row.arrow.op.join(ends)] = value
    theirs = {}
    for text in case["rows"].split(" "):
        arrow, value = text.split("@")
        if "~~" in arrow:
            arrow = "~~".join(sorted(arrow.split("~~")))
        theirs[arrow] = value
    assert ours == theirs


def test_lavaans_list_is_long_enough() -> None:
    assert len(lavaan_defaults()) > 200


def test_a_label_frees_the_first_loading() -> None:
    """Unlike in lavaan, where it stays 1: our language has one modifier a term, so a label must mean free."""
    rows = laid_out("f =~ a*x1 + a*x2 + a*x3\nf ~~ 1*f").rows
    assert [row.free for row in rows[:4]] == [True, True, True, False]


@pytest.mark.parametrize(
    ("spec", "options", "npar", "df"),
    [
        ("f =~ x1 + x2 + x3", {}, 6, 0),
        (FACTOR, {}, 8, 2),
        (FACTOR, {"std_lv": True}, 8, 2),
        (FACTOR, {"meanstructure": True}, 12, 2),
        ("f =~ x1 + x2", {}, 4, -1),
        (HOLZINGER, {}, 21, 24),  # printed in every lavaan tutorial
        (HOLZINGER, {"std_lv": True}, 21, 24),
        (DEMOCRACY, {}, 31, 35),  # the same
        (HOLZINGER + "\ng =~ visual + textual + speed", {}, 21, 24),
        # observed exogenous variables: their own moments explain nothing and cost nothing
        ("f =~ x1 + x2 + x3\nf ~ z1 + z2", {}, 8, 4),
        ("f =~ x1 + x2 + x3\nf ~ z1 + z2", {"fixed_x": False}, 11, 4),
        ("f =~ x1 + x2 + x3\nf ~ z1 + z2", {"meanstructure": True}, 11, 4),
        ("f =~ x1 + x2 + x3\nf ~ z1 + z2", {"meanstructure": True, "fixed_x": False}, 16, 4),
        ("y1 ~ x1 + x2\ny2 ~ y1", {}, 5, 2),
        ("y ~ x1 + x2 + x3", {}, 4, 0),
        # terminal outcomes: their residuals covary
        ("y1 ~ x\ny2 ~ x", {}, 5, 0),
        ("f =~ x1 + x2 + x3\ny1 ~ f\ny2 ~ f", {}, 11, 4),
        # a single indicator has no residual of its own
        ("f =~ x1\ng =~ x2 + x3 + x4\ng ~ f", {}, 8, 2),
        ("f =~ g\ng =~ x1 + x2 + x3 + x4", {}, 8, 2),
        # fixed, equal and freed
        ("f =~ x1 + 0.7*x2 + x3 + x4", {}, 7, 3),
        ("f =~ x1 + a*x2 + a*x3 + x4", {}, 7, 3),
        ("f =~ NA*x1 + x2 + x3 + x4\nf ~~ 1*f", {}, 8, 2),
        ("x1 ~~ a*x1\nx2 ~~ a*x2\nx1 ~~ 0*x2", {}, 1, 2),
        # loops, and outcomes that are indicators
        ("y ~ x + w\nw ~ y + z", {}, 6, 1),
        ("f =~ x1 + x2 + x3\nx1 ~ z", {}, 7, 2),
    ],
)
def test_free_parameters_and_degrees_of_freedom(spec: str, options: dict[str, bool], npar: int, df: int) -> None:
    where = laid_out(spec, **options)
    assert (where.k, where.df) == (npar, df)


def test_one_arrow_is_one_cell() -> None:
    where = laid_out("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f\nx1 ~~ y1\nx1 ~ 1", meanstructure=True)
    assert where.variables == ("x1", "x2", "x3", "y1", "y2", "y3", "1", "f", "g")
    at = {name: i for i, name in enumerate(where.variables)}
    place = {
        name: (int(where.matrix[i]), int(where.row[i]), int(where.col[i])) for name, i in cells(where).items()
    }  # fmt: skip
    assert place["f=~x2"] == (0, at["x2"], at["f"])
    assert place["g~f"] == (0, at["g"], at["f"])
    assert place["x1~1"] == (0, at["x1"], at["1"])
    assert place["x1~~y1"] == (1, at["x1"], at["y1"])
    assert place["f~~f"] == (1, at["f"], at["f"])
    assert len(set(place.values())) == len(place) == len(where.rows)


def test_a_label_inside_a_model_is_one_parameter() -> None:
    where = laid_out("f =~ x1 + a*x2 + a*x3\ng =~ y1 + a*y2\ng ~ b*f\ny1 ~~ b*y1")
    assert same(where, ("f=~x2", 1), ("f=~x3", 1))
    assert same(where, ("f=~x2", 1), ("g=~y2", 1))
    assert same(where, ("g~f", 1), ("y1~~y1", 1))
    assert not same(where, ("f=~x2", 1), ("g~f", 1))
    assert where.names[:2] == ("a", "b")


# ------------------------------------------------------------------------------------------------------ groups

TWO = ("north", "south")


@pytest.mark.parametrize("std_lv", [False, True])
@pytest.mark.parametrize(
    ("equal", "npar"),
    [
        # four loadings less the marker, four residuals, a variance, four intercepts, twice
        ((), 24),
        (("loadings",), 21),
        (("intercepts",), 21),  # four fewer, and the mean of the second group
        (("loadings", "intercepts"), 18),
        (("loadings", "intercepts", "residuals"), 14),
        (("loadings", "intercepts", "residuals", "latent_variances"), 13),
        (("loadings", "intercepts", "residuals", "latent_variances", "means"), 12),
        (("residuals",), 20),
        (("regressions", "latent_covariances", "residual_covariances"), 24),
    ],
)
def test_equality_over_two_groups(equal: tuple[str, ...], npar: int, std_lv: bool) -> None:
    """Either way of scaling the construct gives the same count."""
    where = laid_out(FACTOR, groups=TWO, equal=equal, meanstructure=True, std_lv=std_lv)
    if std_lv and "loadings" not in equal and "latent_variances" in equal:
        pytest.skip("a variance of 1 in each group is no equality")
    assert where.k == npar
    assert where.df == 2 * 14 - npar
    shared = same(where, ("f=~x2", 1), ("f=~x2", 2))
    assert shared == ("loadings" in equal)


@pytest.mark.parametrize(
    ("word", "one", "fewer"),
    [
        ("loadings", "f=~x2", 4),
        ("regressions", "g~f", 1),
        ("residual_covariances", "x1~~y1", 1),
        ("residuals", "y3~~y3", 6),
        ("latent_variances", "f~~f", 2),
        ("intercepts", "x1~1", 6 - 2),
        ("means", "", 0),
    ],
)
def test_each_word_of_equal(word: str, one: str, fewer: int) -> None:
    """4 loadings, 6 residuals, 2 variances, a path, a covariance and 6 intercepts in each group, to begin with."""
    spec = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f\nx1 ~~ y1"
    where = laid_out(spec, groups=TWO, equal=(word,), meanstructure=True)
    assert where.k == 40 - fewer
    shared = {arrow for arrow in cells(where) if same(where, (arrow, 1), (arrow, 2))}
    assert (one in shared) == bool(one)
    assert len(shared) == (6 if word == "intercepts" else fewer)


def test_latent_covariances_over_groups() -> None:
    free, equal = (laid_out(HOLZINGER, groups=TWO, equal=words) for words in ((), ("latent_covariances",)))
    assert free.k - equal.k == 3
    assert same(equal, ("visual~~textual", 1), ("visual~~textual", 2))


@pytest.mark.parametrize(
    ("free", "released"),
    [
        (("f =~ x2",), {"f=~x2"}),
        (("f=~x2", " f  =~ x3 "), {"f=~x2", "f=~x3"}),
        (("x2 ~ 1",), {"x2~1"}),
        ((), set()),
    ],
)
def test_single_arrows_are_released(free: tuple[str, ...], released: set[str]) -> None:
    spec = FACTOR + "\nx1 ~~ x2"
    where = laid_out(spec, groups=TWO, equal=("loadings", "intercepts"), free=free, meanstructure=True)
    for arrow in ("f=~x2", "f=~x3", "f=~x4", "x1~1", "x2~1"):
        assert same(where, (arrow, 1), (arrow, 2)) == (arrow not in released)
    # 3 + 3 loadings and intercepts less equal ones, 4 residuals and 1 covariance and 1 variance a group, 1 mean
    assert where.k == 3 + 4 + 2 * 6 + 1 + len(free)


@pytest.mark.parametrize("order", ["x1 ~~ x2", "x2 ~~ x1"])
def test_a_covariance_is_released_in_either_order(order: str) -> None:
    where = laid_out(FACTOR + "\nx1 ~~ x2", groups=TWO, equal=("residual_covariances",), free=(order,))
    assert not same(where, ("x1~~x2", 1), ("x1~~x2", 2))


@pytest.mark.parametrize(
    ("free", "message"),
    [
        ("f =~ x5", r"free: the model has no arrow `f=~x5`\. Closest: f=~x"),
        ("f = x2", r"free: the model has no arrow `f=x2`"),
        ("", r"free: the model has no arrow ``"),
    ],
)
def test_releasing_an_arrow_that_is_not_there(free: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        laid_out(FACTOR, groups=TWO, equal=("loadings",), free=(free,))


def test_one_word_needs_no_list() -> None:
    alone = laid_out(FACTOR, groups=TWO, equal="loadings", free="f =~ x2")
    assert alone.names == laid_out(FACTOR, groups=TWO, equal=("loadings",), free=("f =~ x2",)).names


def test_an_unknown_word_in_equal() -> None:
    with pytest.raises(OptionError, match=r"equal must be loadings, intercepts, .*; got 'loading'\. Closest: loadings"):
        laid_out(FACTOR, groups=TWO, equal=("loading",))


def test_labels_hold_over_groups() -> None:
    """A label is one parameter wherever it stands, so it makes the groups equal too."""
    where = laid_out("f =~ x1 + a*x2 + x3 + x4", groups=TWO, meanstructure=True)
    assert same(where, ("f=~x2", 1), ("f=~x2", 2))
    assert not same(where, ("f=~x3", 1), ("f=~x3", 2))
    assert where.k == 23


def test_names_tell_groups_apart() -> None:
    where = laid_out(FACTOR, groups=TWO, equal=("loadings",), meanstructure=True)
    assert len(set(where.names)) == where.k
    assert "f=~x2" in where.names
    assert "f=~x2.g2" not in where.names
    assert {"x1~~x1", "x1~~x1.g2"} <= set(where.names)


def test_equality_in_one_group_changes_nothing() -> None:
    plain, equal = laid_out(FACTOR), laid_out(FACTOR, equal=("loadings", "residuals"))
    assert plain.names == equal.names


# ------------------------------------------------------------------------------------------------- constraints

LABELLED = "f =~ x1 + a*x2 + b*x3 + c*x4 + x5\n"


@pytest.mark.parametrize(
    ("lines", "values", "fewer"),
    [
        ((), {}, 0),
        (("a = b",), {"b": ("a", 1, 0)}, 1),
        (("a == 2*b",), {"b": ("a", 0.5, 0)}, 1),
        (("a = 2*b + 1",), {"b": ("a", 0.5, -0.5)}, 1),
        (("a + b = 1",), {"b": ("a", -1, 1)}, 1),
        (("a - (b - 3)*2 = b/2",), {"b": ("a", 0.4, 2.4)}, 1),
        (("a = 0.5",), {"a": ("", 0, 0.5)}, 1),
        (("a = -+-b",), {"b": ("a", 1, 0)}, 1),
        (("a = b", "b = c"), {"b": ("a", 1, 0), "c": ("a", 1, 0)}, 2),
        (("c = a", "a = b", "b = 2"), {"a": ("", 0, 2), "b": ("", 0, 2), "c": ("", 0, 2)}, 3),
        # said twice, or implied by the others: counted once
        (("a = 2*b", "2*b = a"), {"b": ("a", 0.5, 0)}, 1),
        (("a = b", "b = c", "a = c"), {"b": ("a", 1, 0), "c": ("a", 1, 0)}, 2),
        (("1 = 1",), {}, 0),
        (("a - a = 0",), {}, 0),
    ],
)
def test_linear_constraints(lines: tuple[str, ...], values: dict[str, tuple[str, float, float]], fewer: int) -> None:
    """Each label as slope times another one plus a number, and as many parameters fewer as equations say something."""
    spec = LABELLED + "".join(f"CONSTRAINT({line})\n" for line in lines)
    where, plain = laid_out(spec), laid_out(LABELLED)
    assert where.k == plain.k - fewer
    assert where.df == plain.df + fewer
    theta = np.random.default_rng(1).uniform(1, 2, where.k)
    value = where.K[0] @ theta + where.offset[0]
    place = {"a": cells(where)["f=~x2"], "b": cells(where)["f=~x3"], "c": cells(where)["f=~x4"]}
    for label, (other, slope, number) in values.items():
        of = value[place[other]] if other else 0.0
        np.testing.assert_allclose(value[place[label]], slope * of + number, rtol=1e-14)
    kept = [label for label in place if label not in values]
    assert [name for name in where.names if name in place] == kept


@pytest.mark.parametrize(
    "lines", [("a = b", "a = b + 1"), ("a = 1", "b = 2", "a = b"), ("1 = 2",), ("a - a = 1",)], ids=" & ".join
)
def test_contradictory_constraints(lines: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="the CONSTRAINT lines contradict each other; remove one"):
        laid_out(LABELLED + "\n".join(f"CONSTRAINT({line})" for line in lines))


def test_constraints_over_groups_are_about_the_label() -> None:
    where = laid_out(LABELLED + "CONSTRAINT(a = b)", groups=TWO, meanstructure=True)
    assert same(where, ("f=~x2", 1), ("f=~x3", 2))


# ----------------------------------------------------------------------------------------------- START and BOUND


def test_start_and_bound() -> None:
    where = laid_out(LABELLED + "START(0.8) a, b\nSTART(-1e-3) c\nBOUND(0, 2) a\nBOUND(-inf, 0.5) b")
    at = {name: where.names.index(name) for name in "abc"}
    assert [where.start[at[name]] for name in "abc"] == [0.8, 0.8, -0.001]
    assert [where.lower[at[name]] for name in "abc"] == [0, -np.inf, -np.inf]
    assert [where.upper[at[name]] for name in "abc"] == [2, 0.5, np.inf]
    others = [i for i in range(where.k) if i not in at.values()]
    assert np.isnan(where.start[others]).all()
    assert np.isinf(where.lower[others]).all()
    assert np.isinf(where.upper[others]).all()


@pytest.mark.parametrize("line", ["START(1) b", "BOUND(0, 1) b"])
def test_start_and_bound_of_a_label_that_a_constraint_determines(line: str) -> None:
    """Said and not done would be silence."""
    with pytest.raises(SpecError, match=r"`b` is not estimated by itself: it follows from other parameters"):
        laid_out(LABELLED + f"CONSTRAINT(a = b)\n{line}")


# -------------------------------------------------------------------------------------------------- ordinal items


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_thresholds_stand_in_for_means_and_variances(parameterization: str) -> None:
    """Four items of five answers: 3 loadings, 16 thresholds, 1 variance, of 16 thresholds and 6 correlations."""
    thresholds = dict.fromkeys(("x1", "x2", "x3", "x4"), 4)
    where = laid_out(FACTOR, thresholds=thresholds, parameterization=parameterization)
    assert (where.k, where.moments, where.df) == (20, 22, 2)
    assert where.meanstructure
    fixed = {f"{r.arrow.lhs}{r.arrow.op}{r.arrow.rhs}": r.arrow.value for r in where.rows if not r.free}
    assert fixed["x1~1"] == 0
    assert fixed["x1~*~x1" if parameterization == "delta" else "x1~~x1"] == 1
    derived = {r.arrow.lhs for r in where.rows if r.derived}
    assert derived == (set(thresholds) if parameterization == "delta" else set())


def test_ordinal_and_continuous_items_together() -> None:
    where = laid_out(FACTOR, thresholds={"x2": 1, "x4": 3}, parameterization="theta")
    # 4 thresholds, 2 intercepts, 2 residuals, 3 loadings, 1 variance; 2 means and variances, 4 thresholds, 6 pairs
    assert (where.k, where.moments) == (12, 14)


@pytest.mark.parametrize(("parameterization", "freed"), [("delta", {"f~1", "x1~*~x1"}), ("theta", {"f~1", "x1~~x1"})])
def test_equal_thresholds_free_what_lavaan_frees(parameterization: str, freed: set[str]) -> None:
    """In later groups the latent means, and the scales (delta) or residual variances (theta) of the items."""
    where = laid_out(
        FACTOR, groups=TWO, equal=("thresholds", "loadings"),
        thresholds=dict.fromkeys(("x1", "x2", "x3", "x4"), 2), parameterization=parameterization,
    )  # fmt: skip
    first, second = (
        {f"{r.arrow.lhs}{r.arrow.op}{r.arrow.rhs}" for r in where.rows if r.free and r.group == g} for g in (1, 2)
    )
    assert freed <= second - first
    assert same(where, ("x3|t2", 1), ("x3|t2", 2))


# ---------------------------------------------------------------------------------------- reference layouts, size


@pytest.mark.parametrize(
    ("spec", "options", "baseline_df"),
    [
        (HOLZINGER, {}, 36),
        (HOLZINGER, {"groups": TWO, "meanstructure": True}, 72),
        # exogenous variables keep their covariances in the baseline: 15 moments - 3, less 3 variances
        ("f =~ x1 + x2 + x3\nf ~ z1 + z2", {}, 9),
        ("f =~ x1 + x2 + x3\nf ~ z1 + z2", {"fixed_x": False}, 9),
    ],
)
def test_baseline_and_saturated_layouts(spec: str, options: dict[str, object], baseline_df: int) -> None:
    where = laid_out(spec, **options)
    base, whole = independence(where), saturated(where)
    assert (base.df, whole.df) == (baseline_df, 0)
    assert base.observed == whole.observed == where.observed
    assert base.moments == whole.moments == where.moments


def test_a_large_model_is_laid_out() -> None:
    spec = "\n".join(f"f{i} =~ x{i}a + x{i}b + x{i}c" for i in range(40))
    model = Model.parse(spec)
    where = layout(model)
    assert where.k == 40 * 6 + 40 * 39 // 2


def test_a_constraint_on_what_is_not_free_names_the_label() -> None:
    """The residual variance of an ordinal item follows from its loading, so its label is no free parameter."""
    spec = "f =~ a*x1 + x2 + x3\nx1 ~~ v*x1\nCONSTRAINT(v = 2*a)"
    assert laid_out(spec).df == -1 + 1 + 1 - 1
    with pytest.raises(SpecError, match=r"CONSTRAINT\(v = 2\*a\): no free parameter has the label `v`"):
        laid_out(spec, thresholds={"x1": 2, "x2": 2, "x3": 2})
