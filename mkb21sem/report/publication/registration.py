"""Whether a plan was lodged where others can see it, as far as words can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

from mkb21sem.report import promised, registered
from mkb21sem.report.documents.parts import Num, Paragraph, Section, Tabled, say
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import NOTE, declared, quoted
from mkb21sem.report.words import Words

RECORD = re.compile(
    r"https?://[^\s/]+/\S*\w{3}"
    r"|\b10\.\d{4,9}/\S+"
    r"|\bosf\.io/\w{4,}"
    r"|\baspredicted(?:\.org)?\b[^.;\n]{0,20}\d{3,}"
    r"|\b(?:NCT|ISRCTN|ACTRN|CRD|AEARCTR-|RIDIE-)\d{6,}",
    re.IGNORECASE,
)
"""A page below the address of a registry, a DOI, or a number as OSF, AsPredicted and trial registries give them."""

_REGISTERED = r"(?:pre-?|voor)?-?(?:ge)?regist"
DENIAL = re.compile(
    rf"\b(?:not|never|niet|nooit)\b[^.;]{{0,60}}\b{_REGISTERED}"
    rf"|\b{_REGISTERED}\w*\W{{1,3}}(?:\w+ ){{0,3}}(?:not|never|no|none|nothing|niet|nooit|geen|nee|n/?a)\b"
    rf"|\b(?:no|without|geen|zonder)\W+(?:\w+\W+){{0,2}}{_REGISTERED}"
    rf"|\b(?:un|non-?|on){_REGISTERED}"
    rf"|\b(?:will|shall|to|zal|zullen|moet|nog)\b(?:\W+\w+){{0,3}}\W+{_REGISTERED}"
    rf"|\b{_REGISTERED}\w*\W+(?:\w+\W+){{0,3}}(?:pending|planned|intended|later|volgt|gepland|nog)\b",
    re.IGNORECASE,
)
"""Words that say that there is no registration, or not yet."""

DEVIATION = re.compile(r"\b(?:deviat|depart(?:ed|ure)|afwijk|afgeweken|week\b.*\baf\b)", re.IGNORECASE)


def recorded(text: str) -> bool:
    """Whether a declaration names a record of the plan that somebody could look up.

    It must hold an address with a page in it, a DOI or a registry's number, and must not deny: "Not registered", "see
    https://osf.io" and "will be registered at https://osf.io/abcde" all name no record. In doubt it is none.
    """
    return bool(RECORD.search(text)) and not DENIAL.search(text)


def section(of: Analysis, words: Words) -> Section:
    """The frozen plan or the registration, and everything that was done otherwise: item 5.

    A frozen plan meets both points, as every deviation is found by comparison. A declared registration meets the first
    if `recorded`, and the second if it also says what became of the plan.
    """
    blocks = tuple(_frozen(of, words)) if of.study.plan else tuple(_declared(of, words))
    return Section("registration", words("front.registration"), blocks)


def _frozen(of: Analysis, words: Words) -> Iterator[Paragraph | Tabled]:
    plan, found = of.study.plan, of.inference.deviations
    assert plan is not None
    yield say(
        words,
        "plan.sealed",
        when=plan.frozen,
        seal=plan.seal[: registered.SHOWN],
        program=plan.program,
        shows=("5.plan",),
    )
    rules = plan.rules
    yield say(words, "plan.rules", exclusions=rules.exclusions, criteria=rules.criteria)
    if rules.intervals:
        draws = Num(rules.draws or 0, "count")
        yield say(words, "plan.sampling", intervals=rules.intervals, draws=draws, seed=rules.seed)
    if names := [name for name, text in asdict(plan.study).items() if text]:
        yield say(words, "plan.studied", names=", ".join(names))
    if found:
        yield say(words, "plan.deviations", n=Num(len(found), "count"))
        yield Tabled(registered.table(found), shows=("5.deviations",))
    else:
        yield say(words, "plan.kept", shows=("5.deviations",))
    yield from (Paragraph(line) for line in promised.lines(of.inference.promises, words))
    if of.declaration.registration:
        yield from declared(of.declaration, "registration", words)


def _declared(of: Analysis, words: Words) -> Iterator[Paragraph]:
    text = of.declaration.registration
    if not text:
        yield from declared(of.declaration, "registration", words)
    else:
        there = recorded(text)
        points = (*(("5.plan",) if there else ()), *(("5.deviations",) if there and DEVIATION.search(text) else ()))
        yield say(words, "front.say.registration")
        yield quoted(text, points)
    yield say(words, "front.unfrozen", look=NOTE)
