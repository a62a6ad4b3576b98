"""A rival model by editing the arrow graph: arrows go, arrows come, and nothing else changes.

What a spec leaves unsaid follows from its arrows: taking the last arrow from a construct would let it covary with all
causes. An edited model therefore says everything that the original left to the defaults, and holds at zero what the
defaults would newly add.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from mkb21sem.errors import SpecError
from mkb21sem.specify.defaults import complete
from mkb21sem.specify.model import INTERCEPT, Model
from mkb21sem.specify.parse import Arrow

Cell = tuple[str, str, str]


def edited(model: Model, drop: Iterable[Arrow] = (), add: Iterable[Arrow] = (), name: str = "") -> Model:
    """The model without some arrows and with others, its variables in the same order.

    Parameters
    ----------
    model
        What is edited.
    drop
        Arrows of the model; only their ends and kind count.
    add
        Arrows that it lacks.
    name
        For print.

    Raises
    ------
    SpecError
        An arrow to drop is not there, one to add is there already, or an observed cause held at the sample's moments
        would become an outcome.
    """
    gone, new = {arrow.cell for arrow in drop}, list(add)
    here = {arrow.cell for arrow in model.arrows}
    unsaid = _covariances(model)
    if lost := gone - here - set(unsaid):
        raise SpecError(f"{model.name} has no arrow {_say(next(iter(lost)))} that could be taken out.")
    for arrow in new:
        if arrow.cell in here - gone:
            raise SpecError(f"{model.name} has the arrow {_say(arrow.cell)} already.")
        if arrow.head in model.exogenous and arrow.heads == 1:
            raise SpecError(f"{arrow.head} is held at the sample's moments and can't become an outcome.")
    kept = [arrow for arrow in model.arrows if arrow.cell not in gone]
    measures = [arrow for arrow in kept if arrow.op == "=~"]
    rest = [arrow for arrow in kept if arrow.op != "=~"]
    free = [arrow for cell, arrow in unsaid.items() if cell not in gone and not _fixed_x(model, arrow)]
    spoken = {arrow.cell for arrow in [*rest, *new]}
    said_of = [*measures, *[a for a in free if a.cell not in spoken], *rest, *new]
    arrows = [*measures, *_anchors(model, said_of), *said_of[len(measures) :]]
    draft = replace(model, arrows=tuple(arrows), name=name or model.name)
    said = {arrow.cell for arrow in draft.arrows}
    closed = [replace(a, value=0.0) for cell, a in _covariances(draft).items() if cell not in said | set(unsaid)]
    closed += [replace(a, value=0.0) for cell, a in unsaid.items() if cell in gone and cell in _covariances(draft)]
    return replace(draft, arrows=(*draft.arrows, *closed))


def saturated_structure(model: Model, name: str = "saturated structure") -> Model:
    """The model with every two variables of its structural part covarying in place of all arrows among them."""
    inside = structural(model)
    order = [*(n for n in inside if n in model.latents), *(n for n in model.observed if n in inside)]
    kept = [arrow for arrow in model.arrows if not _among(arrow, inside)]
    # Exogenous variables covary with others now, so that their moments are estimated like those.
    add = [Arrow(one, "~~", other) for one, other in combinations(order, 2)]
    measures = [a for a in kept if a.op == "=~"]
    return replace(model, arrows=(*measures, *add, *[a for a in kept if a.op != "=~"]), name=name)


def structural(model: Model) -> tuple[str, ...]:
    """Variables of the structural part: constructs that are no indicator, and what regressions speak of."""
    measured = {a.rhs for a in model.arrows if a.op == "=~"}
    named = [n for a in model.arrows if a.op == "~" and a.rhs != INTERCEPT for n in (a.tail, a.head)]
    joined = [n for a in model.arrows if a.op == "~~" for n in (a.lhs, a.rhs)]
    return tuple(dict.fromkeys(n for n in [*model.latents, *named, *joined] if n not in measured))


def _among(arrow: Arrow, inside: Sequence[str]) -> bool:
    return (
        arrow.op in ("~", "~~")
        and arrow.rhs != INTERCEPT
        and arrow.lhs != arrow.rhs
        and {arrow.lhs, arrow.rhs} <= set(inside)
    )


def _covariances(model: Model) -> dict[Cell, Arrow]:
    """Covariances that the defaults add to a model."""
    said = {arrow.cell for arrow in model.arrows}
    arrows, _ = complete(model)
    return {a.cell: a for a in arrows if a.op == "~~" and a.lhs != a.rhs and a.cell not in said}


def _fixed_x(model: Model, arrow: Arrow) -> bool:
    return {arrow.lhs, arrow.rhs} <= set(model.exogenous)


def _anchors(model: Model, arrows: Sequence[Arrow]) -> list[Arrow]:
    """A variance line for each observed variable that no arrow speaks of any more."""
    spoken = {n for a in arrows for n in (a.lhs, a.rhs)}
    return [Arrow(n, "~~", n) for n in model.observed if n not in spoken]


def _say(cell: Cell) -> str:
    return f"{cell[0]} {'↔' if cell[2] == '<->' else '→'} {cell[1]}"
