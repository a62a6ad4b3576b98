"""The verdicts: each hypothesis with what was found, what the model leaves out, and what other choices give."""

from __future__ import annotations

from collections.abc import Iterator

from mkb21sem.infer.judging.verdicts import Verdict
from mkb21sem.report import judged
from mkb21sem.report.charts.curve import choices
from mkb21sem.report.charts.forest import forest
from mkb21sem.report.documents.parts import Block, Listing, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.inference import inference_tables
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.words import Words


def section(of: Analysis, words: Words) -> Section:
    """What is concluded about every hypothesis, and how firmly."""
    parts = (
        Section("registered-zeros", words("pub.zeros"), tuple(_zeros(of, words))),
        Section("other-choices", words("pub.choices"), tuple(_choices(of, words))),
    )
    return Section(
        "verdicts", words("pub.verdicts"), tuple(_verdicts(of, words)), tuple(part for part in parts if part.filled)
    )


def _verdicts(of: Analysis, words: Words) -> Iterator[Block]:
    given = of.inference.judged
    if not of.found.converged:
        yield say(words, "pub.no_verdicts", look="warning")
        return
    if not given:
        yield say(words, "pub.no_hypotheses", look="warning")
        return
    point = ("40.verdicts",) if of.claimed else ()
    if not of.claimed:
        yield say(words, "pub.own_hypotheses", look="warning")
    yield _counted(of, words)
    yield Listing(tuple(_sentence(each, words) for each in given), shows=point)
    kind = words.plain(f"intervals.{of.inference.sampling.intervals}")
    yield of_chart(forest(given, words, kind, of.wave.synthetic))
    yield Tabled(judged.verdicts(given, words))
    sizes = judged.sizes(given, words, of.inference.sampling.intervals)
    if len(sizes.frame):
        yield Tabled(sizes)
    open_ends = tuple(judged.reasons(given, words, of.model.name))
    if open_ends:
        yield say(words, "pub.reasons")
        yield Listing(open_ends)


def _counted(of: Analysis, words: Words) -> Paragraph:
    """How many hypotheses got each verdict."""
    given = of.inference.judged
    counted = [
        say(words, "pub.count", n=Num(n, "count"), verdict=words(f"verdict.{name}")) for name, n in judged.counts(given)
    ]
    total = "pub.counted" if judged.predicted(given) else "pub.counted_arrows"
    return joined(say(words, total, n=Num(len(given), "count")), *counted)


def _sentence(verdict: Verdict, words: Words) -> Paragraph:
    """One hypothesis: path, verdict, standardised effect with interval, p as tested and adjusted."""
    claim = verdict.hypothesis
    facts: dict[str, object] = {
        "id": claim.id,
        "path": words.path(*claim.nodes),
        "verdict": words.plain(f"verdict.{verdict.verdict}"),
    }
    if verdict.verdict == "not testable":
        return say(words, "pub.judged.not", facts)
    side = "pub.one_sided" if claim.sign else "pub.two_sided"
    facts |= {
        "std": Num(verdict.std, "bounded2"),
        "ci": Num(verdict.std_low, "interval bounded2", verdict.std_high),
        "p": Num(verdict.p_test, "equals_p"),
        "adjusted": Num(verdict.p_adjusted, "equals_p"),
        "side": words(side),
        "level": Num(1 - claim.alpha, "percent"),
    }
    return say(words, "pub.judged", facts)


def _zeros(of: Analysis, words: Words) -> Iterator[Block]:
    done = of.inference
    if done.zeros is None:
        if done.zeros_reason:
            yield say(words, "inference.no_zeros", reason=done.zeros_reason.rstrip("."))
        return
    against = [row["id"] for row in done.zeros.table.to_dict("records") if row["verdict"] == "contradicted"]
    yield joined(
        say(words, "inference.zeros"),
        say(words, "inference.zeros.contradicted", ids=words.listed(against))
        if against
        else say(words, "inference.zeros.none"),
    )
    yield Tabled(inference_tables.zeros(done.zeros, words))
    together = inference_tables.joint(done.zeros, words)
    if len(together.frame):
        yield Tabled(together)


def _choices(of: Analysis, words: Words) -> Iterator[Block]:
    again = of.inference.robust
    if again is None:
        return
    table = again.survival
    fragile = list(table[~table["survives"] & (table["runs"] > 0)]["id"])
    odd = int((again.specifications["improper"] != "").sum())
    yield joined(
        say(
            words,
            "inference.robust",
            runs=Num(len(again.specifications), "count"),
            kept=Num(int(table["survives"].sum()), "count"),
            total=Num(len(table), "count"),
        ),
        say(words, "inference.fragile", ids=words.listed(fragile)) if fragile else None,
        say(words, "inference.improper", odd=Num(odd, "count")) if odd else None,
    )
    yield of_chart(choices(again, words, of.wave.synthetic))
    yield Tabled(inference_tables.survival(again, of.inference, words))
    for table_of in (inference_tables.specifications, inference_tables.unavailable):
        made = table_of(again, words)
        if len(made.frame):
            yield Tabled(made)
