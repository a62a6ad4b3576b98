"""What each command says of itself, put into reference/commands.md while the site is built."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from mkb21sem.cli import app

PLACE = "<!-- commands -->"


def on_page_markdown(markdown: str, **around: Any) -> str:
    """Called by MkDocs for every page."""
    return (
        markdown.replace(PLACE, described(typer.main.get_command(app), "mkb21sem")) if PLACE in markdown else markdown
    )


def described(command: Any, name: str) -> str:
    """A command and those below it, as Markdown."""
    if isinstance(command, TyperGroup):
        return "\n\n".join(described(inner, f"{name} {key}") for key, inner in command.commands.items())
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    table = ["| option | what it does |", "|---|---|", *rows] if rows else []
    example = [f"Example: `{command.epilog.removeprefix('Example: ')}`"] if command.epilog else []
    return "\n".join([f"## {name}", "", command.help or "", "", *table, "", *example])


def _row(parameter: Any) -> str:
    shown = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
    if parameter.param_type_name == "argument":
        shown = f"`{parameter.metavar or parameter.name}`"
    return f"| {shown} | {(parameter.help or '').replace('|', chr(92) + '|')} |"
