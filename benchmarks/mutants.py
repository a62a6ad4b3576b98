"""Would the tests notice? Each of these faults is put into a copy of the package; the tests have to fail.

`python -m benchmarks.mutants` writes mutants.md. A fault that the tests don't notice makes it end with an error.
The tests that are run are those of the room in which the fault stands; what fails there fails in the whole suite.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
REPORT = Path(__file__).with_suffix(".md")
COPIED = ("mkb21sem", "models", "tests", "pyproject.toml", "benchmarks", "README.md", "CITATION.cff", "docs")
PATIENCE = 900


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: in which file which text becomes which, and the tests that should notice.

    Attributes
    ----------
    what
        In words.
    file
        Below mkb21sem/.
    right, wrong
        The text as it is, which stands in the file once, and as it becomes.
    tests
        What is run.
    """

    what: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


ML, LAWS = "tests/estimate/test_parity_ml.py", "tests/estimate/test_laws.py"
ROBUST, ORDINAL = "tests/estimate/test_parity_robust.py", "tests/estimate/test_parity_ordinal.py"

MUTANTS = (
    Mutant(
        "the gradient of the likelihood loses a minus sign",
        "estimate/loss.py",
        "W = P - P @ self.moments @ P",
        "W = P + P @ self.moments @ P",
        (LAWS, ML),
    ),
    Mutant(
        "the gradient of bootstrap refits forgets that a cause stands on both sides",
        "estimate/refits/factored.py",
        "G = BL - made.B @ Y",
        "G = BL - made.B @ Y / 2",
        ("tests/estimate/test_factored.py",),
    ),
    Mutant(
        "the Hessian loses the curvature of the implied moments",
        "estimate/loss.py",
        "cross(self.layout, Q, R) - Hessian + curvature(self.layout, model, H)",
        "cross(self.layout, Q, R) - Hessian",
        (LAWS, ROBUST),
    ),
    Mutant(
        "standard errors divide by n − 1 instead of n",
        "estimate/inference.py",
        "            return symmetric(bread @ self.moment_meat @ bread) / n",
        "            return symmetric(bread @ self.moment_meat @ bread) / (n - 1)",
        (ROBUST,),
    ),
    Mutant(
        "the scaled test is not divided by its scale factor",
        "estimate/scaling.py",
        "return Test(name, test.chisq / c, test.df, test.reason, c, trace=trace)",
        "return Test(name, test.chisq, test.df, test.reason, c, trace=trace)",
        (ROBUST,),
    ),
    Mutant(
        "the scaled and shifted test forgets its shift",
        "estimate/scaling.py",
        "chisq = float(test.chisq * a + shift)",
        "chisq = float(test.chisq * a)",
        (ORDINAL,),
    ),
    Mutant(
        "thresholds are counted from the other end",
        "estimate/ordered/thresholds.py",
        "cumulative = np.cumsum(counts, axis=0)[:-1] / np.where(total > 0, total, np.nan)",
        "cumulative = np.cumsum(counts[::-1], axis=0)[:-1] / np.where(total > 0, total, np.nan)",
        ("tests/estimate/test_polychoric.py", ORDINAL),
    ),
    Mutant(
        "FIML halves the determinant",
        "estimate/incomplete/fiml.py",
        "(group.n @ logdet / group.n.sum() + mean_square(P, group)[1]) / 2",
        "(group.n @ logdet / group.n.sum() / 2 + mean_square(P, group)[1]) / 2",
        (LAWS, ROBUST, ML),
    ),
    Mutant(
        "standardised paths divide by the wrong variable's SD",
        "estimate/standard.py",
        "[tail / head, 1 / head**2, 1 / pair, 1 / head]",
        "[head / tail, 1 / head**2, 1 / pair, 1 / head]",
        ("tests/infer/test_standardized.py", ML),
    ),
    Mutant(
        "RMSEA forgets that there are groups",
        "infer/globalfit/rmsea.py",
        "math.sqrt(max(chisq - df, 0.0) / (n * df) * groups)",
        "math.sqrt(max(chisq - df, 0.0) / (n * df))",
        ("tests/infer/test_index_formulas.py", "tests/infer/test_indices.py"),
    ),
    Mutant(
        "CFI scales χ² but not its degrees of freedom",
        "infer/globalfit/incremental.py",
        "    misfit = scaling * (chisq - df)\n    worst",
        "    misfit = scaling * chisq - df\n    worst",
        ("tests/infer/test_index_formulas.py", "tests/infer/test_indices.py"),
    ),
    Mutant(
        "expected parameter changes have the wrong sign",
        "infer/localfit/modification.py",
        "-effective / left, robust)",
        "effective / left, robust)",
        ("tests/infer/test_modification.py",),
    ),
    Mutant(
        "standard errors of indirect effects ignore the covariances of their parts",
        "infer/effects/pathway.py",
        "variance = float(slope @ vcov @ slope)",
        "variance = float(slope**2 @ np.diag(vcov))",
        ("tests/infer/test_effects.py", "tests/infer/test_verdicts.py"),
    ),
    Mutant(
        "the acceleration of BCa intervals has the wrong sign",
        "infer/draws/intervals.py",
        "d = np.where(there, mean - left_out, 0.0)",
        "d = np.where(there, left_out - mean, 0.0)",
        ("tests/infer/test_bootstrap.py",),
    ),
    Mutant(
        "two one-sided tests take the easier side",
        "infer/judging/equivalence.py",
        "np.maximum(low, high)",
        "np.minimum(low, high)",
        ("tests/infer/test_equivalence.py",),
    ),
    Mutant(
        "p-values are not adjusted for the number of hypotheses",
        "infer/judging/multiplicity.py",
        "return [min(float(value), 1.0) for value in multipletests(p, method=method)[1]]",
        "return [min(float(value), 1.0) for value in p]",
        ("tests/infer/test_verdicts.py",),
    ),
    Mutant(
        "alpha is corrected for the number of items upside down",
        "validate/alpha.py",
        "k / (k - 1) * (1 - np.trace",
        "(k - 1) / k * (1 - np.trace",
        ("tests/validate/test_reliability.py",),
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: noticed or not, the first test that failed, and how long it took in seconds."""

    mutant: Mutant
    noticed: bool
    first: str
    seconds: float


def tried(mutant: Mutant, here: Path) -> Outcome:
    """Put the fault into the copy in ``here``, run the tests, and take it out again.

    Raises
    ------
    ValueError
        The text is not in the file just once, or the tests didn't run.
    """
    path = here / "mkb21sem" / mutant.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(mutant.right) != 1:
        raise ValueError(f"{mutant.file}: {mutant.right!r} stands there {whole.count(mutant.right)} times, not once.")
    path.write_text(whole.replace(mutant.right, mutant.wrong), encoding="utf-8")
    try:
        begun = perf_counter()
        code, said = run(mutant.tests, here)
        return Outcome(mutant, code == 1, first_failure(said) if code == 1 else "", perf_counter() - begun)
    finally:
        path.write_text(whole, encoding="utf-8")


def run(tests: tuple[str, ...], here: Path) -> tuple[int, str]:
    """Exit code and output of pytest on these tests of the copy; 0 all passed, 1 some failed.

    Raises
    ------
    ValueError
        Anything else: the tests didn't run.
    """
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests]
    settings = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(here)}
    done = subprocess.run(
        command, cwd=here, env=settings, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode not in (0, 1):
        raise ValueError(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode, done.stdout


def first_failure(said: str) -> str:
    """The first test that pytest names as failed or broken."""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", said, flags=re.MULTILINE)
    return found.group(1) if found else "a test"


def copy(here: Path) -> None:
    """The working tree's package and tests."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, here / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, here / name)


def page(outcomes: list[Outcome]) -> str:
    """The committed report."""
    noticed = sum(one.noticed for one in outcomes)
    lines = [
        "# Would the tests notice?",
        "",
        f"{noticed} of {len(outcomes)} deliberate faults in the numerics make the tests fail. Made by `make mutants` "
        f"on {datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}. Without a fault the same tests pass.",
        "",
        "| fault | where | noticed | first test that fails | s |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.mutant.what} | `{one.mutant.file}` | {'yes' if one.noticed else '**no**'} | `{one.first}` | "
        f"{one.seconds:.0f} |"
        for one in outcomes
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try every fault; end with an error if one is not noticed, or if the tests fail without a fault."""
    outcomes = []
    with TemporaryDirectory() as folder:
        here = Path(folder)
        copy(here)
        every = tuple(dict.fromkeys(test for mutant in MUTANTS for test in mutant.tests))
        code, said = run(every, here)
        if code:
            sys.exit(f"Without any fault {first_failure(said)} fails; mend that first.")
        for mutant in MUTANTS:
            outcomes.append(tried(mutant, here))
            print(f"{'noticed' if outcomes[-1].noticed else 'NOT NOTICED'}: {mutant.what}", flush=True)
    REPORT.write_text(page(outcomes), encoding="utf-8")
    if missed := [one.mutant.what for one in outcomes if not one.noticed]:
        sys.exit(f"Not noticed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
