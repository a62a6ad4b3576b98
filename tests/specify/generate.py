"""Random specs, and the arrows they should be read as, from a seed."""

from __future__ import annotations

import random
from dataclasses import replace

from mkb21sem.specify.parse import EVIDENCE, Arrow

LETTERS = "abcxyzéßøжç"
BLANKS = ("", " ", "  ", "\t", " \t", " ")
NUMBERS = (0.0, 1.0, -1.0, 0.5, -0.25, 1e-7, -3e-12, 1e22, 123456.789, 0.1 + 0.2)


def random_name(rng: random.Random) -> str:
    return rng.choice(LETTERS) + "".join(rng.choice(LETTERS + "0123456789_.") for _ in range(rng.randint(0, 6)))


def random_spec(seed: int) -> tuple[str, list[Arrow]]:
    """A spec in a careless hand, and its arrows; constructs measure each other in one direction only."""
    rng = random.Random(seed)
    pool = list(dict.fromkeys(random_name(rng) for _ in range(40)))
    latents, observed, labels = pool[:4], pool[4:14], pool[14:17]
    lines: list[str] = []
    arrows: list[Arrow] = []
    taken: set[tuple[str, str, str]] = set()
    for number in range(rng.randint(1, 8)):
        op = "=~" if number == 0 else rng.choice(("=~", "~", "~~"))
        lhs = rng.choice(latents if op == "=~" else latents + observed)
        later = latents[latents.index(lhs) + 1 :] if lhs in latents else []
        names = observed + (later if op == "=~" else [*latents, "1"] if op == "~" else latents)
        evidence = rng.choice(("", *EVIDENCE))
        key = f"A{number}" if evidence and rng.random() < 0.7 else ""
        terms = []
        for rhs in rng.sample(names, rng.randint(1, 4)):
            arrow = _modified(rng, Arrow(lhs, op, rhs, evidence=evidence, key=key), labels)
            if arrow.cell in taken or (lhs == rhs and op != "~~"):
                continue
            taken.add(arrow.cell)
            arrows.append(arrow)
            terms.append(_term(rng, arrow))
        if terms:
            joined = f"{_blank(rng)}+{_blank(rng)}".join(terms)
            comment = f"{_blank(rng)}# {key} {evidence}".replace("#  ", "# ") if evidence else rng.choice(("", " # 1"))
            lines.append(f"{_blank(rng)}{lhs}{_blank(rng)}{op}{_blank(rng)}{joined}{comment}")
        lines.append(rng.choice(("", "", "# said aside: f =~ x1", "   ")))
    return rng.choice(("\n", "\r\n")).join(lines), arrows


def _modified(rng: random.Random, arrow: Arrow, labels: list[str]) -> Arrow:
    return rng.choice(
        (
            arrow,
            arrow,
            replace(arrow, value=rng.choice(NUMBERS)),
            replace(arrow, label=rng.choice(labels)),
            replace(arrow, freed=True),
        )
    )


def _term(rng: random.Random, arrow: Arrow) -> str:
    number = "" if arrow.value is None else repr(arrow.value).replace("e+", "e")
    modifier = arrow.label or ("NA" if arrow.freed else number)
    return f"{modifier}{_blank(rng)}*{_blank(rng)}{arrow.rhs}" if modifier else arrow.rhs


def _blank(rng: random.Random) -> str:
    return rng.choice(BLANKS)
