"""What a path diagram says, before anything has a place: nodes, arrows and the text on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.effects.effects import r_squared, standardized
from mkb21sem.report.drawing.annotation import ALPHA, TAGS, chosen_labels, numbered, worded
from mkb21sem.report.numbers import LANGUAGES, bounded
from mkb21sem.specify.defaults import complete
from mkb21sem.specify.model import INTERCEPT, Model
from mkb21sem.specify.parse import Arrow

MOST_UNSAID = 10
"""More covariances than this that nobody stated, as among six control variables, are not drawn."""


@dataclass(frozen=True, slots=True)
class Node:
    """A construct (latent) or an observed variable.

    Attributes
    ----------
    name, text
        The variable, and what is written in it.
    latent
        Ellipse or box.
    r2
        Explained variance as text, "" where nothing points at the node or nothing was fitted.
    """

    name: str
    text: str
    latent: bool
    r2: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow as drawn.

    Attributes
    ----------
    tail, head
        Variables; for a covariance in the order of the spec.
    kind
        path, loading or covariance.
    text
        The coefficient, perhaps with stars or interval; "" for none.
    tag
        Evidence letter, "" for none.
    strength
        |standardised value|, NaN if unknown.
    significant
        None where there is no test: fixed, taken from the sample, or not fitted.
    negative
        Whether the estimate is below zero.
    """

    tail: str
    head: str
    kind: str
    text: str = ""
    tag: str = ""
    strength: float = np.nan
    significant: bool | None = None
    negative: bool = False

    @property
    def two_headed(self) -> bool:
        """Covariances have two heads."""
        return self.kind == "covariance"


@dataclass(frozen=True)
class Picture:
    """Nodes of the structural part, the items that hang on them, and all arrows between what is drawn.

    Attributes
    ----------
    nodes
        Structural nodes first, then hanging ones.
    structural
        Names of the nodes that the layout places.
    hanging
        Construct → the indicators that hang on it (may be constructs with indicators of their own).
    edges
        Every arrow whose two ends are drawn.
    omitted
        How many covariances among observed variables, which the spec doesn't state, are left out because they
        would cover the rest.
    """

    nodes: dict[str, Node]
    structural: tuple[str, ...]
    hanging: dict[str, tuple[str, ...]]
    edges: tuple[Edge, ...]
    omitted: int = 0

    @property
    def graph(self) -> nx.DiGraph:
        """Arrows with one head between structural nodes."""
        graph = nx.DiGraph()
        graph.add_nodes_from(self.structural)
        inside = set(self.structural)
        graph.add_edges_from((e.tail, e.head) for e in self.edges if not e.two_headed and {e.tail, e.head} <= inside)
        return graph


def picture(
    found: Fit | Model,
    *,
    indicators: bool = False,
    labels: str | None = None,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
    group: str | None = None,
    covariances: bool = True,
) -> Picture:
    """Collect what is to be drawn of a fitted or only specified model.

    Parameters
    ----------
    found
        A `Fit`, or a `Model` without numbers.
    indicators
        Whether the items are drawn too.
    labels
        One of `LABELS`; default ``std`` for a fit and ``key`` (the arrow's name, or its label or fixed value) for
        a model. Stars are p < .05, .01, .001.
    lang
        en or nl.
    names
        Variable → text; variables without one are written as they are.
    group
        Which group of a fit with several.
    covariances
        Whether arcs are drawn.

    Raises
    ------
    OptionError
        An option has an unknown value, or a model without numbers is to show numbers.
    """
    labels = chosen_labels(found, labels)
    one_of("lang", lang, LANGUAGES)
    model = found.model if isinstance(found, Fit) else found
    structural = structural_nodes(model)
    hanging = _hanging(model, structural) if indicators else {}
    drawn = dict.fromkeys([*structural, *(n for items in hanging.values() for n in items)])
    r2 = _r2(found, group, lang)
    texts = names or {}
    nodes = {
        name: Node(name, texts.get(name, name), name in model.latents, r2.get(name, "") if name in structural else "")
        for name in drawn
    }
    edges = [_edge(row, labels, lang) for _, row in _rows(found, group).iterrows()]
    kept = [
        e for e in edges if e is not None and e.tail in nodes and e.head in nodes and (covariances or not e.two_headed)
    ]
    unsaid = _unsaid(kept, model)
    few = len(unsaid) <= MOST_UNSAID
    return Picture(
        nodes, structural, hanging, tuple(e for e in kept if few or e not in unsaid), 0 if few else len(unsaid)
    )


def _unsaid(edges: list[Edge], model: Model) -> list[Edge]:
    """Covariances among observed variables that only the defaults put into the model."""
    said = {frozenset((a.lhs, a.rhs)) for a in model.arrows if a.op == "~~"}
    return [
        e
        for e in edges
        if e.two_headed and frozenset((e.tail, e.head)) not in said and not {e.tail, e.head} & set(model.latents)
    ]


def structural_nodes(model: Model) -> tuple[str, ...]:
    """What the layout places: all variables of the structural part, and constructs that measure nothing higher.

    Observed variables that only covary are among them too.
    """
    items = {a.rhs for a in model.arrows if a.op == "=~"}
    covarying = [n for a in model.arrows if a.op == "~~" for n in (a.lhs, a.rhs)]
    free = [n for n in (*model.latents, *covarying) if n not in items]
    spoken = [n for a in model.arrows for n in (a.rhs, a.lhs)]
    chosen = {*model.structure.nodes, *free} - {INTERCEPT}
    return tuple(n for n in dict.fromkeys(spoken) if n in chosen)


def _hanging(model: Model, structural: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each item hangs on the first construct that it measures; structural nodes hang on nothing."""
    taken = set(structural)
    hanging: dict[str, tuple[str, ...]] = {}
    for construct, items in model.indicators.items():
        hanging[construct] = tuple(n for n in items if n not in taken)
        taken.update(items)
    return hanging


def group_index(found: Fit, group: str | None) -> int:
    """Which group is meant; the only one needs no name.

    Raises
    ------
    OptionError
        Several groups and none named, or an unknown name.
    """
    groups = found.moments.groups
    if group is None and len(groups) == 1:
        return 0
    if group is None:
        raise OptionError(f"the fit has groups {', '.join(groups)}: say group=, or draw them all with diagrams(found).")
    one_of("group", group, groups)
    return groups.index(group)


def _rows(found: Fit | Model, group: str | None) -> pd.DataFrame:
    """One row an arrow: the `Arrow` and, after a fit, est, std, p and the intervals of est and std."""
    if isinstance(found, Model) or not found.converged:
        stated = complete(found if isinstance(found, Model) else found.model)[0]
        return pd.DataFrame({"arrow": pd.Series(stated, dtype=object)})
    index = group_index(found, group)
    again = standardized(found)
    rows = found.table().rename(columns={"low": "est_low", "high": "est_high"})
    arrows = np.array([row.arrow for row in found.layout.rows], dtype=object)
    rows = rows.assign(arrow=arrows, std_low=again["low"], std_high=again["high"])
    here = [row.group == index + 1 for row in found.layout.rows]
    return rows[here]


def _edge(row: pd.Series, labels: str, lang: str) -> Edge | None:
    """The arrow to draw for a row; None for variances, intercepts, thresholds and what is fixed at zero."""
    arrow: Arrow = row["arrow"]
    kind = {"~": "path", "=~": "loading", "~~": "covariance"}.get(arrow.op)
    if kind is None or INTERCEPT in (arrow.lhs, arrow.rhs) or arrow.lhs == arrow.rhs or arrow.value == 0:
        return None
    tag = TAGS[lang].get(arrow.evidence, "")
    if "est" not in row:
        return Edge(arrow.tail, arrow.head, kind, worded(arrow, labels, lang), tag)
    tested = bool(np.isfinite(row["p"]))
    return Edge(
        arrow.tail,
        arrow.head,
        kind,
        worded(arrow, labels, lang) if labels in ("key", "none") else numbered(row, labels, lang),
        tag,
        abs(float(row["std"])),
        bool(row["p"] < ALPHA) if tested else None,
        bool(row["est"] < 0),
    )


def _r2(found: Fit | Model, group: str | None, lang: str) -> dict[str, str]:
    if isinstance(found, Model) or not found.converged:
        return {}
    explained = r_squared(found)
    here = explained[explained["group"] == found.moments.groups[group_index(found, group)]]
    pairs = zip(here["variable"], here["r2"], strict=True)
    return {name: bounded(value, lang=lang) for name, value in pairs if np.isfinite(value)}
