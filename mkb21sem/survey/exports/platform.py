"""What the survey tools put around the answers: header rows, columns of their own, unfinished and trial responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mkb21sem.survey.cells import Cells
from mkb21sem.survey.exports.spelling import folded, spelled

IMPORT_ID = '{"ImportId"'
OWN = {
    "LimeSurvey": (
        *("id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "ipaddr", "refurl"),
        *("token", "response id", "date submitted", "last page", "start language", "date started"),
        *("date last action", "ip address", "referrer url", "total time", "interviewtime"),
        *("antwoord id", "datum ingestuurd", "laatste pagina", "starttaal", "datum gestart", "datum laatste actie"),
    ),
    "Qualtrics": (
        *("startdate", "enddate", "status", "ipaddress", "progress", "duration (in seconds)", "duration__in_seconds_"),
        *("finished", "recordeddate", "responseid", "recipientlastname", "recipientfirstname", "recipientemail"),
        *("externalreference", "locationlatitude", "locationlongitude", "distributionchannel", "userlanguage"),
        "q_recaptchascore",
    ),
    "Google Forms": ("timestamp", "tijdstempel", "email address", "e-mailadres", "username", "gebruikersnaam", "score"),
    "ODK": (
        *("start", "end", "today", "deviceid", "submissiondate", "key", "instanceid", "instancename", "formversion"),
        *("_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by"),
        *("__version__", "_tags", "_index", "meta-instanceid", "submitterid", "submittername", "attachmentspresent"),
        *("attachmentsexpected", "reviewstate", "edits", "welcome", "thanks"),
    ),
}
RESPONDENT = (
    *("respondent", "respondent_id", "respondentid", "responseid", "response id", "antwoord id", "id", "_id", "key"),
    *("instanceid", "meta-instanceid"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Stripped:
    """A file without what its survey tool added.

    Parameters
    ----------
    cells
        Only rows of answers.
    own
        Columns of the survey tool.
    tool
        Its name; empty if unknown.
    notes
        What was left out or should be looked at: text and number of rows or columns.
    """

    cells: Cells
    own: frozenset[str]
    tool: str
    notes: tuple[tuple[str, str, int], ...]


def stripped(cells: Cells) -> Stripped:
    """Take off extra header rows, and tell the tool's own columns from questions."""
    below, notes = _below_headers(cells)
    counts = {tool: [name for name in below.names if folded(name) in names] for tool, names in OWN.items()}
    tool = "Qualtrics" if notes else max(counts, key=lambda each: len(counts[each]))
    if len(counts[tool]) < (1 if tool == "Google Forms" or notes else 2):
        return Stripped(below, frozenset(), "", tuple(notes))
    own = [name for name in counts[tool] if folded(name) not in RESPONDENT]
    if own:
        notes.append(("columns", f"left out, {tool}'s own: {', '.join(own)}", len(own)))
    notes += _unfinished(below)
    return Stripped(below, frozenset(own), tool, tuple(notes))


def _below_headers(cells: Cells) -> tuple[Cells, list[tuple[str, str, int]]]:
    """Qualtrics writes two more header rows: what was asked, and an import id in braces."""
    first = [[spelled(cell) for cell in column[:2]] for column in cells.columns]
    ids = next((at for at in (0, 1) if any(IMPORT_ID in cell.replace(" ", "") for cell in _row(first, at))), None)
    if ids is None:
        return cells, []
    titles = dict(zip(cells.names, _row(first, 0), strict=True)) if ids == 1 else {}
    columns = tuple(column[ids + 1 :] for column in cells.columns)
    below = replace(cells, columns=columns, rows=cells.rows[ids + 1 :], titles={**cells.titles, **titles})
    return below, [("reading", "Qualtrics' extra header rows were left out", ids + 1)]


def _row(first: Sequence[Sequence[str]], at: int) -> list[str]:
    return [cells[at] if len(cells) > at else "" for cells in first]


def _unfinished(cells: Cells) -> list[tuple[str, str, int]]:
    """Responses that weren't finished, or were made by trying the questionnaire: kept, but said."""
    by_name = {folded(name): column for name, column in zip(cells.names, cells.columns, strict=True)}
    found = []
    for name, wrong, what in (
        ("submitdate", {""}, "responses without date of submission (not finished): kept"),
        ("finished", {"0", "false", "onwaar"}, "responses not finished: kept"),
        ("status", {"1", "2", "survey preview", "survey test"}, "trial responses (preview or test): kept"),
    ):
        if name in by_name:
            count = sum(folded(spelled(cell)) in wrong for cell in by_name[name])
            if count:
                found.append(("unfinished", what, count))
    return found
