"""The sheets' type: how wide text is, where it breaks, and characters the font lacks."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from maps.errors import MissingGlyphError
from maps.sheet.fonts import FAMILY, font_face_css, width_mm, wrapped


def test_a_chinese_character_is_as_wide_as_its_size() -> None:
    assert width_mm("标定地价", 72.0) == pytest.approx(4 * 25.4)
    assert width_mm("", 10.0) == 0.0


def test_text_breaks_within_the_limit_and_loses_nothing() -> None:
    text = "本图界线由公告文字所述四至推定，不是测量成果（EPSG:4547）。parcels.geojson 见数据版本"
    for limit in range(24, 120, 4):
        lines = wrapped(text, 8.0, float(limit))
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width_mm(line, 8.0) <= limit for line in lines)


def test_a_line_does_not_begin_with_closing_punctuation_nor_split_a_number() -> None:
    for limit in range(16, 60):
        lines = wrapped("自（2023年4月24日）起执行，元。EPSG:4547", 8.0, float(limit))
        assert not any(line[0] in "，。）" or line[-1] == "（" for line in lines)
        assert any("2023" in line for line in lines)
        assert any("EPSG:4547" in line for line in lines)


def test_no_line_is_wider_than_the_limit() -> None:
    for text in ("CONTAINERTERMINALWAREHOUSE", "驻马店市" * 12, "一号ABCDEFGHIJKLMNOPQRSTUV号"):
        lines = wrapped(text, 8.0, 20.0)
        assert "".join(lines) == text
        assert max(width_mm(line, 8.0) for line in lines) <= 20.0


def test_nothing_is_no_line() -> None:
    assert wrapped("", 8.0, 50.0) == []


def test_characters_the_font_lacks_are_all_named() -> None:
    assert width_mm("驻马店市〇号—–·°′² S50001", 8.0) > 0
    with pytest.raises(MissingGlyphError) as caught:
        width_mm("楔形𒀀路\ue000店", 8.0)
    assert caught.value.code == "glyph_missing"
    assert str(caught.value) == (
        f"the font {FAMILY} has no glyph for '𒀀' (U+12000), '\\ue000' (U+E000)"
        " of '楔形𒀀路\\ue000店'"
    )


@pytest.mark.slow
def test_the_embedded_font_has_the_characters_and_is_the_same_each_time() -> None:
    css = font_face_css(["标定地价", "S5"])
    assert css == font_face_css(["S5", "标定地价"])
    content = re.fullmatch(
        rf'@font-face{{font-family:"{FAMILY}";src:url\(data:font/woff;base64,(.*)\)}}', css
    )
    assert content
    with TTFont(BytesIO(base64.b64decode(content[1]))) as font:
        assert {chr(code) for code in font.getBestCmap()} == set("标定地价S5")
