"""Print the manuscript: `python -m paper --data wave.csv` analyses a wave and writes mkb21.pdf and numbers.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import typst

from mkb21sem.estimate.choice import choose
from mkb21sem.estimate.fit import fit
from mkb21sem.report.inference.inference import Sampling, infer
from mkb21sem.report.publication.analysis import Analysis, Asked, analyse
from mkb21sem.report.study import study as one_study
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from paper.figures import draw
from paper.gather import gather

HERE = Path(__file__).parent
MODEL = "mkb21"
DRAWS = 20_000
SOURCES = ("mkb21.typ", "style.typ", "say.typ", "references.bib")


def study(wave: Wave, claims: str = MODEL, step: Any = None) -> Analysis:
    """Do the analysis that the manuscript reports.

    Parameters
    ----------
    wave
        The answers.
    claims
        Hypothesis file, or the name of a shipped one.
    step
        Told what is being done.

    Raises
    ------
    SpecError, WaveError, FitError
        The hypotheses are not of this model, or the model can't be fitted to these answers.
    """
    model = Model.read(MODEL)
    hypotheses, declaration = Hypothesis.read(claims, model), Declaration.read(claims)
    if not fit(model, wave, **choose(model, wave).options).converged:
        return without_estimates(wave, model, hypotheses, declaration)
    return analyse(
        wave,
        model,
        hypotheses,
        Hypothesis.read_zeros(claims, model),
        declaration=declaration,
        asked=Asked(sampling=Sampling("montecarlo", DRAWS)),
        step=step,
    )


def without_estimates(wave: Wave, model: Model, hypotheses: Sequence[Hypothesis], declaration: Declaration) -> Analysis:
    """What is left of the analysis where the estimation does not converge: the answers, and why."""
    done = one_study(wave, model, hypotheses)
    judged = infer(wave, model, hypotheses, robust=False)
    nothing = pd.DataFrame()
    why = (("estimates", done.found.cause),)
    return Analysis(
        Asked(robustness=False), declaration, done, judged, True, None, nothing, None, nothing, nothing, None, why
    )


def lay_out(of: Analysis, folder: Path, own_words: bool = False) -> dict[str, Any]:
    """Put manuscript, numbers and pictures into one folder, which typst may not look out of; the numbers."""
    for name in SOURCES:
        copy(HERE / name, folder / name)
    copytree(HERE / "sections", folder / "sections", dirs_exist_ok=True)
    numbers = gather(of, own_words) | {"pictures": draw(of, folder)}
    write(numbers, folder)
    return numbers


def write(numbers: dict[str, Any], folder: Path) -> None:
    """Write numbers.json into the folder of the manuscript."""
    text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "numbers.json").write_text(text + "\n", encoding="utf-8")


def printed(folder: Path) -> bytes:
    """The manuscript that lies in a folder, as PDF."""
    return bytes(typst.compile(str(folder / "mkb21.typ"), root=str(folder), format="pdf", ignore_system_fonts=True))


def marked(folder: Path, label: str) -> list[Any]:
    """Values of all marks of one kind in the manuscript in a folder: number, published, shows, score."""
    found = typst.query(
        str(folder / "mkb21.typ"), f"<{label}>", field="value", root=str(folder), ignore_system_fonts=True
    )
    return list(json.loads(found))


def build(
    wave: Wave, out: Path, claims: str = MODEL, step: Callable[[str], object] | None = None
) -> tuple[Path, Analysis]:
    """Analyse a wave and print the manuscript; where it is, and the analysis.

    Parameters
    ----------
    out
        Folder for mkb21.pdf and numbers.json; made if it is not there.
    wave, claims, step
        As for `study`.
    """
    of = study(wave, claims, step)
    with TemporaryDirectory() as place:
        folder = Path(place)
        lay_out(of, folder, own_words=claims != MODEL)
        pdf = printed(folder)
        out.mkdir(parents=True, exist_ok=True)
        copy(folder / "numbers.json", out / "numbers.json")
    (out / "mkb21.pdf").write_bytes(pdf)
    return out / "mkb21.pdf", of
