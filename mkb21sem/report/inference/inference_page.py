"""The inference report: one self-contained page, its pictures, tables and results, in a folder that appears whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.infer.judging.verdicts import verdict_table
from mkb21sem.report import judged, numbers, provenance, registered, results
from mkb21sem.report.charts.curve import choices, curve
from mkb21sem.report.charts.forest import forest
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.inference.inference import BOOTSTRAP, Inference
from mkb21sem.report.inference.inference_tables import every_table
from mkb21sem.report.inference.rival_tables import named
from mkb21sem.report.pages import folder, numbered, rendered
from mkb21sem.report.table import Table
from mkb21sem.report.words import Words


def save(of: Inference, out: str | Path, lang: str = "en", asked: Mapping[str, Any] | None = None) -> None:
    """Write inference.html, pictures, tables/ and results.json into a folder, whole or not at all.

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
    folder.save(out, ("inference.html", page(of, words, made, drawn, told)), filed, drawn, told, words.lang)


def charts(of: Inference, words: Words) -> list[Chart]:
    """Every picture there is something for."""
    if not of.found.converged or not of.judged:
        return []
    made = [forest(of.judged, words, words.plain(f"intervals.{of.sampling.intervals}"), of.wave.synthetic)]
    if of.robust is not None:
        made += [curve(of.robust, words, of.wave.synthetic), choices(of.robust, words, of.wave.synthetic)]
    return made


def page(
    of: Inference, words: Words, made: dict[str, Table], drawn: list[Chart], told: Mapping[str, Any] | None = None
) -> str:
    """The page as HTML that needs nothing from elsewhere; `told` is what results.json says."""
    foot = {"provenance": list(provenance.lines(told or content(of), words))}
    return rendered("inference.html", _filled(of, words, made, drawn) | foot, words)


def _filled(of: Inference, words: Words, made: dict[str, Table], drawn: list[Chart]) -> dict[str, Any]:
    shown = [table for table in made.values() if table.rows is None or table.rows]
    claims = made["hypotheses"].frame.to_dict("records") if "hypotheses" in made else []
    sections = ["short", "verdicts", "zeros", *(["robust"] if of.robust else []), "rivals", "grounds", "limits"]
    return {
        "title": of.model.title or of.model.name,
        "wave": of.wave.name,
        "synthetic": of.wave.synthetic,
        "converged": of.found.converged,
        "cause": of.found.cause,
        "sections": sections,
        "tables": {table.name: numbered(table, at, words) for at, table in enumerate(shown, start=1)},
        "charts": {
            chart.name: {"number": at, "caption": chart.caption, "image": chart.image()}
            for at, chart in enumerate(drawn, start=1)
        },
        "short": list(_short(of, words)),
        "counts": judged.counts(of.judged),
        "counted": judged.counted(of.judged),
        "total": numbers.count(len(of.judged), words.lang),
        "registered": list(registered.lines(of.plan, of.deviations, words, of.promises)),
        "reasons": list(judged.reasons(of.judged, words, of.model.name)),
        "sampling": list(_sampling(of, words)),
        "zeros": list(_zeros(of, words)),
        "robust": list(_robust(of, words)),
        "rivals": list(_rivals(of, words)),
        "equivalents": list(_equivalents(of, words)),
        "hypotheses": [claim | {"size": numbers.bounded(claim["sesoi"], 2, words.lang)} for claim in claims],
        "limits": list(_limits(of, words)),
        "files": _files(drawn, words),
    }


def _short(of: Inference, words: Words) -> Iterator[Markup]:
    found, lang = of.found, words.lang
    yield words(
        "inference.sample",
        wave=of.wave.name,
        n=numbers.count(of.wave.n, lang),
        used=numbers.count(found.moments.total, lang),
        name=found.estimator.name,
        how=words.plain(f"estimator.{found.estimator.name}"),
    )
    test = found.scaled or found.test
    if found.converged and test.df > 0:
        places = 0 if float(test.df).is_integer() else 2
        yield words(
            "inference.fit",
            df=numbers.number(test.df, places, lang),
            chisq=numbers.number(test.chisq, 2, lang),
            p=numbers.equals_p(test.pvalue, lang),
        )
    finished = dict(zip(of.outcome["outcome"], of.outcome["draws"], strict=True)).get("finished", of.sampling.draws)
    yield words(f"inference.how.{of.sampling.intervals}", draws=numbers.count(finished, lang))


def _sampling(of: Inference, words: Words) -> Iterator[Markup]:
    if of.sampling.intervals in BOOTSTRAP:
        yield words("inference.draws", seed=of.sampling.seed)
        yield from stopped(of, words)


def stopped(of: Inference, words: Words) -> Iterator[Markup]:
    """Of draws that the user ended: how many are finished, and what can be made of them."""
    if of.stopped:
        count = dict(zip(of.outcome["outcome"], of.outcome["draws"], strict=True))
        facts = {
            name: numbers.count(count[of_], words.lang) for name, of_ in (("done", "finished"), ("all", "asked for"))
        }
        yield words(f"inference.stopped.{of.sampling.intervals}", **facts)


def _zeros(of: Inference, words: Words) -> Iterator[Markup]:
    if of.zeros is None:
        yield words("inference.no_zeros", reason=of.zeros_reason)
        return
    yield words("inference.zeros")
    said = [row["id"] for row in of.zeros.table.to_dict("records") if row["verdict"] == "contradicted"]
    if said:
        yield words("inference.zeros.contradicted", ids=words.listed(said))
    else:
        yield words("inference.zeros.none")


def _robust(of: Inference, words: Words) -> Iterator[Markup]:
    if of.robust is None:
        return
    table, lang = of.robust.survival, words.lang
    kept = int(table["survives"].sum())
    yield words(
        "inference.robust",
        runs=numbers.count(len(of.robust.specifications), lang),
        kept=numbers.count(kept, lang),
        total=numbers.count(len(table), lang),
    )
    changed = table[~table["survives"] & (table["runs"] > 0)]
    if len(changed):
        yield words("inference.fragile", ids=words.listed(list(changed["id"])))
    wrong = of.robust.specifications
    odd = int((wrong["improper"] != "").sum())
    if odd:
        yield words("inference.improper", odd=numbers.count(odd, lang))


def _rivals(of: Inference, words: Words) -> Iterator[Markup]:
    if of.rivals is None:
        yield words("inference.rivals.none", reason=of.rivals_reason.rstrip("."))
        return
    yield words("inference.rivals")
    weights = of.rivals.table.set_index("model")["bic_weight"].dropna()
    if len(weights):
        best = str(weights.idxmax())
        weight = numbers.bounded(float(weights.max()), 2, words.lang)
        yield words("inference.rivals.best", name=named(best, words), weight=weight)


def _equivalents(of: Inference, words: Words) -> Iterator[Markup]:
    if of.equivalent is not None:
        n = len(of.equivalent)
        key = "inference.equivalents" if n else "inference.equivalents.none"
        yield words(key, n=numbers.count(n, words.lang))


def _limits(of: Inference, words: Words) -> Iterator[Markup]:
    if of.wave.synthetic:
        yield words("limit.synthetic")
    yield words("limit.selection")
    yield words("limit.source")
    yield words("limit.cross_section")
    if any(claim.sign for claim in of.hypotheses):
        yield words("limit.signs")
    yield words("limit.equivalent")


def _files(drawn: list[Chart], words: Words) -> list[tuple[str, str]]:
    pictures = [(f"{chart.name}.svg, .png", chart.caption) for chart in drawn]
    return [
        ("inference.html", words.plain("file.inference")),
        *pictures,
        ("tables/*.csv", words.plain("file.tables")),
        ("results.json", words.plain("file.results")),
    ]


def content(of: Inference, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything a program may want to know, in JSON's own types."""
    run = provenance.run(asked or provenance.unknown("infer"), of.model, of.stopped)
    choice, how = of.choice, of.sampling
    wave = of.wave
    file = Path(wave.source).name if wave.source and not wave.synthetic else wave.name
    zeros = None if of.zeros is None else {"each": of.zeros.table, "joint": of.zeros.joint}
    robust = None
    if of.robust is not None:
        names = ("specifications", "verdicts", "survival", "unavailable")
        robust = {"base": of.robust.base} | {name: getattr(of.robust, name) for name in names}
    whole = {
        "made_by": results.PROGRAM,
        "schema": results.SCHEMA,
        "software": results.software(),
        "data": {
            "name": wave.name,
            "file": file,
            "sha256": wave.sha256,
            "n": wave.n,
            "synthetic": wave.synthetic,
            "n_used": of.found.moments.total,
            "left_out": dict(of.found.moments.left_out),
        },
        "model": {
            "name": of.model.name,
            "title": of.model.title,
            "spec": str(of.model),
            "estimator": choice.estimator,
            "missing": choice.missing,
            "ordered": choice.ordered,
            "converged": of.found.converged,
            "cause": of.found.cause,
        },
        "intervals": {"kind": how.intervals, "draws": how.draws, "seed": how.seed, "outcome": of.outcome},
        "hypotheses": verdict_table(of.judged),
        "effects": of.effects,
        "zeros": zeros,
        "zeros_reason": of.zeros_reason,
        "robustness": robust,
        "rivals": None if of.rivals is None else {"models": of.rivals.table, "pairs": of.rivals.comparison.pairs},
        "rivals_reason": of.rivals_reason,
        "equivalents": of.equivalent,
        "plan": registered.record(of.plan, of.deviations, of.promises),
        "run": run,
    }
    return dict(results.plain(_records(whole)))


def _records(value: Any) -> Any:
    """Frames become lists of rows."""
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return value.to_dict("records")
    return {key: _records(each) for key, each in value.items()} if isinstance(value, dict) else value
