"""The order of lines: small synthetic cities of known order, brute-force twins, the shipped table.

The synthetic roads are 甲路 to 己路 from west to east and 零街 to 六街 from south to north; the
regions lie between some of them. 子路, 丑路 and so on are known from locations only.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GazetteError
from geo.gazette.constraints import (
    MIN_SPACING_M,
    Disjoint,
    LineOrder,
    OrderConstraints,
    Precedence,
    StrictOrder,
)
from geo.gazette.notice import read_notice
from geo.gazette.order import read_order
from geo.gazette.rows import text_rows
from geo.gazette.table import read_gazette
from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL, Axis, FourBounds, Record, Side, Use
from geo.network.evidence import read_evidence
from tests.factories import record
from tests.metric import METRIC
from tests.paths import DATA

NOWHERE = "synthetic"  # a location that names no line


def synthetic(
    code: str,
    west_east: str = "甲丁",
    south_north: str = "一四",
    *,
    location: str = NOWHERE,
    use: Use = COMMERCIAL,
    area_m2: float = 100.0,
) -> Record:
    """Return a synthetic region between two 路 and two 街, named by their first characters."""
    bounds = FourBounds(
        east=f"{west_east[1]}路",
        west=f"{west_east[0]}路",
        south=f"{south_north[0]}街",
        north=f"{south_north[1]}街",
    )
    return bounded(code, bounds, location=location, use=use, area_m2=area_m2)


def bounded(
    code: str,
    bounds: FourBounds,
    *,
    location: str = NOWHERE,
    use: Use = COMMERCIAL,
    area_m2: float = 100.0,
) -> Record:
    return record(code, use=use, bounds=bounds, parcel_location=location, parcel_area_m2=area_m2)


def between(west: str, east: str, south: str, north: str) -> FourBounds:
    return FourBounds(east=east, west=west, south=south, north=north)


def order_of(*records: Record, **aliases: str) -> OrderConstraints:
    return read_order(records, aliases)


def gaps_m(constraints: OrderConstraints) -> dict[tuple[str, str], float]:
    """Return the gap of every stated pair."""
    found = {(fact.before, fact.after): fact.gap_m for fact in constraints.stated}
    assert len(found) == len(constraints.stated)
    return found


def pairs(constraints: tuple[Precedence, ...]) -> list[tuple[str, str]]:
    return [(fact.before, fact.after) for fact in constraints]


@pytest.fixture(scope="module")
def records() -> tuple[Record, ...]:
    table = (DATA / "gazette/2022.tsv").read_text(encoding="utf-8")
    return read_gazette(text_rows(table), read_notice(DATA / "gazette/2022.toml")).records


@pytest.fixture(scope="module")
def shipped(records: tuple[Record, ...]) -> OrderConstraints:
    return read_order(records, read_evidence(DATA / "network", "411700", METRIC).aliases)


class TestOrderByBounds:
    def test_west_before_east_and_south_before_north(self) -> None:
        constraints = order_of(synthetic("1"))
        assert constraints.stated == (
            Precedence("甲路", "丁路", MIN_SPACING_M, "bounds of 1"),
            Precedence("一街", "四街", MIN_SPACING_M, "bounds of 1"),
        )
        assert constraints.bounding == ("丁路", "甲路", "一街", "四街")
        assert constraints.bounds == {"1": between("甲路", "丁路", "一街", "四街")}

    def test_there_is_room_for_a_square_parcel(self) -> None:
        constraints = order_of(synthetic("1", area_m2=90_000.0))
        assert gaps_m(constraints) == {("甲路", "丁路"): 300.0, ("一街", "四街"): 300.0}

    @pytest.mark.parametrize("areas_m2", [(100.0, 90_000.0), (90_000.0, 100.0)])
    def test_the_widest_gap_of_a_pair_is_kept(self, *, areas_m2: tuple[float, float]) -> None:
        small, large = areas_m2
        constraints = order_of(
            synthetic("1", "甲丁", "一二", area_m2=small),
            synthetic("2", "甲丁", "二三", area_m2=large),
        )
        assert gaps_m(constraints) == {
            ("甲路", "丁路"): 300.0,
            ("一街", "二街"): max(150.0, small**0.5),
            ("二街", "三街"): max(150.0, large**0.5),
        }

    def test_lines_of_each_axis(self) -> None:
        constraints = order_of(synthetic("1"), synthetic("2", "丁己", "四五"))
        assert constraints.lines_of(Axis.NS) == ["丁路", "甲路", "己路"]
        assert constraints.lines_of(Axis.EW) == ["一街", "四街", "五街"]

    @pytest.mark.parametrize(
        ("crossed", "side"),
        [
            (between("一街", "丁路", "二街", "三街"), "west"),
            (between("甲路", "一街", "二街", "三街"), "east"),
            (between("甲路", "丁路", "丙路", "三街"), "south"),
            (between("甲路", "丁路", "二街", "丙路"), "north"),
        ],
    )
    def test_a_line_on_both_axes_is_refused(self, *, crossed: FourBounds, side: str) -> None:
        name = getattr(crossed, side)
        with pytest.raises(GazetteError) as caught:
            order_of(synthetic("1", "丙丁"), bounded("2", crossed))
        assert str(caught.value) == (
            f"2, {side}: {name} bounds other regions as a line across this one"
        )

    def test_a_line_on_both_axes_under_two_spellings_is_refused(self) -> None:
        crossed = between("甲路", "壹街", "二街", "三街")
        with pytest.raises(GazetteError, match=r"^2, east: 一街 bounds other regions"):
            order_of(synthetic("1"), bounded("2", crossed), 壹街="一街")

    def test_one_line_on_two_opposite_sides_under_two_spellings_is_no_order(self) -> None:
        try:
            constraints = order_of(
                bounded("1", between("甲路", "甲大道", "一街", "二街")), 甲大道="甲路"
            )
        except GazetteError:
            return
        assert ("甲路", "甲路") not in pairs(constraints.stated)

    def test_bounds_that_contradict_each_other_are_named(self) -> None:
        constraints = order_of(synthetic("1", "甲乙", "一二"), synthetic("2", "乙甲", "三四"))
        assert constraints.contradictions


class TestOrderByCrossings:
    def test_lines_of_a_crossing_run_through_the_region(self) -> None:
        constraints = order_of(
            synthetic("1", location="乙路与二街交叉口东南角"),
            synthetic("2", "乙戊", "五六", use=INDUSTRIAL),
        )
        assert {
            key: gap
            for key, gap in gaps_m(constraints).items()
            if not {"乙路", "二街"}.isdisjoint(key) and "戊路" not in key
        } == {
            ("甲路", "乙路"): 0.0,
            ("乙路", "丁路"): 0.0,
            ("一街", "二街"): 0.0,
            ("二街", "四街"): 0.0,
        }
        (said_by,) = {fact.said_by for fact in constraints.stated if fact.gap_m == 0}
        assert said_by == "parcel of 1"

    def test_a_bound_in_a_crossing_is_not_set_before_itself(self) -> None:
        constraints = order_of(synthetic("1", location="甲路与四街交叉口东南角"))
        assert gaps_m(constraints) == {("甲路", "丁路"): 150.0, ("一街", "四街"): 150.0}

    def test_a_crossing_of_unknown_lines_says_nothing(self) -> None:
        constraints = order_of(synthetic("1", location="子路与丑路交叉口东南角"))
        assert constraints.axes.keys() == set(constraints.bounding)
        assert len(constraints.stated) == 2

    def test_axes_go_from_crossing_to_crossing(self) -> None:
        # Read in this order, each crossing but the last waits for the one after it.
        constraints = order_of(
            synthetic("1", location="丑路与寅路交叉口"),
            synthetic("2", "丁戊", location="子路与丑路交叉口"),
            synthetic("3", "戊己", location="子路与四街交叉口"),
        )
        assert {name: constraints.axes[name] for name in ("子路", "丑路", "寅路")} == {
            "子路": Axis.NS,
            "丑路": Axis.EW,
            "寅路": Axis.NS,
        }
        assert list(constraints.axes)[: len(constraints.bounding)] == list(constraints.bounding)
        assert not {"子路", "丑路", "寅路"} & set(constraints.bounding)
        assert {("甲路", "寅路"), ("寅路", "丁路")} <= gaps_m(constraints).keys()

    @pytest.mark.parametrize(
        ("location", "line", "side"),
        [
            ("丁路与二街交叉口东北角", "丁路", Side.EAST),
            ("甲路与二街交叉口西北角", "甲路", Side.WEST),
            ("四街北侧", "四街", Side.NORTH),
            ("北邻一街", "一街", Side.SOUTH),
        ],
    )
    def test_a_parcel_outside_its_own_bounds_is_a_contradiction(
        self, *, location: str, line: str, side: Side
    ) -> None:
        constraints = order_of(synthetic("1", location=location))
        assert constraints.contradictions == (
            f"1: the parcel is said to lie {side} of {line}, which bounds its region on that side",
        )

    @pytest.mark.parametrize(
        "location",
        ["丁路与四街交叉口西南角", "甲路与一街交叉口东北角", "丁路与二街交叉口", "丁路北侧"],
    )
    def test_a_parcel_within_its_bounds_is_none(self, *, location: str) -> None:
        assert order_of(synthetic("1", location=location)).contradictions == ()


class TestOrderByBlocks:
    @pytest.mark.parametrize(
        ("block", "gap"),
        [
            ("甲路、乙路、二街和三街围合区域", {("甲路", "乙路"): 150.0, ("乙路", "丁路"): 0.0}),
            ("二街、三街、乙路、甲路围合区域", {("甲路", "乙路"): 150.0, ("乙路", "丁路"): 0.0}),
            ("乙路、丁路、二街和三街围合区域", {("甲路", "乙路"): 0.0, ("乙路", "丁路"): 150.0}),
            ("二街、三街、丁路、乙路围合区域", {("甲路", "乙路"): 0.0, ("乙路", "丁路"): 150.0}),
        ],
    )
    def test_an_edge_of_the_region_orders_the_pair(
        self, *, block: str, gap: dict[tuple[str, str], float]
    ) -> None:
        constraints = order_of(
            synthetic("1", location=block), synthetic("2", "乙戊", use=INDUSTRIAL)
        )
        assert gaps_m(constraints).items() >= gap.items()

    def test_pairs_of_both_axes(self) -> None:
        constraints = order_of(
            synthetic("1", "甲乙", "一三", location="甲路、乙路、一街和三街围合区域")
        )
        assert gaps_m(constraints) == {("甲路", "乙路"): 150.0, ("一街", "三街"): 150.0}

    def test_without_an_edge_the_order_of_the_pair_is_open(self) -> None:
        constraints = order_of(
            synthetic("1", "甲丁", location="乙路、丙路、一街、四街围合区域"),
            synthetic("2", "乙己", use=INDUSTRIAL),
            synthetic("3", "丙己", use=RESIDENTIAL),
        )
        assert not {("乙路", "丙路"), ("丙路", "乙路")} & gaps_m(constraints).keys()
        assert gaps_m(constraints)["甲路", "丙路"] == 0.0

    def test_three_lines_of_one_axis_are_no_pair(self) -> None:
        constraints = order_of(
            synthetic("1", "甲丁", location="甲路、乙路、丙路、一街围合区域"),
            synthetic("2", "乙己", use=INDUSTRIAL),
            synthetic("3", "丙己", use=RESIDENTIAL),
        )
        assert gaps_m(constraints)["甲路", "乙路"] == gaps_m(constraints)["甲路", "丙路"] == 0.0

    def test_lines_of_unknown_axis_say_nothing(self) -> None:
        constraints = order_of(synthetic("1", location="子路、丑路、寅路、卯路围合区域"))
        assert len(constraints.stated) == 2


class TestOrderBySides:
    def test_the_parcel_lies_between_its_neighbours(self) -> None:
        constraints = order_of(synthetic("1", location="西邻乙路、东邻丙路、南邻二街、北邻三街"))
        found = gaps_m(constraints)
        assert found["乙路", "丙路"] == found["二街", "三街"] == MIN_SPACING_M
        assert found["甲路", "乙路"] == found["丙路", "丁路"] == 0.0
        assert found["一街", "二街"] == found["三街", "四街"] == 0.0

    def test_the_parcel_lies_between_the_lines_it_is_beside(self) -> None:
        constraints = order_of(synthetic("1", location="丙路西侧、乙路东侧、三街南侧、二街北侧"))
        found = gaps_m(constraints)
        assert found["乙路", "丙路"] == found["二街", "三街"] == MIN_SPACING_M

    def test_two_sides_that_do_not_face_each_other_say_no_order(self) -> None:
        constraints = order_of(synthetic("1", location="乙路东侧、二街南侧"))
        assert not {("乙路", "二街"), ("二街", "乙路")} & gaps_m(constraints).keys()

    def test_a_side_shows_the_axis_of_a_line(self) -> None:
        constraints = order_of(synthetic("1", location="子路东侧、丑路南侧"))
        assert (constraints.axes["子路"], constraints.axes["丑路"]) == (Axis.NS, Axis.EW)

    def test_bounds_show_it_better(self) -> None:
        # A slanting road may well have a north side.
        constraints = order_of(synthetic("1", location="甲路北侧"))
        assert constraints.axes["甲路"] is Axis.NS
        assert constraints.contradictions == ()

    def test_lines_across_each_other_are_not_ordered(self) -> None:
        constraints = order_of(synthetic("1", location="一街北侧、甲路南侧"))
        assert all(constraints.axes[a] is constraints.axes[b] for a, b in pairs(constraints.stated))

    def test_an_axis_shown_by_a_side_goes_on_through_crossings(self) -> None:
        constraints = order_of(
            synthetic("1", location="子路南侧"), synthetic("2", "丁戊", location="子路与丑路交叉口")
        )
        assert constraints.axes.get("丑路") is Axis.NS


class TestOrderByNames:
    @pytest.mark.parametrize(
        ("four", "expected"),
        [
            (
                between("丙路以西规划路", "丁路", "一街", "二街"),
                ("丙路以西规划路", "丙路"),
            ),
            (
                between("丙路以东规划路", "丁路", "一街", "二街"),
                ("丙路", "丙路以东规划路"),
            ),
            (
                between("甲路", "丁路", "三街以南规划路", "四街"),
                ("三街以南规划路", "三街"),
            ),
            (
                between("甲路", "丁路", "三街以北规划路", "四街"),
                ("三街", "三街以北规划路"),
            ),
        ],
    )
    def test_a_planned_road_lies_where_its_name_says(
        self, *, four: FourBounds, expected: tuple[str, str]
    ) -> None:
        constraints = order_of(bounded("1", four), synthetic("2", "丙己", "三六", use=INDUSTRIAL))
        said = [fact for fact in constraints.stated if fact.said_by == "its name"]
        assert said == [Precedence(*expected, MIN_SPACING_M, "its name")]

    @pytest.mark.parametrize("name", ["子路以西规划路", "一街以西规划路", "规划七路", "丁路以西路"])
    def test_a_name_that_says_nothing_of_a_known_line_is_a_name(self, *, name: str) -> None:
        constraints = order_of(bounded("1", between(name, "丁路", "一街", "二街")))
        assert not [fact for fact in constraints.stated if fact.said_by == "its name"]

    def test_the_line_in_the_name_may_be_spelled_otherwise(self) -> None:
        four = between("丙大道以西规划路", "丁路", "一街", "二街")
        constraints = order_of(
            bounded("1", four), synthetic("2", "丙己", use=INDUSTRIAL), 丙大道="丙路"
        )
        assert ("丙大道以西规划路", "丙路") in pairs(constraints.stated)


class TestAliases:
    def test_bounds_and_locations_are_read_under_the_canonical_name(self) -> None:
        four = between("甲大道", "丁路", "一街", "四街")
        constraints = order_of(
            bounded("1", four, location="甲大道与乙大道交叉口东南角"),
            bounded("2", four, location="乙大道东侧、甲大道东侧", use=RESIDENTIAL),
            bounded("3", four, location="乙大道、甲大道、一街和四街围合区域", use=INDUSTRIAL),
            synthetic("4", "乙己", "五六"),
            甲大道="甲路",
            乙大道="乙路",
        )
        assert constraints.bounds["1"].west == "甲路"
        assert constraints.locations["1"].crossing == ("甲路", "乙路")
        assert constraints.locations["1"].lines == ("甲路", "乙路")
        assert constraints.locations["1"].side_of("甲路", Axis.NS) is Side.EAST
        assert constraints.locations["2"].beside == (("乙路", Side.EAST), ("甲路", Side.EAST))
        assert constraints.locations["3"].block == ("乙路", "甲路", "一街", "四街")
        assert not [name for name in constraints.axes if "大道" in name]
        assert gaps_m(constraints)["甲路", "乙路"] == MIN_SPACING_M

    def test_without_them_two_spellings_are_two_lines(self) -> None:
        constraints = order_of(
            synthetic("1"), bounded("2", between("甲大道", "丁路", "一街", "四街"))
        )
        assert {"甲路", "甲大道"} <= set(constraints.bounding)

    def test_what_is_unread_stays_so(self) -> None:
        constraints = order_of(synthetic("1", location="甲店旁"), 甲店旁="甲路")
        assert constraints.locations["1"].unread == ("甲店旁",)


class TestDisjoint:
    # Of another use, so that they say something of the order and need not lie apart from the rest.
    ORDER = (
        synthetic("r", "甲丁", "一四", use=RESIDENTIAL),
        synthetic("i", "乙丙", "二三", use=INDUSTRIAL),
    )
    WEST = synthetic("w", "甲丙", "一三")
    EAST = synthetic("e", "乙丁", "二四")

    def test_regions_with_a_common_edge_line_need_no_more(self) -> None:
        constraints = order_of(synthetic("1", "甲乙"), synthetic("2", "乙丙"))
        assert (constraints.implied, constraints.disjoint, constraints.overlapping) == ((), (), ())

    def test_nor_do_regions_in_known_order(self) -> None:
        constraints = order_of(
            synthetic("1", "甲乙"), synthetic("2", "丙丁"), synthetic("3", "乙丙", "四五")
        )
        assert (constraints.implied, constraints.disjoint, constraints.overlapping) == ((), (), ())

    def test_regions_of_two_uses_may_overlap(self) -> None:
        constraints = order_of(synthetic("1"), synthetic("2", use=RESIDENTIAL))
        assert (constraints.implied, constraints.disjoint, constraints.overlapping) == ((), (), ())

    def test_all_four_ways_are_open_between_unrelated_regions(self) -> None:
        constraints = order_of(synthetic("1", "甲乙", "一二"), synthetic("2", "丙丁", "三四"))
        assert constraints.disjoint == (
            Disjoint(
                ("1", "2"),
                (("乙路", "丙路"), ("丁路", "甲路"), ("二街", "三街"), ("四街", "一街")),
            ),
        )
        assert (constraints.implied, constraints.overlapping) == ((), ())

    def test_a_way_against_the_order_is_closed(self) -> None:
        constraints = order_of(
            synthetic("1", "甲乙", "一二"), synthetic("2", "丙丁", "三四"), self.ORDER[0]
        )
        assert constraints.disjoint == (Disjoint(("1", "2"), (("乙路", "丙路"), ("二街", "三街"))),)

    def test_the_only_way_left_is_forced(self) -> None:
        constraints = order_of(
            synthetic("1", "甲乙", "一三"),
            synthetic("2", "丙丁", "二四"),
            self.ORDER[0],
            synthetic("i", "戊己", "二三", use=INDUSTRIAL),
        )
        assert constraints.implied == (Precedence("乙路", "丙路", 0.0, "1 beside 2"),)
        assert constraints.order == constraints.stated + constraints.implied
        assert (constraints.disjoint, constraints.overlapping) == ((), ())

    def test_a_forced_way_closes_ways_of_pairs_seen_before(self) -> None:
        constraints = order_of(
            synthetic("1", "甲乙", "一三"),
            synthetic("2", "丙丁", "二四"),
            # These lie in one column, so 二街 is south of 三街, and 1 and 2 share latitudes.
            synthetic("3", "戊己", "零二", use=RESIDENTIAL),
            synthetic("4", "戊己", "三五", use=RESIDENTIAL),
            synthetic("i", "甲丁", "一四", use=INDUSTRIAL),
            synthetic("j", "戊己", "零五", use=INDUSTRIAL),
        )
        assert [fact for fact in constraints.implied if "路" in fact.before] == [
            Precedence("乙路", "丙路", 0.0, "1 beside 2")
        ]
        assert Precedence("二街", "三街", 0.0, "3 beside 4") in constraints.implied

    def test_regions_that_overlap_by_the_text(self) -> None:
        constraints = order_of(self.WEST, self.EAST, *self.ORDER)
        assert constraints.overlapping == (("w", "e"),)
        assert (constraints.implied, constraints.disjoint) == ((), ())
        assert constraints.contradictions == ()

    def test_the_same_region_twice_overlaps(self) -> None:
        assert order_of(synthetic("1"), synthetic("2")).overlapping == (("1", "2"),)

    # By its parcel, 二街 runs through the region up to 三街 or along that edge: in the latter case
    # the region from 二街 northwards lies beside it.
    SOUTH = synthetic("s", "甲乙", "一三", location="甲路与二街交叉口")
    NORTH = synthetic("n", "甲乙", "二四")

    def test_regions_that_lie_apart_only_if_two_lines_are_one(self) -> None:
        constraints = order_of(self.SOUTH, self.NORTH)
        assert constraints.disjoint == (
            Disjoint(
                ("s", "n"),
                (("三街", "二街"),),
                doubted=(Precedence("二街", "三街", 0.0, "parcel of s"),),
            ),
        )
        assert (constraints.implied, constraints.overlapping) == ((), ())

    def test_lines_that_are_known_to_be_two_leave_no_coincidence(self) -> None:
        constraints = order_of(self.SOUTH, self.NORTH, self.ORDER[1])
        assert constraints.disjoint == ()
        assert constraints.overlapping == (("s", "n"),)


NAMES = "abcdefg"


def statements(*, acyclic: bool) -> st.SearchStrategy[list[Precedence]]:
    """Draw statements about the lines a to g, in the order of the alphabet if acyclic."""
    ends = [pair for pair in itertools.permutations(NAMES, 2) if not acyclic or pair[0] < pair[1]]
    constraints = [Precedence(*pair, gap_m, "drawn") for pair in ends for gap_m in (0.0, 150.0)]
    return st.lists(st.sampled_from(constraints), max_size=12)


def reached(start: str, constraints: list[Precedence]) -> dict[str, bool]:
    """Walk from a line: every line reached, and whether a way there has a gap."""
    found: set[tuple[str, bool]] = set()
    front = {(start, False)}
    while front:
        front = {
            (fact.after, with_gap or fact.gap_m > 0)
            for name, with_gap in front
            for fact in constraints
            if fact.before == name
        } - found
        found |= front
    return {name: (name, True) in found for name, _ in found}


class TestLineOrder:
    @given(constraints=statements(acyclic=False))
    @settings(deadline=None)
    def test_is_the_transitive_closure(self, constraints: list[Precedence]) -> None:
        order = LineOrder(NAMES, constraints)
        for before in NAMES:
            after = reached(before, constraints)
            assert [order.holds(before, name) for name in NAMES] == [n in after for n in NAMES]

    @given(constraints=statements(acyclic=True))
    @settings(deadline=None)
    def test_neighbours_have_no_line_between(self, constraints: list[Precedence]) -> None:
        order = LineOrder(NAMES, constraints)
        expected = {
            (a, b)
            for a, b in itertools.permutations(NAMES, 2)
            if order.holds(a, b) and not any(order.holds(a, c) and order.holds(c, b) for c in NAMES)
        }
        found = list(order.neighbours())
        assert set(found) == expected
        assert len(found) == len(expected)

    @given(constraints=statements(acyclic=True))
    @settings(deadline=None)
    def test_neighbours_give_the_whole_order_back(self, constraints: list[Precedence]) -> None:
        order = LineOrder(NAMES, constraints)
        steps = [Precedence(a, b, 0.0, "step") for a, b in order.neighbours()]
        again = LineOrder(NAMES, steps)
        for a, b in itertools.product(NAMES, repeat=2):
            assert again.holds(a, b) == order.holds(a, b)

    def test_statements_may_come_one_by_one(self) -> None:
        order = LineOrder("abcd", [])
        order.add("a", "b")
        order.add("c", "d")
        assert not order.holds("a", "d")
        order.add("b", "c")
        assert order.holds("a", "d")
        assert not order.holds("d", "a")
        assert list(order.neighbours()) == [("a", "b"), ("b", "c"), ("c", "d")]


class TestStrictOrder:
    @given(constraints=statements(acyclic=False))
    @settings(deadline=None)
    def test_needs_a_gap_on_the_way(self, constraints: list[Precedence]) -> None:
        strict = StrictOrder(NAMES, constraints)
        for before in NAMES:
            gap_on_the_way = reached(before, constraints)
            assert [strict.holds(before, name) for name in NAMES] == [
                gap_on_the_way.get(name, False) for name in NAMES
            ]

    def test_names_may_be_read_only_once(self) -> None:
        constraints = [Precedence("a", "b", 0.0, ""), Precedence("b", "c", 150.0, "")]
        strict = StrictOrder(iter("abc"), constraints)
        assert strict.holds("a", "c")
        assert not strict.holds("a", "b")


class TestShippedTable:
    def test_bounding_lines(self, *, shipped: OrderConstraints) -> None:
        assert len(shipped.bounding) == len(set(shipped.bounding)) == 59
        axes = [shipped.axes[name] for name in shipped.bounding]
        assert (axes.count(Axis.NS), axes.count(Axis.EW)) == (23, 36)
        named = {name for four in shipped.bounds.values() for _, name in four}
        assert set(shipped.bounding) == named
        assert tuple(shipped.axes)[:59] == shipped.bounding

    def test_spellings_are_merged(self, *, shipped: OrderConstraints) -> None:
        assert {"柏城路", "郎陵路", "天中山大道", "前进大道"} <= set(shipped.bounding)
        assert not {"栢城路", "朗陵路", "天中山路", "前进路"} & shipped.axes.keys()

    def test_lines_whose_axis_nothing_shows(self, *, shipped: OrderConstraints) -> None:
        named = {name for location in shipped.locations.values() for name in location.lines}
        assert named - shipped.axes.keys() == {"淮河大道", "汝宁路", "洪河支路", "金山路"}

    def test_one_pair_overlaps_by_the_text(self, *, shipped: OrderConstraints) -> None:
        assert shipped.overlapping == (("411700S50011", "411700S50020"),)

    def test_nothing_contradicts(self, *, shipped: OrderConstraints) -> None:
        assert shipped.contradictions == ()

    def test_pairs_that_only_doubted_statements_keep_together(
        self, *, shipped: OrderConstraints
    ) -> None:
        assert {pair.codes: pair.ways for pair in shipped.disjoint if pair.doubted} == {
            ("411700S50003", "411700S50015"): (("解放大道", "中华大道"),),
            ("411700S50006", "411700S50014"): (("驿城大道", "金顶山路"), ("团结路", "雪松大道")),
            ("411700S50007", "411700S50014"): (("团结路", "雪松大道"),),
            ("411700Z70005", "411700Z70008"): (("文明大道", "复兴路"), ("板桥路", "洪河大道")),
        }

    def test_no_line_precedes_itself(self, *, shipped: OrderConstraints) -> None:
        order = LineOrder(shipped.axes, shipped.order)
        assert [name for name in shipped.axes if order.holds(name, name)] == []

    def test_every_bounds_and_planned_name_is_in_the_order(
        self, *, shipped: OrderConstraints
    ) -> None:
        strict = StrictOrder(shipped.axes, shipped.stated)
        for four in shipped.bounds.values():
            assert strict.holds(four.west, four.east)
            assert strict.holds(four.south, four.north)
        assert strict.holds("前进大道以西规划路", "前进大道")
        assert strict.holds("练江大道以南规划路", "练江大道")

    def test_only_lines_of_one_axis_are_ordered(self, *, shipped: OrderConstraints) -> None:
        for fact in shipped.order:
            assert shipped.axes[fact.before] is shipped.axes[fact.after], fact

    def test_each_pair_of_regions_of_one_use_is_settled_or_listed(
        self, *, shipped: OrderConstraints, records: tuple[Record, ...]
    ) -> None:
        order = LineOrder(shipped.axes, shipped.order)
        listed = {pair.codes for pair in shipped.disjoint} | set(shipped.overlapping)
        for one, two in itertools.combinations(records, 2):
            a, b = shipped.bounds[one.code], shipped.bounds[two.code]
            ways = ((a.east, b.west), (b.east, a.west), (a.north, b.south), (b.north, a.south))
            settled = any(low == high or order.holds(low, high) for low, high in ways)
            if one.use is two.use:
                assert settled != ((one.code, two.code) in listed)
            else:
                assert (one.code, two.code) not in listed

    def test_open_ways_contradict_nothing(self, *, shipped: OrderConstraints) -> None:
        order = LineOrder(shipped.axes, shipped.order)
        strict = StrictOrder(shipped.axes, shipped.stated)
        for pair in shipped.disjoint:
            for before, after in pair.ways:
                assert order.holds(after, before) == bool(pair.doubted)
                assert not strict.holds(after, before)
            assert pair.doubted or len(pair.ways) > 1
