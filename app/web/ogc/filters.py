"""CQL2 filters: read as text or JSON, and tried on features.

pygeofilter reads and walks them. Where its reading differs from the standard (OGC 21-065r2) and
would select other features without a word, it is put right here:

- its grammar of the text gives AND and OR the same rank, so that ``a OR b AND c`` means
  ``(a OR b) AND c``, and NOT takes no parenthesis around more than one predicate;
- a quote within text cannot be doubled;
- its JSON reader takes ``bbox`` for x, x, y, y, and ``between`` only as a draft had it;
- ``LIKE`` takes a dot, not an underscore, for any one character.
"""

from __future__ import annotations

import fnmatch
import json
import math
import operator
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import shapely
from lark import Lark, v_args
from pygeofilter import ast, values  # type: ignore[import-untyped]
from pygeofilter.backends.evaluator import Evaluator, handle  # type: ignore[import-untyped]
from pygeofilter.parsers.cql2_json.parser import walk_cql_json  # type: ignore[import-untyped]
from pygeofilter.parsers.cql2_text import parser as cql2_text  # type: ignore[import-untyped]

from app.web.ogc.crs import from_served
from app.web.ogc.layers import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.web.ogc.layers import Layer

_F = TypeVar("_F", bound=Callable[..., Any])

LANGUAGES: Final = ("cql2-text", "cql2-json")
"""Values of ``filter-lang``; the first is meant where there is none."""


class FilterError(ValueError):
    """A filter that is not CQL2, or that does not fit the collection."""


def read_filter(text: str, language: str, crs: str) -> ast.Node:
    """Read a filter.

    Parameters
    ----------
    text : str
    language : str
        One of ``LANGUAGES``.
    crs : str
        URI of the CRS of its geometries.

    Returns
    -------
    pygeofilter.ast.Node
        Its geometries are shapely's, WGS84, longitude before latitude.

    Raises
    ------
    FilterError
        The language is another, the text is not CQL2 in it, or a geometry has no place in the CRS.
    """
    if language not in LANGUAGES:
        raise FilterError(f"filter-lang must be {' or '.join(LANGUAGES)}.")
    try:
        if language == "cql2-json":
            node = walk_cql_json(_as_pygeofilter_reads_it(json.loads(text)))
        else:
            node = _TEXT_PARSER.parse(text)
        geometries = list(_geometries(node))
    except Exception as error:  # both parsers raise whatever they stumble on
        raise FilterError(f"The filter is not {language}.") from error
    if not isinstance(node, ast.Node):
        raise FilterError("The filter is a value, not a condition.")
    for literal in geometries:
        try:
            literal.geometry = from_served(shapely.geometry.shape(literal.geometry), crs)
        except (ValueError, TypeError, LookupError, shapely.errors.ShapelyError) as error:
            raise FilterError(f"A geometry in the filter is wrong: {error}") from error
    return node


def within(bbox: Sequence[float], crs: str) -> ast.Node:
    """Make the filter that a bbox in another CRS than WGS84 is.

    Parameters
    ----------
    bbox : sequence of float
        Lower and upper corner, each with or without a height.
    crs : str
        URI of its CRS.

    Returns
    -------
    pygeofilter.ast.Node

    Raises
    ------
    FilterError
        The bbox has no place in the CRS.
    """
    if not all(map(math.isfinite, bbox)):
        raise FilterError("bbox must be finite.")
    half = len(bbox) // 2
    box = shapely.box(*bbox[:2], *bbox[half : half + 2])
    try:
        area = values.Geometry(from_served(box, crs))
    except ValueError as error:
        raise FilterError(f"The bbox is wrong: {error}") from error
    return ast.GeometryIntersects(ast.Attribute(GEOMETRY), area)


def matches(layer: Layer, node: ast.Node) -> list[bool]:
    """Try a filter on every feature.

    Parameters
    ----------
    layer : Layer
    node : pygeofilter.ast.Node
        As ``read_filter`` or ``within`` gives it.

    Returns
    -------
    list of bool
        For each feature whether the filter holds; a condition on a null does not.

    Raises
    ------
    FilterError
        The filter names a property that the collection does not have, compares what cannot be
        compared, or asks for what is not supported.
    """
    found = []
    for properties, geometry in zip(layer.properties, layer.geometries, strict=True):
        try:
            truth = _Meaning({**properties, GEOMETRY: geometry}).evaluate(node)
        except FilterError:
            raise
        except (NotImplementedError, RecursionError) as error:
            raise FilterError("The filter asks for what is not supported.") from error
        except (TypeError, ValueError, ArithmeticError, shapely.errors.ShapelyError) as error:
            raise FilterError("The filter compares what cannot be compared.") from error
        found.append(_truth(truth) is True)
    return found


def _geometries(node: object) -> Iterator[values.Geometry]:
    if isinstance(node, values.Geometry):
        yield node
    elif isinstance(node, ast.Node):
        for part in node.get_sub_nodes() or []:
            yield from _geometries(part)


def _grammar() -> str:
    """Return pygeofilter's grammar of CQL2 text, put right."""
    text = Path(cql2_text.__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    start, end = text.index("?condition:"), text.index("?predicate:")
    text = text[:start] + _CONDITIONS + text[end:]
    quoted = text.index("SINGLE_QUOTED:")
    return text[:quoted] + _SINGLE_QUOTED + text[text.index("\n", quoted) :]


_CONDITIONS: Final = """
?condition: conjunction
          | condition "OR"i conjunction -> or_

?conjunction: condition_1
            | conjunction "AND"i condition_1 -> and_

?condition_1: predicate
            | "NOT"i condition_1 -> not_
            | "(" condition ")"

"""
_SINGLE_QUOTED: Final = "SINGLE_QUOTED: /'(?:[^']|'')*'/"


@v_args(meta=False, inline=True)
class _Transformer(cql2_text.CQLTransformer):  # type: ignore[misc]
    """From the grammar's rules, whose names these are, to nodes."""

    def SINGLE_QUOTED(self, token: str) -> str:  # noqa: N802
        return token[1:-1].replace("''", "'")

    def function(self, name: ast.Attribute, *arguments: Any) -> ast.Node | values.Geometry:  # noqa: ANN401
        if name.name.lower() == "bbox":
            return values.Geometry(_box(arguments))
        return super().function(name, *arguments)

    # pygeofilter's own print what they read on the standard output.

    def wkt__multipoint_2(self, *coordinates: tuple[float, ...]) -> dict[str, Any]:
        return {"type": "MultiPoint", "coordinates": coordinates}

    def wkt__geometry_with_srid(self, *_: Any) -> dict[str, Any]:  # noqa: ANN401
        raise FilterError("The CRS of a geometry stands in filter-crs.")


def _as_pygeofilter_reads_it(node: Any) -> Any:  # noqa: ANN401
    if isinstance(node, list):
        return [_as_pygeofilter_reads_it(part) for part in node]
    if not isinstance(node, dict):
        return node
    if "bbox" in node and "type" not in node:
        return _box(node["bbox"])
    changed = {name: _as_pygeofilter_reads_it(part) for name, part in node.items()}
    if changed.get("op") == "between":
        value, low, high = changed["args"]
        changed["args"] = [value, [low, high]]
    return changed


def _box(corners: Any) -> dict[str, Any]:  # noqa: ANN401
    west, south, east, north = (float(corner) for corner in corners)
    box: dict[str, Any] = shapely.geometry.mapping(shapely.box(west, south, east, north))
    return box


_TEXT_PARSER: Final = Lark(
    _grammar(),
    parser="lalr",
    maybe_placeholders=False,
    transformer=_Transformer(),
    import_paths=[str(Path(cql2_text.__file__).parents[1])],
)

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Final[dict[str, Callable[[Any, Any], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _truth(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise FilterError("The filter has a value where a condition belongs.")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FilterError("The filter calculates with what is not a number.")
    return value


def _comparable(*found: object) -> None:
    kinds = {float if type(one) is int else type(one) for one in found}
    if len(kinds) > 1 or not kinds <= {str, bool, float}:
        raise FilterError("The filter compares what cannot be compared.")


def _for(*nodes: type, subclasses: bool = False) -> Callable[[_F], _F]:
    """Say which nodes a method is for; pygeofilter's own decorator has no types."""
    decorator: Callable[[_F], _F] = handle(*nodes, subclasses=subclasses)
    return decorator


class _Meaning(Evaluator):  # type: ignore[misc]
    """What a filter means for one feature: true, false, or None for unknown, as in SQL."""

    def __init__(self, feature: Mapping[str, Any]) -> None:
        self._feature = feature

    @_for(ast.Attribute)
    def _attribute(self, node: ast.Attribute) -> Any:  # noqa: ANN401
        if node.name not in self._feature:
            raise FilterError(f"There is no property {node.name[:40]!r}.")
        return self._feature[node.name]

    @_for(str, float, int, bool)
    def _literal(self, node: object) -> Any:  # noqa: ANN401
        return node

    @_for(values.Geometry)
    def _geometry(self, node: values.Geometry) -> shapely.Geometry:
        return node.geometry

    @_for(ast.Not)
    def _not(self, _: ast.Not, condition: object) -> bool | None:
        truth = _truth(condition)
        return None if truth is None else not truth

    @_for(ast.And, ast.Or)
    def _combined(self, node: ast.Combination, left: object, right: object) -> bool | None:
        decisive = isinstance(node, ast.Or)
        truths = {_truth(left), _truth(right)}
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    @_for(ast.Comparison, subclasses=True)
    def _comparison(self, node: ast.Comparison, left: object, right: object) -> bool | None:
        if left is None or right is None:
            return None
        _comparable(left, right)
        return _COMPARISONS[node.op.value](left, right)

    @_for(ast.Between)
    def _between(self, node: ast.Between, value: object, low: object, high: object) -> bool | None:
        if value is None or low is None or high is None:
            return None
        _comparable(value, low, high)
        return (_COMPARISONS["<="](low, value) and _COMPARISONS["<="](value, high)) is not node.not_

    @_for(ast.In)
    def _in(self, node: ast.In, value: object, *options: object) -> bool | None:
        if value is None:
            return None
        _comparable(value, *options)
        return (value in options) is not node.not_

    @_for(ast.Like)
    def _like(self, node: ast.Like, value: object) -> bool | None:
        if value is None:
            return None
        if not isinstance(value, str) or not isinstance(node.pattern, str):
            raise FilterError("LIKE is for text.")
        return fnmatch.fnmatchcase(value, _glob(node.pattern)) is not node.not_

    @_for(ast.IsNull)
    def _is_null(self, node: ast.IsNull, value: object) -> bool:
        return (value is None) is not node.not_

    @_for(ast.Arithmetic, subclasses=True)
    def _arithmetic(self, node: ast.Arithmetic, left: object, right: object) -> float | None:
        if left is None or right is None:
            return None
        return _ARITHMETIC[node.op.value](_number(left), _number(right))

    @_for(ast.SpatialComparisonPredicate, subclasses=True)
    def _spatial(self, node: ast.SpatialComparisonPredicate, left: object, right: object) -> bool:
        if not isinstance(left, shapely.Geometry) or not isinstance(right, shapely.Geometry):
            raise FilterError("The filter relates what is not a geometry.")
        return bool(getattr(left, node.op.value.lower())(right))


def _glob(pattern: str) -> str:
    """Turn a pattern of LIKE into one of ``fnmatch``, which matches in time linear in the text."""
    glob, plain = [], False
    for character in pattern:
        if character == "\\" and not plain:
            plain = True
            continue
        if character in "%_" and not plain:
            glob.append("*" if character == "%" else "?")
        else:
            glob.append(f"[{character}]" if character in "*?[" else character)
        plain = False
    return "".join(glob)
