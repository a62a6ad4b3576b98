"""Do an analysis again from its results.json, and say whether the numbers come out the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mkb21sem.errors import OptionError, WaveError
from mkb21sem.report import results
from mkb21sem.report.outputs import RESULTS
from mkb21sem.report.reproduce import source
from mkb21sem.report.study import study
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

COMPARED = ("fit", "estimates", "r_squared", "hypotheses", "beside")
SAME = 1e-8
"""Relative difference up to which two numbers are the same: another processor rounds otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """An analysis done twice.

    Attributes
    ----------
    compared
        Numbers and words that were compared.
    identical
        How many of them are the same to the last digit.
    differences
        name then now, one row for each that is not the same.
    software
        name then now of what has another version by now.
    """

    compared: int
    identical: int
    differences: pd.DataFrame
    software: pd.DataFrame


def stored(folder: Path) -> dict[str, Any]:
    """What an output says of itself.

    Raises
    ------
    OptionError
        The folder holds no analysis that can be done again.
    """
    try:
        content = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise OptionError(f"{folder}: there is no {RESULTS} that can be read ({error}).") from error
    run = content.get("run") if isinstance(content, dict) else None
    if not isinstance(run, dict) or run.get("command") != "reproduce":
        raise OptionError(
            f"{folder}: only what `mkb21sem reproduce` wrote can be verified. For other outputs, give the same command "
            "again and compare."
        )
    return dict(content)


def again(content: Mapping[str, Any], wave: Wave) -> Again:
    """Do an analysis again and compare.

    Parameters
    ----------
    content
        As `stored` gives it.
    wave
        The same answers.

    Raises
    ------
    WaveError
        The answers are not those of the analysis.
    OptionError
        The file was written by another version, or edited.
    """
    if content["data"]["sha256"] != wave.sha256:
        raise WaveError(
            f"{wave.name}: these are not the answers of the analysis (SHA-256 {str(wave.sha256)[:12]}… in place of "
            f"{str(content['data']['sha256'])[:12]}…). Give the same file, byte for byte."
        )
    try:
        model = Model.parse(content["model"]["spec"], name=content["model"]["name"])
        blocks = content["run"]["hypotheses"]
        claims = tuple(Hypothesis(**block | {"through": tuple(block["through"])}) for block in blocks)
        asked = content["run"]["asked"]
        done = study(wave, model, claims, asked["estimator"], asked["missing"])
    except (KeyError, TypeError) as error:
        raise OptionError(f"{RESULTS} comes from another version, or was edited ({error}).") from error
    now = results.of_study(done, source(wave), asked)
    return _compare(content, now)


def _compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> Again:
    before = {name: value for key in COMPARED for name, value in _flat(then.get(key), key)}
    after = {name: value for key in COMPARED for name, value in _flat(now[key], key)}
    names = [*before, *(name for name in after if name not in before)]
    pairs = [(name, before.get(name, "absent"), after.get(name, "absent")) for name in names]
    versions = [
        (name, version, now["software"].get(name, "absent"))
        for name, version in then.get("software", {}).items()
        if now["software"].get(name) != version
    ]
    columns = ["name", "then", "now"]
    return Again(
        len(pairs),
        sum(one == other for _, one, other in pairs),
        pd.DataFrame([pair for pair in pairs if not _same(*pair[1:])], columns=columns),
        pd.DataFrame(versions, columns=columns),
    )


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every number and word, under a name that says where it stands."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _flat(each, f"{name}.{_title(each, at)}")
    else:
        yield name, value


def _title(value: Any, at: int) -> str:
    """What a row of a table is called: its arrow and group, or its id."""
    if isinstance(value, Mapping):
        if "op" in value:
            return f"{value['lhs']} {value['op']} {value['rhs']}".strip() + (
                f" [{value['group']}]" if value.get("group") else ""
            )
        return str(value.get("id", value.get("variable", at)))
    return str(at)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= SAME * max(abs(one), abs(other), 1.0)
    return bool(one == other)
