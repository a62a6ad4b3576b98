"""A frozen plan: model, hypotheses, rules and what authors declare, written down with a seal before the fit."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from mkb21sem.errors import SpecError, closest
from mkb21sem.specify.checkable import EVERYBODY
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.hypothesis import ZERO, Hypothesis
from mkb21sem.specify.model import Model

UNDECLARED = Declaration()
HEADER = """# A plan of analysis, frozen by `mkb21sem plan freeze`. Do not edit: `mkb21sem plan verify` would see it.
# The seal shows that the content is unchanged. It does not prove the date: lodge the seal where others can see it
# (OSF, AsPredicted, an e-mail to a colleague) before the answers are collected or opened.
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is decided beforehand besides model and hypotheses.

    Attributes
    ----------
    estimator, missing
        Names, or ``auto`` for the rule by which the program chooses.
    exclusions, criteria
        Which respondents are left out, and which fit counts as acceptable: in words, of which
        `mkb21sem.specify.checkable` finds what can be checked.
    intervals, draws, seed
        Where intervals and p-values come from; empty where that is not planned. Levels and smallest effects of interest
        are planned with the hypotheses.
    """

    estimator: str = "auto"
    missing: str = "auto"
    exclusions: str = EVERYBODY
    criteria: str = "none named"
    intervals: str = ""
    draws: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Model, hypotheses and rules as they were frozen.

    Attributes
    ----------
    model
        The spec.
    hypotheses
        Everything that will be judged.
    rules
        How.
    frozen
        Date and time by the computer's clock, UTC.
    program
        Version that froze it.
    seal
        SHA-256 of all this.
    zeros
        Arrows that are registered as zero.
    study
        What the authors declare of their study.
    """

    model: Model
    hypotheses: tuple[Hypothesis, ...]
    rules: Rules
    frozen: str
    program: str
    seal: str
    zeros: tuple[Hypothesis, ...] = ()
    study: Declaration = UNDECLARED

    @staticmethod
    def read(path: str | Path) -> Plan:
        """Read a plan and check its seal.

        Raises
        ------
        SpecError
            Not a plan, or one whose content no longer fits its seal.
        """
        return _read(Path(path))

    def text(self) -> str:
        """The plan as a TOML file."""
        return HEADER + "\n" + tomli_w.dumps(_content(self) | {"seal": self.seal}, multiline_strings=True)


def freeze(
    model: Model,
    hypotheses: Sequence[Hypothesis],
    rules: Rules,
    program: str,
    when: datetime,
    zeros: Sequence[Hypothesis] = (),
    study: Declaration | None = None,
) -> Plan:
    """Seal a model, its hypotheses, the rules, registered zeros and what the authors declare.

    Raises
    ------
    SpecError
        There is no hypothesis, or two share an id.
    """
    ids = [claim.id for claim in (*hypotheses, *zeros)]
    if not hypotheses:
        raise SpecError("a plan needs at least one hypothesis; name a file by --hypotheses.")
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise SpecError(f"two hypotheses are called {', '.join(twice)}; give each an id of its own.")
    frozen = when.astimezone(UTC).isoformat(timespec="seconds")
    # What is sealed is what a reader of the file gets back.
    plain = Model.parse(str(model), name=model.name)
    plan = Plan(plain, tuple(hypotheses), rules, frozen, program, "", tuple(zeros), study or UNDECLARED)
    return replace(plan, seal=_seal(_content(plan)))


def _content(plan: Plan) -> dict[str, Any]:
    """Everything that is sealed, as plain values; what is not planned is left out."""
    declared = {name: text for name, text in asdict(plan.study).items() if text}
    rules = {name: value for name, value in asdict(plan.rules).items() if value not in (None, "")}
    return {
        "frozen": plan.frozen,
        "program": plan.program,
        "rules": rules,
        "model": {"name": plan.model.name, "spec": str(plan.model)},
        **({"study": declared} if declared else {}),
        "hypothesis": [_block(claim) for claim in plan.hypotheses],
        **({ZERO: [_block(claim) for claim in plan.zeros]} if plan.zeros else {}),
    }


def _block(claim: Hypothesis) -> dict[str, Any]:
    return asdict(claim) | {"through": list(claim.through)}


def _seal(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _read(path: Path) -> Plan:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecError(f"{path}: this is not a plan that can be read ({error}).") from error
    lacking = [name for name in ("frozen", "program", "rules", "model", "hypothesis", "seal") if name not in document]
    if lacking:
        raise SpecError(f"{path}: this file lacks {', '.join(lacking)} of a plan. Make one by mkb21sem plan freeze.")
    seal = str(document.pop("seal"))
    if _seal(document) != seal:
        raise SpecError(
            f"{path}: the content no longer fits its seal {seal[:12]}…: the plan was changed after it was frozen. Get "
            "the frozen file back, or freeze a new plan and say so."
        )
    try:
        claims, zeros = (_claims(document.get(kind, []), path) for kind in ("hypothesis", ZERO))
        study = Declaration(**document.get("study", {}))
        model = Model.parse(document["model"]["spec"], name=document["model"]["name"])
        rules = Rules(**document["rules"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SpecError(f"{path}: the plan comes from another version ({error}).") from error
    return Plan(model, claims, rules, str(document["frozen"]), str(document["program"]), seal, zeros, study)


def _claims(blocks: Sequence[Mapping[str, Any]], path: Path) -> tuple[Hypothesis, ...]:
    known = {field.name for field in fields(Hypothesis)}
    for block in blocks:
        if odd := sorted(set(block) - known):
            raise SpecError(f"{path}: a hypothesis has no `{odd[0]}`.{closest(odd[0], known)}")
    return tuple(Hypothesis(**{**block, "through": tuple(block["through"])}) for block in blocks)
