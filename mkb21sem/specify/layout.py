"""Which parameter stands in which cell of the two adjacency matrices, in every group.

RAM (McArdle & McDonald 1984): an arrow from c to r with one head is A[r, c], with two heads S[r, c].
With a mean structure the constant 1 is one more variable, with variance 1, and an intercept is an arrow
from it (the triangle of a RAM drawing). The moment matrix of observed variables and constant,
[[Σ + μμ', μ], [μ', 1]], then carries means and covariances at once, and no formula needs a second case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, combinations_with_replacement
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from mkb21sem.errors import SpecError, closest, one_of
from mkb21sem.linalg import Array, Index
from mkb21sem.specify.constraint import solve
from mkb21sem.specify.defaults import complete
from mkb21sem.specify.model import INTERCEPT, Model
from mkb21sem.specify.operations import bounds, equation
from mkb21sem.specify.parse import Arrow

EQUAL = (
    "loadings",
    "intercepts",
    "thresholds",
    "means",
    "residuals",
    "residual_covariances",
    "latent_variances",
    "latent_covariances",
    "regressions",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter-table row: an arrow in one group.

    Attributes
    ----------
    arrow
        With its fixed value and label; ``arrow.line`` is 0.
    group
        1, 2, …
    stated
        False if a default added the arrow.
    sample
        True if its value is the sample moment of exogenous variables.
    free
        True if it is estimated (alone or with others of its label).
    derived
        True for the residual variance of an ordinal item under delta: it follows from the others.
    """

    arrow: Arrow
    group: int
    stated: bool
    sample: bool
    free: bool
    derived: bool = False


@dataclass(frozen=True)
class Layout:
    """Cells, and the affine map x = K θ + a from free parameters to cell values.

    Attributes
    ----------
    observed, latent : names
        Variables of the matrices, in this order, with the constant between them if ``meanstructure``.
    rows : g·c
        Table rows, group by group.
    matrix : (c,)
        0 for a cell of A, 1 for a cell of S, 2 for a threshold, 3 for the scale of an ordinal item.
    row, col : (c,)
        Cell positions, the same in every group; for S, row ≤ col; for a threshold the item and its number from 0.
    sample : (c,)
        True where the value is a sample moment.
    K : (g, c, k), offset : (g, c)
        Cell values are K θ + offset (plus the sample moments).
    names : (k,)
        What each free parameter is called.
    lower, upper, start : (k,)
        From BOUND and START; infinite and NaN where nothing is said.
    thresholds
        Ordinal items and how many thresholds each has.
    parameterization
        delta or theta: whether ordinal items are scaled by their total or their residual standard deviation.
    """

    model: Model
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    groups: tuple[str, ...]
    meanstructure: bool
    rows: tuple[Row, ...]
    matrix: Index
    row: Index
    col: Index
    sample: npt.NDArray[np.bool_]
    K: Array
    offset: Array
    names: tuple[str, ...]
    lower: Array
    upper: Array
    start: Array
    thresholds: tuple[tuple[str, int], ...] = ()
    parameterization: str = "delta"

    @property
    def p(self) -> int:
        """Rows of the moment matrix: observed variables, and the constant if there is a mean structure."""
        return len(self.observed) + self.meanstructure

    @property
    def v(self) -> int:
        """Rows of A and S."""
        return self.p + len(self.latent)

    @property
    def k(self) -> int:
        """Free parameters, equal ones counted once: lavaan's npar."""
        return len(self.names)

    @cached_property
    def pick(self) -> Index | None:
        """The one cell of each free parameter, (k,); None with several groups or shared parameters."""
        K = self.K
        single = len(self.groups) == 1 and ((K == 0) | (K == 1)).all() and (K.sum(axis=(0, 1)) == 1).all()
        return np.asarray(K[0].argmax(axis=0)) if single else None

    @cached_property
    def causes(self) -> Index:
        """Variables from which an arrow leaves: the others take no part in what I − A has to be inverted for."""
        return np.asarray(np.unique(self.col[self.matrix == 0]))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the rows of A and S."""
        return (*self.observed, *((INTERCEPT,) if self.meanstructure else ()), *self.latent)

    @property
    def moments(self) -> int:
        """Sample moments to be explained, those of exogenous variables left out."""
        p, x = len(self.observed), len(self.exogenous)
        each = p * (p + 1) // 2 - x * (x + 1) // 2 + self.meanstructure * (p - x)
        # An ordinal item has thresholds in place of a mean and a variance.
        each += sum(count - 2 for _, count in self.thresholds)
        return each * len(self.groups)

    @property
    def df(self) -> int:
        """Moments minus free parameters."""
        return self.moments - self.k


def layout(
    model: Model,
    groups: Sequence[str] = ("",),
    *,
    equal: Sequence[str] = (),
    free: Sequence[str] = (),
    std_lv: bool = False,
    fixed_x: bool = True,
    meanstructure: bool = False,
    thresholds: Mapping[str, int] = MappingProxyType({}),
    parameterization: str = "delta",
) -> Layout:
    """Lay the model out in cells.

    Parameters
    ----------
    model
        The arrows; defaults are added here.
    groups
        Names of the groups; one empty name for a single sample.
    equal
        Kinds of parameters that are equal over groups, of `EQUAL`.
    free
        Arrows such as ``"f =~ x2"`` that stay free of ``equal``.
    std_lv, fixed_x, meanstructure, thresholds, parameterization
        As in `complete`.

    Raises
    ------
    OptionError
        An unknown word in ``equal``.
    SpecError
        An arrow in ``free`` that the model lacks, or constraints that can't be met.
    """
    equal, free = ((words,) if isinstance(words, str) else tuple(words) for words in (equal, free))
    for word in equal:
        one_of("equal", word, EQUAL)
    meanstructure = meanstructure or model.meanstructure or bool(thresholds)
    arrows, exogenous = complete(
        model,
        std_lv=std_lv,
        fixed_x=fixed_x,
        meanstructure=meanstructure,
        thresholds=thresholds,
        parameterization=parameterization,
    )
    if "thresholds" in equal:
        # What thresholds are to ordinal items, intercepts are to continuous ones (lavaan's rule).
        equal = (*equal, "intercepts")
    derived = {arrow.lhs for arrow in arrows if arrow.op == "~*~"}
    rows = _rows(model, arrows, exogenous, len(groups), equal, _released(free, arrows), std_lv, derived)
    return of_rows(model, rows, exogenous, tuple(groups), meanstructure, tuple(thresholds.items()), parameterization)


def independence(where: Layout) -> Layout:
    """The baseline of `where`: variances and means only, and the covariances of exogenous variables.

    Exogenous covariances stay free also where they are not held at the sample's (lavaan's rule).
    """
    observed, held = where.observed, where.model.exogenous
    arrows = [Arrow(name, "~~", name) for name in observed]
    arrows += [Arrow(one, "~~", other) for one, other in combinations(held, 2)]
    if where.meanstructure:
        arrows += [Arrow(name, "~", INTERCEPT) for name in observed]
    # The drawing has the variables of the model and none of its arrows, in the same order.
    model = Model(tuple(Arrow(name, "~~", name) for name in observed), name="baseline")
    ordinal = dict(where.thresholds)
    if ordinal:
        # Given causes, all slopes on them are free in the baseline as well.
        arrows += [Arrow(name, "~", cause) for name in observed if name not in held for cause in where.exogenous]
        arrows = [a for a in arrows if a.lhs not in ordinal or a.rhs not in (INTERCEPT, a.lhs)]
        arrows += [Arrow(name, "|", f"t{k + 1}") for name, count in where.thresholds for k in range(count)]
        arrows += [
            a for name in ordinal for a in (Arrow(name, "~~", name, value=1.0), Arrow(name, "~", "1", value=0.0))
        ]
    rows = _rows(model, arrows, where.exogenous, len(where.groups), (), set(), False)
    return of_rows(model, rows, where.exogenous, where.groups, where.meanstructure, where.thresholds, "theta")


def saturated(where: Layout) -> Layout:
    """The layout of all variances, covariances and means of the observed variables of `where`."""
    observed = where.observed
    arrows = [Arrow(one, "~~", other) for one, other in combinations_with_replacement(observed, 2)]
    if where.meanstructure:
        arrows += [Arrow(name, "~", INTERCEPT) for name in observed]
    model = Model(tuple(Arrow(name, "~~", name) for name in observed), name="saturated")
    rows = _rows(model, arrows, where.exogenous, len(where.groups), (), set(), False)
    return of_rows(model, rows, where.exogenous, where.groups, where.meanstructure)


def of_rows(
    model: Model,
    rows: tuple[Row, ...],
    exogenous: tuple[str, ...],
    groups: tuple[str, ...],
    meanstructure: bool,
    thresholds: tuple[tuple[str, int], ...] = (),
    parameterization: str = "delta",
) -> Layout:
    """Cells and the map from parameters to them, from table rows: the same arrows in every group, group by group."""
    variables = (*model.observed, *((INTERCEPT,) if meanstructure else ()), *model.latents)
    names, K, offset = _free_parameters(model, rows, len(groups))
    first = rows[: len(rows) // len(groups)]
    matrix, row, col = np.array([_cell(r.arrow, variables) for r in first]).T
    return Layout(
        model,
        model.observed,
        model.latents,
        exogenous,
        groups,
        meanstructure,
        rows,
        matrix,
        row,
        col,
        np.array([r.sample for r in first]),
        K,
        offset,
        names,
        *bounds(model.operations, names),
        thresholds,
        parameterization,
    )


def _cell(arrow: Arrow, variables: Sequence[str]) -> tuple[int, int, int]:
    if arrow.op == "|":
        return 2, variables.index(arrow.lhs), int(arrow.rhs[1:]) - 1
    if arrow.op == "~*~":
        return 3, variables.index(arrow.lhs), variables.index(arrow.lhs)
    one, other = variables.index(arrow.head), variables.index(arrow.tail)
    if arrow.op == "~~":
        return 1, min(one, other), max(one, other)
    return 0, one, other


def kind(arrow: Arrow, model: Model) -> str:
    """Which word of `EQUAL` an arrow belongs to."""
    if arrow.op in ("=~", "|", "~*~"):
        return {"=~": "loadings", "|": "thresholds", "~*~": "scales"}[arrow.op]
    latent = arrow.lhs in model.latents
    if arrow.op == "~":
        return ("means" if latent else "intercepts") if arrow.rhs == INTERCEPT else "regressions"
    if arrow.lhs == arrow.rhs:
        return "latent_variances" if latent else "residuals"
    return "latent_covariances" if latent and arrow.rhs in model.latents else "residual_covariances"


def _released(free: Sequence[str], arrows: Sequence[Arrow]) -> set[tuple[str, str, str]]:
    known = {f"{a.lhs}{a.op}{a.rhs}": a.cell for a in arrows}
    known |= {f"{a.rhs}~~{a.lhs}": a.cell for a in arrows if a.op == "~~"}
    released = set()
    for text in free:
        name = "".join(text.split())
        if name not in known:
            raise SpecError(f"free: the model has no arrow `{name}`.{closest(name, known)}")
        released.add(known[name])
    return released


def _rows(
    model: Model,
    arrows: Sequence[Arrow],
    exogenous: Sequence[str],
    g: int,
    equal: Sequence[str],
    released: set[tuple[str, str, str]],
    std_lv: bool,
    derived: Set[str] = frozenset(),
) -> tuple[Row, ...]:
    stated = {a.cell for a in model.arrows}
    rows = []
    for group in range(1, g + 1):
        for place, arrow in enumerate(arrows):
            sample = arrow.lhs in exogenous and (arrow.rhs in exogenous or arrow.rhs == INTERCEPT)
            held = _freed_by_equality(arrow, model, group, equal, std_lv)
            word = kind(arrow, model)
            follows = word == "residuals" and arrow.lhs in derived
            if word in equal and g > 1 and not arrow.label and arrow.value is None and not sample:
                shared = arrow.cell not in released and word != "means"
                held = replace(held, label=f".p{place}." if shared else "")
            free = held.value is None and not sample and not follows
            rows.append(Row(held, group, arrow.cell in stated, sample, free, follows))
    return tuple(rows)


def _freed_by_equality(arrow: Arrow, model: Model, group: int, equal: Sequence[str], std_lv: bool) -> Arrow:
    """What equality sets free in later groups, by lavaan's rules.

    Latent means once intercepts or thresholds are equal; latent variances under ``std_lv`` once loadings are;
    scales (delta) or residual variances (theta) of ordinal items once thresholds are.
    """
    if group == 1:
        return arrow
    word = kind(arrow, model)
    stated = arrow.cell in {a.cell for a in model.arrows}
    mean = word == "means" and ("intercepts" in equal or "thresholds" in equal) and "means" not in equal
    spread = "thresholds" in equal and "residuals" not in equal
    spread = spread and (word == "scales" or (word == "residuals" and arrow.value == 1.0 and not stated))
    scale = word == "latent_variances" and std_lv and "loadings" in equal and "latent_variances" not in equal
    return replace(arrow, value=None) if (mean or scale or spread) and not stated else arrow


def _free_parameters(model: Model, rows: Sequence[Row], g: int) -> tuple[tuple[str, ...], Array, Array]:
    """Number the free parameters, join equal labels, solve the constraints: names, K and offset."""
    keys: dict[str, int] = {}
    names: list[str] = []
    place: list[int] = []
    for row in rows:
        a = row.arrow
        plain = f"{a.lhs}{a.op}{a.rhs}" + (f".g{row.group}" if row.group > 1 else "")
        key = a.label or plain
        if row.free and key not in keys:
            keys[key] = len(keys)
            names.append(plain if a.label.startswith(".") else key)
        place.append(keys[key] if row.free else -1)
    equations = [o for o in model.operations if o.name == "CONSTRAINT"]
    R = [equation(o, keys) for o in equations]
    reduce, shift = solve(R, len(names)) if R else (np.eye(len(names)), np.zeros(len(names)))
    c = len(rows) // g
    K = np.zeros((len(rows), reduce.shape[1]))
    offset = np.zeros(len(rows))
    for i, (row, j) in enumerate(zip(rows, place, strict=True)):
        if j >= 0:
            K[i], offset[i] = reduce[j], shift[j]
        elif row.arrow.value is not None:
            offset[i] = row.arrow.value
    # The first label that is a free parameter alone names it: constraints express later labels in earlier ones.
    alone = (reduce == 1) & (np.count_nonzero(reduce, axis=1) == 1)[:, None]
    kept = [names[i] for i in alone.argmax(axis=0)] if names else []
    return tuple(kept), K.reshape(g, c, -1), offset.reshape(g, c)
