"""A paragraph is printed whatever it looks like."""

from pathlib import Path

import pytest
from markupsafe import Markup

from mkb21sem.report.documents import files
from mkb21sem.report.documents.parts import Document, Num, Paragraph, Section
from mkb21sem.report.words import Words
from tests.report.documents import readback

READERS = {
    "html": lambda path: readback.of_html(path.read_text(encoding="utf-8")),
    "docx": readback.of_docx,
    "pdf": readback.of_pdf,
}


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("look", ["", "banner", "warning", "note", "quotation"])
def test_every_look_is_read_back(form: str, look: str, tmp_path: Path) -> None:
    said = Paragraph(Markup("Of 314 firms <i>some</i> answered."), (Num(314, "count"),), look)
    document = Document("A title", "below it", "en", (Section("one", Markup("One"), (said,)),))
    files.write(document, Words("en"), tmp_path, [form])
    read = READERS[form](tmp_path / f"report.{form}")
    assert readback.differences(document, Words("en"), read) == []
    assert any("Of314firmssomeanswered" in "".join(each.split()) for each in read.said)
