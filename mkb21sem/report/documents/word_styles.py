"""How a Word file looks: paper, fonts, styles, what stands above and below every page."""

from __future__ import annotations

from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from mkb21sem.report.documents import word_xml as xml
from mkb21sem.report.documents.runs import Run, clean
from mkb21sem.report.words import Words

FONT, MONO = "Times New Roman", "Courier New"
INK = RGBColor(0x1C, 0x21, 0x28)
LOCALES = {"nl": "nl-NL", "en": "en-GB"}
LONG, SHORT = Cm(29.7), Cm(21)
AFTER_SHADE = ("w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")
"""What stands after a ground colour in the properties of a paragraph, where Word wants its order."""
HEADINGS = (16.0, 13.0, 11.5, 11.0)


def dress(file: Any, words: Words, banner: str, foot: str) -> None:
    """Give an empty file its paper, styles, language, header and footer."""
    _language(file, LOCALES[words.lang])
    _styles(file)
    _paper(file.sections[0], turned=False)
    _margins(file.sections[0], words, clean(banner), clean(foot))


def new_sheet(file: Any, turned: bool, first: bool = False) -> None:
    """From here on the pages are turned, or upright again."""
    section = file.sections[0] if first else file.add_section(WD_SECTION.NEW_PAGE)
    _paper(section, turned)


def _paper(section: Any, turned: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (LONG, SHORT) if turned else (SHORT, LONG)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.0)
    section.header_distance = section.footer_distance = Cm(1.0)


def _language(file: Any, locale: str) -> None:
    """The language of every letter, for the spelling checker and for reading aloud."""
    defaults = file.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    spoken = OxmlElement("w:lang")
    for name in ("w:val", "w:eastAsia", "w:bidi"):
        spoken.set(qn(name), locale if name == "w:val" else "en-US" if name == "w:eastAsia" else "ar-SA")
    defaults.append(spoken)


def _styles(file: Any) -> None:
    styles = file.styles
    _letters(styles["Normal"], 11)
    _spaced(styles["Normal"], 0, 0)
    for level, size in enumerate(HEADINGS, start=1):
        _letters(styles[f"Heading {level}"], size, bold=True, italic=level == 3)
        _spaced(styles[f"Heading {level}"], 18 if level == 1 else 12, 6, keep=True)
    _letters(styles["Title"], 22, bold=True)
    _spaced(styles["Title"], 0, 6)
    _unruled(styles["Title"])
    _letters(styles["Subtitle"], 12)
    _spaced(styles["Subtitle"], 0, 12)
    _letters(styles["Body Text"], 11)
    _spaced(styles["Body Text"], 0, 7, lines=1.15)
    _letters(styles["Quote"], 11, italic=True)
    _spaced(styles["Quote"], 0, 7, indent=0.8)
    _letters(styles["List Bullet"], 11)
    _spaced(styles["List Bullet"], 0, 3)
    _letters(styles["Caption"], 11)
    _spaced(styles["Caption"], 14, 4, keep=True)
    for name, size, before, after, indent in (
        ("Table Text", 9.0, 1.5, 1.5, 0.0),
        ("Table Note", 9.5, 4, 14, 0.0),
        ("Note", 10.0, 0, 7, 0.0),
        ("Warning", 11.0, 4, 8, 0.0),
        ("Verbatim", 8.0, 4, 10, 0.4),
        ("Picture", 11.0, 0, 12, 0.0),
        ("Numbered", 11.0, 0, 3, 0.0),
        ("Bibliography", 11.0, 0, 6, 1.27),
        ("Contents Heading", 13.0, 12, 4, 0.0),
        ("TOC 1", 11.0, 0, 2, 0.0),
        ("TOC 2", 11.0, 0, 2, 0.6),
    ):
        made = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made.base_style = styles["Normal"]
        _letters(made, size, bold=name == "Contents Heading", font=MONO if name == "Verbatim" else FONT)
        _spaced(made, before, after, indent=indent)
    styles["Numbered"].paragraph_format.left_indent = Cm(0.8)
    styles["Numbered"].paragraph_format.first_line_indent = Cm(-0.8)
    styles["Bibliography"].paragraph_format.first_line_indent = Cm(-1.27)
    styles["Bibliography"].paragraph_format.keep_together = True
    styles["Numbered"].paragraph_format.tab_stops.add_tab_stop(Cm(0.8))
    styles["Warning"].element.get_or_add_pPr().insert_element_before(_shade("F0F0F0"), *AFTER_SHADE)


def _letters(style: Any, size: float, *, bold: bool = False, italic: bool = False, font: str = FONT) -> None:
    style.font.name, style.font.size = font, Pt(size)
    style.font.bold, style.font.italic, style.font.color.rgb = bold, italic, INK
    fonts = style.element.rPr.rFonts
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), font)
    for old in style.element.rPr.findall(qn("w:spacing")) + style.element.rPr.findall(qn("w:kern")):
        style.element.rPr.remove(old)


def _spaced(
    style: Any, before: float, after: float, *, keep: bool = False, indent: float | None = None, lines: float = 1.0
) -> None:
    form = style.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), lines
    form.keep_with_next, form.widow_control = keep, True
    if indent is not None:
        form.left_indent = Cm(indent)


def _unruled(style: Any) -> None:
    properties = style.element.get_or_add_pPr()
    for old in properties.findall(qn("w:pBdr")):
        properties.remove(old)


def _shade(colour: str) -> Any:
    return xml.element(f'<w:shd w:val="clear" w:color="auto" w:fill="{colour}"/>')


def _margins(section: Any, words: Words, banner: str, foot: str) -> None:
    """Banner above; what made it and the page's number below."""
    above, below = section.header.paragraphs[0], section.footer.paragraphs[0]
    if banner:
        above._p.get_or_add_pPr().insert_element_before(_shade("EBEBEB"), *AFTER_SHADE)
        above._p.append(xml.element(f'<w:r><w:rPr><w:b/><w:sz w:val="17"/></w:rPr>{_t(banner)}</w:r>'))
    below.paragraph_format.tab_stops.clear_all()
    number = f"{xml.field('PAGE', xml.run(Run('1')))}{xml.run(Run(' / '))}{xml.field('NUMPAGES', xml.run(Run('1')))}"
    inside = f"{xml.run(Run(foot))}{xml.run(Run('   '))}{number}" if foot else number
    for one in xml.element(f"<w:p>{inside}</w:p>"):
        below._p.append(one)


def _t(text: str) -> str:
    return xml.run(Run(text)).removeprefix("<w:r>").removesuffix("</w:r>")
