"""The monitor's page, charts and tables in one folder."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.describe.monitor import agreement
from mkb21sem.report import outputs, provenance
from mkb21sem.report.charts import monitor as drawn
from mkb21sem.report.charts import monitor_outside, monitor_stage
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.monitor import monitor_prose as prose
from mkb21sem.report.monitor import monitor_tables as tables
from mkb21sem.report.monitor.monitor_study import MonitorStudy
from mkb21sem.report.pages import numbered, rendered
from mkb21sem.report.provenance import source
from mkb21sem.report.results import PROGRAM, plain, software
from mkb21sem.report.results import write as write_json
from mkb21sem.report.table import Table
from mkb21sem.report.table import write as write_csv
from mkb21sem.report.words import Words

PAGE = "monitor.html"
LARGEST = 1.25
"""How much a chart is enlarged at most on the page."""


def write(
    of: MonitorStudy,
    words: Words,
    out: Path,
    only_figures: bool = False,
    respondents: bool = False,
    asked: Mapping[str, Any] | None = None,
) -> None:
    """Write page, charts, tables and results.json into a folder that appears whole or not at all.

    Parameters
    ----------
    of
        What was computed.
    words
        The language, and the codebook's labels.
    out
        The folder.
    only_figures
        Whether to leave everything out but figures 1–13.
    respondents
        Whether the weight of every respondent is written too; the folder is then not for sharing.
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.

    Raises
    ------
    OptionError
        The folder can't be written, or holds something else.
    """
    sections, told = every_section(of, words, only_figures), summary_of(of, asked)
    foot = list(provenance.lines(told, words))
    with outputs.whole(out) as folder:
        (folder / "figures").mkdir()
        for section in sections:
            for part in section["parts"]:
                if isinstance(part, Chart):
                    _save(part, folder / "figures")
        (folder / PAGE).write_text(page(of, words, sections, folder / "figures", respondents, foot), encoding="utf-8")
        save_tables(of, words, folder / "tables", respondents)
        write_json(told, folder / outputs.RESULTS)


def every_section(of: MonitorStudy, words: Words, only_figures: bool = False) -> list[dict[str, Any]]:
    """The sections of the page in order: name, sentences, parts (charts and tables), sentences after, sources."""
    synthetic, codebook = of.wave.synthetic, of.wave.codebook
    figures = _section("figures", [], drawn.charts(of.figures, words, synthetic))
    if only_figures:
        return [figures]
    made = [_section("published", [], [tables.published(of.figures, words)]), figures]
    goals = [] if of.claim is None else [tables.experience(of.claim.goals, words, codebook)]
    made.append(_section("experience", prose.experience(of, words), goals))
    made.append(_section("knowledge", prose.knowledge(of, words), [tables.knowledge(of.knowledge)]))
    made.append(_adoption(of, words))
    if of.trend is not None:
        names = [wave.name for wave in of.waves]
        any_synthetic = any(wave.synthetic for wave in of.waves)
        chart = monitor_outside.over_waves(of.trend, names, words, any_synthetic)
        made.append(_section("trend", [words("monitor.trend.what")], [chart, tables.trend(of.trend, names, words)]))
    official: list[Chart | Table] = []
    if of.beside is not None and of.sizes is not None:
        chart_of = monitor_outside.official(of.sizes, of.beside, codebook, words, synthetic)
        official = [*([chart_of] if chart_of else []), tables.benchmark(of.beside, words, codebook)]
    made.append(_section("official", prose.official(of, words), official) | {"sources": prose.sources(of)})
    if of.weights is not None:
        parts = [tables.margins(of.weights, words, codebook), tables.weighted(of.figures, words)]
        made.append(_section("weights", prose.weights(of, words), parts))
    return made


def page(
    of: MonitorStudy,
    words: Words,
    sections: Sequence[dict[str, Any]],
    drawn_in: Path,
    respondents: bool = False,
    foot: Sequence[Markup] = (),
) -> str:
    """The page as HTML that needs nothing from elsewhere; the charts' SVG files are in a folder."""
    count, shown = 0, []
    for section in sections:
        parts = []
        for part in section["parts"]:
            table = part if isinstance(part, Table) else _behind(part, of, words)
            count += table is not None
            held = numbered(table, count, words) | {"image": ""} if table is not None else None
            parts.append(held if part is table else {"name": part.name, "image": _image(part, drawn_in), "table": held})
        shown.append(section | {"parts": parts})
    content = {
        "wave": of.wave.name,
        "synthetic": of.wave.synthetic,
        "summary": list(prose.summary(of, words)),
        "sections": shown,
        "limits": [*prose.limits(of, words), *_protected(of, words)],
        "files": file_list(of, words, respondents),
        "provenance": foot,
    }
    return rendered("monitor.html", content, words)


def file_list(of: MonitorStudy, words: Words, respondents: bool = False) -> list[tuple[str, str]]:
    """The files of the folder and what they are."""
    listed = [(PAGE, "page"), ("figures/*.svg, *.png", "figures"), ("tables/*.csv", "tables")]
    listed += [("tables/weights.csv", "weights")] if of.weights is not None and respondents else []
    return [(name, words.plain(f"monitor.file.{key}")) for name, key in [*listed, (outputs.RESULTS, "results")]]


def save_tables(of: MonitorStudy, words: Words, folder: Path, respondents: bool = False) -> None:
    """Write every frame as CSV, unrounded, with decimal marks of the language."""
    folder.mkdir()
    frames = {"monitor": of.figures, "knowledge": of.knowledge, "selection": of.selection}
    if of.claim is not None:
        frames["experience"] = of.claim.goals
    for name, done in of.adoption.items():
        frames[f"adoption_{name.lower()}"] = done.coefficients
        frames[f"effects_{name.lower()}"] = done.effects
        if done.discrimination is not None:
            frames["calibration"] = done.discrimination.calibration
    if of.beside is not None and of.sizes is not None:
        frames |= {"official": of.beside, "use_by_size": of.sizes}
    if of.trend is not None:
        frames |= {"trend_values": of.trend.values, "trend_changes": of.trend.changes}
    if of.weights is not None:
        frames["margins"] = of.weights.margins
        if respondents:
            frames["weights"] = of.weights.values.rename_axis("respondent").reset_index()
    for name, frame in frames.items():
        write_csv(frame, folder / f"{name}.csv", words.lang)
    banner = [words.plain("banner"), ""] if of.wave.synthetic else []
    banner += [words.plain("privacy.respondents"), ""] if "weights" in frames and not of.wave.synthetic else []
    lines = [*banner, words.plain("tables.readme", wave=of.wave.name), "", *(f"{name}.csv" for name in frames)]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def summary_of(of: MonitorStudy, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What results.json says."""
    return dict(
        plain(
            {
                "made_by": PROGRAM,
                "schema": 1,
                "software": software(),
                "data": {
                    "file": source(of.wave)["file"],
                    "sha256": of.wave.sha256,
                    "n": of.wave.n,
                    "users": int(of.wave.users.sum()),
                    "synthetic": of.wave.synthetic,
                },
                "published": agreement(of.figures).value_counts().to_dict(),
                "claim": None
                if of.claim is None
                else {"goals": len(of.claim.goals), "below": of.claim.below, "p": of.claim.p, "holds": of.claim.holds},
                "weights": None
                if of.weights is None
                else {"design_effect": of.weights.design_effect, "effective_n": of.weights.effective_n},
                "waves": [wave.name for wave in of.waves],
                "suppressed": {"below": of.threshold, "figures": int(of.figures["hidden"].sum())}
                if of.threshold
                else None,
                "not_computed": of.causes,
                "run": provenance.run(asked or provenance.unknown("describe")),
            }
        )
    )


def _protected(of: MonitorStudy, words: Words) -> list[Markup]:
    """That small counts are hidden, or aren't."""
    if of.threshold:
        return [words("privacy.below", threshold=of.threshold)]
    return [] if of.wave.synthetic else [words("privacy.off")]


def _save(chart: Chart, folder: Path) -> None:
    """Write a chart as SVG, which lays it out, and then as PNG in the same layout: laying out takes longest."""
    chart.save(folder, (".svg",))
    chart.figure.set_layout_engine("none")
    chart.save(folder, (".png",))


def _image(chart: Chart, folder: Path) -> Markup:
    """An HTML element that holds the picture of a saved chart and its alternative text."""
    held = base64.b64encode((folder / f"{chart.name}.svg").read_bytes()).decode("ascii")
    wide = float(chart.figure.get_size_inches()[0])
    style = f"width:100%;max-width:{wide * LARGEST:.2f}in;height:auto"
    return Markup('<img alt="{}" style="{}" src="data:image/svg+xml;base64,{}">').format(chart.alt, style, held)


def _section(name: str, lines: Iterable[Markup], parts: Sequence[Chart | Table]) -> dict[str, Any]:
    return {"name": name, "lines": list(lines), "parts": list(parts), "after": [], "sources": []}


def _adoption(of: MonitorStudy, words: Words) -> dict[str, Any]:
    """Regressions, what they are worth, and what it means to model users only."""
    parts: list[Chart | Table] = []
    for done in of.adoption.values():
        parts += [monitor_stage.effects(done, words, of.wave.synthetic), tables.adoption(done, words)]
        if done.discrimination is not None:
            parts.append(monitor_stage.predictions(done.discrimination, words, of.wave.synthetic))
    if len(of.selection):
        parts.append(tables.selection(of.selection))
    return _section("adoption", prose.adoption(of, words), parts) | {"after": list(prose.selection(of, words))}


def _behind(chart: Chart, of: MonitorStudy, words: Words) -> Table | None:
    """The numbers of a chart of figures 1–13."""
    number = chart.name.removeprefix("figure")
    return tables.figure(of.figures, int(number), words) if number.isdigit() else None
