"""Whether files are those that were written, and where two of them differ."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mkb21sem.report.outputs import RESULTS

PACKED = (".docx", ".xlsx")
"""Zip archives, whose members carry the time of writing."""
DATED = (".pdf",)
"""Formats that carry the time of writing in their text; of these only the SHA-256 is compared."""
TIMES = ("docProps/core.xml",)
IGNORED = {".DS_Store", RESULTS}
LARGEST = 200_000_000
"""Bytes that an archive may unpack to; a larger one is compared as it is."""
MOST, SHOWN = 20, 60
"""Lines of a file that are named, and letters of each."""

Difference = tuple[str, Any, Any]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as held:
        return hashlib.file_digest(held, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of an output but results.json, which holds them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in IGNORED)
    return {path.relative_to(folder).as_posix(): digest(path) for path in paths}


def touched(folder: Path, content: Mapping[str, Any]) -> dict[str, str]:
    """Files that are no longer as they were written: name → changed, missing or added.

    Empty for an output of a version that kept no SHA-256 of its files.
    """
    kept = content.get("sha256")
    if not isinstance(kept, Mapping):
        return {}
    there = digests(folder)
    found = {
        name: "missing" if name not in there else "changed" for name, was in kept.items() if there.get(name) != was
    }
    return found | dict.fromkeys((name for name in there if name not in kept), "added")


def differences(one: Path, other: Path, name: str) -> Iterator[Difference]:
    """Where two files of one name differ: line, then, now; of binary ones, that they do."""
    if one.suffix.lower() in PACKED:
        packed, again = _members(one), _members(other)
        for member in sorted({*packed, *again}):
            if packed.get(member) != again.get(member):
                yield f"{name}: {member}", _size(packed.get(member)), _size(again.get(member))
        return
    before, now = one.read_bytes(), other.read_bytes()
    if before == now:
        return
    try:
        lines = zip_longest(before.decode().splitlines(), now.decode().splitlines())
    except UnicodeDecodeError:
        yield name, f"SHA-256 {digest(one)[:16]}…", f"SHA-256 {digest(other)[:16]}…"
        return
    apart = [(number, then, later) for number, (then, later) in enumerate(lines, start=1) if then != later]
    for number, then, later in apart[:MOST]:
        yield f"{name}, line {number}", *_around(then or "", later or "")
    if len(apart) > MOST:
        yield f"{name}, {len(apart) - MOST} more lines", "", ""


def _around(one: str, other: str) -> tuple[str, str]:
    """Both lines from shortly before they part."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - SHOWN // 3)
    return one[start : start + SHOWN], other[start : start + SHOWN]


def _members(path: Path) -> dict[str, bytes]:
    """What is packed in an archive, without the times of writing; the whole where it can't be opened."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(member.file_size for member in packed.infolist()) > LARGEST:
                return {"content": path.read_bytes()}
            return {name: packed.read(name) for name in packed.namelist() if name not in TIMES}
    except (zipfile.BadZipFile, OSError, RuntimeError):
        return {"content": path.read_bytes()}


def _size(content: bytes | None) -> str:
    return "absent" if content is None else f"SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…"
