"""What has to stand in a printed document, worked out from the unrounded numbers without the package's rounding."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal

import pandas as pd

from mkb21sem.report.documents.parts import Drawn, Listing, Paragraph, Tabled, Verbatim

PLACES = {"number": (1, 2, 3, 4), "bounded": (1, 2, 3)}
KINDS = {"en": ("Table", "Figure", "Note."), "nl": ("Tabel", "Figuur", "Noot.")}
MARK = re.compile(r"</?(?:i|b|em|strong|sub|sup)>|<a href=\"https://doi[^>]*>|</a>")


def squeezed(text):
    """Text without any space, as lines are broken anywhere; what may be broken without a sign has no trace."""
    return re.sub(r"[\s\u200b]+", "", text)


def rounded(x, places, lang, bounded=False):
    """A number: thousands parted, decimal comma in Dutch, − for minus, no zero before the point if bounded."""
    if math.isnan(x):
        return "–"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    exact = Decimal(float(x)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    digits = f"{abs(exact):.{places}f}"
    whole, _, behind = digits.partition(".")
    if bounded and whole == "0" and behind:
        whole = ""
    for at in range(len(whole) - 3, 0, -3):
        whole = f"{whole[:at]},{whole[at:]}"
    text = whole + (f".{behind}" if behind else "")
    if lang == "nl":
        text = text.replace(".", "\0").replace(",", ".").replace("\0", ",")
    return f"−{text}" if exact < 0 else text


def p_value(p, lang):
    point = "," if lang == "nl" else "."
    if math.isnan(p):
        return "–"
    if p < 0.001:
        return f"< {point}001"
    return f"> {point}999" if p > 0.999 else rounded(p, 3, lang, bounded=True)


def shown(form, values, lang):
    """Numbers as a form has to show them."""
    kind, _, inner = form.partition(" ")
    if kind in ("blank", "dash"):
        return {"blank": "", "dash": "–"}[kind]
    if kind == "interval":
        if all(map(math.isnan, values)):
            return "–"
        ends = [shown(inner, [value], lang) for value in values]
        return f"[{('; ' if lang == 'nl' else ', ').join(ends)}]"
    x = values[0]
    if kind in ("p", "equals_p"):
        text = p_value(x, lang)
        return f"= {text}" if kind == "equals_p" and text[0] not in "<>" else text
    if kind == "count":
        return rounded(x, 0, lang)
    if kind in ("percent", "percent1", "points1"):
        if math.isnan(x):
            return "–"
        return f"{rounded(100 * (x / 100 if kind == 'points1' else x), 0 if kind == 'percent' else 1, lang)}%"
    named = re.fullmatch(r"(number|bounded)(\d)", kind)
    assert named, f"the test knows no form {form!r}"
    return rounded(x, int(named.group(2)), lang, bounded=named.group(1) == "bounded")


def cell(frame, column, at, words):
    """What has to stand in one cell."""
    values = [frame[name].iloc[at] for name in (column.of or (column.id,))]
    form = column.form if isinstance(column.form, str) else column.form[at]
    if form == "text":
        return "" if pd.isna(values[0]) else str(values[0])
    if form == "word":
        return words.plain(f"{column.id}.{values[0]}") if str(values[0]) else "–"
    if "hidden" in frame and frame["hidden"].iloc[at] and pd.isna(values).all() and form not in ("blank", "dash"):
        return "c"
    return shown(form, [math.nan if pd.isna(value) else float(value) for value in values], words.lang)


def rows(table, words):
    """Every shown row of a table."""
    places = range(len(table.frame)) if table.rows is None else table.rows
    return [[cell(table.frame, column, at, words) for column in table.columns] for at in places]


def heads(table, words):
    return [c.id[1:] if c.id.startswith("=") else words.plain(f"col.{c.id}") for c in table.columns]


def spoken(text, numbers, lang):
    """A text without marks, its references filled in."""
    bare = html.unescape(MARK.sub("", str(text))) if hasattr(text, "__html__") else str(text)

    def called(found):
        kind, name = found.groups()
        if name not in numbers[kind]:
            return found.group()
        return f"{KINDS[lang][0 if kind == 'table' else 1]} {numbers[kind][name]}"

    return re.sub(r"\[\[(table|figure)\.([\w-]+)\]\]", called, bare)


def counted(document):
    """Numbers of tables and figures."""
    blocks = list(document.blocks())
    tables = [block.table.name for block in blocks if isinstance(block, Tabled)]
    figures = [block.name for block in blocks if isinstance(block, Drawn)]
    return {
        "table": {name: at for at, name in enumerate(tables, start=1)},
        "figure": {name: at for at, name in enumerate(figures, start=1)},
    }


def sentences(document):
    """Headings, paragraphs and entries of lists in order: what is said, and the numbers that must stand in it."""
    numbers, made = counted(document), []

    def below(section):
        if not section.filled:
            return
        made.append((spoken(section.heading, numbers, document.lang), ()))
        for block in section.blocks:
            said = [block] if isinstance(block, Paragraph) else block.entries if isinstance(block, Listing) else []
            made.extend((spoken(one.text, numbers, document.lang), one.numbers) for one in said)
        for inner in section.sections:
            below(inner)

    for section in document.sections:
        below(section)
    return made


def verbatim(document):
    return [block.text for block in document.blocks() if isinstance(block, Verbatim)]


def lacking(said, numbers, lang):
    """Numbers that don't stand in a sentence as often as they should."""
    found = Counter(re.findall(r"[<>=]? ?[\[−]?[\d.,]*\d%?|–|∞", said))
    text, missing = said, []
    for number in sorted(numbers, key=lambda n: -len(shown(n.form, [n.value, n.upper], lang))):
        form = shown(number.form, [number.value, number.upper], lang)
        at = re.search(rf"(?<![\d.,−]){re.escape(form)}(?![\d])", text)
        if at is None:
            missing.append(f"{form} ({number.form} of {number.value!r})")
        else:
            text = f"{text[: at.start()]}\0{text[at.end() :]}"
    assert found or not numbers, f"no number at all in {said!r}"
    return missing
