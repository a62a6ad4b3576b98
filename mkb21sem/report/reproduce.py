"""The main job: from a checked wave to a folder with report, diagram, tables and results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.choice import AUTO
from mkb21sem.report import document, outputs, provenance, results
from mkb21sem.report.dossier.chapter import chapter
from mkb21sem.report.drawing import diagram as drawing
from mkb21sem.report.provenance import source as source
from mkb21sem.report.study import Study, study
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.wave import Wave

PICTURES = ("diagram.svg", "diagram.pdf", "diagram.png")


def reproduce(
    wave: Wave,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    out: str | Path,
    lang: str = "en",
    progress: Callable[[str], object] = lambda step: None,
    *,
    estimator: str = AUTO,
    missing: str = AUTO,
    plan: Plan | None = None,
    measurement: bool = False,
    asked: Mapping[str, Any] | None = None,
) -> Study:
    """Fit, judge, draw and write everything into one folder, which appears whole or not at all.

    Parameters
    ----------
    wave, model, hypotheses
        What is analysed.
    out
        Folder for report.html, diagram.svg, .pdf and .png, tables/ and results.json.
    lang
        "en" or "nl".
    progress
        Called with the name of each step as it begins.
    estimator, missing
        A name, or ``auto`` for what the answers ask for: see `mkb21sem.estimate.choice.choose`.

    plan
        A frozen plan: the report names every deviation from it.
    measurement
        Whether the report has the chapter that asks of all scales of the wave whether they measure their constructs.
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.

    Raises
    ------
    WaveError, FitError
        The model can't be fitted to this wave.
    OptionError
        The estimator is unknown or doesn't go with ``missing``. The folder can't be written, or holds files of
        someone else.
    """
    words = Words(lang, wave.codebook.label)
    outputs.replaceable(Path(out))
    done = study(wave, model, hypotheses, estimator, missing, progress, plan)
    progress("measurement")
    measured = chapter(wave, lang) if measurement else document.NOTHING
    progress("report")
    with outputs.whole(Path(out)) as folder:
        cause = _draw(done, words, folder)
        svg = (folder / PICTURES[0]).read_text(encoding="utf-8") if not cause else ""
        given = asked or provenance.called(
            "reproduce",
            wave,
            "data",
            model=model,
            hypotheses=(tuple(hypotheses), ()),
            estimator=estimator,
            missing=missing,
            lang=lang,
            **({} if plan is None else {"plan": provenance.as_file("plan.toml", plan.text())}),
        )
        told = results.of_study(done, source(wave), provenance.run(given, model))
        page = document.document(done, words, svg, cause, measured, list(provenance.lines(told, words)))
        (folder / "report.html").write_text(page, encoding="utf-8")
        (folder / "tables").mkdir()
        document.save(done, words, folder / "tables")
        results.write(told, folder / outputs.RESULTS)
    return done


def _draw(of: Study, words: Words, folder: Path) -> str:
    """Save the path diagram in every format; why not, if it can't be drawn."""
    names = {name: words.label(name) for name in (*of.model.latents, *of.model.observed)}
    try:
        drawn = of.found if of.found.converged else of.model
        title = of.model.title or None
        figure = drawing.diagram(drawn, lang=words.lang, names=names, title=title, synthetic=of.wave.synthetic)
        for name in PICTURES:
            drawing.save(figure, folder / name)
    except Mkb21Error as error:
        return str(error)
    return ""
