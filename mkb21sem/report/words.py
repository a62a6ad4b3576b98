"""Every text that is shown, in each language: a file a chapter in `texts/`, one line a text."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from markupsafe import Markup, escape

from mkb21sem.errors import one_of
from mkb21sem.report.numbers import LANGUAGES

_ITALIC = re.compile(r"\*([^*]+)\*")
MESSAGES = ("reason", "cause", "remark", "why")
"""Places in texts for what the program itself says, in English, of what happened."""


@lru_cache(maxsize=1)
def texts() -> dict[str, dict[str, str]]:
    """Key → language → text of all files; ``*x*`` is italic, ``{x}`` is filled in."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(files("mkb21sem.report").joinpath("texts").iterdir(), key=lambda file: file.name):
        with file.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["key"] in found:
                    raise KeyError(f"{file.name}: text `{row['key']}` stands in two files")
                found[row["key"]] = {lang: row[lang] for lang in LANGUAGES}
    return found


def told(message: str, lang: str) -> str:
    """What the program says of what happened, in another language; a message of which there is none stays English.

    Parameters
    ----------
    message
        As the text ``message.<key>`` has it in English, its places filled in; a place may hold another message.
    lang
        "en" or "nl".
    """
    for pattern, spoken in _messages(lang) if lang != "en" else ():
        found = pattern.fullmatch(message)
        if found:
            return spoken.format(**{name: told(value, lang) for name, value in found.groupdict().items()})
    return message


@lru_cache(maxsize=2)
def _messages(lang: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every message as a pattern of its English text, and what it is in a language; a full stop at the end may lack."""
    made = []
    for key, both in texts().items():
        if key.startswith("message."):
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(both["en"].removesuffix(".")))
            made.append((re.compile(f"{pattern}(?P<end>\\.?)", re.DOTALL), f"{both[lang].removesuffix('.')}{{end}}"))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language, and the labels that a codebook gives to variables.

    Parameters
    ----------
    lang
        "en" or "nl".
    of
        Name and language → label; a name without label stands for itself.
    """

    lang: str = "en"
    of: Callable[[str, str], str] = lambda name, lang: name

    def __post_init__(self) -> None:
        one_of("lang", self.lang, LANGUAGES)

    def __call__(self, key: str, **values: object) -> Markup:
        """The text as HTML: its own italics kept, everything filled in escaped."""
        marked = _ITALIC.sub(r"<i>\1</i>", str(escape(texts()[key][self.lang])))
        return Markup(marked).format(**self._told(values))

    def plain(self, key: str, **values: object) -> str:
        """The text without any mark-up, for the terminal, a picture or a file."""
        return _ITALIC.sub(r"\1", texts()[key][self.lang]).format(**self._told(values))

    def told(self, message: str) -> str:
        """What the program says of what happened, in this language where it has the words for it."""
        return told(message, self.lang)

    def _told(self, values: dict[str, object]) -> dict[str, object]:
        messages = {name: self.told(str(values[name])) for name in MESSAGES if type(values.get(name)) is str}
        return {**values, **messages}

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in texts()

    def label(self, name: str) -> str:
        """What a variable is called."""
        return self.of(name, self.lang)

    def short(self, name: str) -> str:
        """What a variable is called, without the explanation between brackets at the end."""
        label = self.label(name)
        return label.partition(" (")[0] if label.endswith(")") else label

    def path(self, *names: str) -> str:
        """An arrow, or several that follow each other, in words."""
        return " → ".join(map(self.short, names))

    def listed(self, names: Iterable[str]) -> str:
        """Names in a sentence: A, B and C."""
        *most, last = names
        return f"{', '.join(most)} {self.plain('and')} {last}" if most else last
