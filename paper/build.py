"""Print the manuscript: `python paper/build.py out` reads results.json and diagram.svg in out, writes mkb21.pdf."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import typst

HERE = Path(__file__).parent
SOURCE = HERE / "mkb21.typ"


def build(results: Path, output: Path | None = None, source: Path = SOURCE, format: str = "pdf") -> bytes | list[bytes]:
    """The printed manuscript.

    Parameters
    ----------
    results
        Folder that `mkb21sem reproduce --out` wrote.
    output
        Where to save it as well.
    source
        The manuscript.
    format
        pdf (one document) or svg (a list with one picture a page).

    Raises
    ------
    FileNotFoundError
        The folder lacks results.json or diagram.svg.
    """
    with TemporaryDirectory() as folder:
        desk = lay_out(results, Path(folder), source)
        printed = typst.compile(str(desk), root=folder, format=format, ignore_system_fonts=True)
    if output is not None:
        if not isinstance(printed, bytes):
            raise ValueError(f"{output}: one file holds one page; leave output out, or ask for format='pdf'.")
        output.write_bytes(printed)
    return printed


def lay_out(results: Path, folder: Path, source: Path = SOURCE) -> Path:
    """Copy manuscript, numbers and picture into one folder, which typst may not look out of; the manuscript there."""
    for name in ("results.json", "diagram.svg"):
        if not (results / name).exists():
            raise FileNotFoundError(f"{results / name} is missing. Run `mkb21sem reproduce --out {results}` first.")
        copy(results / name, folder / name)
    return Path(copy(source, folder / "mkb21.typ"))


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    try:
        build(folder, HERE / "mkb21.pdf")
    except FileNotFoundError as missing:
        sys.exit(str(missing))
    print(f"Manuscript: {HERE / 'mkb21.pdf'}")
