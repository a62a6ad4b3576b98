"""The report: one self-contained HTML page, in the order of the seven steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.describe.suppression import threshold_of
from mkb21sem.report import judged, numbers, prose, registered, sample, tables
from mkb21sem.report.pages import numbered, rendered
from mkb21sem.report.results import software
from mkb21sem.report.study import Study
from mkb21sem.report.table import Table, write
from mkb21sem.report.words import Words

STEPS = ("survey", "describe", "specify", "estimate", "validate", "infer", "report")
LARGEST, READABLE = 1.5, 550.0
"""How much a picture is enlarged at most, and the width in points below which it scrolls instead of shrinking."""
NOTHING = Markup("")
ESTIMATES = ("paths", "loadings", "covariances")


def every_table(of: Study, words: Words) -> dict[str, Table]:
    """All tables of the report in the order of their numbers; empty ones are left out."""
    made = [
        sample.bases(of.wave, words),
        sample.missing(of.wave, words),
        sample.published(of.wave, words),
        sample.descriptives(of.found, words, threshold_of(None, of.wave.synthetic)),
        sample.correlations(of.found, words),
        tables.hypotheses(of.hypotheses, words),
        registered.table(of.deviations),
    ]
    if of.found.converged:
        made += [make(of.found, words) for make in (tables.paths, tables.loadings, tables.covariances)]
    made += [
        tables.reliability(of.reliability, words),
        tables.suitability(of.suitability, words),
        tables.pattern(of.pattern, words),
    ]
    if of.found.converged:
        made += [
            tables.indices(of.indices, words),
            tables.explained(of.r2, of.found, words),
            judged.verdicts(of.judged, words),
            judged.sizes(of.judged, words),
        ]
        made += [tables.beside(of.found, of.beside.found, words)] if of.beside.found else []
        made += [
            tables.opinion(of.opinion, words),
        ]
    made.append(tables.software(software()))
    return {table.name: table for table in made if len(table.frame)}


def document(
    of: Study,
    words: Words,
    diagram: str = "",
    diagram_cause: str = "",
    measurement: Markup = NOTHING,
    provenance: Sequence[Markup] = (),
) -> str:
    """The report as one HTML page that needs nothing from elsewhere.

    Parameters
    ----------
    of
        The analysis.
    words
        The language, and the codebook's labels.
    diagram
        The path diagram as SVG; empty where there is none.
    diagram_cause
        Why there is none.
    measurement
        The chapter on the measurement, as HTML.
    provenance
        What the foot of the page says of how its numbers were made.
    """
    page = _page(of, words) | {
        "diagram": inline(diagram, _alternative(of, words)) if diagram else "",
        "diagram_cause": diagram_cause,
        "measurement": measurement,
        "provenance": provenance,
    }
    return rendered("report.html", page, words)


def _page(of: Study, words: Words) -> dict[str, Any]:
    """What the template fills in, apart from the picture."""
    made = every_table(of, words)
    shown = [table for table in made.values() if table.name != "second_opinion" and _has_rows(table)]
    in_order = {
        table.name: numbered(table, at, words, "note.estimates" if table.name in ESTIMATES else "")
        for at, table in enumerate(shown, start=1)
    }
    return {
        "title": of.model.title or of.model.name,
        "wave": of.wave.name,
        "synthetic": of.wave.synthetic,
        "converged": of.found.converged,
        "cause": of.found.cause,
        "steps": dict(zip(STEPS, "1234567", strict=True)),
        "tables": in_order,
        "summary": list(prose.summary(of, words)),
        "counts": judged.counts(of.judged) if of.found.converged else [],
        "counted": judged.counted(of.judged),
        "total": numbers.count(len(of.judged), words.lang),
        "survey": list(prose.survey(of, words)),
        "remarks": sample.remarks(of.wave, words),
        "published": prose.published(of, words, dict(made["published"].facts)) if "published" in made else NOTHING,
        "model_variables": words("describe.model", n=numbers.count(of.found.moments.total, words.lang)),
        "specify": list(prose.specify(of, words)),
        "registered": list(registered.lines(of.plan, of.deviations, words, of.promises)),
        "hypotheses": made["hypotheses"].frame.to_dict("records") if "hypotheses" in made else [],
        "spec": str(of.model),
        "estimate": list(prose.estimate(of, words)),
        "opinion": prose.opinion(of, words),
        "beside": list(prose.beside(of, words)),
        "reasons": list(judged.reasons(of.judged, words, of.model.name)),
        "limits": list(prose.limits(of, words)),
        "files": file_list(words),
        "diagram_note": words("figure.note", loadings=in_order.get("loadings", {}).get("number", numbers.ABSENT)),
    }


def file_list(words: Words) -> list[tuple[str, str]]:
    """The files of an output and what they are."""
    return [
        ("report.html", words.plain("file.report")),
        ("diagram.svg, .pdf, .png", words.plain("file.diagram")),
        ("tables/*.csv", words.plain("file.tables")),
        ("results.json", words.plain("file.results")),
    ]


def _has_rows(table: Table) -> bool:
    return table.rows is None or bool(table.rows)


def _alternative(of: Study, words: Words) -> str:
    """The diagram in words, for those who can't see it."""
    table = of.found.table()
    arrows = table[table["op"] == "~"].to_dict("records")
    said = [words.path(row["rhs"], row["lhs"]) for row in arrows]
    if of.found.converged:
        sizes = [numbers.bounded(row["std"], 2, words.lang) for row in arrows]
        said = [f"{path} {size}" for path, size in zip(said, sizes, strict=True)]
    text = words.plain("figure.alt" if of.found.converged else "figure.alt_unfitted", paths="; ".join(said))
    return f"{words.plain('banner')} {text}" if of.wave.synthetic else text


def inline(svg: str, alternative: str) -> Markup:
    """An SVG document as an element of a page: without prologue, scaling with the page, with a text alternative."""
    start = re.search(r"<svg\b[^>]*>", svg)
    if start is None:
        return Markup("")
    width = re.search(r'\swidth="([\d.]+)pt"', start.group())
    opening = re.sub(r'\s(?:width|height)="[^"]*"', "", start.group()).removesuffix(">")
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg[start.end() :], flags=re.DOTALL)
    body = re.sub(r'(<g)\s+id="[^"]*"', r"\1", body)  # names of parts, which may repeat and nothing refers to
    natural = float(width.group(1)) if width else 480.0
    attributes = Markup(' role="img" aria-label="{}" style="max-width:{:.0f}pt;min-width:{:.0f}pt">')
    described = attributes.format(alternative, LARGEST * natural, min(natural, READABLE))
    return Markup(opening) + described + Markup(body.strip())


def save(of: Study, words: Words, folder: Path) -> None:
    """Write every table into the folder as CSV, and a note on what they are."""
    made = every_table(of, words)
    for table in made.values():
        write(table.frame, folder / f"{table.name}.csv", words.lang)
    lines = [words.plain("tables.readme", wave=of.wave.name), ""]
    if of.wave.synthetic:
        lines = [words.plain("banner"), "", *lines]
    lines += [f"{table.name}.csv: {words.plain(f'table.{table.name}', **table.facts)}" for table in made.values()]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
