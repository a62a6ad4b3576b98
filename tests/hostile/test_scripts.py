"""Pages and files made of a wave whose labels, names and answers hold scripts, formulas and paths."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import markupsafe
import openpyxl
import pytest

from tests.hostile.case import command
from tests.hostile.scripted import CITED, FILE, FORMULA, IMAGE, MARK, MODEL, SCRIPT, SVG, Elements, laid, live
from tests.report.page import Page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
OFFICE = next((found for name in ("soffice", "libreoffice") if (found := shutil.which(name))), "")
WAVE = [FILE, "--codebook", "boek.csv"]
OWN = ["--model", MODEL, "--hypotheses", "h.toml"]
QUICK = {
    "infer": [*WAVE, *OWN, "--no-robustness", "--out", "i"],
    "power": [*WAVE, *OWN, "--n", "100", "--out", "w"],
    "export": [*WAVE, "--model", MODEL, "--out", "x"],
    "mapping": [*WAVE, "--out", "map.csv"],
    "survey": [*WAVE, "--log", "log.csv"],
    "questionnaire": ["--codebook", "boek.csv", "--format", "xlsform", "--out", "q.xlsx"],
    "questionnaire paper": ["--codebook", "boek.csv", "--format", "docx", "--out", "q.docx"],
}
LONG = {
    "reproduce": ["--data", *WAVE, *OWN, "--out", "r"],
    "describe": [*WAVE, "--out", "d"],
    "validate": [*WAVE, "--draws", "10", "--out", "v"],
    "report": [*WAVE, *OWN, "--out", "p"],
    "compare": [FILE, f"2{FILE}", "--codebook", "boek.csv", "--model", "mkb21_measurement", "--out", "c"],
}


def made(folder: Path, commands: dict[str, list[str]]) -> Path:
    laid(folder)
    shutil.copy(folder / FILE, folder / f"2{FILE}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, arguments in commands.items():
            command(name.split()[0], *arguments)()
    return folder


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return made(tmp_path_factory.mktemp("scripts"), QUICK)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return made(tmp_path_factory.mktemp("scripts"), QUICK | LONG)


def harmless(folder: Path) -> int:
    """Look at every page in a folder; how many there are."""
    pages = sorted(folder.rglob("*.html"))
    for page in pages:
        content = page.read_text(encoding="utf-8")
        assert list(live(content)) == [], page.name
        Page.of(content)  # every element is closed where it should be
        for words in (SCRIPT, IMAGE, SVG):
            assert words not in content, page.name
    for picture in folder.rglob("*.svg"):
        # Its namespaces are addresses that nothing fetches.
        assert list(live(picture.read_text(encoding="utf-8"))) == [], picture.name
    return len(pages)


def test_pages_hold_hostile_words_as_text_and_nothing_to_execute(quick):
    assert harmless(quick) == 2
    text = Elements((quick / "i" / "inference.html").read_text(encoding="utf-8")).text
    assert MODEL.removesuffix(".sem") in text or SCRIPT in text
    assert SVG in text
    assert SCRIPT in text
    assert markupsafe.escape(SVG) in (quick / "i" / "inference.html").read_text(encoding="utf-8")


DANGEROUS = re.compile(r"^[=+@\t\r]|^-(?!\d+([.,]\d+)?([eE]-?\d+)?$)")
"""How a cell begins that a spreadsheet would evaluate."""


def formulas(folder: Path) -> list[str]:
    """Every cell of every table that a spreadsheet would take for a formula."""
    found = []
    for path in folder.rglob("*.csv"):
        if path.parent == folder and path.name in (FILE, f"2{FILE}", "boek.csv"):
            continue
        text = path.read_text(encoding="utf-8-sig")
        head = text.partition("\n")[0]
        for row in csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ","):
            found += [f"{path.name}: {cell[:60]}" for cell in row if DANGEROUS.search(cell) and cell != "=~"]
    for path in folder.rglob("*.xlsx"):
        for sheet in openpyxl.load_workbook(path).worksheets:
            found += [
                f"{path.name}: {cell.value}" for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
            ]
    return found


def test_tables_hold_no_formulas(quick):
    assert formulas(quick) == []


def inert(path: Path) -> None:
    """A .docx may hold no field that fetches, no macro and no link to another place."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert "vba" not in name.lower()
            part = archive.read(name).decode("utf-8", "replace")
            assert not re.search(r'Target="(?!https://doi\.org)[^"]*" TargetMode="External"', part), name
            ours = re.sub(r' HYPERLINK "([^"<]*)" ', lambda found: "" if found[1] in CITED else found[0], part)
            assert not re.search(r"<w:instrText[^>]*>[^<]*(DDE|INCLUDE|https?:|file:)", ours), name


def test_documents_hold_hostile_words_as_text(quick):
    for path in quick.rglob("*.docx"):
        inert(path)
        with zipfile.ZipFile(path) as archive:
            words = archive.read("word/document.xml").decode()
        assert html.escape(SCRIPT, quote=False) in words
        assert html.escape(FORMULA, quote=False) in words


# ----------------------------------------------------------------------------------------- in the programs that open it


def opened(page: Path) -> str:
    """The page's document after its scripts, if it has any, have run."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom"]
    profile = f"--user-data-dir={page.parent / 'profile'}"
    done = subprocess.run([CHROMIUM, *options, profile, page.as_uri()], capture_output=True, text=True, timeout=120)
    shutil.rmtree(page.parent / "profile", ignore_errors=True)
    return done.stdout


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_chromium_executes_a_script_where_there_is_one(tmp_path):
    """What the next test looks for can be seen."""
    (tmp_path / "p.html").write_text(f"<title>a</title><p>b</p>{SCRIPT}", encoding="utf-8")
    assert f"<title>{MARK}</title>" in opened(tmp_path / "p.html")


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_chromium_executes_nothing(quick):
    for page in quick.rglob("*.html"):
        document = opened(page)
        assert len(document) > 2000
        assert f"<title>{MARK}" not in document
        assert list(live(document)) == []


def converted(path: Path, into: str) -> str:
    """The file as LibreOffice shows it; empty where the part of LibreOffice that opens it is not installed."""
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    call = [OFFICE, profile, "--headless", "--convert-to", into, "--outdir", str(path.parent / "shown"), str(path)]
    subprocess.run(call, capture_output=True, text=True, check=True, timeout=180)
    found = list((path.parent / "shown").glob(f"{path.stem}*"))
    return html.unescape(found[0].read_text(encoding="utf-8", errors="replace")) if found else ""


@pytest.mark.skipif(not OFFICE, reason="no LibreOffice on this machine")
@pytest.mark.parametrize(("name", "into"), [("q.docx", "txt:Text"), ("q.xlsx", "html")])
def test_libreoffice_evaluates_nothing(quick, tmp_path, name, into):
    """The questionnaire on paper and as a workbook shows formulas as they are written."""
    shutil.copy(quick / name, tmp_path / name)
    shown = converted(tmp_path / name, into).replace("“", '"').replace("”", '"')
    if not shown and name.endswith(".xlsx"):
        pytest.skip("this LibreOffice has no Calc, which opens workbooks")
    assert FORMULA in shown
    assert "=1+1" in shown
    assert "root:x:0" not in shown


@pytest.mark.slow
def test_every_page_of_every_command_is_harmless(everything):
    assert harmless(everything) >= 6
    assert formulas(everything) == []
    for path in everything.rglob("*.docx"):
        inert(path)
    if CHROMIUM:
        for page in everything.rglob("*.html"):
            assert f"<title>{MARK}" not in opened(page)
