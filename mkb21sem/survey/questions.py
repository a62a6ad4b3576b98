"""A codebook file → questions, or all that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mkb21sem.errors import closest
from mkb21sem.survey.cells import Cells
from mkb21sem.survey.item import EVIDENCE, Item
from mkb21sem.survey.problems import BadWaveError, Problem, one_typo

REQUIRED = ("item", "label_nl", "codes_nl", "measure", "asked")
OPTIONAL = (
    *("construct", "form", "label_en", "codes_en", "base_n", "status", "assumed", "platform_class"),
    *("published", "note"),
)
WORDS = {
    "measure": ("nominal", "ordinal", "binary"),
    "asked": ("all", "users", "nonusers"),
    "status": tuple(EVIDENCE),
    "platform_class": ("SNET", "BLOG", "CNTSHR", "WIKI", ""),
}
ID = re.compile(r"[A-Za-z]{2,30}[0-9]{1,4}")
NUMBER = re.compile(r"[0-9]{1,9}")

Record = dict[str, str]
Codes = dict[int, str]
Complain = Callable[[str, str, str], None]


def questions(cells: Cells) -> tuple[Item, ...]:
    """Read the questions of a codebook file.

    Raises
    ------
    WaveError
        The file isn't a codebook; every problem is listed with row and column.
    """
    problems = [*cells.problems, *_column_problems(cells)]
    items: list[Item] = []
    if not problems:
        seen: dict[str, int] = {}
        for row, record in zip(cells.rows.tolist(), _records(cells), strict=True):
            found: list[Problem] = []
            item = _item(record, _complainer(cells.file, row, record, found))
            key = _key(record["item"])
            if key in seen:
                what = f"stands in row {seen[key]} too"
                remedy = "Give every question its own id; capitals and leading zeros make no difference."
                found.append(_problem(cells.file, row, record, "item", what, remedy))
            seen.setdefault(key, row)
            problems += found
            items += [item] if item else []
    if problems:
        raise BadWaveError(problems)
    return tuple(items)


def _key(id: str) -> str:
    """What tells an id from others: REP01, rep1 and REP001 are the same to a survey tool."""
    return re.sub(r"0+(?=[0-9])", "", id.casefold(), count=1)


def _records(cells: Cells) -> Iterable[Record]:
    blank = dict.fromkeys((*REQUIRED, *OPTIONAL), "")
    columns = [[_spelled(cell) for cell in column] for column in cells.columns]
    for row in zip(*columns, strict=True):
        yield blank | dict(zip(cells.names, row, strict=True))


def _spelled(cell: object) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:.15g}"
    return "" if cell is None else str(cell).strip()


def _column_problems(cells: Cells) -> list[Problem]:
    """Columns that must be there and aren't, and columns that look like a misspelt optional one."""
    lacking = [name for name in REQUIRED if name not in cells.names]
    unknown = [name for name in cells.names if name not in REQUIRED + OPTIONAL]
    problems = [
        Problem(
            cells.file,
            f"the codebook has no column `{name}`",
            f"Expected at least {', '.join(REQUIRED)}.{closest(name, unknown)}",
        )
        for name in lacking
    ]
    for name in unknown:
        meant = [known for known in OPTIONAL if known not in cells.names and one_typo(name, known)]
        if meant:
            problems.append(Problem(cells.file, f"no such column; {meant[0]}?", "Rename it.", (1,), name))
    return problems


def _complainer(file: str, row: int, record: Record, problems: list[Problem]) -> Complain:
    def complain(column: str, what: str, remedy: str) -> None:
        problems.append(_problem(file, row, record, column, what, remedy))

    return complain


def _problem(file: str, row: int, record: Record, column: str, what: str, remedy: str) -> Problem:
    return Problem(file, what, remedy, (row,), column, f"'{record[column]}'")


def _item(record: Record, complain: Complain) -> Item | None:
    """Make the question a row describes; after any complaint what it holds doesn't matter."""
    if not ID.fullmatch(record["item"]):
        complain("item", "is not letters followed by a number", "Write ids such as GEB11.")
        return None
    if not record["label_nl"]:
        complain("label_nl", "is blank", "Write the question.")
    for column, words in WORDS.items():
        if record[column] not in words:
            named = ", ".join(word or "(blank)" for word in words)
            complain(column, f"is not one of {named}", f"Choose one.{closest(record[column], words)}")
    dutch = _codes(record, "codes_nl", complain)
    english = _codes(record, "codes_en", complain) if record["codes_en"] else dutch
    if dutch and english and list(dutch) != list(english):
        complain(
            "codes_en",
            "has other codes than codes_nl",
            "Give both languages the same codes.",
        )
    _check_measure(record, dutch, complain)
    return Item(
        id=record["item"],
        construct=record["construct"],
        form=record["form"],
        label_nl=record["label_nl"],
        label_en=record["label_en"] or record["label_nl"],
        codes=tuple(dutch),
        code_labels_nl=tuple(dutch.values()),
        code_labels_en=tuple(english.values()),
        measure=record["measure"],
        asked=record["asked"],
        base_n=_base(record, complain),
        status=record["status"] if record["status"] in EVIDENCE else "",
        assumed=_assumed(record, dutch, complain),
        platform_class=record["platform_class"],
        published=record["published"],
        note=record["note"],
    )


def _codes(record: Record, column: str, complain: Complain) -> Codes:
    """Codes and labels of `1=never | 2=monthly`."""
    codes: Codes = {}
    for part in record[column].split("|"):
        code, equals, label = (piece.strip() for piece in part.partition("="))
        if not (equals and label and re.fullmatch(r"[-−]?[0-9]{1,9}", code)):
            complain(column, f"can't be read at '{part.strip()}'", "Write 1=never | 2=monthly | 3=weekly.")
            return {}
        number = int(code.replace("−", "-"))
        if number in codes:
            complain(column, f"has code {number} twice", "Give every answer its own code.")
        if number < 0:
            what = f"uses {number}, and codes below 0 are kept for missing answers"
            complain(column, what, "Choose another code.")
        codes[number] = label
    if len(codes) < 2:
        complain(column, "has fewer than two codes", "A question needs at least two answers.")
    return codes


def _check_measure(record: Record, codes: Codes, complain: Complain) -> None:
    if record["measure"] == "binary" and codes and set(codes) != {0, 1}:
        complain("codes_nl", "is not coded 0 and 1, as a binary question is", "Recode it, or call it nominal.")
    if record["measure"] == "ordinal" and list(codes) != sorted(codes):
        complain("codes_nl", "has codes that don't ascend", "Order the answers by their codes.")
    frequency = record["item"].rstrip("0123456789") == "GEB"
    if frequency and codes and (record["measure"] != "ordinal" or min(codes) != 1 or max(codes) < 3):
        complain(
            "codes_nl",
            "is not an ordinal frequency with 1 = hardly or never and 3 = weekly",
            "Code the GEB questions so: use and weekly use are derived from them.",
        )


def _base(record: Record, complain: Complain) -> int | None:
    if record["base_n"] and not NUMBER.fullmatch(record["base_n"]):
        complain("base_n", "is not a number of respondents", "Write a whole number or leave it blank.")
        return None
    return int(record["base_n"]) if record["base_n"] else None


def _assumed(record: Record, codes: Codes, complain: Complain) -> tuple[int, ...]:
    words = record["assumed"].split()
    if any(not NUMBER.fullmatch(word) or int(word) not in codes for word in words):
        complain("assumed", "names something else than codes", "List codes with spaces between.")
        return ()
    return tuple(int(word) for word in words)
