import numpy as np
import pytest

from mkb21sem.survey.problems import BadWaveError, Problem, by_value, named_rows, one_typo, problem_frame


@pytest.mark.parametrize(
    ("word", "meant", "typo"),
    [
        ("GEB1", "GEB01", True),
        ("GEB001", "GEB01", True),
        ("GBE01", "GEB01", True),
        ("GEP01", "GEB01", True),
        ("geb0l", "GEB01", True),
        ("GEB01", "GEB01", False),
        ("geb01", "GEB01", False),
        ("GEB12", "GEB01", False),
        ("GBE10", "GEB01", False),
        ("naam", "GEB01", False),
        ("", "A", True),
    ],
)
def test_one_typo(word, meant, typo):
    assert one_typo(word, meant) is typo
    assert one_typo(meant, word) is typo


def test_rows_in_words():
    assert named_rows([]) == ""
    assert named_rows([17]) == "row 17"
    assert named_rows([3, 5, 9]) == "rows 3, 5 and 9"
    assert named_rows(range(1, 21)).endswith("12 and 8 more")


def test_a_problem_says_where_what_and_what_to_do():
    problem = Problem("wave.csv", "is not one of 1-5", "Correct it.", (17,), "REP02", "7")
    assert str(problem) == "wave.csv, row 17, column REP02: value 7 is not one of 1-5. Correct it."


def test_equal_values_are_one_problem_and_every_cell_one_line():
    values = np.array([7.0, 1.0, 9.0, 7.0])
    rows = np.array([2, 3, 4, 5])
    problems = by_value("w", "REP01", values, values > 5, rows, "is wrong", "If {value} is missing, say so.")
    assert [(p.value, p.rows) for p in problems] == [("7", (2, 5)), ("9", (4,))]
    assert "If 7 is missing" in str(problems[0])
    assert problem_frame(problems)["row"].tolist() == [2, 5, 4]


def test_a_long_list_says_how_many_are_left():
    problems = [Problem("w", f"number {i}", "") for i in range(450)]
    text = str(BadWaveError(problems))
    assert text.startswith("450 problems:")
    assert "number 199" in text
    assert "number 200" not in text
    assert "250 more" in text
