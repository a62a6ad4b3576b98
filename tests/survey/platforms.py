"""What each survey tool exports for given answers: the other end of a round trip, written from the tools' formats."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pyreadstat

from mkb21sem.survey.questionnaire.form import blocks
from mkb21sem.survey.wave import Wave

YES = {"nl": ("Ja", "Nee"), "en": ("Yes", "No")}
NOT_ASKED = -7


def limesurvey_codes(wave: Wave, lang: str) -> bytes:
    """Question codes above, answer codes below; a box is Y or blank; what wasn't asked or answered is blank."""
    columns = _limesurvey_own(wave, lang)
    for block in blocks(wave.codebook):
        for item in block.items:
            codes = wave.answers[item.id]
            if block.kind == "boxes":
                columns[f"{block.letters}[{item.id}]"] = np.where(codes == 1, "Y", "")
            else:
                name = item.id if block.kind == "choice" else f"{block.letters}[{item.id}]"
                columns[name] = codes.map(lambda code: "" if code < 0 else str(code))
    return _csv(columns)


def limesurvey_words(wave: Wave, lang: str) -> bytes:
    """Full question text above, full answers below; a box is Yes or No; N/A where the question was not shown."""
    columns = _limesurvey_own(wave, lang)
    for block in blocks(wave.codebook):
        for item, row in zip(block.items, block.rows(lang), strict=True):
            codes = wave.answers[item.id]
            if block.kind == "boxes":
                words = {1: YES[lang][0], 0: YES[lang][1], NOT_ASKED: "N/A"}
            else:
                words = _words(item, lang) | {NOT_ASKED: "N/A"}
            name = block.stem(lang) if block.kind == "choice" else f"{block.stem(lang)} [{row}]"
            columns[name] = codes.map(lambda code, words=words: words.get(code, ""))
    return _csv(columns)


def limesurvey_numbered(wave: Wave, lang: str) -> bytes:
    """As `limesurvey_codes`, with LimeSurvey's own subquestion codes: CUL[SQ001]."""
    text = limesurvey_codes(wave, lang).decode("utf-8-sig")
    head, _, rest = text.partition("\n")
    for item in wave.codebook.items:
        head = head.replace(f"[{item.id}]", f"[SQ0{item.number}]")
    return f"{head}\n{rest}".encode("utf-8-sig")


def qualtrics_codes(wave: Wave, lang: str) -> bytes:
    """Names, question texts and import ids in three rows; codes; a ticked box is 1, another blank."""
    return _qualtrics(wave, lang, words=False)


def qualtrics_words(wave: Wave, lang: str) -> bytes:
    """The same with the answers' texts; a ticked box has the text of the box."""
    return _qualtrics(wave, lang, words=True)


def qualtrics_unnamed(wave: Wave, lang: str) -> bytes:
    """As `qualtrics_words` under Qualtrics' own names Q1, Q2_1 …, so that only the second row tells."""
    frame = pd.read_csv(io.BytesIO(qualtrics_words(wave, lang)), dtype=str, keep_default_na=False)
    names = list(frame.columns)
    own = [f"Q{at}_1" if at > 5 else name for at, name in enumerate(names)]
    return frame.set_axis(own, axis=1).to_csv(index=False).encode("utf-8-sig")


def google_forms(wave: Wave, lang: str) -> bytes:
    """A time stamp, question texts above, answer texts below, ticked boxes in one cell parted by commas."""
    columns = {{"nl": "Tijdstempel", "en": "Timestamp"}[lang]: ["2026-11-02 10:31:07"] * wave.n}
    for block in blocks(wave.codebook):
        rows = block.rows(lang)
        if block.kind == "boxes":
            answers = wave.answers[[item.id for item in block.items]].to_numpy()
            columns[block.stem(lang)] = [
                ", ".join(row for row, code in zip(rows, line, strict=True) if code == 1) for line in answers
            ]
            continue
        for item, row in zip(block.items, rows, strict=True):
            name = block.stem(lang) if block.kind == "choice" else f"{block.stem(lang)} [{row}]"
            words = _words(item, lang)
            columns[name] = wave.answers[item.id].map(lambda code, words=words: words.get(code, ""))
    return _csv(columns)


def odk(wave: Wave, lang: str) -> bytes:
    """KoboToolbox and ODK: names with their group, codes; boxes in one column and one by one as 1 and 0."""
    columns: dict[str, object] = {"start": ["2026-11-02T10:31:07"] * wave.n, "end": ["2026-11-02T10:41:07"] * wave.n}
    for block in blocks(wave.codebook):
        codes = wave.answers[[item.id for item in block.items]]
        if block.kind == "boxes":
            columns[block.letters] = [
                " ".join(id for id, code in line.items() if code == 1) for line in codes.to_dict("records")
            ]
        for id in codes:
            text = codes[id].map(lambda code: "" if code < 0 else str(code))
            columns[{"boxes": f"{block.letters}/{id}", "grid": f"{block.letters}_page/{id}"}.get(block.kind, id)] = text
    columns["_id"] = list(wave.answers.index)
    columns["_uuid"] = [f"uuid-{each}" for each in wave.answers.index]
    columns["_submission_time"] = ["2026-11-02T10:42:00"] * wave.n
    return _csv(columns, delimiter=";")


def spss(wave: Wave, lang: str, path: str) -> None:
    """A .sav as Qualtrics and LimeSurvey write it: CUL_1, variable and value labels, system-missing where blank."""
    columns, labels, titles = {"ResponseId": [f"R_{each:05d}" for each in wave.answers.index]}, {}, {}
    for block in blocks(wave.codebook):
        for item in block.items:
            name = item.id if block.kind == "choice" else f"{block.letters}_{int(item.number)}"
            columns[name] = wave.answers[item.id].where(wave.answers[item.id] >= 0).astype(float).to_numpy()
            labels[name] = (
                {} if block.kind == "boxes" else {float(code): item.code_label(code, lang) for code in item.codes}
            )
            titles[name] = item.label(lang)
    frame = pd.DataFrame(columns)
    pyreadstat.write_sav(frame, path, column_labels=titles, variable_value_labels=labels)


def _qualtrics(wave: Wave, lang: str, words: bool) -> bytes:
    names = ["StartDate", "Status", "Progress", "Finished", "ResponseId"]
    texts = ["Start Date", "Response Type", "Progress", "Finished", "Response ID"]
    given: list[list[str]] = [
        ["2026-11-02 10:31:07"] * wave.n,
        ["IP Address" if words else "0"] * wave.n,
        ["100"] * wave.n,
        ["True" if words else "1"] * wave.n,
        [f"R_{each:05d}" for each in wave.answers.index],
    ]
    for block in blocks(wave.codebook):
        for item, row in zip(block.items, block.rows(lang), strict=True):
            names.append(item.id if block.kind == "choice" else f"{block.letters}_{int(item.number)}")
            beside = f"{block.stem(lang)} - {'Selected Choice - ' if block.kind == 'boxes' else ''}{row}"
            texts.append(block.stem(lang) if block.kind == "choice" else beside)
            spoken = {1: row if words else "1"} if block.kind == "boxes" else _words(item, lang)
            if not words and block.kind != "boxes":
                spoken = {code: str(code) for code in item.codes}
            given.append([spoken.get(code, "") for code in wave.answers[item.id]])
    imports = [json.dumps({"ImportId": f"QID{at}"}) for at in range(len(names))]
    frame = pd.DataFrame([texts, imports, *zip(*given, strict=True)], columns=names)
    return frame.to_csv(index=False).encode("utf-8-sig")


def _limesurvey_own(wave: Wave, lang: str) -> dict[str, object]:
    n = wave.n
    own = {"id": list(wave.answers.index), "submitdate": ["2026-11-02 10:41:07"] * n, "lastpage": [13] * n}
    return own | {"startlanguage": [lang] * n, "seed": [1234] * n}


def _words(item: object, lang: str) -> dict[int, str]:
    return {code: item.code_label(code, lang) for code in item.codes}  # type: ignore[attr-defined]


def _csv(columns: dict[str, object], delimiter: str = ",") -> bytes:
    frame = pd.DataFrame({name: list(values) for name, values in columns.items()})  # type: ignore[call-overload]
    return frame.to_csv(index=False, sep=delimiter, quoting=1).encode("utf-8-sig")


def workbook(frame: pd.DataFrame) -> bytes:
    """A minimal .xlsx, written without a library: quicker than any for many rows."""

    def row(cells: list[str]) -> str:
        return f"<row>{''.join(cells)}</row>"

    names = [f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in frame]
    rows = "".join(row([f"<c><v>{value}</v></c>" for value in line]) for line in frame.to_numpy().tolist())
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        f'"{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type='
        f'"{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type='
        f'"{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{row(names)}{rows}</sheetData></worksheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()
