"""A table as LaTeX with booktabs and threeparttable, to be read into a manuscript."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from mkb21sem.report.documents.grid import COMFORT, ems
from mkb21sem.report.documents.printed import Printed
from mkb21sem.report.documents.runs import Run, plain, runs
from mkb21sem.report.words import Words

TOGETHER = 30
"""Longer tables go over pages (longtable)."""
GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
RENAMED = {"lamda": "lambda", "Lamda": "Lambda", "epsilon": "varepsilon", "phi": "varphi"}
"""Greek letters whose name in Unicode is not their command."""


def _greek(letter: str) -> str:
    *_, size, _, name = unicodedata.name(letter).split()
    called = name.lower() if size == "SMALL" else name.capitalize()
    return f"$\\{RENAMED.get(called, called)}$"


SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "*": "{*}",
    "[": "{[}",
    "]": "{]}",
    "−": "$-$",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\dots{}",
    "’": "{'}",
    "‘": "{`}",
    "“": "{``}",
    "”": "{''}",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "↔": r"$\leftrightarrow$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "×": r"$\times$",
    "∞": r"$\infty$",
    "²": r"$^{2}$",
    "³": r"$^{3}$",
    "·": r"$\cdot$",
    "✓": r"$\surd$",
    "✗": r"$\times$",
    "○": r"$\circ$",
    "\u0302": "",
    "\u00a0": "~",
    **{letter: _greek(letter) for letter in GREEK},
}
"""Signs that LaTeX reads as something else, or that its older engines can't set."""


def table(each: Printed, words: Words) -> str:
    """A table in APA style, with its number in the label; needs booktabs and threeparttable (long ones longtable).

    Parameters
    ----------
    each
        Rounded.
    words
        Language.
    """
    form = "".join(_column(each, at) for at in range(len(each.heads)))
    heads = " & ".join(text(runs(head.text)) for head in each.heads) + r" \\"
    rows = "\n".join(" & ".join(text(runs(cell.text)) for cell in row) + r" \\" for row in each.rows)
    title, label = _italic(each.caption), f"tab:{re.sub(r'[^A-Za-z0-9-]', '-', each.name)}"
    note = " ".join(text(runs(one)) for one in each.notes)
    said = f"\\textit{{{text(runs(words('note')))}}} {note}" if each.notes else ""
    number = text(runs(words.plain("table", number=each.number)))
    if len(each.rows) > TOGETHER:
        return _long(form, heads, rows, title, label, said, number, len(each.heads))
    return (
        f"% {number}. \\usepackage{{array,booktabs,threeparttable}}\n"
        f"\\begin{{table}}[htbp]\n\\begin{{threeparttable}}\n\\caption{{{title}}}\\label{{{label}}}\n{_size(each)}"
        f"\\begin{{tabular}}{{@{{}}{form}@{{}}}}\n\\toprule\n{heads}\n\\midrule\n{rows}\n\\bottomrule\n\\end{{tabular}}\n"
        + (f"\\begin{{tablenotes}}[flushleft]\\footnotesize\n\\item {said}\n\\end{{tablenotes}}\n" if said else "")
        + "\\end{threeparttable}\n\\end{table}\n"
    )


def text(pieces: Iterable[Run]) -> str:
    """Runs as LaTeX, everything escaped."""
    return "".join(map(_run, pieces))


def escaped(plain_text: str) -> str:
    """Plain text as LaTeX prints it, on one line."""
    signs = "".join(SIGNS.get(letter, letter) for letter in re.sub(r"\s", _space, plain_text))
    return re.sub(r"-(?=-)", "-{}", signs)


def _space(found: re.Match[str]) -> str:
    return "\u00a0" if found.group() == "\u00a0" else " "


def _run(piece: Run) -> str:
    made = escaped(piece.text)
    for call, there in (
        ("textit", piece.italic),
        ("textbf", piece.bold),
        ({"sub": "textsubscript", "sup": "textsuperscript"}.get(piece.script, ""), bool(piece.script)),
    ):
        made = f"\\{call}{{{made}}}" if there else made
    return made


def _italic(title: object) -> str:
    return f"\\textit{{{text(runs(plain(title)))}}}"


def _column(each: Printed, at: int) -> str:
    """Numbers to the right, words to the left; long ones in a column of fixed width."""
    if each.heads[at].number:
        return "r"
    longest = max([ems(plain(row[at].text)) for row in each.rows], default=0.0)
    if longest <= 2 * COMFORT:
        return "l"
    return f">{{\\raggedright\\arraybackslash}}p{{{min(0.35, longest / 60):.2f}\\linewidth}}"


def _size(each: Printed) -> str:
    return "\\footnotesize\n" if each.wide or len(each.heads) > 8 else "\\small\n"


def _long(form: str, heads: str, rows: str, title: str, label: str, said: str, number: str, across: int) -> str:
    head = f"\\toprule\n{heads}\n\\midrule\n"
    note = f"\\multicolumn{{{across}}}{{@{{}}p{{\\linewidth}}@{{}}}}{{\\footnotesize {said}}}\n" if said else ""
    return (
        f"% {number}. \\usepackage{{array,booktabs,longtable}}\n"
        f"{{\\footnotesize\n\\begin{{longtable}}{{@{{}}{form}@{{}}}}\n"
        f"\\caption{{{title}}}\\label{{{label}}} \\\\\n{head}\\endfirsthead\n{head}\\endhead\n"
        f"\\bottomrule\n\\endfoot\n\\endlastfoot\n{rows}\n\\bottomrule\n{note}\\end{{longtable}}}}\n"
    )
