"""Layers of the vector files that people hand in, with their text as it was meant.

Shapefiles and drawings of Chinese software hold GBK and seldom say so, or say something else.
"""

from __future__ import annotations

import codecs
import re
import struct
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyogrio
import shapely

from geo.gazette.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DRAWING_VERSION: Final = re.compile(rb"\$ACADVER\s+1\s+AC(\d{4})")
_FIRST_IN_UTF8: Final = 1021  # AutoCAD 2007
_HEADER_BYTES: Final = 65_536  # the version is the first of the header's variables
_DBF_HEADER: Final = struct.Struct("<4xIHH20x")
_DBF_FIELD: Final = struct.Struct("<11sc4xB15x")
_CHINESE: Final = "GB18030"
_DEEPEST_BLOCK: Final = 8


def read_info(path: Path, layer: str, *, encoding: str | None = None) -> dict[str, Any]:
    """Describe a layer as `pyogrio.read_info` does.

    Parameters
    ----------
    path : Path
    layer : str
    encoding : str, optional
        Of the text of a Shapefile; found by its bytes if it is not given.
    """
    with _quietly(path):
        info: dict[str, Any] = pyogrio.read_info(
            path, layer=layer, encoding=text_encoding(path, encoding)
        )
    return info


def read_layer(path: Path, layer: str, *, encoding: str | None = None, **wanted: Any) -> Any:  # noqa: ANN401
    """Read a layer as `pyogrio.read_dataframe` does; measures (M) are dropped.

    Parameters
    ----------
    path : Path
    layer : str
    encoding : str, optional
        As of `read_info`.
    **wanted
        For `pyogrio.read_dataframe`.

    Raises
    ------
    RuntimeError, ValueError
        The layer cannot be read, or its text not in that encoding.
    """
    with _quietly(path):
        return pyogrio.read_dataframe(
            path, layer=layer, encoding=text_encoding(path, encoding), **wanted
        )


def attribute_rows(path: Path, *, encoding: str | None = None) -> list[Row]:
    """Read the attributes of polygons as the rows of a table, one table a layer.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        As of `read_info`.

    Returns
    -------
    list of Row
        The names of the columns, then the cells of each feature, numbered as in a table.

    Raises
    ------
    RuntimeError, ValueError
        The file cannot be read, or its text not in that encoding.
    """
    rows: list[Row] = []
    for layer, kind in pyogrio.list_layers(path):
        if kind is not None and "Polygon" in kind:
            table = read_layer(path, layer, encoding=encoding, read_geometry=False)
            rows.append(Row(1, tuple(table.columns), layer))
            for number, values in enumerate(table.itertuples(index=False), start=2):
                rows.append(Row(number, tuple(map(_cell, values)), layer))
    return rows


def _cell(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def exploded(path: Path, folder: Path) -> Path:
    """Return a drawing without block references: GDAL gives all their lines one layer.

    Parameters
    ----------
    path : Path
        A DXF file.
    folder : Path
        Where a copy may be written.

    Returns
    -------
    Path
        The file itself, if it has no block references or is damaged.
    """
    import ezdxf  # noqa: PLC0415 - slow to import

    try:
        drawing = ezdxf.readfile(path)  # type: ignore[attr-defined]
        space = drawing.modelspace()
        if not space.query("INSERT"):
            return path
        for _ in range(_DEEPEST_BLOCK):  # a block may have others in it
            for insert in list(space.query("INSERT")):
                layer = insert.dxf.layer
                for entity in insert.explode():
                    if entity.dxf.layer == "0":  # which CAD programs show on the reference's layer
                        entity.dxf.layer = layer
        copy = folder / path.name
        drawing.saveas(copy)
    except Exception:  # of a damaged one ezdxf raises whatever it meets
        return path
    return copy


def shapefile_encoding(path: Path) -> str:
    """Tell in which encoding the text of a Shapefile is, by its bytes.

    Parameters
    ----------
    path : Path
        The ``.shp``.

    Returns
    -------
    str
        What its ``.cpg`` names, if all its text is that; else UTF-8 or GB18030, whichever it is.

    Raises
    ------
    ValueError
        It is none of them.
    """
    texts = [text for text in _dbf_texts(_beside(path, ".dbf")) if not text.isascii()]
    declared = _declared(_beside(path, ".cpg"))
    for encoding in dict.fromkeys((declared, "UTF-8", _CHINESE)):
        if encoding is not None and all(_is_in(text, encoding) for text in texts):
            return encoding
    known = ", ".join(dict.fromkeys(one for one in (declared, "UTF-8", _CHINESE) if one))
    raise ValueError(f"its text is not {known}: state its encoding (--encoding)")


def _beside(path: Path, suffix: str) -> Path:
    """Return the file of another suffix beside one, in small or capital letters."""
    beside = path.with_suffix(suffix)
    return beside if beside.exists() else path.with_suffix(suffix.upper())


def _declared(path: Path) -> str | None:
    if not path.exists():
        return None
    name = path.read_text(encoding="ascii", errors="replace").strip()
    name = {"936": _CHINESE, "GBK": _CHINESE, "GB2312": _CHINESE}.get(name.upper(), name)
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return None
    # Any bytes are text in an encoding of single bytes, which programs name that know no better.
    return None if codec.startswith(("iso8859", "cp125", "ascii")) else name


def _is_in(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError as error:
        # A field's width may have cut its last character.
        cut = error.reason in {"incomplete multibyte sequence", "unexpected end of data"}
        return cut and error.start > 0
    return True


def _dbf_texts(path: Path) -> Iterator[bytes]:
    """Return the names of a dBASE table's fields, and the content of those with text."""
    content = path.read_bytes()
    if len(content) < _DBF_HEADER.size:
        return
    count, start, width = _DBF_HEADER.unpack_from(content)
    fields, offset = [], 1  # of a record, whose first byte tells whether it is deleted
    ends = min(start - 1, len(content) - _DBF_FIELD.size)
    for place in range(_DBF_HEADER.size, ends, _DBF_FIELD.size):
        if content[place : place + 1] == b"\r":
            break
        name, kind, size = _DBF_FIELD.unpack_from(content, place)
        yield name.split(b"\0")[0]
        if kind == b"C":
            fields.append((offset, size))
        offset += size
    for record in range(start, min(start + count * width, len(content)), max(width, 1)):
        for place, size in fields:
            yield content[record + place : record + place + size].rstrip(b" \0")


def text_encoding(path: Path, encoding: str | None) -> str | None:
    """Return in which encoding GDAL shall read a file's text.

    Parameters
    ----------
    path : Path
    encoding : str or None
        What the user states.

    Returns
    -------
    str or None
        What is stated; else what the bytes of a Shapefile say, and None for all other files.

    Raises
    ------
    ValueError
        As `shapefile_encoding`.
    """
    is_shapefile = path.suffix.lower() == ".shp" and _beside(path, ".dbf").exists()
    return shapefile_encoding(path) if is_shapefile and encoding is None else encoding


def broken_geometry(error: Exception) -> str:
    """Return in words why a file's geometry or coordinate system cannot be read."""
    if isinstance(error, NameError):
        return "its coordinate system cannot be read"
    return f"a geometry in it is broken: {str(error).strip()}"


@contextmanager
def _quietly(path: Path) -> Iterator[None]:
    """Read as GDAL should, and refuse what it cannot with a RuntimeError or ValueError.

    A drawing of AutoCAD 2007 or later is always UTF-8. GDAL goes by the code page in the drawing's
    header, which from then on means nothing.
    """
    options: dict[str, str | None] = {}
    if path.suffix.lower() == ".dxf":
        with path.open("rb") as file:
            version = _DRAWING_VERSION.search(file.read(_HEADER_BYTES))
        is_utf8 = version is not None and int(version[1]) >= _FIRST_IN_UTF8
        options = {"DXF_ENCODING": "UTF-8" if is_utf8 else None}
    pyogrio.set_gdal_config_options(options)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Measured", UserWarning)
            yield
    except (shapely.errors.ShapelyError, NameError) as error:  # a bug of pyogrio's get_crs
        raise ValueError(broken_geometry(error)) from error
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))
