"""Samples for `fit`: in other units or order the same solution; impossible ones refused; hard ones no silent number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem import Fit, Model, fit
from tests.hostile.case import EITHER, REFUSED, RIGHT, Case, rng_of
from tests.hostile.specs import no_silent_number
from tests.hostile.waves import pick

Rng = np.random.Generator
SPECS = (
    "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f",
    "f =~ x1 + x2 + x3 + x4",
    "f =~ x1 + x2 + x3\nf ~ z",
    "x1 ~ z + x4\nx2 ~ x1",
    "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\nh ~ f + g\ng ~ f",
)
ITEMS = [f"x{i}" for i in range(1, 10)]


def sample(rng: Rng, n: int) -> pd.DataFrame:
    z = rng.standard_normal(n)
    f = 0.5 * z + rng.standard_normal(n)
    g = 0.4 * f + rng.standard_normal(n)
    h = 0.3 * g + 0.3 * f + rng.standard_normal(n)
    true = np.column_stack([f, f, f, g, g, g, h, h, h]) * rng.uniform(0.5, 1, 9)
    return pd.DataFrame(true + 0.6 * rng.standard_normal((n, 9)), columns=ITEMS).assign(z=z)


def used(model: Model, rng: Rng) -> str:
    return str(pick(rng, model.observed))


Spoil = Callable[[Rng, pd.DataFrame, Model], pd.DataFrame]


def other(model: Model, name: str) -> str:
    return next(each for each in model.observed if each != name)


def constant(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    return table.assign(**{used(model, rng): pick(rng, (0.0, 1.0, -1e9, 1e-9))})


def copied(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    name = used(model, rng)
    return table.assign(**{name: pick(rng, (1.0, -1.0, 1e6, 1e-6)) * table[other(model, name)] + pick(rng, (0, 5))})


def too_few(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    return table.head(int(rng.integers(0, len(model.observed))))


def unanswered(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    return table.assign(**{used(model, rng): np.nan})


def one_value(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    name = used(model, rng)
    column = table[name].astype(object)
    column.iloc[int(rng.integers(0, len(column)))] = pick(rng, (np.inf, -np.inf, "veel", "1,5", "", "=1+1", [1], 1e400))
    return table.assign(**{name: column})


def lacking(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    return table.drop(columns=used(model, rng))


def doubled(rng: Rng, table: pd.DataFrame, model: Model) -> pd.DataFrame:
    return pd.concat([table, table[[used(model, rng)]]], axis=1)


IMPOSSIBLE: dict[str, Spoil] = {
    "a constant item": constant,
    "an item that is another one": copied,
    "fewer rows than variables": too_few,
    "an item nobody answered": unanswered,
    "a cell that is no number": one_value,
    "no such item": lacking,
    "an item twice": doubled,
}
WAYS: tuple[dict[str, Any], ...] = (
    {"estimator": "ML"},
    {"estimator": "MLR"},
    {"estimator": "GLS"},
    {"estimator": "ML", "missing": "fiml"},
    {"estimator": "ML", "meanstructure": True},
)


def _same(good: Fit, factor: float = 1.0) -> Callable[[Fit], str]:
    def check(found: Fit) -> str:
        if found.converged != good.converged:
            return f"converged: {found.converged}, before: {good.converged} ({found.cause})"
        if not good.converged:
            return ""
        # An intercept in SDs is another one for items that were moved.
        tables = (each.table().query("op != '~1'").sort_values(["lhs", "op", "rhs"]) for each in (good, found))
        one, two = (each["std"].to_numpy() for each in tables)
        apart = float(np.nanmax(np.abs(one - two)))
        if apart > 1e-5:
            return f"standardised estimates differ by {apart:.1e}"
        if abs(found.test.chisq - factor * good.test.chisq) > 1e-4 * max(1.0, factor * good.test.chisq):
            return f"chi-square {found.test.chisq}, expected {factor * good.test.chisq}"
        return ""

    return check


def samples(number: int, seed: int = 2012) -> Case:
    rng = rng_of("sample", number, seed)
    model, way = Model.parse(pick(rng, SPECS)), pick(rng, WAYS)
    says = ("`", "x", "z", "rows", "row", "answer")
    draw = rng.random()
    if draw < 0.45:
        table = sample(rng, int(rng.integers(120, 300)))
        if way.get("missing") == "fiml":
            table = table.mask(rng.random(table.shape) < 0.03)
        what, changed, factor = _another_dress(rng, table)
        if what == "every row twice" and way["estimator"] == "GLS":  # weighs by n − 1
            way = WAYS[0]
        good = fit(model, table, **way)
        return Case("sample", number, what, RIGHT, lambda: fit(model, changed, **way), wrong=_same(good, factor))
    if draw < 0.75:
        what = pick(rng, tuple(IMPOSSIBLE))
        changed = IMPOSSIBLE[what](rng, sample(rng, 60), model)
        return Case("sample", number, what, REFUSED, lambda: fit(model, changed, **way), says=says)
    what, changed = _hard(rng, model)
    return Case("sample", number, what, EITHER, lambda: fit(model, changed, **way), wrong=no_silent_number, says=says)


def _another_dress(rng: Rng, table: pd.DataFrame) -> tuple[str, pd.DataFrame, float]:
    match int(rng.integers(0, 6)):
        case 0:
            return "all items times a millionth", table * 1e-6, 1.0
        case 1:
            return "all items times a million", table * 1e6, 1.0
        case 2:
            return "every item in its own unit", table * 10.0 ** rng.uniform(-6, 6, table.shape[1]), 1.0
        case 3:
            return "items moved", table + rng.uniform(-1e3, 1e3, table.shape[1]), 1.0
        case 4:
            return (
                "rows and columns in another order",
                table.iloc[rng.permutation(len(table)), rng.permutation(10)],
                1.0,
            )
        case _:
            return "every row twice", pd.concat([table, table]), 2.0


def _hard(rng: Rng, model: Model) -> tuple[str, pd.DataFrame]:
    n = int(rng.integers(len(model.observed) + 1, 40))
    table = sample(rng, n)
    match int(rng.integers(0, 5)):
        case 0:
            return f"a small sample of {n}", table
        case 1:
            name, eps = used(model, rng), 10.0 ** -rng.uniform(1, 12)
            near = table[other(model, name)] + eps * rng.standard_normal(n)
            return f"items that differ by {eps:.0e}", table.assign(**{name: near})
        case 2:
            return "noise alone", pd.DataFrame(rng.standard_normal(table.shape), columns=list(table))
        case 3:
            return "wild values", table * rng.standard_cauchy(table.shape) ** 3
        case _:
            return "two answers", (table > 1).astype(float)
