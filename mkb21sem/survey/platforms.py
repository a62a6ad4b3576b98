"""Media come and go; their classes stay: use and expected use by Eurostat's class of platform.

A wave asks about the media of its day (Hyves ended, Instagram came). A mean over other media is another measure, so
that where waves differ, INTENS and TOE_M are means over the classes that all waves have (social networks, blogs,
content sharing, wikis), each class counting with the highest answer to any of its media.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import CLASSES
from mkb21sem.survey.wave import Wave

CARRIED = ("INTENS", "TOE_M")
"""Derived variables that are carried by class where the media differ."""
BATTERIES = {"INTENS": "GEB", "TOE_M": "TOE"}

Media = frozenset[tuple[str, str, str]]


def class_media(codebook: Codebook) -> Media:
    """What a questionnaire asks about media: battery, class and medium of every question."""
    return frozenset(
        (item.battery, item.platform_class, item.topic("nl"))
        for letters in BATTERIES.values()
        for item in codebook.battery(letters)
    )


def shared_classes(media: Sequence[Media], letters: str) -> tuple[str, ...]:
    """The classes of which every wave asks about some medium in this battery."""
    each = [{kind for battery, kind, _ in asked if battery == letters} for asked in media]
    return tuple(name for name in CLASSES if all(name in kinds for kinds in each))


def by_class(wave: Wave, media: Sequence[Media]) -> pd.DataFrame:
    """INTENS and TOE_M over the classes that all waves have, by respondent; NaN where a medium is unanswered.

    Parameters
    ----------
    wave
        The answers.
    media
        What each of the waves to be compared asks about.
    """
    known = wave.answers.where(wave.answers >= 0).astype(float)
    columns = {}
    for name, letters in BATTERIES.items():
        asked = [item for item in wave.codebook.battery(letters) if item.id in known]
        tops = [
            known[[item.id for item in asked if item.platform_class == kind]].max(axis=1, skipna=False)
            for kind in shared_classes(media, letters)
            if any(item.platform_class == kind for item in asked)
        ]
        columns[name] = np.mean(tops, axis=0) if tops else np.full(len(known), np.nan)
    return pd.DataFrame(columns, index=known.index)
