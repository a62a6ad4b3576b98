"""Findings in words: figures as the language writes them, constructs by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markupsafe import Markup

from mkb21sem.report import numbers
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.validate.findings import Finding

Form = Callable[[float, str], str]

FORMS: dict[str, Form] = {
    **dict.fromkeys(
        (
            "r",
            "ave",
            "loading",
            "low",
            "high",
            "bound",
            "std",
            "std_with",
            "cfi",
            "rmsea",
            "srmr",
            "congruence",
            "rmsea_one",
            "cfi_one",
        ),
        lambda x, lang: numbers.bounded(x, 2, lang),
    ),
    **dict.fromkeys(("alpha", "alpha_low", "alpha_high", "published"), lambda x, lang: numbers.bounded(x, 3, lang)),
    **dict.fromkeys(
        ("skewness", "kurtosis", "chisq", "z", "irv", "mean", "published_mean"),
        lambda x, lang: numbers.number(x, 2, lang),
    ),
    **dict.fromkeys(("vif", "limit", "distance", "aic", "bic", "bic_one"), lambda x, lang: numbers.number(x, 1, lang)),
    **dict.fromkeys(
        ("n", "df", "k", "m", "longstring", "answered", "scales", "draws", "failed", "kaiser", "forms", "few"),
        lambda x, lang: numbers.count(x, lang),
    ),
    "share": lambda x, lang: numbers.percent(x, 0, lang),
    "p": lambda x, lang: numbers.equals_p(x, lang),
}
"""How a figure is written, by its name; anything else stands as it is."""

CONSTRUCTS = ("construct", "other")


def said(found: Finding, words: Words) -> Markup:
    """One finding as a sentence of HTML."""
    return words(f"found.{found.key}", **_filled(found, words))


def plain(found: Finding, words: Words) -> str:
    """The same without mark-up, for the terminal and files."""
    return words.plain(f"found.{found.key}", **_filled(found, words))


def told(found: Iterable[Finding], words: Words) -> list[Markup]:
    """Findings as sentences."""
    return [said(one, words) for one in found]


def _filled(found: Finding, words: Words) -> dict[str, object]:
    filled: dict[str, object] = {name: _written(name, value, words) for name, value in found.values.items()}
    if found.signs:
        filled["signs"] = "; ".join(plain(sign, words) for sign in found.signs)
    if "group" in found.values:
        group = str(found.values["group"])
        filled["in_group"] = f" ({group})" if group else ""
    return filled


def _written(name: str, value: object, words: Words) -> str:
    if name in FORMS:
        return FORMS[name](float(str(value)), words.lang)
    if name in CONSTRUCTS:
        return words.short(str(value)) if str(value) else words.plain("d_all")
    if name == "codes" and isinstance(value, list):
        return words.listed([str(code) for code in value]) if value else ""
    if name in ("problem", "kmo_word"):
        return words.plain(f"{name}.{value}")
    return str(value)


def called(codebook: Codebook) -> Callable[[str, str], str]:
    """What constructs, items and batteries are called: a battery without a name of its own as its questions' group."""

    def label(name: str, lang: str) -> str:
        found = codebook.label(name, lang)
        items = codebook.battery(name) if found == name else ()
        return codebook.label(items[0].construct, lang) if items else found

    return label
