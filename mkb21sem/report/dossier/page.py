"""The dossier as one self-contained HTML page, and as a folder with its pictures and tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.describe.suppression import threshold_of
from mkb21sem.report import outputs, provenance, results
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.dossier import meanings
from mkb21sem.report.dossier.inquiry import Depth, Inquiry, inquire, subsets
from mkb21sem.report.dossier.pictures import pictures
from mkb21sem.report.dossier.sections import Section, limits, sections, shown, spoken
from mkb21sem.report.dossier.sentences import called, plain, said
from mkb21sem.report.dossier.tables import every, further
from mkb21sem.report.pages import rendered
from mkb21sem.report.privacy.dossier import shareable
from mkb21sem.report.provenance import source
from mkb21sem.report.results import PROGRAM, software
from mkb21sem.report.table import write
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.findings import Finding, findings, method_findings, reliability_findings, validity_findings

NAME = "dossier.html"
SHORT = ("d_rivals", "d_congruence", "d_fit", "d_reliability", "d_ratios", "d_moved", "d_respondents")
"""Tables whose meanings make the summary."""
PLAIN = ("mean_", "rivals_", "published_", "method_")
"""Findings that answer a question; the others are flags."""


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """What was asked of a wave or of its groups, and the language it is told in.

    Attributes
    ----------
    inquiries
        One of the whole wave, or one a group.
    column
        What tells the groups; empty for the whole wave.
    words
        Language, and what constructs are called.
    threshold
        Counts below it are hidden; 0 where none are.
    """

    inquiries: tuple[Inquiry, ...]
    column: str
    words: Words
    threshold: int = 0

    @property
    def wave(self) -> Wave:
        """The wave, or the first group's part of it."""
        return self.inquiries[0].wave

    def signs(self) -> list[tuple[str, Finding]]:
        """Everything that was flagged, with its group."""
        return [(one.group, sign) for one in self.inquiries for sign in flagged(one)]


def flagged(one: Inquiry) -> list[Finding]:
    """Everything that is outside a limit."""
    found = [each for each in findings(one.screening) if one.named or not each.key.startswith("respondent")]
    found += [*reliability_findings(one.reliability.fillna({"note": ""}))]
    found += validity_findings(one.validity) if one.validity is not None else ()
    return [*found, *(method_findings(one.method) if one.method is not None else ())]


def dossier(
    wave: Wave,
    lang: str = "en",
    group: str = "",
    depth: Depth | None = None,
    progress: Callable[[str], object] = lambda step: None,
    *,
    suppress: int | None = None,
    named: bool = False,
) -> Dossier:
    """Ask everything of a wave, or of its groups.

    Parameters
    ----------
    wave
        The answers.
    lang
        "en" or "nl".
    group
        A column that tells two to four groups, such as ZZP; empty for the whole wave.
    depth
        How much is done.
    progress
        Called with the name of each step as it begins.
    suppress
        Counts below it are hidden; 0: none. Default: 10, and 0 for a synthetic wave.
    named
        Whether tables and sentences may be about single respondents.

    Raises
    ------
    OptionError
        The wave has no battery to validate, or the column no two to four groups.
    WaveError
        No such column.
    """
    words = Words(lang, called(wave.codebook))
    threshold = threshold_of(suppress, wave.synthetic)
    if not group:
        whole = inquire(wave, depth=depth, progress=progress)
        return Dossier(shareable([whole], threshold, named), "", words, threshold)
    parts = subsets(wave, group, lambda value: group_name(wave.codebook, words, group, value))
    found = [inquire(part, name, depth, lambda step: progress(f"{name}: {step}")) for name, part in parts.items()]  # noqa: B023
    return Dossier(shareable(found, threshold, named), group, words, threshold)


def group_name(codebook: Codebook, words: Words, column: str, value: float) -> str:
    """What a group is called."""
    key = f"group.{column.lower()}.{value:g}"
    if words.has(key):
        return words.plain(key)
    if column in codebook:
        return codebook[column].code_label(int(value), words.lang)
    return words.plain("group.rest", column=words.short(column), value=f"{value:g}")


def save(of: Dossier, out: str | Path, asked: Mapping[str, Any] | None = None) -> None:
    """Write page, pictures, tables and results into one folder, which appears whole or not at all.

    Parameters
    ----------
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    words = of.words
    tables, charts = every(of.inquiries, words), pictures(of.inquiries, words)
    made = sections(of.inquiries, tables, charts, words)
    told = content(of, asked)
    with outputs.whole(Path(out)) as folder:
        (folder / "pictures").mkdir()
        drawn = [each for own in charts.values() for each in own]
        draw_all(drawn, folder / "pictures")
        images = {each.name: each.image((folder / "pictures" / f"{each.name}.svg").read_bytes()) for each in drawn}
        (folder / NAME).write_text(page(of, made, images, told), encoding="utf-8")
        (folder / "tables").mkdir()
        for name, frame in {
            **{t.name.removeprefix("d_"): t.frame for t in tables.values()},
            **further(of.inquiries),
        }.items():
            write(frame, folder / "tables" / f"{name}.csv", words.lang)
        results.write(told, folder / outputs.RESULTS)


def draw_all(charts: Sequence[Chart], folder: Path) -> None:
    """Save charts, in two processes where the system can fork one: the same files, in half the time."""
    if sys.platform != "linux" or len(charts) < 4 or (os.cpu_count() or 1) < 2:
        _draw_some(charts, folder)
        return
    child = get_context("fork").Process(target=_draw_some, args=(charts[::2], folder))
    child.start()
    _draw_some(charts[1::2], folder)
    child.join()
    if child.exitcode:
        _draw_some(charts[::2], folder)


def _draw_some(charts: Sequence[Chart], folder: Path) -> None:
    for chart in charts:
        chart.save(folder)


def brief(of: Dossier) -> list[str]:
    """The dossier for the terminal: the summary, and how much was flagged."""
    words = of.words
    lines = []
    for one in of.inquiries:
        before = f"{one.group}: " if one.group else ""
        told = [each for name in SHORT for each in meanings.meaning(name, one) if each.key.startswith(PLAIN)]
        lines += [before + plain(each, words) for each in told]
        lines.append(f"{before}{words.plain('dossier.terminal')}: {len(flagged(one))}")
    return lines


def content(of: Dossier, asked: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The dossier for programs: every sentence as key and figures, and in words."""
    groups = []
    for one in of.inquiries:
        said = [(name, each) for name in meanings.MEANINGS for each in meanings.meaning(name, one)]
        groups.append(
            {
                "group": one.group,
                "n": one.wave.n,
                "meanings": [{"table": name} | _record(each, of.words) for name, each in said],
                "flagged": [_record(each, of.words) for each in flagged(one)],
                "not_to_be_had": [{"what": what, "cause": cause} for what, cause in one.absent],
            }
        )
    depth = of.inquiries[0].depth
    method = {"htmt_draws": depth.draws, "parallel_analysis_tables": depth.random, "seed": depth.seed}
    start = {"made_by": PROGRAM, "schema": results.SCHEMA, "kind": "dossier", "software": software()}
    told: dict[str, Any] = {"data": source(of.wave), "method": method, "by": of.column, "groups": groups}
    told["suppressed"] = {"below": of.threshold} if of.threshold else None
    told["run"] = provenance.run(asked or provenance.unknown("validate"))
    return dict(results.plain(start | told))


def _record(each: Finding, words: Words) -> dict[str, object]:
    return {"key": each.key, "values": dict(each.values), "words": plain(each, words)}


def page(
    of: Dossier, made: Sequence[Section], images: Mapping[str, Markup], told: Mapping[str, Any] | None = None
) -> str:
    """The page, which needs nothing from elsewhere; ``images`` are its charts as HTML, ``told`` is results.json."""
    words = of.words
    signs = [Markup("<b>{}</b>: {}").format(g, said(sign, words)) if g else said(sign, words) for g, sign in of.signs()]
    groups = words.listed([f"{one.group} (N = {one.wave.n})" for one in of.inquiries])
    filled = {
        "wave": of.wave.name,
        "synthetic": of.wave.synthetic,
        "groups": words("dossier.groups", column=words.short(of.column), groups=groups) if of.column else "",
        "summary": [line for one in of.inquiries for name in SHORT for line in spoken(name, one, words, PLAIN)],
        "signs": signs,
        "sections": shown(made, images, words),
        "limits": [*limits(of.inquiries, words), *_protected(of)],
        "files": file_list(words),
        "provenance": list(provenance.lines(told or content(of), words)),
    }
    return rendered("dossier.html", filled, words)


def _protected(of: Dossier) -> list[Markup]:
    """What is hidden, and whether this may be shared."""
    said = [of.words("privacy.below", threshold=of.threshold)] if of.threshold else []
    if of.wave.synthetic:
        return said
    said += [] if of.threshold else [of.words("privacy.off")]
    return [*said, *([of.words("privacy.respondents")] if of.inquiries[0].named else [])]


def file_list(words: Words) -> list[tuple[str, str]]:
    """The files of an output and what they are."""
    return [
        (NAME, words.plain("dossier.file")),
        ("pictures/*.svg, *.png", words.plain("dossier.file_pictures")),
        ("tables/*.csv", words.plain("dossier.file_tables")),
        (outputs.RESULTS, words.plain("dossier.file_results")),
    ]
