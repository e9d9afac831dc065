"""What a certificate says, in one language: texts and numbers as they are printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """A text and what it is called."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount that is printed large."""

    label: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
    is_number : bool
        Whether it is set flush right.
    share : float
        Of the width that is left; 0 for as wide as its texts.
    """

    title: str
    is_number: bool = False
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    title : str
    columns : tuple of Column
    rows : tuple of tuple of str
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is said of one use.

    Attributes
    ----------
    title : str
    colour : str
        Accent of the use, ``#rrggbb``.
    remark : str
        How sure it is.
    warning : str
        What a reader must not overlook; empty if there is nothing.
    figures : tuple of Figure
    facts : tuple of Fact
    tables : tuple of Table
    details : tuple of Table
        For the verification page alone, for which paper has no room.
    """

    title: str
    colour: str
    remark: str
    warning: str = ""
    figures: tuple[Figure, ...] = ()
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    details: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says.

    Attributes
    ----------
    lang : {"zh", "en"}
    title, subtitle : str
    issued : datetime
        With its time zone; the time of the document, too.
    place : tuple of Fact
    blocks : tuple of Block
    basis : tuple of Fact
        The edition and its data.
    notes : tuple of str
        What it is, and what it is not.
    map_title : str
        What the map shows, for those who do not see it.
    map_caption : str
    link : str
        Absolute address of the verification page.
    link_title, link_text : str
        What is said beside the QR code.
    """

    lang: str
    title: str
    subtitle: str
    issued: datetime
    place: tuple[Fact, ...]
    blocks: tuple[Block, ...]
    basis: tuple[Fact, ...]
    notes: tuple[str, ...]
    map_title: str
    map_caption: str
    link: str
    link_title: str
    link_text: str
