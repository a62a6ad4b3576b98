"""What others need to do the analysis again: moments in print and as files, and where answers and code are (14-15)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from mkb21sem.report import sample
from mkb21sem.report.documents.parts import Block, Num, Section, Tabled, joined, say
from mkb21sem.report.handover.sample import write_moments, write_statistics
from mkb21sem.report.privacy.answers import sizes
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import declared
from mkb21sem.report.table import Table
from mkb21sem.report.words import Words

ACROSS, PARTS = 12, 4
"""Correlations side by side on a page, and the tables into which a large matrix is cut; a larger one is not printed."""
HEAD = 3
"""Columns before the correlations: variable, mean, standard deviation."""
FOLDER = "moments"


def section(of: Analysis, words: Words) -> Section:
    """Means, standard deviations and correlations, and the files with everything to full precision: item 14."""
    p = len(of.found.moments.names)
    blocks: list[Block] = []
    parts = cut(sample.correlations(of.found, words)) if p <= ACROSS * PARTS else ()
    told = say(
        words,
        "front.moments" if parts else "front.moments_files_only",
        p=Num(p, "count"),
        n=Num(of.found.moments.total, "count"),
        shows=() if parts else ("14.moments",),
    )
    hides = "_hidden" if of.threshold and kind(of) == "ordinal" else ""
    files = say(words, f"front.moments_{kind(of)}{hides}", folder=FOLDER)
    blocks.append(joined(told, files))
    blocks += [Tabled(part, shows=("14.moments",)) for part in parts]
    return Section("moments", words("front.moments_heading"), tuple(blocks))


def kind(of: Analysis) -> str:
    """What the model was fitted to: complete rows, rows with answers missing (fiml), or ordinal statistics."""
    sample = of.found.moments
    return "ordinal" if sample.ordinal else "fiml" if sample.patterns else "complete"


def cut(table: Table) -> tuple[Table, ...]:
    """A table of correlations in parts that fit a page: so many columns each, and only the rows that have any."""
    head, body = table.columns[:HEAD], table.columns[HEAD:]
    if len(body) <= ACROSS + 1:
        return (replace(table, wide=False),)
    parts = []
    for at, start in enumerate(range(0, len(body), ACROSS), start=1):
        columns = (*(head if at == 1 else head[:1]), *body[start : start + ACROSS])
        name = table.name if at == 1 else f"{table.name}_{at}"
        parts.append(replace(table, name=name, columns=columns, rows=tuple(range(start, len(table.frame))), wide=False))
    return tuple(parts)


def availability(of: Analysis, words: Words) -> Section:
    """Where answers and code can be had, in the authors' words: item 15."""
    blocks = declared(of.declaration, "availability", words, ("15.availability",))
    return Section("availability", words("front.availability"), blocks)


def moments_files(of: Analysis, folder: Path, lang: str = "en") -> list[Path]:
    """Write the moments that the model was fitted to, to full precision, with a note on how to use them.

    Covariances (divisor n − 1), means, thresholds and asymptotic covariances, as far as the fit has them, one file a
    group; ``sample.csv`` holds the sizes. No answers are written. Where small counts are hidden, thresholds are too:
    they are cumulative shares of answers.

    Parameters
    ----------
    of
        The analysis.
    folder
        Where ``moments/`` is made.
    lang
        Of the note.

    Returns
    -------
    list of Path
        What was written.
    """
    words, found = Words(lang), of.found
    where = folder / FOLDER
    where.mkdir(parents=True, exist_ok=True)
    hides = bool(of.threshold) and kind(of) == "ordinal"
    (write_moments if hides else write_statistics)(found, where)
    several = len(found.moments.groups) > 1
    pd.DataFrame(
        {
            "file": [f"cov_{g + 1}.csv" if several else "cov.csv" for g in range(len(found.moments.groups))],
            "group": list(found.moments.groups),
            "n": sizes(list(found.moments.n), of.threshold) if several else found.moments.n,
            "estimator": found.estimator.name,
            "missing": of.study.choice.missing,
        }
    ).to_csv(where / "sample.csv", index=False)
    lines = [
        words.plain("front.readme.title", title=of.model.title or of.model.name),
        *([words.plain("banner")] if of.wave.synthetic else []),
        words.plain("front.readme.files"),
        words.plain(f"front.readme.{kind(of)}{'_hidden' if hides else ''}"),
        *([EXAMPLE.format(n=found.moments.total)] if kind(of) == "complete" and not several else []),
    ]
    (where / "README.txt").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    (where / "model.sem").write_text(f"{of.model}\n", encoding="utf-8")
    return sorted(where.iterdir())


EXAMPLE = """    import pandas as pd
    from mkb21sem import Model, Moments, fit

    cov = pd.read_csv("cov.csv", index_col=0)
    mean = pd.read_csv("mean.csv", index_col=0)["mean"]
    print(fit(Model.read("model.sem"), Moments(cov=cov, mean=mean, n={n}), "ML").table())"""
"""How the note has the model fitted again."""
