import numpy as np
import pytest

from mkb21sem.report.drawing.geometry import (
    Shape,
    apart,
    back,
    crossings,
    curve,
    leaves,
    meets,
    part,
    stacked,
    straight,
)

CONTROL = np.array([[0, 0], [30, 40], [60, -20], [100, 10]], dtype=float)


def test_part_of_a_curve_lies_on_the_curve():
    t = np.linspace(0, 1, 11)
    inner = part(CONTROL, 0.2, 0.7)
    np.testing.assert_allclose(curve(inner, t), curve(CONTROL, 0.2 + 0.5 * t), atol=1e-12)


@pytest.mark.parametrize("ellipse", [True, False])
def test_a_curve_leaves_a_shape_on_its_border(ellipse):
    shape = Shape(0, 0, 20, 10, ellipse)
    t = leaves(CONTROL, shape)
    assert shape.level(curve(CONTROL, np.array([t])))[0] == pytest.approx(0, abs=1e-6)


def test_back_measures_along_the_curve():
    t = back(CONTROL, 12.0)
    points = curve(CONTROL, np.linspace(t, 1, 500))
    assert np.hypot(*np.diff(points, axis=0).T).sum() == pytest.approx(12.0, abs=0.01)


def test_crossings_of_polylines_are_counted():
    one = curve(straight(np.array([0.0, 0]), np.array([10.0, 10])), np.linspace(0, 1, 5))[None]
    across = curve(straight(np.array([0.0, 9]), np.array([10.0, 1])), np.linspace(0, 1, 5))
    beside = across + np.array([20.0, 0])
    np.testing.assert_array_equal(crossings(one, np.stack([across, beside])), [[1, 0]])


def test_a_box_meets_an_ellipse_only_where_the_ellipse_is():
    shapes = stacked([Shape(0, 0, 20, 10, True), Shape(0, 0, 20, 10, False)])
    corner, side = [15.0, 8, 25, 12], [18.0, -1, 25, 1]
    np.testing.assert_array_equal(meets(np.array([corner, side]), shapes), [[False, True], [True, True]])


def test_boxes_that_touch_are_apart():
    one, other = np.array([0.0, 0, 10, 10]), np.array([10.0, 0, 20, 10])
    assert apart(one, other)
    assert not apart(one, other, 1.0)
