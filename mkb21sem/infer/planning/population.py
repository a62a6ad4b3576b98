"""The population that a plan assumes: standardised values on the arrows of a model, and what they imply.

Every variable has variance 1, so that a residual variance is what the causes leave and an arrow can be changed without
changing any other value. Taken from a fit, the values are that fit's standardised estimates: a plan made with them says
what a new sample of such a population would show, not how much power the old one had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import networkx as nx
import numpy as np
import pandas as pd

from mkb21sem.errors import FitError, OptionError, closest
from mkb21sem.estimate.fit import Fit
from mkb21sem.linalg import Array
from mkb21sem.specify.model import INTERCEPT, Model

COLUMNS = ("lhs", "op", "rhs", "value")
Arrows = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Population:
    """Standardised values of a recursive model.

    Attributes
    ----------
    names
        Every variable, each after its causes.
    observed
        The variables that an analysis sees.
    paths
        Head and tail of each arrow with one head (also from a construct to its item), and its standardised value.
    pairs
        Two names and their correlation: of causes, or of what is left unexplained.
    source
        Where the values come from, for print.
    """

    names: tuple[str, ...]
    observed: tuple[str, ...]
    paths: Arrows
    pairs: Arrows
    source: str = ""
    _place: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_place", {name: i for i, name in enumerate(self.names)})

    def changed(self, head: str, tail: str, value: float) -> Population:
        """The same population with another value on one arrow, which it may not have had."""
        if self._place[tail] > self._place[head]:
            raise OptionError(f"{tail} → {head} would close a loop of arrows in the population.")
        return replace(self, paths={**self.paths, (head, tail): value})

    @cached_property
    def correlations(self) -> Array:
        """Correlations of all variables (v, v); NaN if the values can't belong to variables of variance 1."""
        k = len(self.names)
        A, S, C = np.zeros((k, k)), np.zeros((k, k)), np.zeros((k, k))
        for (head, tail), value in self.paths.items():
            A[self._place[head], self._place[tail]] = value
        joined: list[list[tuple[int, float]]] = [[] for _ in self.names]
        for (one, other), value in self.pairs.items():
            i, j = sorted((self._place[one], self._place[other]))
            joined[j].append((i, value))
        total = np.eye(k)
        for i in range(k):
            # Row i of (I − A)⁻¹ follows from those of its causes, and so does its residual variance.
            total[i, :i] = A[i, :i] @ total[:i, :i]
            S[i, i] = self._left(A, S, C, total, joined[i], i)
            if not S[i, i] > 0:
                return np.full((k, k), np.nan)
            for j, value in joined[i]:
                S[i, j] = S[j, i] = value * np.sqrt(S[i, i] * S[j, j])
            C[i, : i + 1] = C[: i + 1, i] = total[: i + 1, : i + 1] @ S[: i + 1, : i + 1] @ total[i, : i + 1]
        if np.linalg.eigvalsh(S)[0] <= 0:
            return np.full((k, k), np.nan)
        return C

    @staticmethod
    def _left(A: Array, S: Array, C: Array, total: Array, joined: list[tuple[int, float]], i: int) -> float:
        """Residual variance s with 1 = a'Ca + 2 a'c √s + s, c the covariances of the causes with the unit residual."""
        a = A[i, :i]
        explained = float(a @ C[:i, :i] @ a)
        unit = np.zeros(i)
        for j, value in joined:
            unit[j] = value * np.sqrt(S[j, j])
        b = float(a @ total[:i, :i] @ unit)
        root = -b + np.sqrt(max(b**2 + 1 - explained, 0.0))
        return float(root**2) if explained - b**2 < 1 else 0.0

    @property
    def Sigma(self) -> Array:
        """Correlations of the observed variables (p, p), in the order of ``observed``."""
        at = np.array([self._place[name] for name in self.observed])
        return np.asarray(self.correlations[np.ix_(at, at)])

    def among(self, names: Sequence[str]) -> Array:
        """Correlations of some variables, in the order of ``names``.

        Raises
        ------
        OptionError
            The population has no such variable, or its values contradict each other.
        """
        for name in names:
            if name not in self._place:
                raise OptionError(f"the population has no variable `{name}`.{closest(name, self.names)}")
        at = np.array([self._place[name] for name in names])
        found = self.correlations[np.ix_(at, at)]
        if not np.isfinite(found).all():
            raise OptionError(
                "the population's values explain more than all of some variable, or correlate impossibly; make some "
                "of them smaller."
            )
        return np.asarray(found)

    def effect(self, nodes: Sequence[str]) -> float:
        """Standardised effect along a path: the product of its arrows, 0 where one is absent."""
        steps = zip(nodes[1:], nodes[:-1], strict=True)
        return float(np.prod([self.paths.get(step, 0.0) for step in steps]))


def population(of: Fit | pd.DataFrame | Population, model: Model, source: str = "") -> Population:
    """The population that is meant: a fit's standardised estimates, or a table of values.

    Parameters
    ----------
    of
        A converged fit of one group, or a table lhs op rhs value with standardised loadings (``=~``), paths (``~``)
        and correlations (``~~``; of residuals where the variables are explained). What is not listed is 0.
    model
        Whose variables are observed and whose are constructs.
    source
        Where the values come from, for print.

    Raises
    ------
    OptionError
        Another kind of thing, several groups, ordinal estimates, loops of arrows, or values that contradict each
        other.
    FitError
        The fit did not converge.
    """
    if isinstance(of, Population):
        return of
    if isinstance(of, Fit):
        table, source = _of_fit(of), source or f"standardised estimates of {of.model.name}, N = {of.moments.total}"
    elif isinstance(of, pd.DataFrame):
        if missing := [name for name in COLUMNS if name not in of.columns]:
            raise OptionError(
                f"a table of population values needs columns {', '.join(COLUMNS)}; {missing[0]} is absent."
            )
        table, source = of, source or "given values"
    else:
        raise OptionError(f"population must be a Fit or a table lhs op rhs value; got {type(of).__name__}.")
    found = _of_table(table, model, source)
    found.among(found.observed)
    return found


def _of_fit(found: Fit) -> pd.DataFrame:
    if not found.converged:
        raise FitError(f"a population needs estimates, and {found.model.name} did not converge: {found.cause}")
    if len(found.moments.groups) > 1 or found.layout.thresholds:
        raise OptionError("a population is made of a fit of one group by ML, MLR or the like; fit the model so first.")
    return found.table().rename(columns={"std": "value"})


def _of_table(table: pd.DataFrame, model: Model, source: str) -> Population:
    paths: Arrows = {}
    pairs: Arrows = {}
    for lhs, op, rhs, value in table[list(COLUMNS)].itertuples(index=False):
        if op == "=~":
            paths[rhs, lhs] = float(value)
        elif op == "~" and rhs != INTERCEPT:
            paths[lhs, rhs] = float(value)
        elif op == "~~" and lhs != rhs:
            pairs[lhs, rhs] = float(value)
    if not all(np.isfinite([*paths.values(), *pairs.values()])):
        raise OptionError("a population's values must be numbers; a standardised estimate is missing.")
    known = [*model.latents, *model.observed]
    graph = nx.DiGraph()
    graph.add_nodes_from(dict.fromkeys([*known, *(n for ends in (*paths, *pairs) for n in ends)]))
    graph.add_edges_from((tail, head) for head, tail in paths)
    if not nx.is_directed_acyclic_graph(graph):
        loop = " → ".join(tail for tail, _ in nx.find_cycle(graph))
        raise OptionError(f"the population's arrows form a loop ({loop}); planning needs a model without one.")
    rank = {name: i for i, name in enumerate(graph)}
    names = tuple(nx.lexicographical_topological_sort(graph, key=rank.__getitem__))
    return Population(names, model.observed, paths, pairs, source)
