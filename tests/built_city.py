"""A synthetic city as a folder that was built, for programs that read folders."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

from geo.build.edition import build, draw_ensemble, write_built
from geo.build.sources import read_sources
from geo.layouts.layouts import LAYOUTS_FILE
from geo.parcels import PARCELS_FILE
from tests.synthetic import notice_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.synthetic import City

_COLUMNS = ("id", "line", "lon", "lat", "crs", "line_is", "offset_m", "error_m")


def write_city(city: City, data: Path, *, layouts: int = 200) -> None:
    """Write a city, of which only points were observed, and build it."""
    table, network = data / "gazette" / "2030.tsv", data / "network"
    for folder in (table.parent, network):
        folder.mkdir(parents=True)
    table.write_text(city.table, encoding="utf-8")
    table.with_suffix(".toml").write_text(notice_text(city.notice), encoding="utf-8")
    manifest = f'admin_code = "{city.notice.edition.admin_code}"\n'
    (network / "evidence.toml").write_text(manifest, encoding="utf-8")
    with (network / "control_points.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for one in city.evidence.observations:
            place = f"{one.easting_m:.2f}", f"{one.northing_m:.2f}", "epsg:4547"
            rows.writerow((one.id, one.line, *place, "at", one.offset_m, one.error_m))
    sources = read_sources(data, None, None)
    built = build(sources)
    write_built(built, data / PARCELS_FILE, draw_ensemble(built, sources, count=layouts))


def copy_city(built: Path, data: Path) -> Path:
    """Make a folder of the same city to write into; what is built is linked."""
    data.mkdir(parents=True)
    for name in ("gazette", PARCELS_FILE, LAYOUTS_FILE):
        (data / name).symlink_to(built / name)
    shutil.copytree(built / "network", data / "network")
    return data
