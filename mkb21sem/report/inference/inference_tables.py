"""Tables of the inference report: registered zeros, survival of the verdicts, and what was run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from mkb21sem.infer.judging.zeros import Zeros
from mkb21sem.infer.robustness.robustness import Robustness
from mkb21sem.infer.robustness.specifications import CHOICES
from mkb21sem.report import judged, numbers, registered, tables
from mkb21sem.report.inference import rival_tables
from mkb21sem.report.inference.inference import Inference
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def every_table(of: Inference, words: Words) -> dict[str, Table]:
    """All tables in the order of their numbers; empty ones are left out."""
    made = [judged.verdicts(of.judged, words), judged.sizes(of.judged, words, of.sampling.intervals)]
    made += [effects(of, words), Table("all_effects", of.effects, (Column("path"),), rows=())]
    if len(of.outcome):
        made.append(draws(of.outcome, words))
    if of.zeros is not None:
        made += [zeros(of.zeros, words), joint(of.zeros, words)]
    if of.robust is not None:
        made += [survival(of.robust, of, words), specifications(of.robust, words), unavailable(of.robust, words)]
        made.append(Table("robust_verdicts", of.robust.verdicts, (Column("id"),), rows=()))
    if of.rivals is not None:
        made += rival_tables.every_table(of.rivals, words)
    if of.equivalent is not None:
        made.append(rival_tables.equivalents(of.equivalent, of.found.model, words))
    made += [tables.hypotheses(of.hypotheses, words), registered.table(of.deviations)]
    return {table.name: table for table in made if len(table.frame)}


def effects(of: Inference, words: Words) -> Table:
    """Indirect and total effects of one variable on another, where something lies between; standardised in print."""
    pairs = ["source", "outcome"]
    kinds = {"total indirect": "indirect", "total": "total"}
    parts = [
        of.effects[of.effects["effect"] == kind]
        .set_index(pairs)[["est", "se", "low", "high", "std", "std_se", "std_low", "std_high"]]
        .add_prefix(f"{name}_")
        for kind, name in kinds.items()
    ]
    frame = parts[0].join(parts[1]).reset_index()
    frame.insert(0, "path", [words.path(*pair) for pair in zip(frame["source"], frame["outcome"], strict=True)])
    columns = (
        Column("path"),
        Column("indirect", "bounded2", of=("indirect_std",)),
        Column("ci_indirect", "interval bounded2", of=("indirect_std_low", "indirect_std_high")),
        Column("total", "bounded2", of=("total_std",)),
        Column("ci_total", "interval bounded2", of=("total_std_low", "total_std_high")),
    )
    return Table("effects", frame, columns, {"kind": words.plain(f"intervals.{of.sampling.intervals}")})


def draws(outcome: pd.DataFrame, words: Words) -> Table:
    """What became of the bootstrap draws."""
    columns = (
        Column("outcome_draws", of=("said",)),
        Column("draws", "count"),
        Column("share_asked", "percent1", of=("share",)),
    )
    said = [_outcome(str(name), words) for name in outcome["outcome"]]
    return Table("draws", outcome.assign(said=said), columns)


def _outcome(name: str, words: Words) -> str:
    """The program's word in the reader's language; a cause stays as the program gives it."""
    word, _, cause = name.partition(": ")
    key = f"draws.{word}"
    said = words.plain(key) if words.has(key) else word
    return f"{said}: {cause}" if cause else said


def zeros(found: Zeros, words: Words) -> Table:
    """Each arrow that the model leaves out: what it would be, and three tests that it is zero."""
    frame = found.table.assign(path=[words.path(*path.split(" → ")) for path in found.table["path"]])
    robust = frame["robust"].notna().any()
    columns = (
        Column("id"),
        Column("path"),
        Column("std", "bounded2"),
        Column("ci", "interval bounded2", of=("std_low", "std_high")),
        Column("p_score_test", "p", of=("p_robust" if robust else "p_score",)),
        Column("p_wald", "p"),
        Column("p_difference", "p"),
        Column("p_adjusted", "p"),
        Column("p_equivalence_adjusted", "p"),
        Column("verdict", "word"),
    )
    facts = {"kind": words.plain("zeros.robust" if robust else "zeros.plain"), "method": _method(frame)}
    said = tuple(f"{row['id']}: {row['reason']}." for row in frame.to_dict("records") if row["reason"])
    return Table("zeros", frame, columns, facts, remarks=said)


def _method(frame: pd.DataFrame) -> str:
    names = {"plain": "χ²", "satorra.2000": "Satorra, 2000", "satorra.bentler.2010": "Satorra & Bentler, 2010"}
    used = [str(name) for name in dict.fromkeys(frame["method"].dropna())]
    return ", ".join(names.get(name, name) for name in used) or numbers.ABSENT


def joint(found: Zeros, words: Words) -> Table:
    """All these arrows at once."""
    frame = found.joint.assign(said=[words.plain(f"zeros.test.{name}") for name in found.joint["test"]])
    columns = (Column("test", of=("said",)), Column("chisq", "number2"), Column("df", "count"), Column("p", "p"))
    return Table("joint", frame[frame["chisq"].notna()].reset_index(drop=True), columns)


def survival(found: Robustness, of: Inference, words: Words) -> Table:
    """How often each verdict comes out again."""
    paths = {claim.id: words.path(*claim.nodes) for claim in of.hypotheses}
    frame = found.survival.assign(
        path=[paths[id] for id in found.survival["id"]],
        again=[f"{row['same']}/{row['runs']}" for row in found.survival.to_dict("records")],
        instead=[_instead(str(text), words) for text in found.survival["others"]],
        survives_word=["yes" if yes else "no" for yes in found.survival["survives"]],
    )
    columns = (
        Column("id"),
        Column("path"),
        Column("verdict", "word"),
        Column("again"),
        Column("survives", "word", of=("survives_word",)),
        Column("instead"),
        Column("std_median", "bounded2"),
        Column("range", "interval bounded2", of=("std_low", "std_high")),
    )
    return Table("survival", frame, columns, {"runs": numbers.count(len(found.specifications), words.lang)})


def _instead(text: str, words: Words) -> str:
    """`undecided (3), opposite (1)` in the reader's language."""
    parts = [part.rpartition(" (") for part in text.split(", ") if part]
    return ", ".join(f"{words.plain(f'verdict.{name}')} ({count}" for name, _, count in parts)


def specifications(found: Robustness, words: Words) -> Table:
    """What was run, and what came of it."""
    frame = found.specifications.copy()
    for choice in CHOICES:
        if choice != "estimator":
            frame[choice] = [words.plain(f"option.{choice}.{name}") for name in frame[choice]]
    frame["came"] = [_came(row, words) for row in found.specifications.to_dict("records")]
    columns = (
        Column("spec"),
        *(Column(f"choice_{name}", of=(name,)) for name in CHOICES if len(set(frame[name])) > 1 or name == "estimator"),
        Column("n", "count"),
        Column("came"),
    )
    return Table("specifications", frame, columns)


def _came(row: Mapping[Hashable, Any], words: Words) -> str:
    if not row["converged"]:
        return str(row["reason"])
    return words.plain("came.improper", names=row["improper"]) if row["improper"] else words.plain("came.fine")


def unavailable(found: Robustness, words: Words) -> Table:
    """What could not be run, and why."""
    frame = found.unavailable
    said = []
    for row in frame.to_dict("records"):
        choice, option = str(row["choice"]), str(row["option"])
        name = option if choice == "estimator" else words.plain(f"option.{choice}.{option}")
        said.append(f"{words.plain(f'choice.of.{choice}')}: {name}")
    made = frame.assign(said=said, reason=[words.told(str(reason)) for reason in frame["reason"]])
    return Table("unavailable", made, (Column("option", of=("said",)), Column("reason")))
