"""The rivals of a model: what its sources state, what they imply, other directions, and no structure at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mkb21sem.errors import OptionError, SpecError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.rivals.compare import Comparison, compare
from mkb21sem.infer.rivals.edit import edited, saturated_structure
from mkb21sem.specify.model import INTERCEPT, Model
from mkb21sem.specify.parse import Arrow
from mkb21sem.survey.wave import Wave

DRAWN = "as drawn"


@dataclass(frozen=True, slots=True)
class Rival:
    """A model in place of the one that was drawn.

    Attributes
    ----------
    name
        For print.
    says
        What it claims, in a sentence.
    evidence
        What that rests on: stated, implied or reconstruction; empty for a model that claims nothing.
    drop, add
        Arrows as a spec writes them, ``REP ~ MOT``.
    """

    name: str
    says: str
    evidence: str = ""
    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()


MKB21 = (
    Rival("with A10", "motives also reach the reputation effect directly", "implied", add=("REP ~ MOT",)),
    Rival(
        "reputation before experience",
        "the reputation effect colours the experience, not the other way round",
        "reconstruction",
        drop=("REP ~ ERV",),
        add=("ERV ~ REP",),
    ),
)
"""Rivals of the default model of MKB21 beyond those that the arrows' own tags make."""


@dataclass(frozen=True)
class Rivals:
    """A model and its rivals, fitted to one sample.

    Attributes
    ----------
    table
        The comparison's models, with ``says`` and ``evidence`` of each.
    comparison
        Pairs and tests.
    fits
        In the order of the table.
    synthetic
        Whether the answers were made up.
    """

    table: pd.DataFrame
    comparison: Comparison
    fits: tuple[Fit, ...]
    synthetic: bool = False


def rivals(
    model: Model,
    wave: Wave | pd.DataFrame,
    estimator: str = "MLR",
    more: Sequence[Rival] | None = None,
    **options: Any,
) -> Rivals:
    """Fit a model and its rivals to one sample and compare them.

    Parameters
    ----------
    model
        As drawn, with evidence tags on its arrows.
    wave, estimator, options
        As in `fit`.
    more
        Further rivals. None takes those of `MKB21` that the model has the arrows for.

    Returns
    -------
    Rivals

    Raises
    ------
    OptionError
        The model has no structural part, so that there is nothing to rival.
    SpecError
        A rival asks for an arrow that is there already, or drops one that is not.

    Notes
    -----
    The rivals differ in the structural part only and have the same variables: an outcome without arrows of its own
    is held unrelated to what the model explains, so that "only what the text states" is a claim that can fail. The
    saturated structure lets all constructs covary; each recursive rival is nested in it, and what it fits better is
    the misfit of the structural part (James, Mulaik & Brett 1982), apart from that of the measurement.
    """
    family = rival_models(model, more)
    founds = tuple(fit(each, wave, estimator, **options) for each, _ in family)
    comparison = compare(*founds)
    table = comparison.models.copy()
    table.insert(1, "says", [rival.says for _, rival in family])
    table.insert(2, "evidence", [rival.evidence for _, rival in family])
    return Rivals(table, comparison, founds, isinstance(wave, Wave) and wave.synthetic)


def rival_models(model: Model, more: Sequence[Rival] | None = None) -> tuple[tuple[Model, Rival], ...]:
    """The model and its rivals by editing its arrows, with what each claims.

    Raises
    ------
    OptionError, SpecError
        As in `rivals`.
    """
    regressions = [a for a in model.arrows if a.op == "~" and a.rhs != INTERCEPT]
    if not regressions:
        raise OptionError(f"{model.name} has no arrow between constructs, so there is no structure to rival.")
    found: list[tuple[Model, Rival]] = []
    kinds = {a.evidence for a in regressions}
    for tags, name, says in (
        (("stated",), "stated", "only the arrows that the text states"),
        (("stated", "implied"), "stated and implied", "the arrows that the text states or implies"),
    ):
        left_out = [a for a in regressions if a.evidence not in tags]
        if left_out and len(left_out) < len(regressions) and tags[-1] in kinds:
            found.append((edited(model, left_out, name=name), Rival(name, says, tags[-1])))
    drawn = Rival(DRAWN, "the model as drawn", "reconstruction" if "reconstruction" in kinds else "")
    found.append((edited(model, name=DRAWN), drawn))
    for rival in MKB21 if more is None else more:
        drop, add = ([_arrow(text, rival.evidence) for text in texts] for texts in (rival.drop, rival.add))
        if more is None and not _fits(model, drop, add):
            continue
        found.append((edited(model, drop, add, rival.name), rival))
    saturated = Rival("saturated structure", "all constructs covary; no arrow among them is claimed absent")
    found.append((saturated_structure(model, saturated.name), saturated))
    return tuple(found)


def _arrow(text: str, evidence: str) -> Arrow:
    arrows = Model.parse(text, where=f"rival `{text}`").arrows
    if len(arrows) != 1:
        raise SpecError(f"a rival's change is one arrow such as `y ~ x`; got `{text}`.")
    return replace(arrows[0], evidence=evidence)


def _fits(model: Model, drop: Sequence[Arrow], add: Sequence[Arrow]) -> bool:
    """Whether a shipped rival is about this model: it has what is dropped, and the ends of what is added."""
    here = {a.cell for a in model.arrows}
    names = {*model.latents, *model.observed}
    ends = {n for a in add for n in (a.lhs, a.rhs)}
    return all(a.cell in here for a in drop) and ends <= names and not any(a.cell in here for a in add)
