"""What to know of the answers before they are used: every sign is shown, no answer is left out."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.ordered.polychoric import ordinal_moments
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import MANY_CATEGORIES, answers, batteries, scales
from mkb21sem.validate.missing import Mcar, mcar, missing_patterns
from mkb21sem.validate.respondents import respondents
from mkb21sem.validate.shape import CROWDED, PEAKED, SKEWED, Mardia, categories, describe, mardia

WEAK = 0.30
WEAK_RULE = (
    "An item that correlates less than .30 with the sum of the others hardly belongs to the scale (Nunnally & "
    "Bernstein 1994). Criticism: short, broad scales have low correlations by design."
)
TURNED = -0.20
REVERSED_RULE = (
    "An item that points against most items of its scale on their first principal component, with an item-rest "
    "correlation below −.20, is probably worded the other way round and was not recoded. Look at its text before "
    "turning it; the limit is this package's own."
)
COLUMNS = (
    *("item", "scale", "n", "missing", "share_missing", "mean", "sd", "skewness", "kurtosis", "minimum", "maximum"),
    *("floor", "ceiling", "categories", "empty", "item_rest", "flags"),
)


@dataclass(frozen=True)
class Screening:
    """What the answers look like.

    Attributes
    ----------
    items
        item scale n missing share_missing mean sd skewness kurtosis minimum maximum floor ceiling categories empty
        item_rest flags. floor and ceiling are shares at the lowest and highest possible answer, empty the codes that
        nobody gave; flags is any of constant empty skewed peaked weak reversed.
    scales
        scale k n mean sd skewness kurtosis floor ceiling flags, of the respondents' means over the items: floor and
        ceiling are shares at the lowest and highest possible mean, flagged by `CROWDED_RULE`.
    categories
        item code n share, for items with few different answers.
    pairs
        scale item other n pearson polychoric: correlations within scales.
    patterns
        missing k n share, of the respondents who were asked everything.
    mcar, mardia
        Of the same respondents; mardia of those with all answers, None with ``mardia_note`` where it doesn't exist.
    respondents
        See `respondents.respondents`.
    """

    items: pd.DataFrame
    scales: pd.DataFrame
    categories: pd.DataFrame
    pairs: pd.DataFrame
    patterns: pd.DataFrame
    mcar: Mcar
    mardia: Mardia | None
    mardia_note: str
    respondents: pd.DataFrame


def screen(
    source: Wave | pd.DataFrame,
    items: Sequence[str] | None = None,
    constructs: Mapping[str, Sequence[str]] | None = None,
) -> Screening:
    """Screen items and respondents.

    Parameters
    ----------
    source
        A wave, or a table with one row a respondent and NaN for a missing answer.
    items
        Items in the order of the questions. Default: all ordinal batteries of a wave, all columns of a table.
    constructs
        Items of each scale; see `scales`.

    Raises
    ------
    WaveError
        An item is absent or holds text.
    """
    groups = scales(source, constructs)
    names = list(items) if items is not None else _default(source, groups)
    groups = {name: own for name, given in groups.items() if (own := tuple(i for i in given if i in names))}
    given, asked = _whole(source, names)
    everything = given[asked.all(axis=1)]
    scaled = [name for name in names if any(name in own for own in groups.values())]
    shape, note = _mardia(everything)
    codes = {name: _codes(source, given[name], name) for name in names}
    return Screening(
        _items(given, asked, groups, codes),
        _scales(given, groups, codes),
        _categories(given, codes),
        _pairs(given, groups, codes),
        missing_patterns(everything),
        mcar(everything),
        shape,
        note,
        respondents(given[scaled], groups, asked[scaled]),
    )


def _default(source: Wave | pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> list[str]:
    if isinstance(source, Wave):
        chosen = {*(i for items in batteries(source, indices=True).values() for i in items)}
        return [item for item in source.answers.columns if item in chosen]
    return list(dict.fromkeys(item for items in groups.values() for item in items))


def _whole(source: Wave | pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers of everybody, NaN where missing or not asked, and who was asked what."""
    if isinstance(source, Wave):
        asked = {name: source.asked(name) for name in names}
        own = source.answers[[name for name in names if name in source.answers]]
        columns = dict(own.where(own >= 0).astype(float))
        columns |= {name: source.frame([name])[name].reindex(own.index) for name in names if name not in columns}
        return pd.DataFrame({name: columns[name] for name in names}), pd.DataFrame(asked)
    given = answers(source, names)
    return given, pd.DataFrame(True, given.index, given.columns)


def _codes(source: Wave | pd.DataFrame, answer: pd.Series[float], name: str) -> tuple[float, ...] | None:
    """Possible answers; None for a continuous item."""
    if isinstance(source, Wave) and name in source.codebook:
        return tuple(float(code) for code in source.codebook[name].codes)
    y = answer.dropna()
    if y.nunique() > MANY_CATEGORIES or not (y == y.round()).all():
        return None
    return tuple(categories(answer)["code"])


def _mardia(everything: pd.DataFrame) -> tuple[Mardia | None, str]:
    try:
        return mardia(everything.dropna().to_numpy(float), [*everything.columns]), ""
    except Mkb21Error as error:
        return None, str(error)


def _items(
    given: pd.DataFrame,
    asked: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    codes: Mapping[str, tuple[float, ...] | None],
) -> pd.DataFrame:
    of = {item: scale for scale, items in groups.items() for item in items}
    rest: dict[str, float] = {}
    against: set[str] = set()
    for items in groups.values():
        own, turned = scale_structure(given[list(items)])
        rest |= own
        against |= turned
    lines = []
    for name, possible in codes.items():
        answer = given[name][asked[name]]
        line = {"item": name, "scale": of.get(name, "")} | describe(answer) | _ends(answer, possible)
        line["share_missing"] = float(answer.isna().mean()) if len(answer) else math.nan
        line["item_rest"] = rest.get(name, math.nan)
        line["flags"] = " ".join(_flags(line, name in against))
        lines.append(line)
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"n": int, "missing": int})


def _ends(answer: pd.Series[float], codes: tuple[float, ...] | None) -> dict[str, object]:
    """Lowest and highest answer, the shares at the ends of the possible ones, and what nobody gave."""
    found: dict[str, object] = {"minimum": answer.min(), "maximum": answer.max(), "categories": answer.nunique()}
    if not codes:
        return found | {"floor": math.nan, "ceiling": math.nan, "empty": ""}
    table = categories(answer, codes)
    share = table.set_index("code")["share"]
    empty = " ".join(f"{code:g}" for code in table.loc[table["n"] == 0, "code"])
    return found | {"floor": float(share[min(codes)]), "ceiling": float(share[max(codes)]), "empty": empty}


def _flags(line: Mapping[str, object], against: bool) -> list[str]:
    def above(name: str, limit: float) -> bool:
        return abs(float(line[name])) > limit  # type: ignore[arg-type]

    signs = {
        "constant": line["categories"] == 1,
        "empty": bool(line["empty"]),
        "skewed": above("skewness", SKEWED),
        "peaked": above("kurtosis", PEAKED),
        "weak": not against and float(line["item_rest"]) < WEAK,  # type: ignore[arg-type]
        "reversed": against,
    }
    return [name for name, sign in signs.items() if sign]


def varying(given: pd.DataFrame) -> list[str]:
    """Items that were not answered alike by everybody."""
    y = given.to_numpy(float)
    return [
        str(name) for name, column in zip(given.columns, y.T, strict=True) if len(y) and column.min() < column.max()
    ]


def scale_structure(given: pd.DataFrame) -> tuple[dict[str, float], set[str]]:
    """Item-rest correlation of each item, and the items that point against most of the others.

    Parameters
    ----------
    given : (n, k)
        Items of one scale; the rows with an answer on every item count. Constant items have no correlations.
    """
    complete = given.dropna()
    varied = varying(complete)
    if len(varied) < 2 or len(complete) < 3:
        return {}, set()
    y = complete[varied].to_numpy(float)
    R = np.corrcoef(y, rowvar=False)
    first = np.linalg.eigh(R)[1][:, -1]
    turn = np.sign(first) * (1 if (first > 0).sum() * 2 >= len(first) else -1)
    rest = y.sum(axis=1, keepdims=True) - y
    with np.errstate(invalid="ignore"):
        r = [float(np.corrcoef(a, b)[0, 1]) for a, b in zip(y.T, rest.T, strict=True)]
    against = {name for name, sign, own in zip(varied, turn, r, strict=True) if sign < 0 and own < TURNED}
    return dict(zip(varied, r, strict=True)), against if len(varied) > 2 else set()


def _scales(
    given: pd.DataFrame, groups: Mapping[str, Sequence[str]], codes: Mapping[str, tuple[float, ...] | None]
) -> pd.DataFrame:
    lines = []
    for scale, items in groups.items():
        means = given[list(items)].dropna().mean(axis=1)
        line: dict[str, object] = {"scale": scale, "k": len(items)} | describe(means)
        ends = [codes[name] or (math.nan,) for name in items]
        low, high = (float(np.mean([end(own) for own in ends])) for end in (min, max))
        line["floor"], line["ceiling"] = (
            float(np.isclose(means, at).mean()) if len(means) and np.isfinite(at) else math.nan for at in (low, high)
        )
        line["flags"] = " ".join(name for name in ("floor", "ceiling") if float(str(line[name])) > CROWDED)
        lines.append(line)
    columns = ["scale", "k", "n", "mean", "sd", "skewness", "kurtosis", "floor", "ceiling", "flags"]
    return pd.DataFrame(lines, columns=columns)


def _categories(given: pd.DataFrame, codes: Mapping[str, tuple[float, ...] | None]) -> pd.DataFrame:
    parts = [
        categories(given[name], possible).assign(item=name) for name, possible in codes.items() if possible is not None
    ]
    if not parts:
        return pd.DataFrame(columns=["item", "code", "n", "share"])
    return pd.concat(parts, ignore_index=True)[["item", "code", "n", "share"]]


def _pairs(
    given: pd.DataFrame, groups: Mapping[str, Sequence[str]], codes: Mapping[str, tuple[float, ...] | None]
) -> pd.DataFrame:
    lines = []
    for scale, items in groups.items():
        complete = given[list(items)].dropna()
        varied = varying(complete)
        if len(varied) < 2:
            continue
        pearson = complete[varied].corr().to_numpy()
        latent = np.full_like(pearson, math.nan)
        if all(codes[name] is not None for name in varied):
            with contextlib.suppress(Mkb21Error):
                latent = ordinal_moments(complete[varied].to_numpy(float), [True] * len(varied), names=varied).cov
        for i, j in zip(*np.triu_indices(len(varied), 1), strict=True):
            lines.append((scale, varied[i], varied[j], len(complete), pearson[i, j], latent[i, j]))
    return pd.DataFrame(lines, columns=["scale", "item", "other", "n", "pearson", "polychoric"])
