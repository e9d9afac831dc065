"""``landprice export``: the edition as a file for GIS, CAD and office programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.console import OUTPUT_FILE, check_outputs, completing, echo_sizes, write_files
from app.settings import read_settings
from geo.exports.formats import FORMATS, parse_export_crs, parse_format
from geo.lookup.edition import OpenEdition
from geo.parcels import read_parcels
from geo.symbology import read_price_classes

if TYPE_CHECKING:
    from geo.exports.areas import LikelyArea


@click.command("export")
@click.argument("fmt", metavar="FORMAT", shell_complete=completing(*FORMATS))
@click.option(
    "--crs",
    help="EPSG:4326, EPSG:4490 or the city's 3-degree zone, where FORMAT has it.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OUTPUT_FILE,
    help="The file to write.",
)
def command(fmt: str, crs: str | None, output: Path) -> None:
    """Write the edition as a file for other programs.

    FORMAT is gpkg (GeoPackage with QGIS styles), shp (zipped Shapefiles), fgb (FlatGeobuf),
    geojson, parquet (GeoParquet), kml, dxf, xlsx or csv.
    """
    chosen = parse_format(fmt)
    settings = read_settings()
    check_outputs([output], settings.inputs)
    parcels = read_parcels(settings.parcels)
    parse_export_crs(chosen, crs, parcels.metric_crs)  # refused before anything slow
    suffix = Path(chosen.file_name).suffix
    if output.suffix.lower() != suffix:
        raise click.UsageError(f"--output is {output}; for {chosen.name} it must end in {suffix}")
    from geo.exports.areas import likely_areas  # noqa: PLC0415 - slow to import
    from geo.exports.writers import export_bytes  # noqa: PLC0415 - slow to import

    areas: tuple[LikelyArea, ...] = ()
    if chosen.name == "gpkg":
        edition = OpenEdition.read(settings.parcels)
        parcels, areas = edition.parcels, likely_areas(edition.field)  # of one build
    classes = read_price_classes(settings.price_classes, parcels.prices_cny_m2)
    content = export_bytes(parcels, classes, chosen, crs, areas, output.name)
    write_files({output: content})
    echo_sizes({output: content})
