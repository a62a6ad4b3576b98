"""What is written on an arrow: its name, or its estimate with stars or an interval, and the letter of its evidence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.report.numbers import ABSENT, bounded, interval, number
from mkb21sem.specify.model import Model
from mkb21sem.specify.parse import Arrow

LABELS = ("std", "std+stars", "std+interval", "est", "est+stars", "est+interval", "key", "none")
ALPHA = 0.05
STARS = (0.05, 0.01, 0.001)
"""Levels of one, two and three stars."""
TAGS = {
    "en": {"stated": "s", "implied": "i", "reconstruction": "r"},
    "nl": {"stated": "g", "implied": "i", "reconstruction": "r"},
}


def chosen_labels(found: Fit | Model, labels: str | None) -> str:
    """What stands on the arrows: what is asked for, else ``std`` for a fit, ``key`` for a model.

    A fit that did not converge has no numbers to show.

    Raises
    ------
    OptionError
        An unknown value, or numbers asked of a model.
    """
    if not isinstance(found, Fit | Model):
        raise OptionError(f"diagram draws a Fit or a Model; got {type(found).__name__}.")
    chosen = labels or ("std" if isinstance(found, Fit) else "key")
    one_of("labels", chosen, LABELS)
    if isinstance(found, Fit):
        return chosen if found.converged or chosen == "key" else "none"
    if chosen not in ("key", "none"):
        raise OptionError(
            f"labels='{chosen}' needs a Fit; a Model has no numbers. Use 'key' or 'none', or fit it first."
        )
    return chosen


def worded(arrow: Arrow, labels: str, lang: str) -> str:
    """The arrow's name, else its label, else the number it is fixed at."""
    if labels == "none":
        return ""
    fixed = (
        "" if arrow.value is None else f"{arrow.value:g}".replace("-", "−").replace(".", "," if lang == "nl" else ".")
    )
    return arrow.key or arrow.label or ("" if arrow.op == "=~" else fixed)


def numbered(row: pd.Series, labels: str, lang: str) -> str:
    """The estimate, with stars or with its interval on a second line."""
    which, _, more = labels.partition("+")
    form = bounded if which == "std" else number
    if not np.isfinite(row[which]):
        return ABSENT
    text = form(float(row[which]), lang=lang)
    if more == "stars" and np.isfinite(row["p"]):
        text += "*" * sum(row["p"] < limit for limit in STARS)
    if more == "interval":
        low, high = (float(row[f"{which}_{end}"]) for end in ("low", "high"))
        text += f"\n{interval(low, high, form, lang=lang)}" if np.isfinite(low) else ""
    return text
