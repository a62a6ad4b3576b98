"""The twin as a file that says in every row what it is, and a note beside it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pandas as pd

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.infer.twins.twin import facts as source_facts
from mkb21sem.report.results import PROGRAM, plain, software
from mkb21sem.report.twin.disclosure import Disclosure
from mkb21sem.survey.mark import COLUMN, MARK, marked
from mkb21sem.survey.readers import read_cells


def beside(out: Path) -> Path:
    """The note that belongs to a twin's file."""
    return out.with_suffix(".json")


def folder_of(out: Path) -> Path:
    """Where the disclosure report of a twin stands unless another folder is named."""
    return out.with_name(f"{out.stem}_disclosure")


def writable(out: Path, source: Path | None) -> None:
    """Refuse a place where a twin must not be written.

    Raises
    ------
    OptionError
        It is no .csv, is the wave itself, or a file that is not an earlier twin.
    """
    if out.suffix.lower() != ".csv":
        raise OptionError(f"--out {out}: a twin is written as .csv. Name it {out.stem or 'twin'}.csv.")
    if source is not None and out.exists() and source.exists() and out.samefile(source):
        raise OptionError(f"--out {out}: this is the wave itself. Name another file.")
    if out.exists() and not _twin(out):
        raise OptionError(f"--out {out}: there is a file of that name which is no twin. Name another file, or move it.")
    note = beside(out)
    if note.exists() and not out.exists():
        raise OptionError(f"--out {out}: its note would replace {note.name}. Name another file, or move that one.")


def fresh_seed() -> int:
    """A seed from the system's own randomness, so that no one can draw the same twin without being told."""
    return secrets.randbelow(2**31)


def facts(of: Disclosure) -> dict[str, object]:
    """What the note beside a twin says; neither the seed nor the wave's file, with which the twin could be undone."""
    return {"n": of.twin.n, "questions": of.answers.shape[1] - 1, **source_facts(of.source)}


def _twin(path: Path) -> bool:
    try:
        return marked(read_cells(path))
    except Mkb21Error:
        return False


def write(answers: pd.DataFrame, out: Path, facts: Mapping[str, object]) -> str:
    """Write twin and note, each whole or not at all; the SHA-256 of the twin's file.

    Parameters
    ----------
    answers
        respondent and the questions.
    out
        A .csv file.
    facts
        What the note says besides: seed, threshold and the like.

    Raises
    ------
    OptionError
        The file can't be written.
    """
    text = StringIO()
    answers.assign(**{COLUMN: MARK})[[COLUMN, *answers.columns]].to_csv(text, index=False, lineterminator="\n")
    content = text.getvalue().encode()
    digest = hashlib.sha256(content).hexdigest()
    note = {"made_by": PROGRAM, "kind": MARK, "file": out.name, "sha256": digest, "software": software(), **facts}
    _replace(out, content)
    _replace(beside(out), (json.dumps(plain(note), indent=2, ensure_ascii=False) + "\n").encode())
    return digest


def _replace(path: Path, content: bytes) -> None:
    workshop = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        workshop.write_bytes(content)
        workshop.replace(path)
    except OSError as error:
        with suppress(OSError):
            workshop.unlink()
        raise OptionError(
            f"--out {path}: it can't be written ({error.strerror or error}). Name another place."
        ) from error
