"""`constraints-oldest.txt` holds the lower bound of every library that the package needs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([0-9][^\s;]*)")
BOUND = re.compile(r"^([A-Za-z0-9_.-]+)>=([0-9][^,\s;]*)")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def numbers(version: str) -> list[int]:
    """2.0 and 2.0.0 are the same version."""
    parts = [int(part) for part in version.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return parts


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    return {plain(found[1]): found[2] for line in lines if (found := PIN.match(line))}


def test_every_library_has_a_lower_bound_and_it_is_what_was_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for asked in project["dependencies"]:
        found = BOUND.match(asked)
        assert found, f"{asked}: a lower bound is missing"
        name, bound = plain(found[1]), found[2]
        assert name in pins(), f"{name} is not in constraints-oldest.txt; `make oldest` again with it"
        assert numbers(pins()[name])[: len(numbers(bound))] == numbers(bound), (name, bound, pins()[name])


def test_no_index_is_named():
    text = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, flags=re.M)
