"""``landprice sheet``: the map of a use as the gazette prints it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.console import check_outputs, completing, echo_sizes, progress, write_files
from app.settings import read_settings
from geo.lookup.edition import OpenEdition
from geo.model import STANDARD_USES, parse_use
from geo.symbology import read_price_classes
from maps.sheet.layout import PAPER_SIZES_MM, SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("sheet")
@click.argument("use", shell_complete=completing("all", *(use.code for use in STANDARD_USES)))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A .pdf, .svg or .png file; or a folder, which gets each use in all three.",
)
@click.option(
    "--scale",
    default=SCALE,
    show_default=True,
    type=click.IntRange(min=1),
    help="Denominator of the scale.",
)
@click.option(
    "--size",
    type=click.Choice(list(PAPER_SIZES_MM)),
    help="Of the paper; the smallest that holds the map if not given.",
)
def command(use: str, output: Path, scale: int, size: str | None) -> None:
    """Draw the map of one USE (commercial or 商服用地, say) as the gazette prints it, or of all."""
    from maps.basemap import read_basemap  # noqa: PLC0415 - slow to import
    from maps.certainty import certainty_grid  # noqa: PLC0415
    from maps.sheet.draw import FORMATS, draw_sheet, sheet_bytes  # noqa: PLC0415 - slow to import

    settings = read_settings()
    check_outputs([output], settings.inputs)
    edition = OpenEdition.read(settings.parcels)
    parcels = edition.parcels
    classes = read_price_classes(settings.price_classes, parcels.prices_cny_m2)
    one_use = None if use == "all" else parse_use(use, parcels.uses)
    uses = parcels.uses if one_use is None else (one_use,)
    formats = FORMATS if _is_folder(output) else [_format(output, FORMATS, single=use != "all")]
    base, certainty = read_basemap(settings.basemap), certainty_grid(edition)
    contents: dict[Path, bytes] = {}
    with progress(uses, "sheets") as bar:
        for one in bar:
            sheet = draw_sheet(
                parcels,
                one,
                classes[one],
                scale=scale,
                size=size,
                base=base,
                certainty=certainty,
            )
            for fmt in formats:
                path = output / f"{one}.{fmt}" if _is_folder(output) else output
                contents[path] = sheet_bytes(sheet, fmt)
    if _is_folder(output):
        output.mkdir(exist_ok=True)
    write_files(contents)
    echo_sizes(contents)


def _format(output: Path, formats: Sequence[str], *, single: bool) -> str:
    """Return the format that a file's suffix asks for."""
    fmt = output.suffix[1:].lower()
    if fmt not in formats or not single:
        wanted = f"end in {', '.join(f'.{one}' for one in formats)} or be" if single else "be"
        raise click.UsageError(f"--output is {output}; it must {wanted} a folder")
    return fmt


def _is_folder(output: Path) -> bool:
    return output.is_dir() or not output.suffix
