"""Options of the commands whose outputs may be shared."""

from __future__ import annotations

from typing import Annotated

import typer

Suppress = Annotated[
    int | None,
    typer.Option(
        "--suppress",
        help="Hide counts below this, and what would give them away; 0: hide nothing. Default: 10, synthetic waves 0.",
        show_default=False,
    ),
]

Respondents = Annotated[
    bool,
    typer.Option("--respondents", help="Also write what is about single respondents; the output is then not to share."),
]
