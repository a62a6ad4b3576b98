"""The questionnaire as LimeSurvey's tab-separated survey structure, to be imported there as it is.

Format: LimeSurvey manual, "Tab Separated Value survey structure"; rows belong together by their order. A question's
code is a block's letters and a subquestion's code the question's id, so that LimeSurvey exports columns such as
CUL[CUL01].
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html import escape

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.questionnaire.form import NONE, Block, blocks, needs_none, texts, use_questions

COLUMNS = (
    *("class", "type/scale", "name", "relevance", "text", "help", "language", "validation"),
    *("mandatory", "other", "default", "same_default", "exclude_all_others"),
)
TYPES = {"choice": "L", "grid": "F", "boxes": "M"}
"""List with radio buttons, array, multiple choice."""

Row = dict[str, str]


def limesurvey(codebook: Codebook, lang: str) -> str:
    """Return the questionnaire as LimeSurvey's tab-separated text; save it as .txt in UTF-8 with a byte order mark."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows([*_settings(lang), *_questions(codebook, lang)])
    return text.getvalue()


def _settings(lang: str) -> Iterator[Row]:
    survey = {
        "sid": "212121",
        "language": lang,
        "anonymized": "Y",
        "format": "G",
        "datestamp": "Y",
        "ipaddr": "N",
        "showprogress": "Y",
    }
    for name, value in survey.items():
        yield {"class": "S", "name": name, "text": value}
    say = texts(lang)
    spoken = {"surveyls_title": say["title"], "surveyls_welcometext": say["welcome"], "surveyls_endtext": say["end"]}
    for name, value in spoken.items():
        yield {"class": "SL", "name": name, "text": escape(value, quote=False), "language": lang}


def _questions(codebook: Codebook, lang: str) -> Iterator[Row]:
    conditions = relevance(codebook)
    group, number = ("", ""), 0
    for block in blocks(codebook):
        if (block.construct, block.asked) != group:
            group = (block.construct, block.asked)
            number += 1
            name = codebook.label(block.construct, lang) or texts(lang)["title"]
            yield {"class": "G", "type/scale": f"G{number}", "name": name, "relevance": conditions[block.asked]} | {
                "language": lang
            }
        for line in _block(block, lang):
            yield line | {"language": lang}


def _block(block: Block, lang: str) -> Iterator[Row]:
    several = texts(lang)["several"] if block.kind == "boxes" else ""
    question = {"class": "Q", "type/scale": TYPES[block.kind], "name": block.letters, "relevance": "1"}
    question |= {"text": escape(block.stem(lang), quote=False), "help": several, "mandatory": "Y", "other": "N"}
    if needs_none(block):
        question["exclude_all_others"] = NONE
    yield question
    if block.kind != "choice":
        rows = dict(zip((item.id for item in block.items), block.rows(lang), strict=True))
        if needs_none(block):
            rows[NONE] = texts(lang)["none"]
        for id, words in rows.items():
            yield {"class": "SQ", "type/scale": "0", "name": id, "relevance": "1", "text": escape(words, quote=False)}
    if block.kind != "boxes":
        item = block.items[0]
        for code in item.codes:
            words = escape(item.code_label(code, lang), quote=False)
            yield {"class": "A", "type/scale": "0", "name": str(code), "relevance": "0", "text": words}


def relevance(codebook: Codebook) -> dict[str, str]:
    """The ExpressionScript condition under which all, users and non-users are asked."""
    uses = " or ".join(f"GEB_{item.id}.NAOK > {item.codes[0]}" for item in use_questions(codebook)) or "1"
    return {"all": "1", "users": f"({uses})", "nonusers": f"!({uses})"}
