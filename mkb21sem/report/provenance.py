"""Where numbers come from: command, options, answers, model, versions and platform, in one record for every output."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli_w
from markupsafe import Markup

from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

SHOWN = 16
"""Letters of a SHA-256 in print; the whole stands in results.json."""
PROGRAM_FILES = (".py", ".csv", ".html", ".css")
UNREGISTERED = ("source", "outcome", "through")

Record = Mapping[str, Any]


def run(asked: Record, model: Model | None = None, stopped: bool = False) -> dict[str, Any]:
    """The block ``run`` of results.json.

    Parameters
    ----------
    asked
        ``command``, ``line`` (as it was typed, files by their names only) and ``options``, from the command line or
        from `called`. An option that is a file is its name and SHA-256; of a model or of hypotheses also the text.
    model
        What was fitted, if something was.
    stopped
        Whether the user ended it before everything was drawn.

    Returns
    -------
    dict
        Those three, and seed, program_sha256, spec_sha256, platform and stopped.
    """
    return {
        "command": asked["command"],
        "line": asked["line"],
        "options": asked["options"],
        "seed": (asked["options"] or {}).get("seed"),
        "program_sha256": program(),
        "spec_sha256": None if model is None else sha256(str(model).encode()),
        "platform": platform.platform(),
        "stopped": stopped,
    }


@cache
def program() -> str:
    """SHA-256 over the program's own files: two copies of one version may differ where somebody works on it."""
    place, digest = Path(str(files("mkb21sem"))), hashlib.sha256()
    for path in sorted(each for each in place.rglob("*") if each.suffix in PROGRAM_FILES and each.is_file()):
        digest.update(path.relative_to(place).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def unknown(command: str) -> dict[str, Any]:
    """What was asked, for a function that was called from Python with what no command can say again."""
    return {"command": command, "line": "", "options": None}


def called(command: str, wave: Wave | None, file: str = "file", **options: Any) -> dict[str, Any]:
    """What was asked, for a function that was called from Python: the options that the command would have had.

    Parameters
    ----------
    command
        The command that does the same.
    wave
        The answers; the command takes them by its option `file`.
    options
        A `Model` becomes its spec; a pair of hypotheses and registered zeros their file.
    """
    given = {} if wave is None else {file: answers(wave)}
    return {"command": command, "line": "", "options": given | {name: _as_option(v) for name, v in options.items()}}


def _made_here(wave: Wave) -> bool:
    """Whether the program made the answers itself; a synthetic twin is read from a file."""
    return wave.synthetic and not Path(wave.source or "").suffix


def answers(wave: Wave) -> dict[str, str] | None:
    """Name and SHA-256 of a wave's file; None for a synthetic wave, which the program makes itself."""
    if _made_here(wave):
        return None
    return {"file": Path(wave.source).name if wave.source else wave.name, "sha256": wave.sha256}


def source(wave: Wave) -> dict[str, object]:
    """What results.json says about the answers."""
    file = Path(wave.source).name if wave.source and not _made_here(wave) else wave.name
    return {"name": wave.name, "file": file, "sha256": wave.sha256, "n": wave.n, "synthetic": wave.synthetic}


def _as_option(value: Any) -> Any:
    if isinstance(value, Model):
        return as_file(f"{value.name}.sem", str(value))
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(each, Sequence) for each in value):
        return as_file("hypotheses.toml", hypothesis_file(*value))
    return value


def as_file(name: str, text: str) -> dict[str, str]:
    """A file of text as an option: name, SHA-256 and the text itself."""
    return {"file": name, "sha256": sha256(text.encode()), "text": text}


def sha256(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hypothesis_file(claims: Sequence[Hypothesis], zeros: Sequence[Hypothesis] = ()) -> str:
    """Hypotheses and registered zeros as the text of a hypothesis file."""
    blocks = {"hypothesis": [_block(claim) for claim in claims], "zero": [_block(claim) for claim in zeros]}
    return tomli_w.dumps({name: each for name, each in blocks.items() if each}, multiline_strings=True)


def _block(claim: Hypothesis) -> dict[str, Any]:
    left_out = {"sign", "family"} if claim.family == "zero" else set()
    values = {name: getattr(claim, name) for name in claim.__slots__ if name not in {*UNREGISTERED, *left_out}}
    filled = {name: value for name, value in values.items() if value != ""}
    return {"id": filled.pop("id"), "path": " -> ".join(claim.nodes), **filled}


def departures(content: Record, words: Words) -> Iterator[str]:
    """Every deviation from a frozen plan, from what results.json says: for README.txt."""
    found = (content.get("plan") or {}).get("deviations", ())
    if found:
        yield words.plain("plan.deviations", n=len(found))
    for each in found:
        change = " → ".join(text for text in (each["planned"], each["done"]) if text)
        yield f"  {words.plain('deviation.' + each['kind'])}: {each['what']} ({change})"


def lines(content: Record, words: Words) -> Iterator[Markup]:
    """The record in print, from what results.json says: for the foot of a page and for README.txt.

    Parameters
    ----------
    content
        software, data, run, and model where there is one.
    """
    ran, data = content.get("run"), content.get("data") or {}
    if not isinstance(ran, Mapping):
        return
    line = ran["line"] or f"mkb21sem.{ran['command']}(…)"
    yield words("provenance.command", line=line)
    if data.get("sha256"):
        yield words("provenance.answers", file=data.get("file") or "", sha=str(data["sha256"])[:SHOWN])
    for each in data.get("waves") or ():
        yield words("provenance.answers", file=each["file"], sha=str(each["sha256"])[:SHOWN])
    if ran["spec_sha256"]:
        yield words("provenance.model", sha=ran["spec_sha256"][:SHOWN])
    if plan := content.get("plan"):
        yield words("provenance.plan", seal=str(plan["seal"])[:SHOWN], n=len(plan["deviations"]))
    if ran["seed"] is not None:
        yield words("provenance.seed", seed=ran["seed"])
    shown = ", ".join(f"{name} {number}" for name, number in content["software"].items())
    yield words("provenance.software", versions=shown, platform=ran["platform"])
