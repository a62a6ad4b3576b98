"""The rungs of the invariance ladder, and which parameters are free, fixed or equal on each of them.

Every construct has variance 1 and mean 0 in the first wave. What a rung makes equal lets something go in the waves
that follow, or the model would claim more than the rung says:

    equal loadings                free variances of the constructs
    equal intercepts              free means of the constructs
    equal thresholds              free intercepts and residual variances of the items (Wu & Estabrook 2016)
    … and loadings, intercepts    the intercepts are 0 again

An ordinal item has no origin and no unit of its own, and what can be tested depends on its categories. With four or
more, equal thresholds are a claim. With three they only name the item's origin and unit. With two, one threshold can't
name both, so that thresholds, loadings and intercepts can only be held equal together: such items wait for the rung
of the intercepts (Wu & Estabrook 2016). Residual variances are parameters (theta), since the last rung is about them.

An item that differs in one wave is released there from a rung on, and so stays free in the rungs above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mkb21sem.errors import OptionError
from mkb21sem.linalg import Array
from mkb21sem.specify.defaults import complete
from mkb21sem.specify.layout import Layout, Row, kind, of_rows
from mkb21sem.specify.model import INTERCEPT, Model
from mkb21sem.specify.parse import Arrow

CONTINUOUS = ("configural", "metric", "scalar", "strict")
ORDINAL = ("configural", "thresholds", "loadings", "intercepts", "residuals")

_NEVER = 99
_STEP = {
    "loadings": ("metric", "loadings"),
    "intercepts": ("scalar", "intercepts"),
    "residuals": ("strict", "residuals"),
}


@dataclass(frozen=True)
class Plan:
    """A measurement model over waves, and where on the ladder each item stands.

    Attributes
    ----------
    model
        The measurement part.
    waves : (g,)
        Names; the first is the origin and unit of every construct.
    thresholds
        Number of thresholds of each ordinal item.
    rungs
        Names of the rungs.
    released
        Rung from which an item is free in a wave, by (item, wave number from 0).
    """

    model: Model
    waves: tuple[str, ...]
    thresholds: Mapping[str, int]
    rungs: tuple[str, ...]
    released: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def number(self, word: str) -> int:
        """Number of the rung on which this kind of parameters becomes equal; out of reach if there is none."""
        names = _STEP.get(word, (word,))
        return next((i for i, name in enumerate(self.rungs) if name in names), _NEVER)

    def needed(self, item: str, word: str) -> int:
        """Number of the rung on which this kind becomes equal for this item."""
        waits = self.thresholds.get(item) == 1 and word in ("thresholds", "loadings")
        return self.number("intercepts" if waits else word)

    def level(self, item: str, wave: int, rung: int) -> int:
        """The highest rung at which the item is held equal in this wave."""
        return min(rung, self.released.get((item, wave), _NEVER) - 1)

    def origin(self, item: str, rung: int) -> int:
        """The first of the waves in which the item is held at its highest: there an ordinal item has its unit."""
        return int(np.argmax([self.level(item, g, rung) for g in range(len(self.waves))]))

    def anchors(self, construct: str, word: str, wave: int, rung: int) -> tuple[str, ...]:
        """Items of the construct whose parameters of this kind are equal in the first wave and in this one."""
        return tuple(
            item
            for item in self.model.indicators[construct]
            if min(self.level(item, 0, rung), self.level(item, wave, rung)) >= self.needed(item, word)
        )

    def release(self, item: str, wave: int, rung: int) -> Plan:
        """The plan with one item released in one wave, from this rung on."""
        return replace(self, released={**self.released, (item, wave): rung})

    def hold(self, item: str, wave: int) -> Plan:
        """The plan with the item held in this wave again."""
        return replace(self, released={key: rung for key, rung in self.released.items() if key != (item, wave)})

    def layout(self, rung: int) -> Layout:
        """The layout of a rung, by its number."""
        arrows, _ = complete(
            self.model,
            std_lv=True,
            fixed_x=False,
            meanstructure=True,
            thresholds=self.thresholds,
            parameterization="theta",
        )
        stated = {arrow.cell for arrow in self.model.arrows}
        rows = []
        for g in range(len(self.waves)):
            for place, arrow in enumerate(arrows):
                placed = self._placed(arrow, place, g, rung)
                rows.append(Row(placed, g + 1, arrow.cell in stated, False, placed.value is None))
        thresholds = tuple(self.thresholds.items())
        return of_rows(self.model, tuple(rows), (), self.waves, True, thresholds, "theta")

    def _placed(self, arrow: Arrow, place: int, g: int, rung: int) -> Arrow:
        """The arrow with its fixed value, or with the label that it shares with other waves."""
        word = kind(arrow, self.model)
        if word in ("latent_variances", "means"):
            return replace(arrow, value=self._construct(arrow.lhs, word, g, rung))
        item = arrow.rhs if word == "loadings" else arrow.lhs
        level = self.level(item, g, rung)
        if item in self.thresholds and word in ("intercepts", "residuals"):
            return replace(arrow, value=self._ordinal(item, word, level, g, rung))
        shared = arrow.value is None and level >= self.needed(item, word)
        return replace(arrow, label=f".p{place}.") if shared else arrow

    def _construct(self, name: str, word: str, g: int, rung: int) -> float | None:
        """Value of a construct's variance or mean; None where an anchor lets it go."""
        anchored = self.anchors(name, "loadings" if word == "latent_variances" else "intercepts", g, rung)
        return None if g and anchored else float(word == "latent_variances")

    def _ordinal(self, item: str, word: str, level: int, g: int, rung: int) -> float | None:
        """Value of an ordinal item's intercept or residual variance; None where its equal thresholds let it go."""
        fixed = float(word == "residuals")
        binary = self.thresholds[item] == 1
        if g == self.origin(item, rung) or level < self.needed(item, "thresholds") or level >= self.number(word):
            return fixed
        return fixed if binary and word == "intercepts" else None


def measurement(model: Model) -> Model:
    """The measurement part of a model: constructs, their items, and what residuals of items share.

    Raises
    ------
    OptionError
        Constructs measured by constructs, no construct at all, or labels or values on loadings, which the ladder sets.
    """
    items = {a.rhs for a in model.arrows if a.op == "=~"}
    if not items:
        raise OptionError(f"the model {model.name} has no construct, so that there is nothing to compare over groups.")
    higher = sorted(items & set(model.latents))
    if higher:
        raise OptionError(
            f"the ladder is for constructs measured by items; {', '.join(higher)} is measured by constructs."
        )
    kept = [a for a in model.arrows if a.op == "=~" or (a.op == "~~" and {a.lhs, a.rhs} <= items and a.lhs != a.rhs)]
    for arrow in kept:
        if arrow.label or arrow.value not in (None, 1.0):
            raise OptionError(
                f"`{arrow}`: the ladder itself frees, fixes and equates loadings; leave out the modifier."
            )
    arrows = tuple(replace(a, value=None, freed=False) if a.op == "=~" else a for a in kept)
    return Model(arrows, (), model.name, model.title, model.source)


def without(model: Model, lacking: Sequence[str]) -> Model:
    """The measurement model without these items, and without the constructs that have none left."""
    arrows = tuple(a for a in model.arrows if not {a.lhs, a.rhs} & set(lacking))
    return replace(model, arrows=arrows)


def rung_cells(where: Layout, item: str, word: str) -> Array:
    """Places in a group's rows of the item's parameters of one kind, (m,)."""
    found = []
    for place, row in enumerate(where.rows[: len(where.row)]):
        owner = row.arrow.rhs if row.arrow.op == "=~" else row.arrow.lhs
        if (
            kind(row.arrow, where.model) == word
            and owner == item
            and (word != "intercepts" or row.arrow.rhs == INTERCEPT)
        ):
            found.append(place)
    return np.array(found, dtype=np.intp)
