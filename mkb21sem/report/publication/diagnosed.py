"""What the answers look like before they are modelled, and where they can be had (items 10-15)."""

from __future__ import annotations

from mkb21sem.report.documents.parts import Section
from mkb21sem.report.publication import anomalies, distributions, moments, unanswered
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.words import Words


def section(of: Analysis, words: Words) -> Section:
    """Missing answers, distributions, anomalies, moments, availability."""
    parts = (
        unanswered.missing,
        unanswered.mechanism,
        distributions.section,
        anomalies.section,
        moments.section,
        moments.availability,
    )
    return Section("diagnostics", words("front.diagnostics"), (), tuple(make(of, words) for make in parts))
