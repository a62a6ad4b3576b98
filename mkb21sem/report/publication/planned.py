"""The plan of the study: model, theory, hypotheses, approach, number of respondents, registration (items 1-5)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd
from markupsafe import Markup

from mkb21sem.report import tables
from mkb21sem.report.documents.parts import Block, Listing, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.publication import registration
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import NOTE, declared, quoted
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import EXPLORATORY, Hypothesis
from mkb21sem.specify.model import INTERCEPT, Model

WANTED = 0.80
"""Power below which a hypothesis that finds no support says little."""


def section(of: Analysis, words: Words) -> Section:
    """What was planned and claimed."""
    parts = (_theory, _hypotheses, _approach, _size, registration.section)
    return Section("plan", words("front.plan"), (), tuple(make(of, words) for make in parts))


def _theory(of: Analysis, words: Words) -> Section:
    """The model in words, why its arrows point as they do, and what each rests on: item 1."""
    model = of.model
    blocks: list[Block] = [_described(model, words)]
    if outcomes := _outcomes(model, words):
        blocks.append(Listing(outcomes))
    blocks += declared(of.declaration, "theory", words, ("1.theory",))
    blocks += _grounds(model, of.study.hypotheses, words)
    return Section("theory", words("front.theory"), tuple(blocks))


def _described(model: Model, words: Words) -> Paragraph:
    indicators = {item for own in model.indicators.values() for item in own if item not in model.latents}
    others = len(model.observed) - len(indicators)
    paths = Num(len(_paths(model)), "count")
    if model.latents:
        told = say(
            words,
            "front.model",
            title=model.title or model.name,
            latents=Num(len(model.latents), "count"),
            indicators=Num(len(indicators), "count"),
            others=Num(others, "count"),
            paths=paths,
            shows=("1.model",),
        )
    else:
        told = say(
            words,
            "front.model_observed",
            title=model.title or model.name,
            others=Num(others, "count"),
            paths=paths,
            shows=("1.model",),
        )
    return joined(told, say(words, "front.model_source", source=model.source) if model.source else None)


def _paths(model: Model) -> list[tuple[str, str]]:
    """Tail and head of every regression arrow."""
    return [(a.tail, a.head) for a in model.arrows if a.op == "~" and a.rhs != INTERCEPT]


def _outcomes(model: Model, words: Words) -> tuple[Paragraph, ...]:
    """What each outcome follows from, in words."""
    return tuple(
        say(
            words,
            "front.outcome",
            outcome=words.short(outcome),
            causes=words.listed(words.short(tail) for tail, head in _paths(model) if head == outcome),
        )
        for outcome in model.endogenous
    )


def _grounds(model: Model, claims: tuple[Hypothesis, ...], words: Words) -> Iterator[Block]:
    """What each arrow rests on; the point only where every arrow rests on a theory or a quotation."""
    if not _paths(model):
        tagged = all(a.evidence for a in model.arrows if a.op == "=~") and bool(model.latents)
        yield say(words, "front.no_paths", shows=("1.paths",) if tagged else ())
        return
    table = grounds(model, claims, words)
    bare = list(table.frame.loc[(table.frame["theory"] == "") & (table.frame["quotation"] == ""), "path"])
    yield say(words, "front.grounds")
    yield Tabled(table, shows=() if bare else ("1.paths",))
    if bare:
        yield say(words, "front.bare", n=Num(len(bare), "count"), paths=words.listed(bare), look=NOTE)


def grounds(model: Model, claims: tuple[Hypothesis, ...], words: Words) -> Table:
    """Every arrow between constructs and observed variables, with what it rests on.

    A hypothesis on the arrow itself goes before one on a path of several arrows.
    """
    lines = []
    for arrow in (a for a in model.arrows if a.op == "~" and a.rhs != INTERCEPT):
        own = sorted((c for c in claims if (arrow.tail, arrow.head) in c.steps), key=lambda c: len(c.through))
        first = next((c for c in own if c.theory or c.quotation), None)
        lines.append(
            {
                "arrow": arrow.key or (own[0].arrow if own and not own[0].through else ""),
                "lhs": arrow.lhs,
                "rhs": arrow.rhs,
                "path": words.path(arrow.tail, arrow.head),
                "ids": ", ".join(c.id for c in own),
                "evidence": arrow.evidence or (own[0].evidence if own else ""),
                "theory": first.theory if first else "",
                "quotation": first.quotation if first else "",
            }
        )
    frame = pd.DataFrame(lines)
    frame["said"] = _once(frame, words)
    shown = [Column("path"), Column("front_ids", of=("ids",)), Column("evidence", "word")]
    if (frame["theory"] != "").any():
        shown.append(Column("front_theory", of=("theory",)))
    if (frame["quotation"] != "").any():
        shown.append(Column("front_quotation", of=("said",)))
    return Table("grounds", frame, tuple(shown))


def _once(frame: pd.DataFrame, words: Words) -> list[str]:
    """Quotations as they are printed: one that stands above already is referred to by its path."""
    first: dict[str, str] = {}
    shown = []
    for path, quotation in zip(frame["path"], frame["quotation"], strict=True):
        seen = first.get(quotation, "") if quotation else ""
        shown.append(words.plain("front.same_source", path=seen) if seen else quotation)
        first.setdefault(quotation, path)
    return shown


def _hypotheses(of: Analysis, words: Words) -> Section:
    """Numbered hypotheses with family, sign and smallest effect of interest: item 2."""
    claims = of.study.hypotheses if of.claimed else ()
    if not claims:
        return Section("hypotheses", words("front.hypotheses"), (say(words, "front.unclaimed", look=NOTE),))
    count = {
        "n": len(claims),
        "primary": sum(c.family == "primary" for c in claims),
        "secondary": sum(c.family == "secondary" for c in claims),
        "signed": sum(bool(c.sign) for c in claims),
    }
    explored = [c.id for c in claims if c.family == EXPLORATORY]
    blocks: list[Block] = [
        joined(
            _numbered("front.claims", words, {name: Num(n, "count") for name, n in count.items()}, len(claims)),
            say(words, "front.explored", ids=words.listed(explored)) if explored else None,
        ),
        Tabled(tables.hypotheses(claims, words), shows=("2.hypotheses",)),
    ]
    blocks += _interest(claims, words)
    if of.inference.zeros is not None and len(of.inference.zeros.table):
        zeros = of.inference.zeros.table
        named = Markup("; ").join(
            f"{row['id']} {words.path(str(row['source']), str(row['outcome']))}" for row in zeros.to_dict("records")
        )
        blocks.append(say(words, "front.zeros", n=Num(len(zeros), "count"), zeros=named))
    return Section("hypotheses", words("front.hypotheses"), tuple(blocks))


def _interest(claims: tuple[Hypothesis, ...], words: Words) -> Iterator[Paragraph]:
    """Why effects of that size are the smallest of interest, in the authors' words."""
    for rationale in dict.fromkeys(c.rationale for c in claims if c.rationale):
        own = [c for c in claims if c.rationale == rationale]
        sizes = [c.sesoi for c in own]
        ids = words.plain("front.all_claims") if len(own) == len(claims) else words.listed(c.id for c in own)
        if min(sizes) == max(sizes):
            yield say(words, "front.sesoi", size=Num(sizes[0], "bounded2"), ids=ids)
        else:
            yield say(words, "front.sesoi_range", low=Num(min(sizes), "bounded2"), high=Num(max(sizes), "bounded2"))
        yield quoted(rationale)


def _approach(of: Analysis, words: Words) -> Section:
    """Confirmatory or not, and whether the model might be changed: item 3."""
    blocks = (
        *declared(of.declaration, "approach", words, ("3.approach",)),
        *declared(of.declaration, "respecification", words, ("3.respecification",)),
    )
    return Section("approach", words("front.approach"), blocks)


def _size(of: Analysis, words: Words) -> Section:
    """Why so many respondents, and what they can show: item 4."""
    blocks: list[Block] = [*declared(of.declaration, "sample_size", words, ("4.rationale",))]
    frame = of.sensitivity
    if "smallest" in frame and frame["smallest"].notna().any():
        blocks += [*_detectable(frame, words), Tabled(detectable(frame, words), shows=("4.sensitivity",))]
    else:
        reason = dict(of.absent).get("sensitivity", "")
        blocks.append(say(words, "front.no_sensitivity", reason=reason, look=NOTE))
    return Section("samplesize", words("front.size"), tuple(blocks))


def _detectable(frame: pd.DataFrame, words: Words) -> Iterator[Paragraph]:
    known = frame[frame["smallest"].notna()]
    size, power = known["smallest"].abs(), known["at_sesoi"]
    facts: dict[str, object] = {
        "n": Num(float(known["n"].iloc[0]), "count"),
        "power": Num(float(known["power"].iloc[0]), "bounded2"),
        "low": Num(float(size.min()), "bounded2"),
        "high": Num(float(size.max()), "bounded2"),
    }
    yield _numbered("front.detectable", words, facts, len(known))
    weak = int((power < WANTED).sum())
    if not math.isnan(power.min()):
        facts = {
            "low": Num(float(power.min()), "bounded2"),
            "high": Num(float(power.max()), "bounded2"),
            "weak": Num(weak, "count"),
            "known": Num(len(known), "count"),
        }
        yield _numbered("front.at_sesoi", words, facts, len(known))


def _numbered(key: str, words: Words, facts: Mapping[str, object], n: int) -> Paragraph:
    """A sentence about several hypotheses, or the one about a single hypothesis, with its first or lowest numbers."""
    return say(words, key if n > 1 else f"{key}_one", facts)


def detectable(frame: pd.DataFrame, words: Words) -> Table:
    """Smallest effect that each hypothesis' test would find, and its power at the smallest effect of interest."""
    made = frame.assign(
        path=[words.path(*str(path).split(" → ")) for path in frame["path"]],
        sign=[tables.SIGNS.get(str(sign), "") for sign in frame["sign"]],
        size=[size if sign else abs(size) for size, sign in zip(frame["smallest"], frame["sign"], strict=True)],
        reason=[words.told(str(reason)) for reason in frame["reason"].fillna("")],
    )
    columns = [
        Column("id"),
        Column("path"),
        Column("sign", "word"),
        Column("front_alpha", "bounded2", of=("alpha",)),
        Column("power_smallest", "bounded2", of=("size",)),
        Column("sesoi", "bounded2"),
        Column("front_power", "bounded2", of=("at_sesoi",)),
    ]
    if (made["reason"] != "").any():
        columns.append(Column("reason"))
    return Table("detectable", made, tuple(columns))
