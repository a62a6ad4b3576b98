"""The pictures of the dossier, each beside the table it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from mkb21sem.report.charts import heat, likert, reliabilities, scree
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.dossier.meanings import published
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.validate.correlations import batteries
from mkb21sem.validate.htmt import STRICT
from mkb21sem.validate.reliability import ACCEPTABLE, REDUNDANT


def pictures(found: Sequence[Inquiry], words: Words, only: Sequence[str] = ()) -> dict[str, list[Chart]]:
    """Table → charts; ``only`` names the tables whose charts are wanted, none for all."""
    makers = {
        "d_items": answers,
        "d_retention": screes,
        "d_explored_fit": explored,
        "d_loadings": crossed,
        "d_reliability": forest,
        "d_ratios": ratios,
    }
    return {name: made for name, make in makers.items() if not only or name in only if (made := make(found, words))}


def answers(found: Sequence[Inquiry], words: Words) -> list[Chart]:
    """How every battery was answered."""
    wave = found[0].wave
    made = []
    for name, items in batteries(wave).items():
        own = [wave.codebook[item] for item in items]
        if len({item.codes for item in own}) > 1 or len(own[0].codes) > 7:
            continue
        shares = {one.group: _shares(one, items) for one in found}
        codes = [own[0].code_label(code, words.lang) for code in own[0].codes]
        title = words.plain("dossier.chart_likert", construct=words.short(name))
        labels = {item.id: item.topic(words.lang) for item in own}
        made.append(likert.likert(f"answers_{name}", shares, labels, codes, words, title, wave.synthetic))
    return made


def _shares(one: Inquiry, items: Sequence[str]) -> pd.DataFrame:
    table = one.screening.categories
    return table[table["item"].isin(items)]


def screes(found: Sequence[Inquiry], words: Words) -> list[Chart]:
    """Scree plots with parallel analysis."""
    panels = {}
    for one in found:
        for (name, kind), own in one.retention.items():
            what = f"{words.short(name) if name else words.plain('d_all')} ({words.plain(f'd_correlation.{kind}')})"
            panels[f"{one.group}: {what}" if one.group else what] = own
    title = words.plain("dossier.chart_scree")
    return [scree.scree("scree", panels, words, title, synthetic=found[0].wave.synthetic)] if panels else []


def explored(found: Sequence[Inquiry], words: Words) -> list[Chart]:
    """Exploratory loadings: of each group constructs with forms side by side."""
    made = []
    for at, one in enumerate(found):
        if not one.explored:
            continue
        panels = {
            words.short(name) if name else words.plain("d_all"): own.pattern for name, own in one.explored.items()
        }
        title = words.plain("dossier.chart_efa") + (f": {one.group}" if one.group else "")
        kind = words.plain(f"dossier.kind.{next(iter(one.explored.values())).kind}")
        note = words.plain("dossier.loading_note", how=words.plain("dossier.efa_note", kind=kind))
        name = f"loadings_explored{at + 1 if one.group else ''}"
        labels = _labels(one.wave.codebook, words)
        made.append(heat.loadings(name, panels, labels, {}, words, title, note, one.wave.synthetic))
    return made


def _labels(codebook: Codebook, words: Words) -> dict[str, str]:
    return {item.id: f"{item.id} {item.topic(words.lang)}" for item in codebook.items}


def crossed(found: Sequence[Inquiry], words: Words) -> list[Chart]:
    """Loadings and cross-loadings of the measurement model."""
    made = []
    for at, one in enumerate(found):
        if one.validity is None:
            continue
        of = one.structure
        table = one.validity.loadings.pivot_table("structure", "item", "construct", sort=False)
        panel = table.loc[list(of.items), list(of.constructs)]
        panel.columns = pd.Index([words.short(name) for name in of.constructs])
        own = {item: words.short(name) for name, items in of.constructs.items() for item in items}
        title = words.plain("dossier.chart_cross") + (f": {one.group}" if one.group else "")
        note = words.plain("dossier.loading_note", how=words.plain("dossier.cross_note"))
        name = f"loadings_crossed{at + 1 if one.group else ''}"
        labels = _labels(one.wave.codebook, words)
        made.append(heat.loadings(name, {"": panel}, labels, own, words, title, note, one.wave.synthetic))
    return made


def forest(found: Sequence[Inquiry], words: Words) -> list[Chart]:
    """Alpha and omega with their intervals."""
    panels = {one.group: one.reliability for one in found if len(one.reliability)}
    if not panels:
        return []
    printed: Mapping[str, float] = {
        str(each.values["construct"]): float(str(each.values["published"])) for one in found for each in published(one)
    }
    title, note = words.plain("dossier.chart_reliability"), words.plain("dossier.reliability_note")
    limits, synthetic = (ACCEPTABLE, REDUNDANT), found[0].wave.synthetic
    return [reliabilities.reliabilities("reliability", panels, limits, words, title, note, printed, synthetic)]


def ratios(found: Sequence[Inquiry], words: Words) -> list[Chart]:
    """HTMT of every pair of constructs."""
    panels = {}
    for one in found:
        if one.validity is not None and one.validity.htmt is not None:
            names = list(one.structure.constructs)
            square = pd.DataFrame(float("nan"), names, names)
            for row in one.validity.htmt.table.to_dict("records"):
                square.loc[row["other"], row["construct"]] = row["htmt"]
            panels[one.group] = square
    title, note = words.plain("dossier.chart_htmt"), words.plain("dossier.htmt_note")
    return [heat.square("htmt", panels, words, title, note, STRICT, found[0].wave.synthetic)] if panels else []
