"""Names of lines as people write them: what is one name in two spellings, and what is no name."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection

HAND_IN_POLYGONS: Final = "hand in the regions as polygons (--regions)"

# Radicals that stand for characters in text copied from PDF, but that NFKC leaves as they are.
# Source: EquivalentUnifiedIdeograph.txt of the Unicode Character Database.
_RADICALS: Final = str.maketrans(
    "⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰",
    "民虎西见角贝车長长门青韦页风飞马骨鬼鱼鸟卤麦黄齐齿龙",
)
_INVISIBLE: Final = re.compile(
    r"[\u034f\u115f\u1160\u2800\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_EDGE: Final = "。．.,，、;；:：!！·•‧'\"“”‘’「」『』《》〈〉<>*"

_LINE: Final = re.compile(
    r".+([路街巷弄河江渠沟溪沥港涌浜堤环线]|(?<!街)道|胡同|[高快]速|[高城]铁)|[GSXYCZ][0-9]{2,4}"
)
_KIND: Final = re.compile(
    r"(规划|现状|无名|城市|小|乡村|田间|生产|主干|次干|支|市政|内部)*"
    r"(道?路|街|巷|河流?|沟渠?|渠道?|铁路|高铁|公?路|高速(公路)?|线路?)"
)
_EDGE_LINE: Final = re.compile(r".*(界|边缘|山脚|轮廓|控制|中心|[红边岸蓝绿紫黄沿])线")
SECTION: Final = re.compile(r"(?P<line>.+[路道街河线])[东西南北中]段")
_SEVERAL: Final = re.compile(r"[—–―‒\-~→/+&、,;]")
_JOINED: Final = re.compile(r"和|与|及|或|至|到|接|转")
_BETWEEN: Final = re.compile(r"之间|[路道街河线]以?[东西南北][,，、]|围合|围成|合围|为界")
_BESIDE: Final = re.compile(
    r"(以?[东西南北]{1,2}(侧|边|面|部|方|岸|缘)?|沿线|沿岸|两侧|道路红线|附近|旁边?|[外内]侧?)"
    r"(约?[0-9.]+(米|m|公里|km))?(范围)?$"
)
_AREA: Final = re.compile(
    r"(范围内?|地块|宗地|用地|区域内?|[片小社街组园]区|街道|组团|院|厂|公司|学校|村|庄|组|山体?|湖|水库"
    r"|公园|广场|林地|农田|[耕空]地|[市县区乡镇省]?界|边界)"
)
_BRACKET: Final = re.compile(r"[(（\[【〔].*[)）\]】〕]?")


def fold(text: str) -> str:
    """Bring the spellings of one name together.

    Width variants, compatibility characters and radicals become the plain characters (NFKC); white
    space, control and invisible characters go, and so does punctuation at both ends.

    Parameters
    ----------
    text : str
    """
    text = unicodedata.normalize("NFKC", text).translate(_RADICALS)
    text = "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")
    return _INVISIBLE.sub("", text).strip(_EDGE)


def read_line_name(text: str, known: Collection[str] = ()) -> str:
    """Read the name of one line.

    Parameters
    ----------
    text : str
        What stands behind 东至 and the like.
    known : collection of str
        Names that are taken as they are, whatever they look like.

    Returns
    -------
    str
        Folded (see `fold`); of a section such as 文明大道南段, the whole line.

    Raises
    ------
    ValueError
        It is no name of a single line; the message says what was found.
    """
    name = fold(text)
    if name in known:
        return name
    words = unicodedata.normalize("NFKC", text).split()
    if not name:
        raise ValueError("the name of the line is missing")
    if _BRACKET.search(name):
        raise ValueError(
            f"{name!r} has a remark in brackets; write the line's name alone, or say in"
            " evidence.toml which line it is"
        )
    lines = [word for word in words if _is_line(fold(word))]
    joined = any(_is_line(name[: match.start()]) for match in _JOINED.finditer(name))
    if _SEVERAL.search(name) or joined or len(lines) > 1:
        raise ValueError(f"{name!r} names several lines on one side; {HAND_IN_POLYGONS}")
    if _BETWEEN.search(name):
        raise ValueError(f"{name!r} describes an area; {HAND_IN_POLYGONS}")
    if section := SECTION.fullmatch(name):
        return section["line"]
    if _KIND.fullmatch(name):
        raise ValueError(f"{name!r} is a kind of line and no name; {HAND_IN_POLYGONS}")
    if _is_line(name):
        return name
    if _EDGE_LINE.fullmatch(name) or re.search(rf"{_AREA.pattern}$", name):
        raise ValueError(f"{name!r} is an area or its edge, not a line; {HAND_IN_POLYGONS}")
    if _BESIDE.search(name):
        raise ValueError(
            f"{name!r} is a side of a line or a distance from it, not the line; write the line's"
            f" name alone if it is the bound, else {HAND_IN_POLYGONS}"
        )
    raise ValueError(
        f"{name!r} does not end as the name of a road, railway or river does;"
        f" {HAND_IN_POLYGONS}, or list the name in evidence.toml"
    )


def _is_line(name: str) -> bool:
    return bool(_LINE.fullmatch(name)) and not _EDGE_LINE.fullmatch(name)


def nearly_equal(one: str, other: str) -> bool:
    """Tell whether two names may be one, misspelt: they differ in one character or its form.

    Parameters
    ----------
    one, other : str
        Folded.
    """
    one, other = _simplified(one), _simplified(other)
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    if len(short) == len(long):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1 or _swapped(one, other)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _swapped(one: str, other: str) -> bool:
    places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return len(places) == 2 and [one[i] for i in places] == [other[i] for i in reversed(places)]


@functools.cache
def _simplified(name: str) -> str:
    """Return a name in simplified characters."""
    converted: str = _converter().convert(name)
    return converted


@functools.cache
def _converter() -> Any:  # noqa: ANN401 - OpenCC has no types
    import opencc  # noqa: PLC0415 - takes a while, and few commands need it

    return opencc.OpenCC("t2s")
