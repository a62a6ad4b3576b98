"""Variables that follow from the answers: use, breadth, gaps between goal and result, scale means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.survey.codebook import Codebook

Array = NDArray[np.float64]

NOT_ASKED, DONT_KNOW, NO_ANSWER = -7, -8, -9
ACTIVE, WEEKLY = 2, 3
SCALES = ("CUL", "OMG", "MOT", "ERV", "REP", "TOE", "MAA", "WIJ")
CLASSES = ("SNET", "BLOG", "CNTSHR", "WIKI")
PARCELLED = ("MOT", "ERV")


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one variable follows from answers.

    Parameters
    ----------
    name
        The variable.
    items
        The questions it needs, all of them.
    of
        Valid answers (n, k) with NaN for the missing ones → the variable (n,).
    """

    name: str
    items: tuple[str, ...]
    of: Callable[[Array], Array]


def derivations(codebook: Codebook) -> dict[str, Derivation]:
    """Every variable that follows from this codebook's questions, except USER (see `use`).

    A mean or sum is missing when any of its answers is: over fewer questions it would be another measure
    for that respondent than for the next. A share of "any" is known as soon as one is active.
    """
    batteries = {letters: _ids(codebook, letters) for letters in (*SCALES, "GEB")}
    made = [*_frequency(batteries["GEB"]), *_classes(codebook)]
    made += [Derivation(f"{scale}_M", batteries[scale], _mean) for scale in SCALES if batteries[scale]]
    made += _parcels(codebook) + _gaps(codebook)
    made += [
        Derivation("ZENDEN", ("WIJ01",), _same),
        Derivation("INTERACTIE", ("WIJ04", "WIJ05", "WIJ06"), _mean),
        Derivation("ZZP", ("OMV01",), _is_one),
    ]
    return {each.name: each for each in made if all(item in codebook for item in each.items)}


def derive(answers: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """USER and every derived variable whose questions are all in the wave; NaN where missing or not asked.

    Parameters
    ----------
    answers : (n, questions)
        Codes, with −7, −8 and −9 for missing answers.
    """
    valid = answers.where(answers >= 0).astype(float)
    columns = {"USER": use(answers, codebook)}
    for name, derivation in derivations(codebook).items():
        if all(item in valid for item in derivation.items):
            columns[name] = derivation.of(valid[list(derivation.items)].to_numpy())
    return pd.DataFrame(columns, index=answers.index)


def use(answers: pd.DataFrame, codebook: Codebook) -> Array:
    """USER: 1 if any medium is used more than hardly or never, 0 if none is, NaN if that can't be told.

    Where an unanswered frequency leaves it open, the questionnaire's own routing decides: who was put the
    users' questions is a user, who was put the non-users' is not.

    Parameters
    ----------
    answers : (n, questions)
        Codes; NaN where a cell is blank.
    """
    frequency = answers[[id for id in _ids(codebook, "GEB") if id in answers]].to_numpy(dtype=float)
    complete = frequency.shape[1] == len(_ids(codebook, "GEB")) > 0
    decided = _any_active(np.where(frequency < 0, np.nan, frequency))
    if not complete:
        decided = np.where(decided == 1, 1.0, np.nan)
    users, nonusers = (_put(answers, codebook, asked) for asked in ("users", "nonusers"))
    routed = np.where(users & ~nonusers, 1.0, np.where(nonusers & ~users, 0.0, np.nan))
    return np.where(np.isnan(decided), routed, decided)


def _put(answers: pd.DataFrame, codebook: Codebook, asked: str) -> NDArray[np.bool_]:
    """Which respondents were put any of the questions for users, or for non-users, (n,)."""
    block = answers[[item.id for item in codebook.items if item.asked == asked and item.id in answers]]
    cells = block.to_numpy(dtype=float)
    return np.asarray((~np.isnan(cells) & (cells != NOT_ASKED)).any(axis=1))


def _ids(codebook: Codebook, letters: str) -> tuple[str, ...]:
    return tuple(item.id for item in codebook.battery(letters))


def _frequency(media: tuple[str, ...]) -> list[Derivation]:
    if not media:
        return []
    return [
        *(Derivation(f"ACT_{id}", (id,), _at_least(ACTIVE)) for id in media),
        *(Derivation(f"WKPLUS_{id}", (id,), _at_least(WEEKLY)) for id in media),
        Derivation("BREEDTE", media, _at_least(ACTIVE)),
        Derivation("INTENS", media, _mean),
        Derivation("INTENS_MAX", media, lambda x: np.asarray(x.max(axis=1))),
    ]


def _classes(codebook: Codebook) -> list[Derivation]:
    """Eurostat's counts of types: a medium without a class, such as a forum, is no type."""
    media = [item for item in codebook.battery("GEB") if item.platform_class]
    ids = tuple(item.id for item in media)
    of_class = {name: [at for at, item in enumerate(media) if item.platform_class == name] for name in CLASSES}
    groups = [columns for columns in of_class.values() if columns]
    if not groups:
        return []
    return [
        *(
            Derivation(f"EU_{name}", tuple(ids[at] for at in columns), _any_active)
            for name, columns in of_class.items()
            if columns
        ),
        Derivation("EU_ANY", ids, _any_active),
        Derivation("EU_ONE", ids, lambda x: _one_type(x, groups)),
        Derivation("EU_GE2", ids, lambda x: _two_types(x, groups)),
    ]


def _one_type(x: Array, groups: Sequence[Sequence[int]]) -> Array:
    low, high = _types_used(x, groups)
    return np.where((low == 1) & (high == 1), 1.0, np.where((low > 1) | (high == 0), 0.0, np.nan))


def _two_types(x: Array, groups: Sequence[Sequence[int]]) -> Array:
    low, high = _types_used(x, groups)
    return np.where(low >= 2, 1.0, np.where(high < 2, 0.0, np.nan))


def _types_used(x: Array, groups: Sequence[Sequence[int]]) -> tuple[Array, Array]:
    """Least and greatest number of types that may be in use, given unanswered frequencies, (n,) each."""
    active = np.column_stack([_any_active(x[:, list(group)]) for group in groups])
    low = (active == 1).sum(axis=1).astype(float)
    return low, low + np.isnan(active).sum(axis=1)


def _parcels(codebook: Codebook) -> list[Derivation]:
    """Means by form of communication: MOT_PR … ERV_CRISIS."""
    made = []
    for letters in PARCELLED:
        items = codebook.battery(letters)
        for form in dict.fromkeys(item.form for item in items if item.form):
            ids = tuple(item.id for item in items if item.form == form)
            made.append(Derivation(f"{letters}_{form.upper()}", ids, _mean))
    return made


def _gaps(codebook: Codebook) -> list[Derivation]:
    """Experience minus motive, goal by goal: below zero where the result lags behind the goal."""
    return [
        Derivation(f"GAP_{item.number}", (item.id, f"MOT{item.number}"), lambda x: x[:, 0] - x[:, 1])
        for item in codebook.battery("ERV")
        if f"MOT{item.number}" in codebook
    ]


def _mean(x: Array) -> Array:
    return np.asarray(x.mean(axis=1))


def _same(x: Array) -> Array:
    return x[:, 0]


def _is_one(x: Array) -> Array:
    return np.where(np.isnan(x[:, 0]), np.nan, x[:, 0] == 1)


def _at_least(code: int) -> Callable[[Array], Array]:
    """Count of answers at or above a code: 0 or 1 for one question."""

    def count(x: Array) -> Array:
        return np.where(np.isnan(x).any(axis=1), np.nan, (x >= code).sum(axis=1))

    return count


def _any_active(x: Array) -> Array:
    """1 if any medium is used, 0 if none is, NaN if none is known to be and some are unanswered."""
    known = np.where(np.isnan(x).any(axis=1), np.nan, 0.0)
    return np.where((x >= ACTIVE).any(axis=1), 1.0, known)
