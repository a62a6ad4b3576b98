"""Findings as sentences, for tests that ask whether a planted fault is named."""

from __future__ import annotations

from collections.abc import Iterable

from mkb21sem.report.dossier.sentences import plain
from mkb21sem.report.words import Words
from mkb21sem.validate.findings import Finding


def worded(found: Iterable[Finding], lang: str = "en") -> str:
    """One sentence a line; constructs by their own names."""
    return "\n".join(plain(one, Words(lang)) for one in found)
