import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from geo.errors import CoefficientsError
from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL
from geo.parcels import PARCELS_FILE, read_parcels
from geo.valuation.coefficients import (
    COEFFICIENTS_FILE,
    CapitalisedTenure,
    Coefficients,
    LinearTenure,
    PlotRatioTable,
    read_coefficients,
)
from tests.factories import EDITION
from tests.paths import DATA
from tests.uses import USES

EXAMPLE: Final = (DATA / "coefficients.example.toml").read_text(encoding="utf-8")
SHIPPED: Final = read_parcels(DATA / PARCELS_FILE).edition


def read(folder: Path, text: str) -> Coefficients | None:
    (folder / COEFFICIENTS_FILE).write_text(text, encoding="utf-8")
    return read_coefficients(folder / COEFFICIENTS_FILE, SHIPPED, USES)


def changed(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new, 1)


def test_the_example_is_read_and_says_that_it_is_invented(tmp_path: Path) -> None:
    found = read(tmp_path, EXAMPLE)
    assert found is not None
    assert found.synthetic
    assert isinstance(tenure := found.of(COMMERCIAL).tenure, CapitalisedTenure)
    assert tenure.rate == Decimal("0.065")
    assert isinstance(found.of(INDUSTRIAL).tenure, LinearTenure)
    assert isinstance(table := found.of(RESIDENTIAL).plot_ratio, PlotRatioTable)
    assert table.table[0] == (Decimal("1.0"), Decimal("0.8"))


def test_none_are_active_by_default() -> None:
    assert not (DATA / COEFFICIENTS_FILE).exists()
    assert read_coefficients(DATA / COEFFICIENTS_FILE, SHIPPED, USES) is None


def test_uses_by_their_chinese_names(tmp_path: Path) -> None:
    found = read(tmp_path, EXAMPLE.replace("uses.commercial", 'uses."商业服务业用地"'))
    assert found is not None
    assert found.of(COMMERCIAL).tenure is not None


def test_a_use_without_entry_has_none(tmp_path: Path) -> None:
    found = read(tmp_path, 'edition = "411700-2022"\nsynthetic = false\nuses = {}\n')
    assert found is not None
    assert found.of(COMMERCIAL).tenure is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('edition = "411700-2022"', 'edition = "411700-2023"', "411700-2023.*411700-2022"),
        ("synthetic = true", "", "synthetic: Field required"),
        ("synthetic = true", "synthetic = 1.0\nrate = 2", "rate: Extra"),
        ("uses.commercial.tenure", "uses.forest.tenure", "uses: use is 'forest'"),
        ('method = "capitalised"', 'method = "linear"', r"rate: Extra"),
        ('method = "capitalised"', 'method = "guessed"', r"uses.commercial.tenure: .*guessed"),
        ("rate = 0.065", "rate = 6.5", r"tenure.capitalised.rate: .*less than 1"),
        ("rate = 0.065", "rate = nan", r"rate: .*finite"),
        ("rate = 0.065", "", r"rate: Field required"),
        ("[2.0, 1.25], [3.0, 1.7]", "[3.0, 1.7], [2.0, 1.25]", "ascend"),
        ("[2.0, 1.25], [3.0, 1.7]", "[2.0, 1.7], [3.0, 1.25]", "falls from 1.7 to 1.25"),
        ("[1.0, 0.85]", "[1.0, 0]", "greater than 0"),
        ("[1.0, 0.85]", "[1.0]", "table"),
        ("until = 2026-12-31", "until = 2023-06-01", "days must ascend"),
        ("2022-01-01, 100.0", "2021-01-01, 100.0", "days must ascend"),
        ("[2021-01-01, 98.5], [2022-01-01, 100.0], ", "", "without 2022-01-01"),
        ('"七通一平" = 150.0', '"七通一平" = -150.0', "greater than or equal to 0"),
        ('source = "虚构的示例 invented example"', 'source = " "', "source"),
        ("value = 1.05", "value = 0", "greater than 0"),
        ('factors."街角地 corner"', "factors.development", "development is a step"),
        ("rate = 0.001 ", "rate = 0.06 ", "less than or equal to 0.05"),
        ("since = 2021-01-01", "since = 1921-01-01", "50 years"),
        ("since = 2021-01-01", "since = 2026-12-31", "by a month"),
        ("[uses.commercial.tenure]", "[uses.commercial.tenur]", "tenur: Extra"),
        ("[uses.commercial.tenure]", "[[uses.commercial.tenure]]", "tenure"),
        ("edition =", "edition", "not TOML"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(CoefficientsError, match=says):
        read(tmp_path, changed(old, new))


def test_one_use_under_two_names_is_refused(tmp_path: Path) -> None:
    twice = '\n[uses."商服用地".tenure]\nmethod = "linear"\nsource = "x"\n'
    with pytest.raises(CoefficientsError, match="commercial is there twice"):
        read(tmp_path, EXAMPLE + twice)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / COEFFICIENTS_FILE).write_bytes(EXAMPLE.encode("gb18030"))
    with pytest.raises(CoefficientsError, match="not TOML in UTF-8"):
        read_coefficients(tmp_path / COEFFICIENTS_FILE, SHIPPED, USES)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / COEFFICIENTS_FILE).mkdir()
    with pytest.raises(CoefficientsError, match="cannot be read"):
        read_coefficients(tmp_path / COEFFICIENTS_FILE, EDITION, USES)


def test_the_file_is_told_by_its_checksum(tmp_path: Path) -> None:
    one, other = read(tmp_path, EXAMPLE), read(tmp_path, EXAMPLE + "\n")
    assert one is not None
    assert other is not None
    assert re.fullmatch("[0-9a-f]{64}", one.sha256)
    assert one.sha256 != other.sha256


def test_dates_are_checked_against_the_edition(tmp_path: Path) -> None:
    later = replace(SHIPPED, valuation_date=SHIPPED.valuation_date.replace(year=2022, month=12))
    (tmp_path / COEFFICIENTS_FILE).write_text(
        changed("until = 2026-12-31", "until = 2024-01-02"), encoding="utf-8"
    )
    assert read_coefficients(tmp_path / COEFFICIENTS_FILE, later, USES) is not None
