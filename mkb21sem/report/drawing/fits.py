"""The fit that a diagram shows: of one wave, of its groups, or of several waves, with what had to be left out said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mkb21sem.errors import OptionError, WaveError, closest
from mkb21sem.estimate.choice import AUTO, choose, choose_for_table
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.report.dossier.page import group_name
from mkb21sem.report.promised import broken, promises
from mkb21sem.report.registered import Registered
from mkb21sem.report.words import Words
from mkb21sem.specify.deviations import deviations
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import WAVE, Waves

Source = Wave | Waves | pd.DataFrame
MOST = 6
"""Panels that can still be read beside each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fit, with one group a panel, sentences on what was left out of the model, and how missing answers count."""

    found: Fit
    remarks: tuple[str, ...] = ()
    missing: str = "listwise"


def fitted(
    model: Model,
    source: Source,
    words: Words,
    *,
    group: str | None = None,
    estimator: str = AUTO,
    missing: str = AUTO,
    equal: Sequence[str] = (),
    free: Sequence[str] = (),
) -> Fitted:
    """Fit a model to be drawn.

    Parameters
    ----------
    model
        The arrows.
    source
        A wave, several, or a table with a column for every observed variable.
    words
        Language and labels, for the names of groups.
    group
        Column that tells groups; several waves are groups by themselves.
    estimator, missing
        Names, or ``auto`` for what the answers ask for; a table then gets MLR and, with missing answers, fiml.
    equal, free
        What is equal over groups, and arrows exempt from that, as in `fit`.

    Raises
    ------
    OptionError
        One group or too many, or an estimator or option that doesn't fit.
    WaveError, FitError
        The answers lack a variable, or the model can't be fitted to them.
    """
    remarks: tuple[str, ...] = ()
    if isinstance(source, Waves):
        if group not in (None, WAVE):
            raise OptionError(f"--group {group} tells groups inside one wave; {len(source.waves)} waves are given.")
        lost = tuple(name for name in model.observed if source.without(name))
        model, remarks = _without(model, lost, words, "drawing.incomparable")
        frame = source.frame(model.observed).rename(columns={WAVE: _COLUMN})
    elif group is not None:
        frame = _grouped(model, source, group, words)
    elif equal or free:
        raise OptionError("--equal and --free hold over groups: name them by --group, or give several waves.")
    else:
        how = _how(model, source, estimator, missing)
        return Fitted(fit(model, source, **how), missing=str(how["missing"]))
    model, gone = _without(model, _constant(model, frame), words, "drawing.constant")
    how = _how(model, source, estimator, missing)
    return Fitted(fit(model, frame, group=_COLUMN, equal=equal, free=free, **how), remarks + gone, str(how["missing"]))


def held(
    plan: Plan,
    model: Model,
    shown: Fitted | None,
    source: Source | None,
    *,
    estimator: str,
    missing: str,
    group: str | None,
    equal: Sequence[str],
    free: Sequence[str],
) -> Registered:
    """What a drawing shows otherwise than planned; of a model that is drawn without answers, its arrows alone.

    Parameters
    ----------
    model
        That was asked for.
    shown, source
        The fit, which may lack a cause that is constant in a group, and the answers; None without answers.
    estimator, missing, group, equal, free
        As for `fitted`.
    """
    if shown is None:
        return Registered(plan, deviations(plan, model))
    several = isinstance(source, Waves)
    promised = promises(plan, shown.found, None if isinstance(source, Waves) or group else source, shown.missing)
    if isinstance(source, pd.DataFrame):
        estimator = shown.found.estimator.name
    options = {"group": WAVE if several else group, "equal": tuple(equal), "free": tuple(free)}
    departed = deviations(plan, shown.found.model, None, estimator, missing, options=options)
    return Registered(plan, (*departed, *broken(promised)), promised)


def numbers(shown: Fitted | None) -> dict[str, Any]:
    """What a drawing shows, unrounded: estimates and indices of fit; nothing of a model that is not fitted."""
    if shown is None:
        return {}
    found = shown.found
    told = {"n": found.moments.total, "estimator": found.estimator.name, "missing": shown.missing}
    told |= {"converged": found.converged, "cause": found.cause, "fit": indices(found).to_dict()}
    return told | {"estimates": found.table().to_dict("records") if found.converged else []}


_COLUMN = "group "
"""A name that no column of a file has."""


def _how(model: Model, source: Source, estimator: str, missing: str) -> dict[str, Any]:
    """Estimator and treatment of missing answers; of several waves what the most demanding asks for."""
    if isinstance(source, pd.DataFrame):
        return dict(zip(("estimator", "missing"), choose_for_table(model, source, estimator, missing), strict=True))
    waves = source.waves if isinstance(source, Waves) else (source,)
    choices = [choose(model, wave, estimator, missing) for wave in waves]
    ordinal = [choice for choice in choices if "ordered" in choice.options]
    asking = ordinal or choices
    return next((each.options for each in asking if each.missing != "listwise"), asking[0].options)


def _grouped(model: Model, source: Wave | pd.DataFrame, group: str, words: Words) -> pd.DataFrame:
    """The answers, and the group's name in a column of its own; rows are sorted by group."""
    if isinstance(source, Wave):
        if group == WAVE:
            raise OptionError("one wave has no waves to compare: give several files, or a grouping such as ZZP.")
        frame = source.frame(dict.fromkeys([*model.observed, group]))
        book = source.codebook
        before = f"{words.short(group)}: " if group in book else ""
        name: Callable[[Any], str] = lambda value: before + group_name(book, words, group, value)  # noqa: E731
    else:
        if group not in source:
            raise WaveError(f"the table has no column `{group}`.{closest(group, map(str, source.columns))}")
        frame = source.copy()
        name = lambda value: f"{group} = {value:g}" if isinstance(value, float) else f"{group} = {value}"  # noqa: E731
    frame = frame[frame[group].notna()].sort_values(group, kind="stable")
    values = frame[group].unique()
    if not 2 <= len(values) <= MOST:
        raise OptionError(
            f"--group {group}: {len(values)} different value(s); the groups that can stand side by side are two "
            f"to {MOST}. Join small groups, or take another column."
        )
    return frame.assign(**{_COLUMN: frame[group].map({value: name(value) for value in values})})


def _constant(model: Model, frame: pd.DataFrame) -> tuple[str, ...]:
    """Causes with one value in some group, such as firm size among the self-employed."""
    causes = [name for name in model.observed if name not in model.endogenous and name in frame]
    causes = [name for name in causes if any(arrow.op == "~" and arrow.rhs == name for arrow in model.arrows)]
    spread = frame.groupby(_COLUMN, sort=False)[causes].nunique()
    return tuple(name for name in causes if bool((spread[name] < 2).any()))


def _without(model: Model, gone: Sequence[str], words: Words, key: str) -> tuple[Model, tuple[str, ...]]:
    """The model without some variables, and the sentence that says so."""
    if not gone:
        return model, ()
    kept = tuple(arrow for arrow in model.arrows if not {arrow.lhs, arrow.rhs} & set(gone))
    named = ", ".join(words.label(name) for name in gone)
    return replace(model, arrows=kept), (words.plain(key, items=named),)
