"""One questionnaire, in the format that is asked for."""

from __future__ import annotations

from mkb21sem.errors import one_of
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.item import LANGUAGES
from mkb21sem.survey.questionnaire.limesurvey import limesurvey
from mkb21sem.survey.questionnaire.word import word
from mkb21sem.survey.questionnaire.xlsform import xlsform

FORMATS = ("xlsform", "limesurvey", "docx")


def written(codebook: Codebook, form: str, lang: str = "nl") -> bytes:
    """Return the file: an XLSForm workbook, LimeSurvey's tab-separated text, or a Word document.

    Raises
    ------
    OptionError
        The format or the language is unknown.
    WaveError
        The codebook routes by use but has no question about use.
    """
    one_of("format", form, FORMATS)
    one_of("lang", lang, LANGUAGES)
    if form == "limesurvey":
        return limesurvey(codebook, lang).encode("utf-8-sig")
    return xlsform(codebook, lang) if form == "xlsform" else word(codebook, lang)
