"""What others said, as paragraphs: the authors' own words as a quotation, findings of the measurement as sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from mkb21sem.report.documents.parts import Listing, Num, Paragraph, say
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.dossier.meanings import meaning
from mkb21sem.report.dossier.sections import RULES
from mkb21sem.report.dossier.sentences import said
from mkb21sem.report.words import Words, texts
from mkb21sem.specify.declaration import Declaration
from mkb21sem.validate.findings import Finding

QUOTATION, NOTE = "quotation", "note"
COMMAND = re.compile(r"`([^`]+)`")
"""A command in the authors' text, which is set in italics."""

NUMBERS = {
    **dict.fromkeys(("r", "ave", "loading", "low", "high", "bound", "std", "std_with"), "bounded2"),
    **dict.fromkeys(("cfi", "rmsea", "srmr", "congruence", "rmsea_one", "cfi_one"), "bounded2"),
    **dict.fromkeys(("alpha", "alpha_low", "alpha_high", "published"), "bounded3"),
    **dict.fromkeys(("skewness", "kurtosis", "chisq", "z", "irv", "mean", "published_mean"), "number2"),
    **dict.fromkeys(("vif", "limit", "distance", "aic", "bic", "bic_one"), "number1"),
    **dict.fromkeys(("n", "df", "k", "m", "longstring", "answered", "scales", "draws", "failed"), "count"),
    **dict.fromkeys(("kaiser", "forms", "few"), "count"),
    "share": "percent",
    "p": "equals_p",
}
"""Form in which a finding shows each of its figures, as in `mkb21sem.report.dossier.sentences`."""


def shown(value: float, form: str) -> Num:
    """A number in a sentence; one that is hidden is NaN, and stands there as c."""
    return Num(value, "secret" if math.isnan(value) else form)


def quoted(text: str, shows: tuple[str, ...] = ()) -> Paragraph:
    """Somebody's own words, in the language in which they were written."""
    marked = COMMAND.sub(r"<i>\1</i>", str(escape(text)))
    return Paragraph(Markup(marked), look=QUOTATION, shows=shows)  # escaped above


def declared(
    of: Declaration, key: str, words: Words, shows: tuple[str, ...] = (), lead: bool = True
) -> tuple[Paragraph, ...]:
    """What the authors declared under a key, after a sentence that says what it is about; or that they did not.

    Parameters
    ----------
    of, key
        The table ``[study]``, and one of its keys; texts are ``front.say.<key>`` and ``front.lack.<key>``.
    words
        Language.
    shows
        Points of the checklist that the authors' words meet.
    lead
        Whether the sentence before it is wanted.
    """
    text = str(getattr(of, key))
    if not text:
        return (say(words, "front.lacking", what=words(f"front.lack.{key}"), entry=key, look=NOTE),)
    own = quoted(text, shows)
    return (say(words, f"front.say.{key}"), own) if lead else (own,)


def spoken(finding: Finding, words: Words) -> Paragraph:
    """A finding as a sentence, with its figures kept."""
    places = texts()[f"found.{finding.key}"][words.lang]
    kept = tuple(
        Num(float(str(value)), NUMBERS[name])
        for name, value in finding.values.items()
        if name in NUMBERS and f"{{{name}}}" in places
    )
    return Paragraph(said(finding, words), kept)


def meant(table: str, one: Inquiry, words: Words, without: tuple[str, ...] = ()) -> list[Paragraph]:
    """What a table of the measurement means, a sentence each; ``without`` findings whose key begins so."""
    return [spoken(each, words) for each in meaning(table, one) if not without or not each.key.startswith(without)]


def rules(tables: Sequence[str], words: Words) -> tuple[Paragraph, Listing]:
    """The rules of thumb behind tables of the measurement, each with its source and what is held against it."""
    names = dict.fromkeys(rule for table in tables for rule in RULES[table])
    return say(words, "front.rules"), Listing(tuple(say(words, f"rule.{rule}") for rule in names))
