"""Wave files as text: dressed otherwise but the same, wrong on purpose, or with bytes spoiled at random."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.survey.wave import Wave
from tests.hostile.case import EITHER, REFUSED, RIGHT, Case, command, rng_of
from tests.hostile.tables import Rows, answers, rows, spoiled_bytes, text

Rng = np.random.Generator

OPEN = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+9)*cmd",
    "+31 6 12345678",
    "-2+3",
    "<script>document.title='x'</script>",
    '<img src=x onerror="alert(1)">',
    "../../etc/passwd",
    'zei "nee", en ging',
    "eerste regel\ntweede regel",
    "café, naïef; Köln\t€ 5",
    "日本語 ‮שלום‬ 😀",
    "{{ 7*7 }} ${7*7} #{7*7}",
    "NULL",
    "\\",
    "'",
    "[bold]x[/bold] [/]",
)


def coded(of: Rows) -> list[str]:
    """Columns with a question's answers."""
    return [name for name in of[0] if name != "respondent"]


def pick(rng: Rng, among: Any) -> Any:
    return among[int(rng.integers(0, len(among)))]


def place(rng: Rng, of: Rows, like: Callable[[str], bool] = lambda name: True) -> tuple[int, int]:
    """Row and column of a cell with an answer (not −7, −8, −9) of a question that is `like`."""
    while True:
        i, j = int(rng.integers(1, len(of))), int(rng.integers(1, len(of[0])))
        if not of[i][j].startswith("-") and like(of[0][j]):
            return i, j


# ------------------------------------------------------------------------------------------------- the same, dressed


def dressed(rng: Rng) -> tuple[str, bytes]:
    """The good wave in another dress: it must be read as the same."""
    of, done = rows(), []
    if rng.random() < 0.2:
        of = [of[0], *[[row[0], *[_decimal(value, rng) for value in row[1:]]] for row in of[1:]]]
        done.append("decimals")
    if rng.random() < 0.3:
        of, _ = [of[0], *[of[i] for i in 1 + rng.permutation(len(of) - 1)]], done.append("rows in another order")
    if rng.random() < 0.5:
        words = [pick(rng, OPEN) for _ in of[1:]]
        at = int(rng.integers(0, len(of[0]) + 1))
        of = [[*row[:at], word, *row[at:]] for row, word in zip(of, ["Opmerking", *words], strict=True)]
        done.append("open answers")
    if rng.random() < 0.3:
        order = rng.permutation(len(of[0]))
        of, _ = [[row[i] for i in order] for row in of], done.append("columns in another order")
    if rng.random() < 0.2:
        of = [of[0], *[[f" {value} " for value in row] for row in of[1:]]]
        done.append("spaces")
    if rng.random() < 0.2:
        of, _ = [[name.lower() for name in of[0]], *of[1:]], done.append("small letters")
    if rng.random() < 0.2:
        of, _ = [[*row, ""] for row in of], done.append("a delimiter behind every row")
    delimiter, newline = pick(rng, ",;\t"), pick(rng, ("\n", "\r\n"))
    encoding = pick(rng, ("utf-8", "utf-8-sig", "utf-16", "cp1252"))
    quoting = csv.QUOTE_ALL if rng.random() < 0.3 else csv.QUOTE_MINIMAL
    content = text(of, delimiter, encoding, newline, quoting)
    if rng.random() < 0.1 and encoding == "utf-8":
        content, _ = f"sep={delimiter}{newline}".encode() + content, done.append("a line sep=")
    return ", ".join([*done, repr(delimiter), encoding]), content


def _decimal(value: str, rng: Rng) -> str:
    return f"{value}.0" if value.lstrip("-").isdecimal() and rng.random() < 0.3 else value


def as_before(found: Any) -> str:
    """The answers are those of the good wave, respondent by respondent."""
    good = answers()
    wave = found if isinstance(found, Wave) else found.wave
    same = wave.answers.sort_index()[list(good)] if set(good) <= set(wave.answers) else None
    if same is None or not np.array_equal(same, good) or list(same.index) != list(good.index):
        return "other answers than those of the file"
    return ""


# ------------------------------------------------------------------------------------------------- wrong on purpose

CELLS = (
    *("6", "0", "99", "-99", "-1", "-6", "2.5", "1.0000001", "1e400", "inf", "-inf", "Infinity", "1e5"),
    *("x", "?", "4 5", "1/2", "1-2", "3,,", "1_0", "0x1", "TRUE", "waar", "#REF!", "#N/A", "#VALUE!", "=1+1", "=2"),
    *("½", "²", "ⅳ", "3%", "€3", "3 ", "12:00", "2026-09-02", "2-sep", "9" * 400, "<b>3</b>", "'3", '"', "3\n4"),
    *("1" + "0" * 30, "3\x01", "3;4", "-", "--", "nul", "NONE", "None", "n.v.t. misschien"),
)


def like_likert(name: str) -> bool:
    """Items with the codes 1 to 5 only, of whom everyone or every user is asked."""
    return name[:3] in {"CUL", "OMG", "MOT", "ERV", "REP", "WIJ"}


def a_cell(rng: Rng, of: Rows) -> tuple[str, Rows]:
    i, j = place(rng, of, like_likert)
    value = pick(rng, [each for each in CELLS if each.strip() != of[i][j]])
    while value.strip() in {"1", "2", "3", "4", "5"}:
        value = pick(rng, CELLS)
    of[i][j] = value
    return f"{of[0][j]} holds {value[:12]!r}", of


def a_respondent_twice(rng: Rng, of: Rows) -> tuple[str, Rows]:
    i, j = rng.choice(np.arange(1, len(of)), 2, replace=False)
    of[i][0] = of[j][0]
    return "a respondent twice", of


def a_row_twice(rng: Rng, of: Rows) -> tuple[str, Rows]:
    i = int(rng.integers(1, len(of)))
    return "a row twice", [*of, list(of[i])]


def a_column_twice(rng: Rng, of: Rows) -> tuple[str, Rows]:
    j = int(rng.integers(1, len(of[0])))
    shuffled = [row[j] for row in of]
    return f"two columns {of[0][j]}", [[*row, value] for row, value in zip(of, shuffled, strict=True)]


def a_column_misspelt(rng: Rng, of: Rows) -> tuple[str, Rows]:
    j = int(rng.integers(1, len(of[0])))
    name = of[0][j]
    of[0][j] = pick(rng, (f"{name}x", f"{name[:-1]}", f"{name[0]}{name[2]}{name[1]}{name[3:]}", f"{name[1:]}"))
    if of[0][j] == name:
        of[0][j] = f"{name}x"
    return f"{name} is called {of[0][j]}", of


def a_cell_too_many(rng: Rng, of: Rows) -> tuple[str, Rows]:
    i, j = int(rng.integers(1, len(of))), int(rng.integers(0, len(of[0])))
    of[i].insert(j, pick(rng, ("", "3", "x")))
    return "a row with a cell too many", of


def a_cell_too_few(rng: Rng, of: Rows) -> tuple[str, Rows]:
    i, j = int(rng.integers(1, len(of))), int(rng.integers(0, len(of[0])))
    del of[i][j]
    return "a row with a cell too few", of


def an_open_answer_without_quotes(rng: Rng, of: Rows) -> tuple[str, Rows]:
    """A comma in an open answer moves the answers behind it one column on; the last one was blank."""
    j = next(at for at, name in enumerate(of[0]) if name == "REP01")
    i = next(i for i, row in enumerate(of) if i and row[j] in set("12345"))
    of = [[*row[:j], "Opmerking" if k == 0 else "goed", *row[j:]] for k, row in enumerate(of)]
    keep = of[0][: j + 6]
    of = [row[: j + 6] for row in of]
    assert keep[j + 1 : j + 6] == ["REP01", "REP02", "REP03", "REP04", "REP05"]
    of[i] = [*of[i][: j + 1], "3", *of[i][j + 1 : j + 5], ""]
    return "answers moved by a delimiter in an open answer", of


def routing(rng: Rng, of: Rows) -> tuple[str, Rows]:
    names = {name: j for j, name in enumerate(of[0])}
    users = [i for i in range(1, len(of)) if of[i][names["REP01"]] in set("12345")]
    i = pick(rng, users)
    if rng.random() < 0.5:
        of[i][names["NIE01"]] = "1"
        return "a user who answers the questions for non-users", of
    of[i][names["REP01"]] = "-7"
    return "a user who was not asked about reputation", of


def no_market(rng: Rng, of: Rows) -> tuple[str, Rows]:
    names = {name: j for j, name in enumerate(of[0])}
    i = int(rng.integers(1, len(of)))
    of[i][names["MKT01"]] = of[i][names["MKT02"]] = "0"
    return "a firm on no market", of


def no_id(rng: Rng, of: Rows) -> tuple[str, Rows]:
    of[int(rng.integers(1, len(of)))][0] = pick(rng, ("", " ", "NA"))
    return "a respondent without id", of


def no_names(rng: Rng, of: Rows) -> tuple[str, Rows]:
    return "no header", of[1:]


def only_names(rng: Rng, of: Rows) -> tuple[str, Rows]:
    return "only a header", of[:1]


def other_questions(rng: Rng, of: Rows) -> tuple[str, Rows]:
    return "questions of another survey", [[f"vraag {j}" for j in range(len(of[0]))], *of[1:]]


def a_name_less(rng: Rng, of: Rows) -> tuple[str, Rows]:
    of[0][int(rng.integers(1, len(of[0]) - 1))] = ""
    return "a column without name", of


def a_swapped_scale(rng: Rng, of: Rows) -> tuple[str, Rows]:
    """A question of five answers gets the numbers of a sector question."""
    names = {name: j for j, name in enumerate(of[0])}
    i, j = int(rng.integers(1, len(of))), names["SEC01"]
    if int(of[i][j]) < 8:
        of[i][j] = "8"
    of = [of[0], *[[*row[:j], row[names["OMV01"]], *row[j + 1 : names["OMV01"]], row[j], *row[names["OMV01"] + 1 :]]
                   if j < names["OMV01"] else row for row in of[1:]]]  # fmt: skip
    return "the answers of two questions in each other's column", of


WRONG = (
    *([a_cell] * 8),
    *(a_respondent_twice, a_row_twice, a_column_twice, a_column_misspelt, a_cell_too_many, a_cell_too_few),
    *(an_open_answer_without_quotes, routing, no_market, no_id, no_names, only_names, other_questions, a_name_less),
    a_swapped_scale,
)


def wrong(rng: Rng) -> tuple[str, bytes]:
    what, of = pick(rng, WRONG)(rng, rows())
    return what, text(of, pick(rng, ",;\t"), pick(rng, ("utf-8", "utf-8-sig", "utf-16")))


# ----------------------------------------------------------------------------------------------- spoiled at random


def as_pandas_reads(content: bytes) -> Callable[[Any], str]:
    """An accepted file means what another reader finds in it: every code of every respondent."""

    def check(wave: Wave) -> str:
        try:
            other = _other_reader(content)
        except Exception as error:
            return f"accepted, and pandas refuses it ({error})"
        names = {name.strip().casefold(): name for name in other.columns}
        for id in wave.answers:
            if id.casefold() not in names:
                continue
            theirs = pd.to_numeric(other[names[id.casefold()]].str.strip().str.replace(",", "."), errors="coerce")
            ours = wave.answers[id].to_numpy()
            if len(theirs) != len(ours):
                return f"{len(ours)} respondents, pandas finds {len(theirs)}"
            known = theirs.notna().to_numpy()
            if not np.array_equal(theirs.to_numpy()[known], ours[known]):
                return f"{id}: other numbers than pandas finds"
            if (ours[~known] >= 0).any():
                return f"{id}: a number where pandas finds none"
        return ""

    return check


def _other_reader(content: bytes) -> pd.DataFrame:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            words = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = words.lstrip("\r\n").splitlines()[0]
        delimiter = max(",;\t", key=head.count)
        table = pd.read_csv(io.StringIO(words), sep=delimiter, dtype=str, keep_default_na=False, na_values=[],
                            index_col=False)  # fmt: skip
        return table[(table.map(str.strip) != "").any(axis=1)]
    raise ValueError("no encoding fits")


def wave(number: int, seed: int = 2012) -> Case:
    """A wave file as text, read by the function or checked by the command."""
    rng = rng_of("wave", number, seed)
    draw = rng.random()
    if draw < 0.3:
        what, content = dressed(rng)
        return Case("wave", number, what, RIGHT, _read, {"golf.csv": content}, as_before)
    if draw < 0.75:
        what, content = wrong(rng)
        by_command = rng.random() < 0.15
        act = command("survey", "golf.csv") if by_command else _read
        return Case("wave", number, what, REFUSED, act, {"golf.csv": content})
    good = text(rows(), pick(rng, ",;\t"), pick(rng, ("utf-8", "utf-8", "utf-16", "cp1252")))
    content = spoiled_bytes(good, rng, int(rng.integers(1, 4)))
    return Case("wave", number, "bytes", EITHER, _read, {"golf.csv": content}, as_pandas_reads(content))


def _read() -> Wave:
    return Wave.read("golf.csv")
