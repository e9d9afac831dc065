"""The panel beside a sheet's map: title, table, legend, scale bar and notes, as blocks."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from geo.symbology import INK
from maps.sheet.canvas import Style
from maps.sheet.fonts import width_mm, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.sheet.canvas import Canvas

COLUMN_MM: Final = 108.0
_GUTTER_MM: Final = 8.0
_BLOCK_GAP_MM: Final = 7.0
_TITLE_GAP_MM: Final = 6.0
_HEADING: Final = Style(11.5)
BODY: Final = Style(8.5)
SMALL: Final = Style(8.0)
ASIDE: Final = Style(8.0, "#555555")
RULE: Final = "#999999"
HEADING_MM: Final = 7.5
_LARGEST_TITLE_PT: Final = 30.0


class Block(Protocol):
    """A piece of the panel."""

    @property
    def height_mm(self) -> float:
        """Height of the block in a column of `COLUMN_MM`."""

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the block below and to the right of a point in mm."""


@dataclass(frozen=True)
class Panel:
    """A title over blocks in columns.

    Attributes
    ----------
    title : tuple of str
        The lines it may break into.
    subtitle : str
    columns : tuple of tuple of Block
    factor : float
        By which everything is magnified, so that it can be read on large paper.
    """

    title: tuple[str, ...]
    subtitle: str
    columns: tuple[tuple[Block, ...], ...]
    factor: float

    @property
    def width_mm(self) -> float:
        """Width of the panel."""
        return self._inner_mm * self.factor

    @property
    def height_mm(self) -> float:
        """Height of the panel."""
        inner_mm = self._title_mm + max(_column_mm(column) for column in self.columns)
        return inner_mm * self.factor

    def draw(self, paper: Canvas, left: float, top: float) -> None:
        """Draw the panel below and to the right of a point in mm."""
        canvas = paper.magnified(left, top, self.factor)
        size, lines = self._set_title
        middle, y = self._inner_mm / 2, 0.0
        for line in lines:
            y -= size.height_mm * 1.3
            canvas.text(line, size, (middle, y + size.height_mm * 0.6), align=0.5)
        y -= 3.0
        canvas.text(self.subtitle, _HEADING, (middle, y), align=0.5)
        for number, column in enumerate(self.columns):
            y = -self._title_mm
            for block in column:
                block.draw(canvas, number * (COLUMN_MM + _GUTTER_MM), y)
                y -= block.height_mm + _BLOCK_GAP_MM

    @property
    def _inner_mm(self) -> float:
        """Width before it is magnified."""
        return len(self.columns) * (COLUMN_MM + _GUTTER_MM) - _GUTTER_MM

    @property
    def _title_mm(self) -> float:
        size, lines = self._set_title
        return len(lines) * size.height_mm * 1.3 + 3.0 + _HEADING.height_mm / 2 + _TITLE_GAP_MM

    @functools.cached_property
    def _set_title(self) -> tuple[Style, tuple[str, ...]]:
        """Set the title in one line if it can be large there, else in its parts."""
        whole = ("".join(self.title),)
        one, parts = (self._fitting_pt(lines) for lines in (whole, self.title))
        return (Style(one), whole) if one >= 0.8 * parts else (Style(parts), self.title)

    def _fitting_pt(self, lines: Sequence[str]) -> float:
        widest = max(width_mm(line, 10.0) for line in lines)
        return min(_LARGEST_TITLE_PT, math.floor(10.0 * self._inner_mm / widest * 2) / 2)


def arrangements(
    title: tuple[str, ...], subtitle: str, blocks: Sequence[Block], factor: float
) -> tuple[Panel, ...]:
    """Arrange blocks in two, one and three columns, each as low as it can be.

    Parameters
    ----------
    title : tuple of str
        The lines it may break into.
    subtitle : str
    blocks : sequence of Block
        In reading order.
    factor : float
        See `Panel`.
    """
    return tuple(
        min(
            (Panel(title, subtitle, columns, factor) for columns in _splits(tuple(blocks), count)),
            key=lambda panel: panel.height_mm,
        )
        for count in (2, 1, 3)
    )


def _splits(blocks: tuple[Block, ...], count: int) -> list[tuple[tuple[Block, ...], ...]]:
    cuts = itertools.combinations(range(1, len(blocks)), count - 1)
    return [
        tuple(blocks[start:end] for start, end in itertools.pairwise((0, *cut, len(blocks))))
        for cut in cuts
    ]


def _column_mm(column: Sequence[Block]) -> float:
    return sum(block.height_mm for block in column) + _BLOCK_GAP_MM * (len(column) - 1)


def draw_heading(canvas: Canvas, text: str, note: str, left: float, top: float) -> None:
    """Write a block's heading with a rule below it, a note at its right end; places in mm."""
    canvas.text(text, _HEADING, (left, top - 2.5))
    canvas.text(note, ASIDE, (left + COLUMN_MM, top - 2.8), align=1.0)
    canvas.stroke(
        [(left, top - 5.3), (left + COLUMN_MM, top - 5.3)], zorder=7, edgecolor=INK, linewidth=0.8
    )


@dataclass(frozen=True)
class TableRow:
    """A row of the table: the region and its standard parcel.

    Attributes
    ----------
    colour : str
        Colour of the region's price class.
    cells : tuple of str
    """

    colour: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The table of regions, in one column of the panel.

    Attributes
    ----------
    heading, note : str
    titles : tuple of str
    widths_mm : tuple of float
        Widths of the cells; together the column's width. The second cell is text, the others are
        centred.
    rows : tuple of TableRow
    """

    heading: str
    note: str
    titles: tuple[str, ...]
    widths_mm: tuple[float, ...]
    rows: tuple[TableRow, ...]

    _ROW_MM = 5.4
    _LINE_MM = 3.4
    _GAP_MM = 1.0

    @property
    def height_mm(self) -> float:
        """Height of the table."""
        heights = [self._height_mm(self._names(row)) for row in self.rows]
        return HEADING_MM + self._ROW_MM + sum(heights)

    def _names(self, row: TableRow) -> list[str]:
        """Return the lines of a row's text."""
        return wrapped(row.cells[1], SMALL.size_pt, self.widths_mm[1] - self._GAP_MM)

    def _height_mm(self, lines: Sequence[str]) -> float:
        return self._ROW_MM + (len(lines) - 1) * self._LINE_MM

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the table below and to the right of a point in mm."""
        draw_heading(canvas, self.heading, self.note, left, top)
        edges = [left + edge for edge in itertools.accumulate((0.0, *self.widths_mm))]
        bottom = top - HEADING_MM - self._ROW_MM
        code, name, *figures = self.titles
        self._row(canvas, edges, bottom + self._ROW_MM / 2, (code, [name], *figures), ASIDE)
        for row in self.rows:
            canvas.stroke(
                [(left, bottom), (edges[-1], bottom)], zorder=7, edgecolor=RULE, linewidth=0.3
            )
            names = self._names(row)
            height_mm = self._height_mm(names)
            y, bottom = bottom - height_mm / 2, bottom - height_mm
            canvas.box(
                (left, y - 1.5, left + 3.0, y + 1.5),
                zorder=7,
                facecolor=row.colour,
                edgecolor=RULE,
                linewidth=0.3,
            )
            code, _, *figures = row.cells
            self._row(canvas, edges, y, (code, names, *figures), SMALL)

    def _row(
        self,
        canvas: Canvas,
        edges: Sequence[float],
        y: float,
        cells: tuple[str, list[str], *tuple[str, ...]],
        style: Style,
    ) -> None:
        code, names, *figures = cells
        canvas.text(code, style, (edges[0] + 4.5, y))
        for number, name in enumerate(names):
            up_mm = ((len(names) - 1) / 2 - number) * self._LINE_MM
            canvas.text(name, style, (edges[1], y + up_mm))
        for figure, end in zip(figures, edges[3:], strict=True):
            canvas.text(figure, style, (end, y), align=1.0)


@dataclass(frozen=True)
class Notes:
    """Lines of small print, each a title and a text.

    Attributes
    ----------
    heading : str
    items : tuple of (str, str)
        An item without a text gets an empty slot to write in.
    """

    heading: str
    items: tuple[tuple[str, str], ...]

    _LINE_MM = 4.4
    _TEXT_MM = 20.0

    @functools.cached_property
    def _wrapped(self) -> list[tuple[str, list[str]]]:
        limit_mm = COLUMN_MM - self._TEXT_MM
        return [
            (title, wrapped(text, SMALL.size_pt, limit_mm) or [""]) for title, text in self.items
        ]

    @property
    def height_mm(self) -> float:
        """Height of the notes."""
        return HEADING_MM + self._LINE_MM * sum(len(lines) for _, lines in self._wrapped)

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the notes below and to the right of a point in mm."""
        draw_heading(canvas, self.heading, "", left, top)
        y = top - HEADING_MM - self._LINE_MM / 2
        for title, lines in self._wrapped:
            canvas.text(title, ASIDE, (left, y))
            if lines == [""]:
                canvas.stroke(
                    [(left + self._TEXT_MM, y - 1.6), (left + COLUMN_MM, y - 1.6)],
                    zorder=7,
                    edgecolor=RULE,
                    linewidth=0.4,
                )
            for line in lines:
                canvas.text(line, SMALL, (left + self._TEXT_MM, y))
                y -= self._LINE_MM
