"""The comparison as one self-contained page, with tables and pictures beside it in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.estimate.fit import Fit
from mkb21sem.report import provenance
from mkb21sem.report.charts.replicated import replicated
from mkb21sem.report.charts.rungs import rungs
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.charts.trend import labels, trend
from mkb21sem.report.drawing import diagram as drawing
from mkb21sem.report.pages import folder, numbered, rendered
from mkb21sem.report.provenance import source
from mkb21sem.report.results import PROGRAM, SCHEMA, plain, software
from mkb21sem.report.table import Table
from mkb21sem.report.waves import sentences, tables
from mkb21sem.report.waves.comparison import Comparison
from mkb21sem.report.words import Words
from mkb21sem.survey.waves import Waves

SECTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "summary": ((), ()),
    "items": (("waves_drift",), ()),
    "ladder": (("waves_ladder", "waves_ladder_released", "waves_criteria"), ("ladder",)),
    "released": (("waves_freed", "waves_log"), ()),
    "means": (("waves_means", "waves_trend", "waves_observed"), ("trend",)),
    "hypotheses": (("waves_hypotheses",), ("forest", "diagram")),
}
"""Tables and pictures of each section."""


def save(of: Comparison, words: Words, out: str | Path, asked: Mapping[str, Any] | None = None) -> None:
    """Write waves.html, the pictures, tables/ and results.json into a folder, whole or not at all.

    Parameters
    ----------
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    made, drawn, told = tables.every(of, words), charts(of, words), plain(_results(of, asked))
    filed = {table.name.removeprefix("waves_"): table for table in made.values()}
    shown = document(of, words, made, drawn, list(provenance.lines(told, words)))
    folder.save(out, ("waves.html", shown), filed, drawn, told, words.lang)


def charts(of: Comparison, words: Words) -> list[Chart]:
    """Every picture that the comparison allows."""
    drawn = [rungs(of.ladder, of.partial.ladder, words, of.synthetic)]
    if of.means.allowed:
        drawn.append(trend(of.means, words, of.synthetic, of.group == "wave"))
    if of.replication is not None:
        drawn += replicated(of.replication, words, labels(of.means), of.synthetic)
        drawn.append(_diagram(of.replication.fit, of, words))
    return drawn


def document(
    of: Comparison, words: Words, made: Mapping[str, Table], drawn: Sequence[Chart], foot: Sequence[Markup] = ()
) -> str:
    """The page; its foot says how the numbers were made."""
    tables = {name: numbered(table, at, words) for at, (name, table) in enumerate(_filled(made), start=1)}
    pictures = [{"name": c.name, "image": c.image(), "caption": c.caption, "number": i} for i, c in enumerate(drawn, 1)]
    said = sentences.every(of, words)
    said["summary"] += [] if of.held is None else of.held.sentences(words)
    sections = {
        name: {
            "lines": said[name],
            "remarks": [(words.told(each), each) for each in sentences.remarks(of)] if name == "items" else [],
            "tables": listed,
            "charts": [p for p in pictures if any(str(p["name"]).startswith(prefix) for prefix in prefixes)],
        }
        for name, (listed, prefixes) in SECTIONS.items()
    }
    page = {
        "title": of.model.title or of.model.name,
        "sizes": sentences.sizes(of, words),
        "synthetic": of.synthetic,
        "tables": tables,
        "sections": sections,
        "provenance": foot,
    }
    return rendered("waves.html", page, words)


def _filled(made: Mapping[str, Table]) -> list[tuple[str, Table]]:
    listed = [name for names, _ in SECTIONS.values() for name in names]
    return [(name, made[name]) for name in listed if name in made and (made[name].rows is None or made[name].rows)]


def _diagram(found: Fit, of: Comparison, words: Words) -> Chart:
    """The waves' path diagrams side by side in one layout."""
    names = {name: words.label(name) for name in (*found.model.latents, *found.model.observed)}
    figure = drawing.diagrams(found, lang=words.lang, names=names, synthetic=of.synthetic)
    alt = words.plain("waves.diagram.alt", waves=words.listed(of.waves))
    return Chart("diagram", figure, words.plain("waves.diagram"), alt)


def _results(of: Comparison, asked: Mapping[str, Any] | None) -> dict[str, Any]:
    frames = {
        "ladder": of.ladder.table(),
        "ladder_released": of.partial.ladder.table(),
        "released": of.partial.freed(),
        "log": of.partial.log(),
        "means": of.means.table,
        "trend": of.means.trend,
        "observed": of.means.observed,
    }
    compared = of.source.waves if isinstance(of.source, Waves) else (of.source,)
    if of.replication is not None:
        frames |= {"hypotheses": of.replication.summary, "effects": of.replication.effects}
    return {
        "made_by": PROGRAM,
        "schema": SCHEMA,
        "software": software(),
        "model": str(of.model),
        "group": of.group,
        "waves": list(of.waves),
        "synthetic": of.synthetic,
        "ordinal": of.ladder.ordinal,
        "missing": of.ladder.groups.missing,
        "holds": of.ladder.holds,
        "means_withheld": of.means.reason,
        "no_replication": of.why_not,
        "remarks": list(of.ladder.remarks()),
        **{name: frame.to_dict("records") for name, frame in frames.items()},
        "data": {"synthetic": of.synthetic, "waves": [source(wave) for wave in compared]},
        **({} if of.held is None else {"plan": of.held.record()}),
        "run": provenance.run(asked or provenance.unknown("compare"), of.model),
    }
