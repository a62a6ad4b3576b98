"""What a long command keeps on disk while it runs, so that the same command goes on after a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.commands.shell import Steps

ENDING = ".progress"

Keep = Annotated[
    bool,
    typer.Option(
        "--checkpoint/--no-checkpoint",
        help="Keep what is finished in OUT.progress until the output is there: after a kill the same command goes on.",
    ),
]


def checkpoint(out: Path, keep: bool, step: Steps) -> Checkpoint | None:
    """The folder beside the output in which finished draws are kept; None if that is not wanted."""
    if not keep:
        return None
    place = Path(out.resolve())
    return Checkpoint(place.with_name(place.name + ENDING), step.say)
