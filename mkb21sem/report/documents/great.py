"""Tables by great_tables: as elements of a page, and as files of their own in APA style."""

from __future__ import annotations

from typing import Any

import lxml.html
import pandas as pd
from great_tables import GT
from great_tables import html as as_is
from markupsafe import Markup, escape

from mkb21sem.report.documents.printed import Printed
from mkb21sem.report.documents.runs import clean
from mkb21sem.report.words import Words

APA: dict[str, Any] = {
    "table_font_names": ["Times New Roman", "Liberation Serif", "serif"],
    "table_font_color": "#000000",
    "table_margin_left": "0px",
    "heading_align": "left",
    "heading_title_font_size": "100%",
    "heading_subtitle_font_size": "100%",
    "heading_border_bottom_style": "none",
    "column_labels_border_top_style": "solid",
    "column_labels_border_top_width": "1.5px",
    "column_labels_border_top_color": "#000000",
    "column_labels_border_bottom_style": "solid",
    "column_labels_border_bottom_width": "1px",
    "column_labels_border_bottom_color": "#000000",
    "table_body_border_top_style": "none",
    "table_body_border_bottom_style": "solid",
    "table_body_border_bottom_width": "1.5px",
    "table_body_border_bottom_color": "#000000",
    "table_body_hlines_style": "none",
    "table_border_top_style": "none",
    "table_border_bottom_style": "none",
    "stub_border_style": "none",
    "source_notes_font_size": "100%",
    "data_row_padding": "3px",
}
"""Rules above and below the heads and at the end, none between columns or rows."""


def great(table: Printed, name: str) -> GT:
    """A table of great_tables: the first column names its row; cells are aligned as their columns.

    Parameters
    ----------
    table
        Rounded.
    name
        Of its element on a page.
    """
    columns = [f"c{at}" for at in range(len(table.heads))]
    cells = [[_held(cell.text) for cell in row] for row in table.rows]
    frame = pd.DataFrame(cells, columns=columns, dtype=object)
    labels: dict[str, Any] = {
        column: as_is(_held(head.text)) for column, head in zip(columns, table.heads, strict=True)
    }
    made = GT(frame, rowname_col=columns[0], id=name, auto_align=False).fmt(str, columns=columns)
    right = [column for column, head in zip(columns, table.heads, strict=True) if head.number]
    made = made.cols_align("left", columns=columns).tab_stubhead(label=labels.pop(columns[0]))
    made = made.cols_label(labels) if labels else made
    return made.cols_align("right", columns=right) if right else made


def element(table: Printed) -> Markup:
    """A table as an element of a page: named by its caption, heads with their scope, nothing but our own classes.

    great_tables gives every table a style sheet of its own, styles in its elements and an id for every cell; those are
    taken out, as forty tables of one page have one style.
    """
    raw = great(table, f"t-{table.name}").as_raw_html()
    made = lxml.html.fragment_fromstring(raw[raw.index("<table") : raw.rindex("</table>") + len("</table>")])
    for part in made.iter():
        for attribute in set(part.attrib) - {"scope"}:
            del part.attrib[attribute]
    made.set("aria-labelledby", f"caption-{table.name}")
    for head, cell in zip(made.iterfind("thead/tr/th"), table.heads, strict=True):
        _dress(head, "number" if cell.number else "", "")
    for line, row in zip(made.iterfind("tbody/tr"), table.rows, strict=True):
        for part, cell in zip(line, row, strict=True):
            _dress(part, cell.look, cell.tag)
    return Markup(lxml.html.tostring(made, encoding="unicode"))


def alone(table: Printed, words: Words) -> str:
    """A table as a page of its own, in APA style, to be opened or pasted into a manuscript."""
    made = great(table, "t").tab_header(
        title=as_is(_held(Markup("<b>{}</b>").format(words("table", number=table.number)))),
        subtitle=as_is(_held(Markup("<i>{}</i>").format(table.caption))),
    )
    if table.notes:
        note = Markup("<i>{}</i> ").format(words("note")) + Markup(" ").join(map(escape, table.notes))
        made = made.tab_source_note(as_is(_held(note)))
    styled = made.tab_options(**APA).as_raw_html()
    title = Markup("{}: {}").format(words("table", number=table.number), table.caption.striptags())
    return (
        f'<!DOCTYPE html>\n<html lang="{words.lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n</head>\n'
        f"<body>\n{styled}</body>\n</html>\n"
    )


def _held(text: object) -> str:
    """A text as HTML; great_tables takes what stands between two braces for a unit of measurement."""
    return str(escape(text if hasattr(text, "__html__") else clean(str(text)))).replace("{", "&#123;")


def _dress(part: Any, look: str, tag: str) -> None:
    if look:
        part.set("class", look)
    if tag:
        label = lxml.html.Element("span", {"class": f"tag {tag}"})
        label.text, part.text = part.text, None
        part.append(label)
