"""Which sheet of paper holds a map, and that map, panel and frame keep apart."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from maps.errors import MapError
from maps.sheet.layout import CLEARANCE_MM, EDGE_MM, PAPER_SIZES_MM, Layout, lay_out

PANELS = [(100.0, 80.0), (50.0, 160.0)]
INSET = EDGE_MM + CLEARANCE_MM


def panel_box(layout: Layout, panels: list[tuple[float, float]]) -> shapely.Polygon:
    (left, top), (width, height) = layout.panel_corner_mm, panels[layout.panel]
    return shapely.box(left, top - height, left + width, top)


def test_the_smallest_sheet_that_holds_map_and_panel() -> None:
    # 100 mm of map, 100 mm of panel, 5 mm between and 16 mm outside make 237 mm: A4 on its side.
    layout = lay_out(shapely.box(0, 0, 100, 100), [(100.0, 170.0)])
    assert layout is not None
    assert (layout.size, layout.width_mm, layout.height_mm) == ("A4", 297.0, 210.0)


def test_paper_stands_upright_where_both_ways_hold() -> None:
    layout = lay_out(shapely.box(0, 0, 100, 100), [(100.0, 20.0)])
    assert layout is not None
    assert layout.height_mm > layout.width_mm


def test_the_panel_may_lie_in_a_corner_that_the_regions_leave_free() -> None:
    bent = shapely.box(0, 0, 178, 60).union(shapely.box(0, 0, 60, 265))
    layout = lay_out(bent, PANELS)
    assert layout is not None
    assert layout.size == "A4"
    whole = lay_out(shapely.box(0, 0, 178, 265), PANELS)
    assert whole is not None
    assert whole.size == "A3"


def test_nothing_holds_a_map_larger_than_the_largest_sheet() -> None:
    assert lay_out(shapely.box(0, 0, 1200, 100), PANELS) is None
    assert lay_out(shapely.box(0, 0, 100, 100), PANELS, ["A4"]) is not None
    assert lay_out(shapely.box(0, 0, 230, 100), PANELS, ["A4"]) is None


def test_a_size_that_does_not_exist() -> None:
    with pytest.raises(MapError, match=r"^size is 'B1'; it must be one of A4, A3, A2, A1, A0$"):
        lay_out(shapely.box(0, 0, 100, 100), PANELS, ["B1"])


rectangles = st.tuples(*(st.floats(0, 400) for _ in range(2)), *(st.floats(5, 400) for _ in "wh"))


@settings(deadline=None, max_examples=60)
@given(st.lists(rectangles, min_size=1, max_size=4))
def test_regions_panel_and_frame_never_touch(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    regions = shapely.union_all([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    layout = lay_out(regions, PANELS)
    if layout is None:
        assert max(regions.bounds[2:]) > min(PAPER_SIZES_MM["A0"]) - 2 * INSET - 200
        return
    inside = shapely.box(INSET, INSET, layout.width_mm - INSET, layout.height_mm - INSET)
    placed = affinity.translate(regions, *layout.shift_mm)
    panel = panel_box(layout, PANELS)
    assert inside.buffer(1e-6).contains(placed)
    assert inside.buffer(1e-6).contains(panel)
    assert placed.distance(panel) >= CLEARANCE_MM - 1e-6
