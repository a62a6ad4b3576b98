"""Tables and sentences about verdicts: what was found, how large it is, and what could not be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mkb21sem.infer.judging.verdicts import VERDICTS, Verdict, verdict_table
from mkb21sem.report.documents.parts import Num, Paragraph, say
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import EXPLORATORY

SIGNS = {"+": "positive", "-": "negative", "": "either"}


def verdicts(judged: Sequence[Verdict], words: Words) -> Table:
    """What the fit says of every hypothesis."""
    signs = [SIGNS[v.hypothesis.sign] for v in judged]
    met = ["" if v.as_expected is None else " met" if v.as_expected else " unmet" for v in judged]
    frame = verdict_table(judged).assign(
        path=_paths(judged, words),
        sign=signs,
        sign_met=[sign + how for sign, how in zip(signs, met, strict=True)],
    )
    columns = (
        Column("id"),
        Column("path"),
        Column("sign_met", "word"),
        Column("est", "number3"),
        Column(_interval(judged), "interval number3", of=("low", "high")),
        Column("std", "bounded2"),
        Column("p_test", "p"),
        Column("p_adjusted", "p"),
        Column("p_equivalence_adjusted", "p"),
        Column("evidence", "word"),
        Column("verdict", "word"),
    )
    return Table("verdicts", frame, columns)


def _interval(judged: Sequence[Verdict]) -> str:
    """The heading of intervals: their level, where it is the usual one of all."""
    return "ci" if all(v.hypothesis.alpha == 0.05 for v in judged) else "ci_own"


def sizes(judged: Sequence[Verdict], words: Words, kind: str = "delta") -> Table:
    """How large every tested effect is, beside what is of interest and what could have been found.

    Parameters
    ----------
    judged, words
        The verdicts, and the language.
    kind
        What the intervals are: delta, montecarlo, percentile, bc or bca.
    """
    tested = [v for v in judged if v.verdict != "not testable"]
    columns = (
        Column("id"),
        Column("path"),
        Column("std", "bounded2"),
        Column(_interval(tested), "interval bounded2", of=("std_low", "std_high")),
        Column("f2", "bounded3"),
        Column("delta_r2", "bounded3"),
        Column("sesoi", "bounded2"),
        Column("detectable", "bounded2"),
    )
    frame = verdict_table(tested)
    facts = {"kind": words.plain(f"intervals.{kind}")}
    return Table("sizes", frame.assign(path=_paths(tested, words)) if tested else frame, columns, facts)


def _paths(judged: Sequence[Verdict], words: Words) -> list[str]:
    return [words.path(*v.hypothesis.nodes) for v in judged]


def counts(judged: Sequence[Verdict]) -> list[tuple[str, int]]:
    """How many hypotheses got each verdict; only verdicts that occur."""
    given = [verdict.verdict for verdict in judged]
    return [(name, given.count(name)) for name in VERDICTS if name in given]


def counted(judged: Sequence[Verdict]) -> str:
    """The text that begins a count of verdicts: of hypotheses, or of arrows that nobody predicted anything of."""
    return "summary.verdicts" if predicted(judged) else "summary.explored"


def predicted(judged: Sequence[Verdict]) -> bool:
    """Whether there is a hypothesis among what was tested."""
    return not judged or any(v.hypothesis.family != EXPLORATORY for v in judged)


def reasons(judged: Sequence[Verdict], words: Words, model: str) -> Iterator[Paragraph]:
    """Why single hypotheses could not be tested, what an undecided one leaves open, and what to keep in mind."""
    if unclaimed := [v.hypothesis.id for v in judged if v.hypothesis.family == EXPLORATORY]:
        yield say(words, "reason.exploratory", ids=words.listed(unclaimed))
    for verdict in judged:
        claim = verdict.hypothesis
        match verdict.verdict:
            case "undecided":
                yield _undecided(verdict, words)
            case "practically zero":
                key = "reason.negligible" if verdict.reason else "reason.small"
                yield say(words, key, id=claim.id, sesoi=Num(claim.sesoi, "bounded2"))
            case "opposite":
                yield say(words, "reason.opposite", id=claim.id)
            case "not testable" if f"the model {model} has no arrow" in verdict.reason:
                yield say(words, "reason.absent", id=claim.id, model=model, path=_missing(verdict, words))
            case "not testable":
                yield say(words, "reason.other", id=claim.id, reason=verdict.reason)


def _missing(verdict: Verdict, words: Words) -> str:
    """The arrows that the model lacks, as the reason names them."""
    named = verdict.reason.partition("has no arrow ")[2].split(", ")
    return ", ".join(words.path(*arrow.split(" → ")) for arrow in named)


def _undecided(verdict: Verdict, words: Words) -> Paragraph:
    """What the interval leaves open, and what would probably have been found."""
    return say(
        words,
        "reason.undecided",
        id=verdict.hypothesis.id,
        ci=Num(verdict.std_low, "interval bounded2", verdict.std_high),
        detectable=Num(verdict.detectable, "bounded2"),
        sesoi=Num(verdict.hypothesis.sesoi, "bounded2"),
    )
