"""All tables of the dossier, and frames that are only written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from mkb21sem.report.dossier import confirmed, explored, judged, screened
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.table import Table
from mkb21sem.report.words import Words

MAKERS: tuple[Callable[[Sequence[Inquiry], Words], Table], ...] = (
    *(screened.items, screened.tests, screened.respondents),
    *(explored.adequacy, explored.retention, explored.explored_fit, explored.rivals, explored.congruence),
    *(confirmed.fit, confirmed.loadings, confirmed.misfit),
    *(judged.reliability, judged.dropped, judged.fornell, judged.latent, judged.ratios),
    *(judged.inflation, judged.moved, judged.marker),
)


def every(found: Sequence[Inquiry], words: Words) -> dict[str, Table]:
    """All tables by name; empty ones are left out."""
    made = [make(found, words) for make in MAKERS]
    return {table.name: table for table in made if len(table.frame)}


def further(found: Sequence[Inquiry]) -> dict[str, pd.DataFrame]:
    """Frames that are only written: patterns, categories, item correlations, exploratory factors, cross-loadings."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for one in found:
        frames = {
            "patterns": one.screening.patterns,
            "categories": one.screening.categories,
            "item_correlations": one.screening.pairs,
            "scales": one.screening.scales,
            "cross_loadings": pd.DataFrame() if one.validity is None else one.validity.loadings,
        }
        if one.named:
            frames["respondents_all"] = one.screening.respondents.rename_axis("respondent").reset_index()
        for name, own in one.explored.items():
            for what in ("pattern", "structure", "phi"):
                frames[f"efa_{what}_{name or 'all'}"] = getattr(own, what).rename_axis("name").reset_index()
        for name, frame in frames.items():
            if len(frame):
                parts.setdefault(name, []).append(frame.assign(respondents=one.group) if len(found) > 1 else frame)
    return {name: pd.concat(own, ignore_index=True) for name, own in parts.items()}
