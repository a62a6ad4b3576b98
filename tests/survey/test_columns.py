import numpy as np
import pytest

from mkb21sem.survey.columns import numbers

NAN = np.nan
COLUMNS = {
    "integers": (["1", "5", "-7"], [1, 5, -7], []),
    "spaces": ([" 4 ", "3\u00a0"], [4, 3], []),
    "printed minus": (["−8", "−9"], [-8, -9], []),
    "decimal comma": (["3,64", "2,28", "1"], [3.64, 2.28, 1], []),
    "decimal point": (["3.64", ".5", "1e-3"], [3.64, 0.5, 0.001], []),
    "comma beside point": (["3.64", "2,28"], [3.64, NAN], [1]),
    "blanks": (["", None, "NA", ".", "#NULL!", NAN, "2"], [NAN] * 6 + [2], []),
    "text": (["5", "eens", "1.234,5", "inf", "1_0"], [5, NAN, NAN, NAN, NAN], [1, 2, 3, 4]),
    "numbers from a sheet": ([1, 2.5], [1, 2.5], []),
    "truths from a sheet": ([True, False, None], [1, 0, NAN], []),
    "a truth among numbers": ([1, 2.5, True], [1, 2.5, NAN], [2]),
    "error from a sheet": ([1, "#DIV/0!"], [1, NAN], [1]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_cells_become_numbers_blank_or_text(name):
    cells, values, text = COLUMNS[name]
    found = numbers(np.array(cells, dtype=object))
    np.testing.assert_array_equal(found.values, values)
    assert np.flatnonzero(found.text).tolist() == text
    assert np.array_equal(found.blank, np.isnan(values) & ~found.text)


def test_commas_that_may_part_thousands_are_told():
    assert numbers(np.array(["1,234", "12"], dtype=object)).grouped
    assert not numbers(np.array(["1,234", "1,5"], dtype=object)).grouped
    assert not numbers(np.array(["0,125", "0,250"], dtype=object)).grouped
