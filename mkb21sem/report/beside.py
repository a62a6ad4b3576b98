"""What a single file was made from, in a file of the same name and `.provenance.json` beside it.

An output folder says this in its results.json. A drawing, a questionnaire or a log is one file, of a format that has no
place for it (.png, .dot, .csv), or one that an editor empties on saving (.svg, .docx). A file beside it does for every
format alike, leaves the file itself as it is, and keeps the SHA-256 of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkb21sem.errors import OptionError
from mkb21sem.report import outputs, provenance, results
from mkb21sem.specify.model import Model

ENDING = ".provenance.json"


def place(path: Path) -> Path:
    """Where the record of a file stands."""
    return path.with_name(path.name + ENDING)


def free(path: Path) -> None:
    """Refuse a file whose record would replace something else.

    Raises
    ------
    OptionError
        A file of that name is there, which is no such record.
    """
    there = place(path)
    if there.exists() and _content(there) is None:
        raise OptionError(f"--out {path}: its record would replace {there.name}, which is none. Move that file.")


def save(
    path: Path,
    asked: Mapping[str, Any],
    *,
    model: Model | None = None,
    numbers: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    plan: Mapping[str, Any] | None = None,
) -> None:
    """Write the record of a file that is there.

    Parameters
    ----------
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them.
    model
        What was fitted or drawn.
    numbers
        What the file shows, unrounded.
    about
        The answers, from `mkb21sem.report.provenance.source`.
    plan
        A frozen plan and the deviations from it.

    Raises
    ------
    OptionError
        It can't be written.
    """
    told = {
        "made_by": results.PROGRAM,
        "schema": results.SCHEMA,
        "file": path.name,
        "sha256": provenance.sha256(path.read_bytes()),
        "software": results.software(),
        "data": about or {},
        **({"plan": plan} if plan else {}),
        "numbers": numbers or {},
        "run": provenance.run(asked, model),
    }
    text = json.dumps(results.plain(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    outputs.save_file(place(path), text.encode())


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    ours = isinstance(content, dict) and content.get("made_by") == results.PROGRAM and "file" in content
    return content if ours else None
