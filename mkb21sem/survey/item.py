"""One question of the questionnaire."""

from __future__ import annotations

from dataclasses import dataclass

from mkb21sem.errors import one_of

LANGUAGES = ("nl", "en")
EVIDENCE = {"S": "stated", "S*": "stated", "R": "reconstruction", "": ""}


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Parameters
    ----------
    id
        Column name: a battery of letters and a number, such as GEB03.
    construct
        Dutch name of the group of questions it belongs to.
    form
        Form of communication of a motive or experience: PR, Verkoop, Webcare or Crisis; else empty.
    label_nl, label_en
        The question.
    codes
        The answers' codes in order.
    code_labels_nl, code_labels_en
        What each code stands for.
    measure
        "nominal", "ordinal" or "binary".
    asked
        Who was asked: "all", "users" (of any social medium) or "nonusers".
    base_n
        Number of respondents asked in the 2012 wave; None where the codebook gives none.
    status
        "S": named in the whitepaper; "S*": its existence is stated, its wording lost; "R": reconstruction;
        empty: the user's own question.
    assumed
        Codes that the whitepaper does not name, so that they or their labels are our assumption.
    platform_class
        Eurostat's class of a medium: SNET, BLOG, CNTSHR, WIKI or none.
    published
        What the whitepaper prints about it.
    note
        How it was put or filled in.
    """

    id: str
    construct: str
    label_nl: str
    label_en: str
    codes: tuple[int, ...]
    code_labels_nl: tuple[str, ...]
    code_labels_en: tuple[str, ...]
    measure: str
    asked: str = "all"
    form: str = ""
    base_n: int | None = None
    status: str = ""
    assumed: tuple[int, ...] = ()
    platform_class: str = ""
    published: str = ""
    note: str = ""

    @property
    def battery(self) -> str:
        """The letters of the id: GEB03 → GEB."""
        return self.id.rstrip("0123456789")

    @property
    def number(self) -> str:
        """The digits of the id: GEB03 → 03."""
        return self.id[len(self.battery) :]

    @property
    def evidence(self) -> str:
        """Whether the question is "stated" in the whitepaper or a "reconstruction"; empty if neither."""
        return EVIDENCE[self.status]

    def label(self, lang: str = "nl") -> str:
        """Return the question in Dutch ("nl") or English ("en")."""
        one_of("lang", lang, LANGUAGES)
        return self.label_nl if lang == "nl" else self.label_en

    def topic(self, lang: str = "nl") -> str:
        """Return what tells the question from its neighbours: its part after the colon or dots."""
        label = self.label(lang)
        for mark in (": ", "… "):
            if mark in label:
                return label.rpartition(mark)[2]
        return label

    def code_label(self, code: int, lang: str = "nl") -> str:
        """Return what a code stands for; an unknown code stands for itself."""
        one_of("lang", lang, LANGUAGES)
        labels = self.code_labels_nl if lang == "nl" else self.code_labels_en
        return labels[self.codes.index(code)] if code in self.codes else str(code)
