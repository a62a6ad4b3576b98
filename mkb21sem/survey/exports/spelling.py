"""How questions and answers are compared: spacing, capitals, dashes and closing marks don't count."""

from __future__ import annotations

import re
from functools import lru_cache

TAG = re.compile(r"<[^>]*>")
SPACES = re.compile(r"\s+")
SAME = str.maketrans(
    dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("‘’`´", "'") | dict.fromkeys("“”„", '"') | {"…": "..."}
)
ENDS = " .:;?!*"


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """Return the text as it is compared."""
    plain = TAG.sub(" ", text).replace("&amp;", "&").translate(SAME)
    return SPACES.sub(" ", plain).strip(ENDS).casefold()


def spelled(cell: object) -> str:
    """Spell a cell: 7 for the number 7.0, nothing for a blank."""
    if cell is None or cell != cell:
        return ""
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip()
