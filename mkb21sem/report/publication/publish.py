"""The report in a folder: page, Word file and PDF, tables and pictures, moments for re-analysis, and all numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkb21sem.errors import OptionError, one_of
from mkb21sem.report import outputs, provenance, results
from mkb21sem.report.documents import files, tables
from mkb21sem.report.inference import inference_page
from mkb21sem.report.privacy.publication import protected_numbers
from mkb21sem.report.publication import document as whole
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.checklist import Score
from mkb21sem.report.publication.moments import moments_files
from mkb21sem.report.publication.unanswered import rows_shown
from mkb21sem.report.words import Words


@dataclass(frozen=True, slots=True)
class Printing:
    """What is written: formats of the report, and of every single table."""

    formats: tuple[str, ...] = ("html", "docx", "pdf")
    tables: tuple[str, ...] = ("csv",)

    def __post_init__(self) -> None:
        if not self.formats:
            raise OptionError(f"formats must name one of {', '.join(files.FORMATS)} at least.")
        for form in self.formats:
            one_of("formats", form, files.FORMATS)
        for form in self.tables:
            one_of("tables", form, tables.FORMATS)


def save(
    of: Analysis,
    words: Words,
    out: str | Path,
    printing: Printing | None = None,
    step: Callable[[str], object] = lambda step: None,
    asked: Mapping[str, Any] | None = None,
) -> tuple[Score, ...]:
    """Write the report into a folder, whole or not at all; how it scores.

    Parameters
    ----------
    of
        The analysis.
    words
        Language and labels.
    out
        Folder for report.html, .docx and .pdf, tables/, pictures/, moments/ and results.json.
    printing
        In which formats.
    step
        Told what is being written.
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    how = printing or Printing()
    with outputs.whole(Path(out)) as folder:
        step("write")
        content = numbers(of, asked)
        made, score = whole.scored(of, words, tuple(provenance.lines(content, words)))
        files.write(made, words, folder, how.formats, step=step)
        step("tables")
        files.save_tables(made, words, folder / "tables", how.tables)
        files.save_pictures(made, folder / "pictures")
        moments_files(of, folder, words.lang)
        results.write(content | {"score": _score(score)}, folder / outputs.RESULTS)
    return score


def numbers(of: Analysis, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything a program may want to know, in JSON's own types."""
    run = provenance.run(asked or provenance.unknown("report"), of.model, of.inference.stopped)
    told = results.of_study(of.study, provenance.source(of.wave), run)
    tested = inference_page.content(of.inference, asked)
    own = (
        "plan",
        "intervals",
        "hypotheses",
        "effects",
        "zeros",
        "zeros_reason",
        "robustness",
        "rivals",
        "rivals_reason",
    )
    told |= {name: tested[name] for name in (*own, "equivalents")}
    told["sensitivity"] = of.sensitivity.to_dict("records")
    told["absent"] = dict(of.absent)
    if of.comparison is not None:
        told["comparison"] = {
            "groups": list(of.comparison.waves),
            "ladder": of.comparison.ladder.table().to_dict("records"),
            "released": of.comparison.partial.freed().to_dict("records"),
        }
    return dict(results.plain(protected_numbers(told, of.threshold, lambda n: rows_shown(of, n))))


def _score(given: Sequence[Score]) -> dict[str, Any]:
    return {
        "met": sum(each.met for each in given),
        "of": len(given),
        "lacking": {str(each.item.number): list(each.lacking) for each in given if not each.met},
    }
