"""A hypothesis: a path in the arrow graph, the sign and the size that matter, and what both rest on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from mkb21sem.errors import SpecError, closest
from mkb21sem.specify.model import Model, locate
from mkb21sem.specify.parse import EVIDENCE

SIGNS = ("+", "-", "")
EXPLORATORY = "exploratory"
"""Family of paths that are tested although nothing was predicted of them."""
FAMILIES = ("primary", "secondary", EXPLORATORY)
SESOI, ALPHA = 0.10, 0.05
"""Smallest effect size of interest (standardised) and level of a test, where a file gives none."""
ZERO = "zero"
"""Family of the arrows that a model leaves out on purpose."""

_NUMBERS = ("sesoi", "alpha")
_DEFAULTS = (*_NUMBERS, "rationale")
_TOP = ("title", "model", "study", "hypothesis", ZERO, *_DEFAULTS)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One claim about one path: a single arrow, or several that follow each other.

    Attributes
    ----------
    id
        Its number in print: H3.
    source, outcome
        Where the path begins and ends.
    sign
        "+" or "-" where a direction is expected, "" for a two-sided test.
    family
        primary or secondary: p-values are adjusted within a family. exploratory: tested, and never claimed.
        ``zero``: an arrow that the model leaves out.
    evidence
        What the path rests on: stated, implied or reconstruction; empty where nobody said.
    arrow
        Name of the arrow, or of the arrows, in the model (A3; A3 A6).
    quotation, theory
        The sentence of the source text, and why the sign is expected.
    through
        What an indirect path passes, in order; empty for a single arrow.
    sesoi
        Smallest effect size of interest: standardised effects below it, of either sign, don't matter.
    rationale
        Why that size; empty where the file doesn't say.
    alpha
        Level of its tests.
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
    through: tuple[str, ...] = ()
    sesoi: float = SESOI
    rationale: str = ""
    alpha: float = ALPHA

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every variable of the path, from source to outcome."""
        return (self.source, *self.through, self.outcome)

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Tail and head of every arrow of the path."""
        return tuple(pairwise(self.nodes))

    @property
    def path(self) -> str:
        """The path in print."""
        return " → ".join(self.nodes)

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

        Notes
        -----
        A block ``[[hypothesis]]`` needs ``id`` and ``path`` (``"A -> B"``, or ``"A -> B -> C"`` for an indirect one).
        ``sesoi``, ``rationale`` and ``alpha`` above the first block hold for all that don't give their own; without
        them 0.10, none and 0.05. ``sign`` is none, ``family`` primary.
        """
        return _read(name_or_path, model)[0]

    @staticmethod
    def read_zeros(name_or_path: str | Path, model: Model | None = None) -> tuple[Hypothesis, ...]:
        """Read the arrows that are registered as zero: the blocks ``[[zero]]`` of the same file, none in most.

        Raises
        ------
        SpecError
            As `read`.
        """
        return _read(name_or_path, model)[1]


Claims = tuple[Hypothesis, ...]


def for_model(model: Model) -> Claims:
    """One two-sided, exploratory test for every regression arrow, for models that come without a hypothesis file."""
    arrows = [model.structure.edges[edge]["arrow"] for edge in model.structure.edges]
    return tuple(
        Hypothesis(f"H{i}", a.tail, a.head, family=EXPLORATORY, evidence=a.evidence, arrow=a.key)
        for i, a in enumerate(arrows, start=1)
    )


def contents(name_or_path: str | Path) -> tuple[str, dict[str, Any]]:
    """Name and content of a hypothesis file, as TOML tells them.

    Raises
    ------
    SpecError
        There is no such file, or it is not TOML.
    """
    path = locate(name_or_path, ".toml")
    try:
        return path.name, tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise SpecError(f"{path.name} is not a TOML file in UTF-8: {error}.") from error


def _read(name_or_path: str | Path, model: Model | None) -> tuple[Claims, Claims]:
    """Hypotheses and registered zeros of a file."""
    where, document = contents(name_or_path)
    return _claims(document, where, model)


def _claims(document: Mapping[str, Any], where: str, model: Model | None) -> tuple[Claims, Claims]:
    if not _blocks(document, "hypothesis"):
        raise SpecError(f'{where} holds no hypothesis: write blocks [[hypothesis]] with id and path = "A -> B".')
    problems = [f"{where}: {problem}." for problem in _of_the_file(document)]
    defaults = {key: document[key] for key in _DEFAULTS if key in document}
    seen: set[str] = set()
    found: dict[str, list[Hypothesis]] = {"hypothesis": [], ZERO: []}
    for kind, claims in found.items():
        for number, entry in enumerate(_blocks(document, kind), start=1):
            wrong = _problems(entry, kind, model)
            if str(entry.get("id")) in seen:
                wrong.append("its id stands twice")
            if "id" in entry:
                seen.add(str(entry["id"]))
            problems += [f"{where}, {kind} {entry.get('id') or number}: {problem}." for problem in wrong]
            if not problems:
                claims.append(_claim(defaults | entry, kind))
    if problems:
        raise SpecError("\n".join(problems))
    return tuple(found["hypothesis"]), tuple(found[ZERO])


def _claim(entry: Mapping[str, Any], kind: str) -> Hypothesis:
    source, *through, outcome = _nodes(entry["path"])
    rest: dict[str, Any] = {key: float(entry[key]) if key in _NUMBERS else entry[key] for key in entry if key != "path"}
    if kind == ZERO:
        rest["family"] = ZERO
    return Hypothesis(source=source, outcome=outcome, through=tuple(through), **rest)


def _blocks(document: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    blocks = document.get(kind)
    return blocks if isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks) else []


def _nodes(path: str) -> list[str]:
    return [part.strip() for part in path.split("->")]


def _of_the_file(document: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong above the first block."""
    unknown = [
        f"`{key}` is nothing that the file may hold.{closest(key, _TOP)}"[:-1] for key in document if key not in _TOP
    ]
    if ZERO in document and not _blocks(document, ZERO):
        unknown.append('`zero` must be written as blocks [[zero]] with id and path = "A -> B"')
    return [*unknown, *_wrong_values({key: document[key] for key in _DEFAULTS if key in document})]


def _problems(entry: Mapping[str, Any], kind: str, model: Model | None) -> list[str]:
    """Everything that is wrong with one block of the file."""
    known = {f.name for f in fields(Hypothesis)} - {"source", "outcome", "through"} | {"path"}
    if kind == ZERO:
        known -= {"sign", "family"}
    what = "a registered zero" if kind == ZERO else "a hypothesis"
    problems = [f"`{key}` is no field of {what}.{closest(key, known)}"[:-1] for key in entry if key not in known]
    problems += _wrong_values({key: value for key, value in entry.items() if key in known})
    if problems:
        return problems
    problems += [f"`{key}` is missing" for key in ("id", "path") if not entry.get(key)]
    for key, allowed in (("sign", SIGNS), ("family", FAMILIES), ("evidence", EVIDENCE)):
        if key in entry and entry[key] not in allowed:
            problems.append(f"{key} must be one of {', '.join(repr(a) for a in allowed)}; got {entry[key]!r}")
    if entry.get("family") == EXPLORATORY and entry.get("sign"):
        problems.append("what is exploratory predicts no sign: leave `sign` out, or make it primary or secondary")
    return problems + (_wrong_path(entry["path"], kind, model) if entry.get("path") else [])


def _wrong_values(entry: Mapping[str, Any]) -> list[str]:
    """Text that is no text, and numbers that are none between 0 and 1."""
    problems = []
    for key, value in entry.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in _NUMBERS and not (number and 0 < value < 1):
            problems.append(f"`{key}` must be a number between 0 and 1, such as {SESOI if key == 'sesoi' else ALPHA}")
        elif key not in _NUMBERS and not isinstance(value, str):
            problems.append(f"`{key}` must be text")
    return problems


def _wrong_path(path: str, kind: str, model: Model | None) -> list[str]:
    nodes = _nodes(path)
    if len(nodes) < 2 or not all(nodes):
        return [f'path must be written "A -> B", or "A -> B -> C" for an indirect one; got {path!r}']
    if kind == ZERO and len(nodes) > 2:
        return [f'a registered zero is one arrow, "A -> B"; got {path!r}']
    twice = [node for node in dict.fromkeys(nodes) if nodes.count(node) > 1]
    if twice:
        return [f"path passes `{twice[0]}` twice; got {path!r}"]
    names = {*model.latents, *model.observed} if model is not None else set(nodes)
    return [f"`{node}` is not in the model.{closest(node, names)}".rstrip(".") for node in nodes if node not in names]
