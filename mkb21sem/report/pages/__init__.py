"""The pages' templates and style, and how they are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from mkb21sem.report.documents.printed import printed
from mkb21sem.report.references.listing import on_page
from mkb21sem.report.results import PROGRAM, software
from mkb21sem.report.table import Table
from mkb21sem.report.words import Words


def rendered(template: str, page: Mapping[str, Any], words: Words) -> str:
    """A template of this folder, filled in and escaped: HTML that needs nothing from elsewhere.

    Parameters
    ----------
    template
        Its file.
    page
        What it fills in, beside the style sheet and the program's name and version.
    words
        Language and labels.
    """
    loader = FunctionLoader(text)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    ours = {
        "style": Markup(text("style.css")),
        "program": PROGRAM,
        "version": software()[PROGRAM],
        "references": lambda main: on_page(str(main), words),
    }
    return environment.get_template(template).render(page={**page, **ours}, words=words)


def numbered(table: Table, number: int | str, words: Words, note: str = "") -> dict[str, Any]:
    """A table as the templates want it.

    Parameters
    ----------
    table
        What is shown.
    number
        Of the table on its page.
    words
        Language and labels.
    note
        Key of its note; by default ``note.<name>``, if there is such a text.
    """
    made = printed(table, number, words, note)
    return {part.name: getattr(made, part.name) for part in fields(made)}


def text(name: str) -> str:
    """A file of this folder."""
    return files("mkb21sem.report.pages").joinpath(name).read_text(encoding="utf-8")
