"""Text as LaTeX prints it: signs that mean something to it, or that pdfLaTeX has no letter for, are written out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
RENAMED = {"lamda": "lambda", "Lamda": "Lambda", "epsilon": "varepsilon", "phi": "varphi"}
"""Greek letters whose name in Unicode is not their command."""


def _greek(letter: str) -> str:
    *_, size, _, name = unicodedata.name(letter).split()
    called = name.lower() if size == "SMALL" else name.capitalize()
    return f"$\\{RENAMED.get(called, called)}$"


def _raised(letters: str, sign: str) -> dict[str, str]:
    return {letter: f"${sign}{{{unicodedata.normalize('NFKC', letter)}}}$" for letter in letters}


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
    "‐": "-",
    "‑": r"\mbox{-}",
    "…": r"\dots{}",
    "’": "{'}",
    "‘": "{`}",
    "“": "{``}",
    "”": "{''}",
    "„": "{,,}",
    "‚": "{,}",
    "«": r"$\ll$",
    "»": r"$\gg$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "↔": r"$\leftrightarrow$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "∑": r"$\sum$",
    "∈": r"$\in$",
    "·": r"$\cdot$",
    "•": r"\textbullet{}",
    "′": r"$^{\prime}$",
    "″": r"$^{\prime\prime}$",
    "ϕ": r"$\phi$",
    "ς": r"$\varsigma$",
    "✓": r"$\checkmark$",
    "✗": r"$\times$",
    "○": r"$\circ$",
    "€": r"\texteuro{}",
    "\u0302": "",
    "\u00a0": "~",
    "\u00ad": r"\-",
    **_raised("⁰¹²³⁴⁵⁶⁷⁸⁹⁺ⁿ", "^"),
    **_raised("₀₁₂₃₄₅₆₇₈₉", "_"),
    "⁻": "$^{-}$",
    **{letter: _greek(letter) for letter in GREEK},
}
"""Signs that LaTeX reads as something else, or that its older engines can't set."""
ACCENTED = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ"
    "ĂăĄąĆćČčĎďĘęĚěĞğİıŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽžȘșȚț¡¿£§©®°"
)
"""Letters beyond ASCII that every engine has."""
PACKAGES = {r"\checkmark": "amssymb"}
"""What a command needs."""


def escaped(plain_text: str) -> str:
    """Plain text as LaTeX prints it, on one line.

    A letter that pdfLaTeX can't set is printed by XeLaTeX and LuaLaTeX; pdfLaTeX prints the letter without its accent,
    or a question mark.
    """
    composed = unicodedata.normalize("NFC", re.sub(r"\s", _space, plain_text))
    return re.sub(r"-(?=-)", "-{}", "".join(map(_sign, composed)))


def packages(body: str) -> set[str]:
    """The packages whose commands stand in a piece of LaTeX."""
    return {package for command, package in PACKAGES.items() if command in body}


def preamble(needed: Iterable[str]) -> str:
    r"""The line ``\usepackage{…}`` that names packages, in the order of the alphabet."""
    return f"\\usepackage{{{','.join(sorted(set(needed)))}}}"


def _sign(letter: str) -> str:
    if letter in SIGNS:
        return SIGNS[letter]
    if letter.isascii() or letter in ACCENTED:
        return letter
    if unicodedata.category(letter) in ("Cf", "Cc", "Mn"):
        return ""
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii() and part.isalnum())
    return f"\\ifdefined\\Umathchar {letter}\\else {bare or '?'}\\fi{{}}"


def _space(found: re.Match[str]) -> str:
    return "\u00a0" if found.group() == "\u00a0" else " "
