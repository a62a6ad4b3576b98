"""The planning report: one self-contained page, its pictures, tables and results, in a folder that appears whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.report import numbers, provenance, results
from mkb21sem.report.charts.power import detectable, fit_curves, power_curves
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.pages import folder, numbered, rendered
from mkb21sem.report.planning.study import WANTED, Plan
from mkb21sem.report.planning.tables import every_table, nearest
from mkb21sem.report.table import Table
from mkb21sem.report.words import Words


def save(of: Plan, out: str | Path, lang: str = "en", asked: Mapping[str, Any] | None = None) -> None:
    """Write power.html, pictures, tables/ and results.json into a folder, whole or not at all.

    Parameters
    ----------
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    words = Words(lang, of.wave.codebook.label)
    made, drawn, told = every_table(of, words), charts(of, words), content(of, asked)
    filed = {table.name: table for table in made.values()}
    folder.save(out, ("power.html", page(of, words, made, drawn, told)), filed, drawn, told, words.lang)


def charts(of: Plan, words: Words) -> list[Chart]:
    """Every picture there is something for."""
    n, synthetic = of.found.moments.total, of.wave.synthetic
    made = [power_curves(of.power, n, words, synthetic)]
    there = of.sensitivity.dropna(subset="smallest")
    if len(there):
        made.append(detectable(there, n, words, synthetic))
    if len(of.power.fit):
        made.append(fit_curves(of.power, n, words, synthetic))
    return made


def page(
    of: Plan, words: Words, made: dict[str, Table], drawn: list[Chart], told: Mapping[str, Any] | None = None
) -> str:
    """The page as HTML that needs nothing from elsewhere; `told` is what results.json says."""
    foot = {"provenance": list(provenance.lines(told or content(of), words))}
    return rendered("planning.html", _filled(of, words, made, drawn) | foot, words)


def _filled(of: Plan, words: Words, made: dict[str, Table], drawn: list[Chart]) -> dict[str, Any]:
    shown = [table for table in made.values() if table.rows is None or table.rows]
    n = numbers.count(of.found.moments.total, words.lang)
    facts = {"n": n, "wave": of.wave.name}
    sections = ["short", "power", "at_hand", "fit", *(["cutoffs"] if of.cutoffs is not None else []), "limits"]
    return {
        "title": of.model.title or of.model.name,
        "wave": of.wave.name,
        "synthetic": of.wave.synthetic,
        "sections": sections,
        "tables": {table.name: numbered(table, at, words) for at, table in enumerate(shown, start=1)},
        "charts": {
            chart.name: {"number": at, "caption": chart.caption, "image": chart.image()}
            for at, chart in enumerate(drawn, start=1)
        },
        "short": list(short(of, words)),
        "how": [
            words(f"power.how.{name}", **facts) for name in ("analytic", *(["simulated"] if of.settings.draws else []))
        ],
        "at_hand": words("power.at_hand", **facts),
        "cutoffs": words("power.cutoffs", **facts),
        "limits": [words(f"power.limit.{name}") for name in ("assumed", "family", "sample", "cutoffs", "evidence")],
        "files": [
            ("power.html", words.plain("power.file.page")),
            *((f"{chart.name}.svg, .png", chart.caption) for chart in drawn),
            ("tables/*.csv", words.plain("power.file.tables")),
            ("results.json", words.plain("power.file.results")),
        ],
    }


def short(of: Plan, words: Words) -> Iterator[Markup]:
    """What was assumed, and what follows, in sentences."""
    lang, n = words.lang, of.found.moments.total
    if of.given:
        yield words("power.population.given")
    else:
        yield words("power.population.fit", model=of.model.name, wave=of.wave.name, n=numbers.count(n, lang))
    need = of.power.required[of.power.required["power"] == WANTED]
    enough = int((need["n"] <= n).sum())
    counts = {"count": numbers.count(enough, lang), "total": numbers.count(len(need), lang)}
    yield words("power.sizes.enough", n=numbers.count(n, lang), **counts)
    known = need.dropna(subset="n")
    if len(known):
        most = known.sort_values("n").iloc[-1]
        yield words("power.sizes.hardest", id=most["id"], n=numbers.count(float(most["n"]), lang))
    yield from stopped(of, words)
    if of.held is not None:
        yield from of.held.sentences(words)


def stopped(of: Plan, words: Words) -> Iterator[Markup]:
    """If the user ended it: how much is finished."""
    if of.power.stopped:
        drawn = of.power.table[of.power.table["method"] == "simulated"]
        size = max(drawn["n"]) if len(drawn) else min(of.settings.sizes)
        done = float(drawn.loc[drawn["n"] == size, "draws"].max()) if len(drawn) else 0.0
        every = numbers.count(of.settings.draws, words.lang)
        size_text = numbers.count(float(size), words.lang)
        yield words("power.stopped", n=size_text, done=numbers.count(done, words.lang), all=every)
    if of.cutoffs is not None and of.cutoffs.stopped:
        every = numbers.count(of.cutoffs.draws * of.cutoffs.table["level"].nunique(), words.lang)
        yield words("power.stopped.cutoffs", done=numbers.count(of.cutoffs.done, words.lang), all=every)


def content(of: Plan, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything a program may want to know, in JSON's own types."""
    run = provenance.run(asked or provenance.unknown("power"), of.model, of.stopped)
    wave, settings = of.wave, of.settings
    cuts = (
        None
        if of.cutoffs is None
        else {"table": of.cutoffs.table.to_dict("records"), "draws": of.cutoffs.draws, "done": of.cutoffs.done}
    )
    sizes = sorted(of.power.table["n"].unique())
    whole = {
        "made_by": results.PROGRAM,
        "schema": results.SCHEMA,
        "software": results.software(),
        "data": {
            "name": wave.name,
            "file": Path(wave.source).name if wave.source and not wave.synthetic else wave.name,
            "sha256": wave.sha256,
            "synthetic": wave.synthetic,
            "n_used": of.found.moments.total,
        },
        "model": {"name": of.model.name, "title": of.model.title, "spec": str(of.model)},
        "population": {
            "source": of.power.population.source,
            "given": of.given,
            "paths": {f"{tail} -> {head}": value for (head, tail), value in of.power.population.paths.items()},
            "correlations": {f"{one} <-> {other}": v for (one, other), v in of.power.population.pairs.items()},
        },
        "simulation": {
            "draws": settings.draws,
            "missing": settings.missing,
            "seed": settings.seed,
            "stopped": of.stopped,
            "nearest_n": nearest(sizes, of.found.moments.total),
        },
        "power": of.power.table.to_dict("records"),
        "required_n": of.power.required.to_dict("records"),
        "fit": of.power.fit.to_dict("records"),
        "left_out": of.power.left_out.to_dict("records"),
        "sensitivity": of.sensitivity.to_dict("records"),
        "cutoffs": cuts,
        **({} if of.held is None else {"plan": of.held.record()}),
        "run": run,
    }
    return {key: results.plain(value) for key, value in whole.items()}
