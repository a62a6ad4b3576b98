"""Codebooks and mapping files: the same in another dress, wrong on purpose, spoiled at random."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files

import numpy as np

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.wave import Wave
from tests.hostile.case import EITHER, REFUSED, RIGHT, Case, rng_of
from tests.hostile.tables import Rows, answers, rows, sheet, spoiled_bytes, text, workbook
from tests.hostile.waves import OPEN, as_before, pick

Rng = np.random.Generator


@cache
def shipped() -> str:
    return files("mkb21sem.survey").joinpath("codebook.csv").read_text(encoding="utf-8")


def book() -> Rows:
    return list(csv.reader(io.StringIO(shipped())))


def at(name: str) -> int:
    return book()[0].index(name)


def wrong_book(rng: Rng) -> tuple[str, Rows]:
    of = book()
    i = int(rng.integers(1, len(of)))
    ids, codes, english, measure = (at(name) for name in ("item", "codes_nl", "codes_en", "measure"))
    draw = int(rng.integers(0, 16))
    if draw == 0:
        other = (i % (len(of) - 1)) + 1
        of[other][ids] = pick(rng, (of[i][ids], of[i][ids].lower(), of[i][ids].replace("0", "00", 1)))
        if "0" not in of[i][ids]:
            of[other][ids] = of[i][ids]
        return "an id twice", of
    if draw == 1:
        of[i][ids] = pick(rng, ("", "01", "REP", "RE P01", "REP01;", "../REP01", "<b>1", "=1", "REP0١", "RÉP01"))
        return f"the id {of[i][ids]!r}", of
    if draw == 2:
        of[i][codes] = pick(rng, ("", "1", "1=a", "a | b", "1=a | 1=b", "1=a |", "1 | 2", "1=a | 2", "1.5=a | 2=b"))
        return f"the codes {of[i][codes]!r}", of
    if draw == 3:
        of[i][codes] = of[i][english] = pick(rng, ("-7=a | 1=b", "-1=a | 0=b | 1=c", "−9=a | 1=b"))
        return "a code for missing answers", of
    if draw == 4:
        of[i][english] = "1=one | 17=seventeen"
        return "other codes in English", of
    if draw == 5:
        of[i][measure] = pick(rng, ("", "interval", "Ordinal", "likert"))
        return f"the measure {of[i][measure]!r}", of
    if draw == 6:
        of[i][at("asked")] = pick(rng, ("", "everyone", "user"))
        return "asked of nobody known", of
    if draw == 7:
        of[i][measure], of[i][codes], of[i][english] = "binary", "1=a | 2=b", "1=a | 2=b"
        return "a binary question coded 1 and 2", of
    if draw == 8:
        of[i][measure], of[i][codes], of[i][english] = "ordinal", "2=a | 1=b | 3=c", "2=a | 1=b | 3=c"
        return "an ordinal scale out of order", of
    if draw == 9:
        of[i][at("label_nl")] = " "
        return "a question without words", of
    if draw == 10:
        j = pick(rng, (ids, codes, measure, at("asked"), at("label_nl")))
        return f"no column {of[0][j]}", [[*row[:j], *row[j + 1 :]] for row in of]
    if draw == 11:
        of[i][codes] = of[i][english] = f"1=a | {'9' * int(rng.integers(20, 6000))}=b"
        of[i][measure] = "nominal"
        return "a code of thousands of digits", of
    if draw == 12:
        of[i][at("base_n")] = pick(rng, ("-5", "3.5", "veel", "9" * 5000))
        return "a base that is none", of
    if draw == 13:
        of[i][at("assumed")] = pick(rng, ("99", "a", "1;2", "9" * 5000))
        return "assumed codes that are none", of
    if draw == 14:
        of[i][ids] = "AB" + "9" * 5000
        return "an id of thousands of digits", of
    of[i] = of[i][:-2]
    return "a row with cells too few", of


def dressed_book(rng: Rng) -> Rows:
    """Labels say other things; ids, codes and routing are the same."""
    of = book()
    for row in of[1:]:
        if rng.random() < 0.3:
            row[at("note")] = pick(rng, OPEN)
        if rng.random() < 0.2:
            row[at("label_nl")] = f"{pick(rng, OPEN)} {row[at('item')]}"
    return of


def same_questions(found: Codebook) -> str:
    good = Codebook.read()
    pairs = zip(found.items, good.items, strict=False)
    same = len(found) == len(good) and all(one.id == other.id and one.codes == other.codes for one, other in pairs)
    return "" if same else "other questions than those of the file"


def sane(found: Codebook) -> str:
    """Whatever a spoiled codebook means, its questions can be asked."""
    ids = [item.id.casefold() for item in found.items]
    if len(set(ids)) < len(ids):
        return "two questions that differ by capitals only"
    bad = [item.id for item in found.items if len(set(item.codes)) < 2 or len(item.code_labels_nl) != len(item.codes)]
    return f"{bad[0]} has no answers" if bad else ""


def codebook(number: int, seed: int = 2012) -> Case:
    rng = rng_of("codebook", number, seed)
    draw = rng.random()
    if draw < 0.25:
        content = text(dressed_book(rng), pick(rng, ",;\t"), pick(rng, ("utf-8", "utf-8-sig", "utf-16")))
        return Case("codebook", number, "odd labels", RIGHT, _read_book, {"boek.csv": content}, same_questions)
    if draw < 0.7:
        what, of = wrong_book(rng)
        if rng.random() < 0.3:
            name, content = "boek.xlsx", workbook({"a": sheet(of)})
            if what == "a row with cells too few":
                return codebook(number + 10**7, seed)
        else:
            name, content = "boek.csv", text(of)
        return Case("codebook", number, what, REFUSED, lambda: Codebook.read(name), {name: content})
    content = spoiled_bytes(shipped().encode(), rng, 2)
    return Case("codebook", number, "bytes", EITHER, _read_book, {"boek.csv": content}, sane)


def _read_book() -> Codebook:
    return Codebook.read("boek.csv")


# --------------------------------------------------------------------------------------------------------- mappings

HEAD = ["column", "item", "answer", "code"]


def renamed(rng: Rng) -> tuple[Rows, Rows]:
    """The good wave with other names for some columns, and the mapping that gives them back."""
    of = rows()
    lines = [list(HEAD)]
    for j in rng.choice(np.arange(1, len(of[0])), 6, replace=False):
        other = f"{pick(rng, ('Q', 'vraag', 'V é', '=V', '<i>'))}{j}"
        lines.append([other, of[0][j], "", ""])
        of[0][j] = other
    return of, lines


def wrong_mapping(rng: Rng, lines: Rows, names: list[str]) -> tuple[str, Rows]:
    i = int(rng.integers(1, len(lines)))
    known = lines[i][1]
    match int(rng.integers(0, 8)):
        case 0:
            lines[i][0] += "x"
            return "a column that isn't there", lines
        case 1:
            lines[i][1] = pick(rng, ("REP99", "rep 1", "x", "=REP01"))
            return "a question that isn't there", lines
        case 2:
            lines.append([lines[i][0], next(each[1] for each in lines[1:] if each[1] != known), "", ""])
            return "a column that is two questions", lines
        case 3:
            other = next(name for name in names if name.startswith(("CUL", "OMG")))
            lines.append([lines[i][0], known, "ja", pick(rng, ("x", "1.5", "99", "9" * 5000, "=1"))])
            return f"a code that is none of {other[:3]}", lines
        case 4:
            lines[0][int(rng.integers(0, 4))] = "anders"
            return "a head that is another", lines
        case 5:
            lines.append([lines[i][0], known, "ja", "-8"])
            lines.append([lines[i][0], known, "JA ", "-9"])
            return "an answer with two codes", lines
        case 6:
            other = next(name for name in names if name not in {each[0] for each in lines} and name != "respondent")
            lines.append([other, known, "", ""])
            return "two columns that are one question", lines
        case _:
            return "no lines", lines[:1]


def rightly_placed(found: Wave) -> str:
    """No question has the answers of another one, whatever the mapping came to say."""
    good = answers()
    for id in found.answers:
        column = found.answers[id].to_numpy()
        if not np.array_equal(column, good[id].to_numpy()):
            claimed = [recode.column for recode in found.recodes if recode.item == id and recode.by == "mapping"]
            if not claimed:
                return f"{id} has the answers of another question"
    return "" if found.n == len(good) else "other respondents"


def mapping(number: int, seed: int = 2012) -> Case:
    rng = rng_of("mapping", number, seed)
    of, lines = renamed(rng)
    wave, draw = text(of), rng.random()
    if draw < 0.3:
        content = text(lines, pick(rng, ",;\t"), pick(rng, ("utf-8", "utf-8-sig", "utf-16")))
        return Case("mapping", number, "good", RIGHT, _mapped, {"golf.csv": wave, "map.csv": content}, as_before)
    if draw < 0.75:
        what, lines = wrong_mapping(rng, lines, of[0])
        return Case("mapping", number, what, REFUSED, _mapped, {"golf.csv": wave, "map.csv": text(lines)})
    content = spoiled_bytes(text(lines), rng, 2)

    return Case("mapping", number, "bytes", EITHER, _mapped, {"golf.csv": wave, "map.csv": content}, rightly_placed)


def _mapped() -> Wave:
    return Wave.read("golf.csv", mapping="map.csv")
