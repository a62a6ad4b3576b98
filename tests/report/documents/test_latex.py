"""LaTeX: what is escaped, that environments close and packages are named; and, where there is a TeX, its pages."""

from __future__ import annotations

import re
import shutil
import string
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest

import mkb21sem
from mkb21sem.estimate.fit import fit
from mkb21sem.report.document import ESTIMATES, every_table
from mkb21sem.report.documents import latex, tex
from mkb21sem.report.documents.printed import printed
from mkb21sem.report.drawing.tikz import to_tikz
from mkb21sem.report.table import Column, Table
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from tests.report.documents import sample
from tests.report.documents.test_hostile import NASTY

HOSTILE = (
    *NASTY,
    "R&D 100% a_b $x$ #1 ~ ^ \\ {x}",
    "é ≥ χ² − β",
    "“quoted” „Dutch”",
    "√AVE 10⁻⁶ g′ ✓ ✗",
    "漢字 😀 ő Ł",
)
OF = {
    "adjustbox": r"\begin{adjustbox}",
    "amssymb": r"\checkmark",
    "array": r"\arraybackslash",
    "booktabs": r"\toprule",
    "longtable": r"\begin{longtable}",
    "pdflscape": r"\begin{landscape}",
    "rotating": r"\begin{sidewaystable}",
    "tikz": r"\begin{tikzpicture}",
}
"""What shows that a package is needed."""
TEX = shutil.which("pdflatex")


@cache
def tables(lang):
    """Every table of an analysis, and a hostile one of each shape, in LaTeX by name."""
    words = sample.worded(lang)
    made = {
        name: latex.table(printed(table, 1, words, "note.estimates" if name in ESTIMATES else ""), words)
        for name, table in every_table(sample.analysed(), words).items()
    }
    others = {name: replace(printed(table, 1, words), name=name) for name, table in hostile().items()}
    return made | {name: latex.table(each, words) for name, each in others.items()}


def hostile():
    """Hostile texts in a short table, in a long one, and in two that are too wide for a page that isn't turned."""
    texts = [text for text in HOSTILE if len(text) < 60]
    frame = pd.DataFrame({"a": texts, "x": np.linspace(-1, 1, len(texts))})
    columns = (Column(f"={texts[0]}", of=("a",)), Column("=Mean of those who were asked", "number3", of=("x",)))
    wide = columns + tuple(Column(f"=Standardised column {k}", "interval number3", of=("x", "x")) for k in range(6))
    many = pd.concat([frame] * 4, ignore_index=True)
    shapes = {"short": (frame, columns), "long": (many, columns), "wide": (frame[:9], wide), "both": (many, wide)}
    return {name: Table("software", rows, shown, remarks=tuple(texts)) for name, (rows, shown) in shapes.items()}


def declared(text):
    """The packages that the first line names."""
    found = re.fullmatch(r"% .*\\usepackage\{([a-z,]+)\}( \\usetikzlibrary\{arrows\.meta\})?", text.splitlines()[0])
    assert found, text.splitlines()[0]
    return set(found.group(1).split(","))


def closed(text):
    """Whether braces and environments close in order."""
    bare = re.sub(r"\\[{}\\]", "", text)
    depth = np.cumsum([{"{": 1, "}": -1}.get(sign, 0) for sign in bare])
    inside = []
    for word, name in re.findall(r"\\(begin|end)\{(\w+)\}", bare):
        if word == "begin":
            inside.append(name)
        elif not inside or inside.pop() != name:
            return False
    return not inside and depth.min() >= 0 and depth[-1] == 0


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_table_closes_and_names_its_packages(lang):
    seen = set()
    for name, text in tables(lang).items():
        needed = {package for package, sign in OF.items() if sign in text} | {"array", "booktabs"}
        assert declared(text) == needed, name
        assert closed(text), name
        rows = [line for line in text.splitlines() if line.endswith((r" \\", r" \\ \addlinespace[2pt]"))]
        assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows if "caption" not in row}) == 1, name
        seen |= needed
    assert seen == set(OF) - {"tikz"}


def test_every_sign_of_our_own_texts_is_known():
    """Nothing that we print ourselves needs XeLaTeX or LuaLaTeX."""
    package = Path(mkb21sem.__file__).parent
    written = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.csv"))
    assert "χ" in written
    unknown = {letter for letter in written if r"\Umathchar" in tex.escaped(letter)}
    assert unknown == set()


@pytest.mark.parametrize(
    ("given", "made"),
    {
        "a & b": r"a \& b",
        "e\u0301": "é",
        "co\u00adoperate\u200b": r"co\-operate",
        "10⁻⁶": "10$^{-}$$^{6}$",
        "x₂ ≥ √y": r"x$_{2}$ $\geq$ $\surd$y",
        "漢": r"\ifdefined\Umathchar 漢\else ?\fi{}",
        "ẑ": r"\ifdefined\Umathchar ẑ\else z\fi{}",
    }.items(),
)
def test_signs(given, made):
    assert tex.escaped(given) == made


def test_letters_that_engines_share_need_no_other():
    assert all(tex.escaped(letter) == letter for letter in tex.ACCENTED + string.ascii_letters + string.digits)
    assert not set(tex.ACCENTED) & set(tex.SIGNS)


def test_a_drawing_says_what_it_needs_and_how_large_it_is():
    drawn = to_tikz(Model.read("mkb21"), names={"MOT": "R&D 100% {x}", "CUL": "✓"}, synthetic=True)
    assert declared(drawn) == {"amssymb", "tikz"}
    assert declared(to_tikz(Model.parse("y ~ x"))) == {"tikz"}
    wide, high = map(float, re.fullmatch(r"% ([\d.]+) cm wide, ([\d.]+) cm high", drawn.splitlines()[1]).groups())
    corners = np.array(re.findall(r"\((-?[\d.]+), (-?[\d.]+)\)", drawn), dtype=float)
    assert (corners <= [wide + 0.1, high + 0.1]).all()
    assert wide > 12
    assert closed(drawn)


@pytest.mark.skipif(TEX is None, reason="pdflatex is not here")
def test_pdflatex_prints_what_it_was_given(tmp_path):
    """On a narrow line: nothing stands out of it, no letter is lost, and hostile texts are read back as they were."""
    drawn = to_tikz(
        fit(Model.read("mkb21"), synthetic_wave()), names={"MOT": "R&D 100% a_b", "CUL": "#1 $x$"}, synthetic=True
    )
    pieces = {**{name: tables("nl")[name] for name in ("verdicts", "covariances", "short", "long", "wide", "both")}}
    pieces["drawing"] = f"{drawn.partition(chr(10))[0]}\n\\begin{{figure}}{drawn}\\end{{figure}}"
    packages = set().union(*map(declared, pieces.values()))
    body = "\n\\clearpage\n".join(pieces.values())
    head = ["\\documentclass[11pt]{article}", "\\usepackage[T1]{fontenc}", "\\usepackage[margin=2.5cm]{geometry}"]
    head += [tex.preamble(packages), "\\usetikzlibrary{arrows.meta}", "\\begin{document}", body, "\\end{document}"]
    (tmp_path / "main.tex").write_text("\n".join(head), encoding="utf-8")
    call = [TEX, "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    if lacking := re.search(r"File `(\S+\.sty)' not found", done.stdout):
        pytest.skip(f"this TeX has no {lacking.group(1)}")
    assert done.returncode == 0, done.stdout[-2000:]
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide", done.stdout)]
    assert max(wide, default=0) < 4, wide
    assert "Missing character" not in done.stdout
    pages = pypdfium2.PdfDocument(str(tmp_path / "main.pdf"))
    said = "".join("".join(page.get_textpage().get_text_range().split()) for page in pages)
    assert "SYNTHETICDATA" in said
    for text in ("R&D100%a_b", "#1$x$", "R&D100%a_b$x$#1~^\\{x}", "\\end{tabular}", "χ2−β", "Grondslag"):
        assert text in said, text
