"""A wave of eight respondents, five users and three non-users, small enough to follow by eye."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mkb21sem.survey.codebook import Codebook

Writer = Callable[..., Path]


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return Codebook.read()


@pytest.fixture
def answers(codebook: Codebook) -> pd.DataFrame:
    """Respondents 101-105 use Facebook (GEB02 = 2 to 5, 3); 106-108 use nothing."""
    users = [True] * 5 + [False] * 3
    columns: dict[str, list[int]] = {"respondent": list(range(101, 109))}
    for place, item in enumerate(codebook.items):
        given = [item.codes[(row + place) % len(item.codes)] for row in range(8)]
        if item.asked != "all":
            given = [code if user == (item.asked == "users") else -7 for code, user in zip(given, users, strict=True)]
        columns[item.id] = given
    for id in (item.id for item in codebook.battery("GEB")):
        columns[id] = [1] * 8
    columns["GEB02"] = [2, 3, 4, 5, 3, 1, 1, 1]
    columns["MKT01"] = [1] * 8
    return pd.DataFrame(columns)


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write a frame as CSV (or text, or bytes, as they are) and return its path."""

    def to_file(content: pd.DataFrame | str | bytes, name: str = "wave.csv", **options: object) -> Path:
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False, **options)  # type: ignore[call-overload]
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_bytes(content)
        return path

    return to_file
