"""A hypothesis: an arrow of the model, the sign that is expected of it, and what both rest on."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mkb21sem.errors import SpecError, closest
from mkb21sem.specify.model import Model, locate
from mkb21sem.specify.parse import EVIDENCE

SIGNS = ("+", "-", "")
FAMILIES = ("primary", "secondary")


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One claim about one arrow.

    Attributes
    ----------
    id
        Its number in print: H3.
    source, outcome
        Tail and head of the arrow.
    sign
        "+" or "-" where a direction is expected, "" for a two-sided test.
    family
        primary or secondary: p-values are adjusted within a family.
    evidence
        What the arrow rests on: stated, implied or reconstruction; empty where nobody said.
    arrow
        The arrow's name in the model (A3).
    quotation, theory
        The sentence of the source text, and why the sign is expected.
    """

    id: str
    source: str
    outcome: str
    sign: str = ""
    family: str = "primary"
    evidence: str = ""
    arrow: str = ""
    quotation: str = ""
    theory: str = ""

    @property
    def path(self) -> str:
        """The arrow in print."""
        return f"{self.source} → {self.outcome}"

    @staticmethod
    def read(name_or_path: str | Path, model: Model | None = None) -> tuple[Hypothesis, ...]:
        """Read the hypotheses of a shipped model by name, or of a ``.toml`` file.

        Parameters
        ----------
        name_or_path
            ``"mkb21"`` or a path.
        model
            Where given, every variable of every hypothesis must be one of this model's.

        Raises
        ------
        SpecError
            Not a hypothesis file; every problem in it is listed.
        """
        path = locate(name_or_path, ".toml")
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
            raise SpecError(f"{path.name} is not a TOML file in UTF-8: {error}.") from error
        return _hypotheses(document, path.name, model)


def for_model(model: Model) -> tuple[Hypothesis, ...]:
    """One two-sided hypothesis for every regression arrow, for models that come without a hypothesis file."""
    arrows = [model.structure.edges[edge]["arrow"] for edge in model.structure.edges]
    return tuple(
        Hypothesis(f"H{i}", a.tail, a.head, evidence=a.evidence, arrow=a.key) for i, a in enumerate(arrows, start=1)
    )


def _hypotheses(document: dict[str, Any], where: str, model: Model | None) -> tuple[Hypothesis, ...]:
    entries = document.get("hypothesis")
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise SpecError(f'{where} holds no hypothesis: write blocks [[hypothesis]] with id and path = "A -> B".')
    problems: list[str] = []
    seen: set[str] = set()
    found = []
    for number, entry in enumerate(entries, start=1):
        name = f"{where}, hypothesis {entry.get('id') or number}"
        wrong = _problems(entry, model)
        if str(entry.get("id")) in seen:
            wrong.append("its id stands twice")
        if "id" in entry:
            seen.add(str(entry["id"]))
        problems += [f"{name}: {problem}." for problem in wrong]
        if not wrong:
            source, outcome = (part.strip() for part in entry["path"].split("->"))
            rest = {key: value for key, value in entry.items() if key != "path"}
            found.append(Hypothesis(source=source, outcome=outcome, **rest))
    if problems:
        raise SpecError("\n".join(problems))
    return tuple(found)


def _problems(entry: dict[str, Any], model: Model | None) -> list[str]:
    """Everything that is wrong with one block of the file."""
    known = {f.name for f in fields(Hypothesis)} - {"source", "outcome"} | {"path"}
    problems = [f"`{key}` is no field of a hypothesis.{closest(key, known)}"[:-1] for key in entry if key not in known]
    problems += [f"`{key}` must be text" for key, value in entry.items() if key in known and not isinstance(value, str)]
    if problems:
        return problems
    problems += [f"`{key}` is missing" for key in ("id", "path") if not entry.get(key)]
    for key, allowed in (("sign", SIGNS), ("family", FAMILIES), ("evidence", EVIDENCE)):
        if key in entry and entry[key] not in allowed:
            problems.append(f"{key} must be one of {', '.join(repr(a) for a in allowed)}; got {entry[key]!r}")
    ends = [part.strip() for part in entry.get("path", "").split("->")]
    if entry.get("path") and (len(ends) != 2 or not all(ends)):
        problems.append(f'path must be written "A -> B"; got {entry["path"]!r}')
    elif entry.get("path") and model is not None:
        names = {*model.latents, *model.observed}
        problems += [
            f"`{end}` is not in the model.{closest(end, names)}".rstrip(".") for end in ends if end not in names
        ]
    return problems
