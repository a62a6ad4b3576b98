"""The model as it was specified: drawings, parameters, degrees of freedom, identification (items 16 to 20)."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import pandas as pd

from mkb21sem.infer.certificates.check import Check
from mkb21sem.infer.rivals.family import DRAWN
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, Verbatim, joined, say
from mkb21sem.report.publication import drawn, parameters
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import NOTE, quoted
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def section(of: Analysis, words: Words) -> Section:
    """What the model claims, exactly enough to be fitted again."""
    parts = (
        Section("diagrams", words("back.diagrams"), tuple(_diagrams(of, words))),
        Section("parameters", words("back.parameters"), tuple(_parameters(of, words))),
        Section("identification", words("back.identification"), tuple(_identification(of, words))),
        Section("basis", words("back.basis"), tuple(_basis(of, words))),
    )
    return Section("specification", words("back.specification"), tuple(_opening(of, words)), parts)


def _opening(of: Analysis, words: Words) -> Iterator[Block]:
    where = of.found.layout
    yield say(
        words,
        "back.size" if of.model.latents else "back.size_observed",
        {"latents": Num(len(of.model.latents), "count")} if of.model.latents else {},
        title=of.model.title or of.model.name,
        observed=Num(len(where.observed), "count"),
        k=Num(where.k, "count"),
    )


def _diagrams(of: Analysis, words: Words) -> Iterator[Block]:
    """Every model that was fitted, drawn: item 16."""
    blocks = tuple(drawn.pictures(of, words))
    names = {getattr(block, "name", "") for block in blocks}
    said = [say(words, f"back.drawn.{name}") for name in ("model", "indicators") if name in names]
    if "rivals" in names:
        said.append(say(words, "back.drawn.rivals"))
    if "groups" in names:
        said.append(say(words, "back.drawn.groups"))
    if names & {"rivals", "groups"}:
        said.append(say(words, "back.drawn.codes", codes=drawn.codes(of.found, words)))
    if of.comparison is not None:
        said.append(say(words, "back.drawn.ladder"))
    if said:
        yield joined(*said)
    yield from blocks


def _parameters(of: Analysis, words: Words) -> Iterator[Block]:
    """All parameters, the spec, and the sum behind the degrees of freedom: items 17 and 18."""
    where = of.found.layout
    yield joined(
        say(words, "back.parameters.said"),
        say(words, "back.equal", n=Num(parameters.equations(where), "count")) if parameters.equations(where) else None,
        say(words, "specify.fixed_x", names=words.listed(where.exogenous)) if where.exogenous else None,
    )
    yield Tabled(parameters.table(of.found, words), shows=("17.parameters",))
    yield say(words, "back.spec")
    yield Verbatim(str(of.model))
    yield say(
        words,
        "back.df",
        moments=Num(where.moments, "count"),
        k=Num(where.k, "count"),
        df=Num(where.df, "count"),
        shows=("18.df",),
    )
    yield Tabled(parameters.counting(of.found, words), shows=("18.df",))


def _identification(of: Analysis, words: Words) -> Iterator[Block]:
    """What gives each construct its scale, and the check of rank: item 19."""
    if of.model.latents:
        table = scaling(of, words)
        yield say(words, "back.scaling")
        yield Tabled(table, shows=("19.scaling",) if (table.frame["how"] != "").all() else ())
    else:
        yield say(words, "back.scaling.none", shows=("19.scaling",))
    recursive = nx.is_directed_acyclic_graph(of.model.structure)
    if of.model.endogenous:
        yield say(words, "back.recursive" if recursive else "back.not_recursive")
    rank = check(of, "identification")
    if rank is None:
        yield say(words, "back.rank.none", look=NOTE)
        return
    yield _ranked(rank, words)


def check(of: Analysis, name: str) -> Check | None:
    """One of the certificate's checks; None where it was not made."""
    made = () if of.certificate is None else of.certificate.checks
    return next((each for each in made if each.name == name), None)


def _ranked(rank: Check, words: Words) -> Paragraph:
    """Rank and eigenvalues; what to keep in mind where they are not as they should be."""
    figures = {
        "rank": Num(rank.figures["rank"], "count"),
        "k": Num(rank.figures["k"], "count"),
        "smallest": Num(rank.figures["smallest"], "number2"),
        "largest": Num(rank.figures["largest"], "number2"),
    }
    if rank.ok:
        return say(words, "back.rank", figures, shows=("19.rank",))
    wrong = say(words, "back.rank.wrong", finding=rank.finding, remedy=rank.remedy)
    return joined(say(words, "back.rank.found", figures, shows=("19.rank",)), wrong, look="warning")


def scaling(of: Analysis, words: Words) -> Table:
    """Each construct, and the loading or variance that is fixed."""
    where = of.found.layout
    first = where.rows[: len(where.rows) // len(where.groups)]
    lines = []
    for construct in where.latent:
        fixed = [row.arrow for row in first if row.arrow.value is not None and row.arrow.lhs == construct]
        marker = next((a for a in fixed if a.op == "=~" and a.value), None)
        variance = next((a for a in fixed if a.op == "~~" and a.rhs == construct and a.value), None)
        chosen = marker or variance
        how = "" if chosen is None else "marker" if chosen is marker else "variance"
        lines.append(
            {
                "construct": construct,
                "label": words.label(construct),
                "how": how or ("equation" if _tied(of, construct) else ""),
                "indicator": "" if marker is None else marker.rhs,
                "value": float("nan") if chosen is None or chosen.value is None else float(chosen.value),
            }
        )
    columns = (
        Column("construct"),
        Column("label"),
        Column("scaled_by", of=("named",)),
        Column("indicator"),
        Column("fixed_at", "number2", of=("value",)),
    )
    frame = pd.DataFrame(lines, columns=["construct", "label", "how", "indicator", "value"])
    frame["named"] = [words.plain(f"scaled_by.{how}") if how else "" for how in frame["how"]]
    return Table("scaling", frame, columns)


def _tied(of: Analysis, construct: str) -> bool:
    """Whether equations bind the construct's loadings or variance."""
    labels = {a.label for a in of.model.arrows if a.lhs == construct and a.label}
    return any(
        o.name == "CONSTRAINT" and any(label in argument for label in labels for argument in o.arguments)
        for o in of.model.operations
    )


def _basis(of: Analysis, words: Words) -> Iterator[Block]:
    """Why residuals may covary; means, interactions, nesting: item 20."""
    own = of.declaration.covariances
    if own:
        yield say(words, "back.basis.said")
        yield quoted(own, ("20.basis",))
    else:
        yield say(words, "back.basis.lacking", look=NOTE)
    yield joined(*_covarying(of, words))
    yield joined(_means(of, words), say(words, "back.interactions"), _nested(of, words))


def _covarying(of: Analysis, words: Words) -> Iterator[Paragraph]:
    where = of.found.layout
    first = where.rows[: len(where.rows) // len(where.groups)]
    rows = [row for row in first if parameters.kind(row, where) == "residual covariance" and row.free]
    for key, stated in (("back.covary.stated", True), ("back.covary.default", False)):
        pairs = [f"{words.short(row.arrow.lhs)} ↔ {words.short(row.arrow.rhs)}" for row in rows if row.stated == stated]
        if pairs:
            yield say(words, key, pairs=words.listed(pairs), n=Num(len(pairs), "count"))
    if not rows:
        yield say(words, "back.covary.none")


def _means(of: Analysis, words: Words) -> Paragraph:
    where = of.found.layout
    if where.thresholds:
        return say(words, "back.means.ordinal")
    return say(words, "back.means.free" if where.meanstructure else "back.means.none")


def _nested(of: Analysis, words: Words) -> Paragraph | None:
    """How many rivals are nested in the model, hold it, or neither."""
    beside = of.inference.rivals
    if beside is None:
        return None
    pairs = beside.comparison.pairs
    nested = pairs[pairs["relation"] == "nested"]
    other = pairs[(pairs["relation"] != "nested") & ((pairs["smaller"] == DRAWN) | (pairs["larger"] == DRAWN))]
    return say(
        words,
        "back.nested",
        inside=Num(int((nested["larger"] == DRAWN).sum()), "count"),
        around=Num(int((nested["smaller"] == DRAWN).sum()), "count"),
        other=Num(len(other), "count"),
    )
