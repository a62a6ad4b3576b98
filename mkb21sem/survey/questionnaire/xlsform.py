"""The questionnaire as XLSForm (xlsform.org), for KoboToolbox, ODK, SurveyCTO and others.

Questions are named by their ids and answers by their codes, so that any of these tools exports what `Wave.read` reads.
The column `evidence`, which the tools pass over, says whether a question is named in the whitepaper.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence

import openpyxl
from lxml.etree import SerialisationError

from mkb21sem.errors import Mkb21Error
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.item import Item
from mkb21sem.survey.questionnaire.form import NONE, Block, blocks, needs_none, texts, use_questions

SURVEY = ("type", "name", "label", "hint", "required", "relevant", "appearance", "constraint", "evidence")

Row = dict[str, str]


def xlsform(codebook: Codebook, lang: str) -> bytes:
    """Return the questionnaire as an XLSForm workbook.

    Raises
    ------
    Mkb21Error
        There is no room for the temporary files through which a workbook is put together.
    """
    lists = _lists(codebook, lang)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "survey"
    _fill(sheet, SURVEY, [*_survey(codebook, lang, {answers: name for name, answers in lists.items()})])
    choices = [
        {"list_name": name, "name": code, "label": label} for name, answers in lists.items() for code, label in answers
    ]
    _fill(book.create_sheet("choices"), ("list_name", "name", "label"), choices)
    settings = {"form_title": texts(lang)["title"], "form_id": "mkb21_monitor", "default_language": lang}
    _fill(book.create_sheet("settings"), tuple(settings), [settings])
    content = io.BytesIO()
    try:
        book.save(content)
    except (OSError, SerialisationError) as error:
        raise Mkb21Error(
            f"the workbook can't be put together ({error}): there is no room for temporary files in "
            f"{tempfile.gettempdir()}. Make some, or name another place for them by the environment variable TMPDIR."
        ) from error
    return content.getvalue()


Answers = tuple[tuple[str, str], ...]


def _lists(codebook: Codebook, lang: str) -> dict[str, Answers]:
    """Every different list of answers, named by the first block that has it."""
    found: dict[Answers, str] = {}
    for block in blocks(codebook):
        found.setdefault(_answers(block, lang), f"{block.letters.lower()}_answers")
    return {name: answers for answers, name in found.items()}


def _answers(block: Block, lang: str) -> Answers:
    """Codes and labels of a question; of boxes, ids and what stands beside them."""
    if block.kind == "boxes":
        boxes = tuple(zip((item.id for item in block.items), block.rows(lang), strict=True))
        return (*boxes, (NONE, texts(lang)["none"])) if needs_none(block) else boxes
    item = block.items[0]
    return tuple((str(code), item.code_label(code, lang)) for code in item.codes)


def _survey(codebook: Codebook, lang: str, lists: dict[Answers, str]) -> Iterator[Row]:
    when = relevance(codebook)
    yield {"type": "note", "name": "welcome", "label": texts(lang)["welcome"]}
    for block in blocks(codebook):
        answers, condition = lists[_answers(block, lang)], when[block.asked]
        if block.kind == "choice":
            yield _question(block.items[0], block.stem(lang), answers) | {"relevant": condition}
        elif block.kind == "boxes":
            question = {"type": f"select_multiple {answers}", "name": block.letters, "label": block.stem(lang)}
            question |= {"hint": texts(lang)["several"], "required": "yes", "relevant": condition}
            question["evidence"] = ", ".join(dict.fromkeys(item.evidence for item in block.items if item.evidence))
            if needs_none(block):
                question["constraint"] = f"not(selected(., '{NONE}') and count-selected(.) > 1)"
            yield question
        else:
            name = f"{block.letters}_page"
            yield {"type": "begin_group", "name": name, "label": block.stem(lang)} | {
                "relevant": condition,
                "appearance": "field-list",
            }
            for item, words in zip(block.items, block.rows(lang), strict=True):
                yield _question(item, words, answers)
            yield {"type": "end_group", "name": name}
    yield {"type": "note", "name": "thanks", "label": texts(lang)["end"]}


def _question(item: Item, label: str, answers: str) -> Row:
    question = {"type": f"select_one {answers}", "name": item.id, "label": label, "required": "yes"}
    return question | {"evidence": item.evidence}


def relevance(codebook: Codebook) -> dict[str, str]:
    """The XPath condition under which all, users and non-users are asked."""
    uses = " or ".join(f"${{{item.id}}} > {item.codes[0]}" for item in use_questions(codebook))
    return {"all": "", "users": uses, "nonusers": f"not({uses})"}


def _fill(sheet: object, columns: Sequence[str], rows: Sequence[Row]) -> None:
    sheet.append(list(columns))  # type: ignore[attr-defined]
    for row in rows:
        sheet.append([row.get(column, "") or None for column in columns])  # type: ignore[attr-defined]
    for line in sheet.iter_rows():  # type: ignore[attr-defined]
        for cell in line:
            if cell.data_type == "f":  # a label that begins with = is no formula
                cell.data_type = "s"
