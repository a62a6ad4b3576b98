"""What can be computed from the parameters, for one fit or for thousands of draws at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied, implied
from mkb21sem.estimate.standard import KINDS, standardize, variable_covariance
from mkb21sem.infer.effects.paths import paths
from mkb21sem.infer.effects.standardization import deviation
from mkb21sem.linalg import Array

OF = ("effects", "parameters", "r2")
RAW = "raw"
BATCH = 256
"""Draws that are worked on at a time."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """q numbers that follow from the cells.

    Attributes
    ----------
    labels
        A row each, with ``scale`` at the end: raw, or the kind of standardised solution.
    of : (b, g, c) -> (b, q)
        The numbers of each draw.
    """

    labels: pd.DataFrame
    of: Callable[[Array], Array]


def quantities(
    found: Fit,
    of: str = "effects",
    kind: str = "all",
    *,
    source: str | None = None,
    outcome: str | None = None,
    items: bool = False,
) -> Quantities:
    """Effects, parameters (each raw and standardised), or R², as functions of the cells.

    Parameters
    ----------
    found
        A fit, for its layout and groups.
    of
        ``effects``: as `mkb21sem.infer.effects.effects` lists them; ``parameters``: as ``found.table()``; ``r2``.
    kind
        all, lv or nox.
    source, outcome, items
        Of effects.

    Raises
    ------
    OptionError
        An unknown word or variable.
    """
    one_of("of", of, OF)
    one_of("kind", kind, KINDS)
    if of == "effects":
        return _effects(found, kind, source, outcome, items)
    return _parameters(found, kind) if of == "parameters" else _explained(found)


def _effects(found: Fit, kind: str, source: str | None, outcome: str | None, items: bool) -> Quantities:
    where, g = found.layout, len(found.moments.groups)
    ways = paths(where, source, outcome, items)
    names, q = np.array(where.variables), len(ways.path)
    labels = pd.DataFrame(
        {
            "group": np.repeat(found.moments.groups, q),
            "source": np.tile(names[ways.source], g),
            "outcome": np.tile(names[ways.outcome], g),
            "effect": np.tile(ways.kind, g),
            "path": list(ways.path) * g,
        }
    )

    def values(cells: Array, model: Implied) -> Array:
        raw = ways.values(cells, model)
        sd = deviation(where, model, kind)
        std = raw * sd[..., ways.source] / sd[..., ways.outcome]
        return np.concatenate([raw.reshape(len(cells), -1), std.reshape(len(cells), -1)], axis=1)

    return Quantities(_twice(labels, kind), _batched(found, values))


def _parameters(found: Fit, kind: str) -> Quantities:
    labels = found.table()[["lhs", "op", "rhs", "group", "label"]]

    def values(cells: Array, model: Implied) -> Array:
        std = standardize(found.layout, cells, kind)
        return np.concatenate([cells.reshape(len(cells), -1), std.reshape(len(cells), -1)], axis=1)

    return Quantities(_twice(labels, kind), _batched(found, values))


def _explained(found: Fit) -> Quantities:
    """R² of every variable with an arrow pointing at it, as `r_squared` lists them."""
    where = found.layout
    outcomes = [*found.model.endogenous, *(a.rhs for a in found.model.arrows if a.op == "=~")]
    names = list(dict.fromkeys(outcomes))
    own = {int(where.row[i]): int(i) for i in np.flatnonzero((where.matrix == 1) & (where.row == where.col))}
    places = np.array([where.variables.index(name) for name in names], dtype=np.intp)
    residual = np.array([own[place] for place in places], dtype=np.intp)
    groups = found.moments.groups
    labels = pd.DataFrame({"group": np.repeat(groups, len(names)), "variable": names * len(groups)})

    def values(cells: Array, model: Implied) -> Array:
        total = np.diagonal(variable_covariance(where, model), axis1=-2, axis2=-1)[..., places]
        share = 1 - cells[..., residual] / np.where(total > 0, total, np.nan)
        return np.asarray(share.reshape(len(cells), -1))

    return Quantities(labels.assign(scale="r2"), _batched(found, values))


def _twice(labels: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The labels for the raw and then for the standardised numbers."""
    return pd.concat([labels.assign(scale=RAW), labels.assign(scale=kind)], ignore_index=True)


def _batched(found: Fit, values: Callable[[Array, Implied], Array]) -> Callable[[Array], Array]:
    def of(cells: Array) -> Array:
        """The numbers of draws (b, g, c) in pieces that stay in the cache; NaN where a draw has no estimates."""
        there = np.flatnonzero(np.isfinite(cells).all(axis=(1, 2)))
        sample = found.cells[None]
        out = np.full((len(cells), values(sample, implied(found.layout, sample)).shape[1]), np.nan)
        for begin in range(0, len(there), BATCH):
            part = there[begin : begin + BATCH]
            out[part] = values(cells[part], implied(found.layout, cells[part]))
        return out

    return of
