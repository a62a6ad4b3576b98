"""A table as LaTeX with booktabs, to be read into a manuscript."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mkb21sem.report.documents import tex
from mkb21sem.report.documents.grid import CM, PAD, Grid, ems, grid
from mkb21sem.report.documents.printed import Printed
from mkb21sem.report.documents.runs import Run, plain, runs
from mkb21sem.report.documents.tex import escaped
from mkb21sem.report.words import Words

LINE, DOWN = 16.0, 23.0
"""Line and page that tables are made for, in cm: A4 or letter with usual margins."""
WIDER = 1.1
"""Computer Modern beside Times."""
HIGHEST, FLATTEST = 16.0, 13.0
"""Higher tables go over pages (longtable), in cm: on a page as it is, and on its side."""
CLOSER = 0.85
"""Height of our rows beside those that `grid` counts with."""


@dataclass(frozen=True, slots=True)
class _Written:
    """The parts of a table in LaTeX; ``label`` is its key."""

    form: str
    heads: str
    rows: str
    caption: str
    label: str
    note: str
    size: str


def table(each: Printed, words: Words) -> str:
    r"""A table in APA style, with its key in the label; the first line names the packages that it needs.

    Tables wider than the line are made smaller (adjustbox), very wide ones stand on their side (rotating), and long
    ones go over pages (longtable; with pdflscape on pages that are turned).

    Parameters
    ----------
    each
        Rounded.
    words
        Language.
    """
    on = grid(each, (LINE / WIDER, DOWN / WIDER))
    parts = _parts(each, words, on)
    long = on.height * CLOSER > (FLATTEST if on.turned else HIGHEST)
    needed, body = (_long if long else _floating)(parts, on.turned)
    number = text(runs(words.plain("table", number=each.number)))
    return f"% {number}. {tex.preamble({'array', 'booktabs'} | needed | tex.packages(body))}\n{body}"


def text(pieces: Iterable[Run]) -> str:
    """Runs as LaTeX, everything escaped."""
    return "".join(map(_run, pieces))


def _run(piece: Run) -> str:
    made = escaped(piece.text)
    for call, there in (
        ("textit", piece.italic),
        ("textbf", piece.bold),
        ({"sub": "textsubscript", "sup": "textsuperscript"}.get(piece.script, ""), bool(piece.script)),
    ):
        made = f"\\{call}{{{made}}}" if there else made
    return made


def _parts(each: Printed, words: Words, on: Grid) -> _Written:
    columns = [_column(each, at, on) for at in range(len(each.heads))]
    apart = " \\addlinespace[2pt]\n" if any("p{" in column for column in columns) else "\n"
    note = " ".join(text(runs(one)) for one in each.notes)
    return _Written(
        "".join(columns),
        " & ".join(text(runs(head.text)) for head in each.heads) + r" \\",
        apart.join(" & ".join(text(runs(cell.text)) for cell in row) + r" \\" for row in each.rows),
        f"\\textit{{{text(runs(plain(each.caption)))}}}",
        f"tab:{re.sub(r'[^A-Za-z0-9-]', '-', each.name)}",
        f"\\textit{{{text(runs(words('note')))}}} {note}" if each.notes else "",
        f"\\fontsize{{{on.size:g}}}{{{1.2 * on.size:g}}}\\selectfont"
        f"\\setlength{{\\tabcolsep}}{{{PAD * on.size:.1f}pt}}",
    )


def _column(each: Printed, at: int, on: Grid) -> str:
    """Numbers to the right, words to the left; what is broken over lines in a column of fixed width."""
    inner = on.widths[at] * CM / on.size - 2 * PAD
    cells, head = max((ems(plain(row[at].text)) for row in each.rows), default=0.0), ems(plain(each.heads[at].text))
    whole = max(cells, head) <= inner + 0.01
    if each.heads[at].number:
        return "r" if whole else f">{{\\raggedleft\\arraybackslash}}b{{{max(inner, cells) * WIDER:.2f}em}}"
    if whole:
        return "l"
    share = inner * on.size / CM * WIDER / (DOWN if on.turned else LINE)
    return f">{{\\raggedright\\arraybackslash}}p{{{share:.3f}\\linewidth}}"


def _floating(of: _Written, turned: bool) -> tuple[set[str], str]:
    """A table that stays on one page, and the packages that it needs."""
    name = "sidewaystable" if turned else "table"
    said = f"\\footnotesize\\raggedright\n{of.note}\n"
    below = f"\\par\\smallskip\n\\begin{{minipage}}{{\\linewidth}}{said}\\end{{minipage}}\n"
    return {"adjustbox"} | ({"rotating"} if turned else set()), (
        f"\\begin{{{name}}}{'' if turned else '[htbp]'}\n\\centering\n"
        f"\\caption{{{of.caption}}}\\label{{{of.label}}}\\smallskip\n"
        f"\\begin{{adjustbox}}{{max width=\\linewidth}}{of.size}\n\\begin{{tabular}}{{@{{}}{of.form}@{{}}}}\n"
        f"\\toprule\n{of.heads}\n\\midrule\n{of.rows}\n\\bottomrule\n\\end{{tabular}}\n\\end{{adjustbox}}\n"
        f"{below if of.note else ''}\\end{{{name}}}\n"
    )


def _long(of: _Written, turned: bool) -> tuple[set[str], str]:
    """A table over pages, and the packages that it needs."""
    head = f"\\toprule\n{of.heads}\n\\midrule\n"
    made = (
        f"{{{of.size}\\setlength{{\\LTcapwidth}}{{\\linewidth}}\n\\begin{{longtable}}{{@{{}}{of.form}@{{}}}}\n"
        f"\\caption{{{of.caption}}}\\label{{{of.label}}} \\\\\n{head}\\endfirsthead\n{head}\\endhead\n"
        f"\\bottomrule\n\\endfoot\n{of.rows}\n\\end{{longtable}}}}\n"
    )
    if of.note:
        made += f"{{\\footnotesize\\raggedright\\noindent\n{of.note}\\par}}\n"
    if turned:
        made = f"\\begin{{landscape}}\n{made}\\end{{landscape}}\n"
    return {"longtable"} | ({"pdflscape"} if turned else set()), made
