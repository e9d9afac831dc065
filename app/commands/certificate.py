"""``landprice certificate``: prices or a valuation on one page, as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from pydantic import ValidationError

from app.commands.console import (
    OUTPUT_FILE,
    SYSTEMS,
    check_outputs,
    echo_sizes,
    write_files,
)
from app.settings import read_settings
from app.web.certificate.link import now, read_time
from app.web.certificate.making import make_certificate
from app.web.certificate.query import PriceCertificateQuery, ValueCertificateQuery
from app.web.serving.keeper import read_served

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.web.certificate.query import CertificateQuery

_DAY: Final = click.DateTime(["%Y-%m-%d"])
_OF_PARCELS: Final = frozenset(
    ("code", "plot_ratio", "remaining_years", "date", "development", "area_m2", "factor")
)


@click.command("certificate", context_settings={"ignore_unknown_options": True})
@click.argument("lon", required=False)
@click.argument("lat", required=False)
@click.option(
    "--crs",
    shell_complete=SYSTEMS,
    help="wgs84 (assumed), cgcs2000, gcj02, bd09, or a 3-degree zone of CGCS2000 such as"
    " epsg:4547.",
)
@click.option("--at", help="A place as a text: in words, or a coordinate in any form.")
@click.option("--code", help="A region in the place of a coordinate; values a parcel in it.")
@click.option("--use", help="Only this use: its code, such as commercial, or its Chinese name.")
@click.option(
    "--known",
    multiple=True,
    help="What is known of the place, such as north_of:开源大道; may be given several times.",
)
@click.option("--as-of", type=_DAY, help="The day on which the prices must be in force.")
@click.option("--city", help="Code or name of a city; a coordinate finds its own.")
@click.option("--plot-ratio", help="Plot ratio of a parcel to be valued.")
@click.option("--remaining-years", help="Remaining years of its land-use right.")
@click.option("--date", type=_DAY, help="The day for which it is valued.")
@click.option("--development", help="Its development level, such as 六通一平.")
@click.option("--area-m2", help="Area of its land, in m².")
@click.option(
    "--factor",
    multiple=True,
    help="A further factor: a name and a number, such as 形状:0.98, or the name alone of one that"
    " the coefficients have; may be given several times.",
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of the certificate.",
)
@click.option(
    "--issued",
    help="Time of issue in China, such as 2026-01-31T10:00:00+08:00; now if it is not given.",
)
@click.option(
    "--url",
    "base_url",
    required=True,
    help="Address of the service that verifies the certificate, for its QR code.",
)
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    required=True,
    help="The PDF to write.",
)
def command(*, base_url: str, issued: str | None, output: Path, **given: Any) -> None:  # noqa: ANN401
    """Write a certificate of the prices at a place, LON before LAT, or of a parcel's value.

    With --code, or with any property of a parcel, it is a valuation, which needs --use unless there
    is a --code; else it has prices.
    """
    if not base_url.startswith(("http://", "https://")):
        raise click.UsageError(f"--url is {base_url!r}; it must begin with https:// or http://.")
    settings = read_settings()
    check_outputs([output], settings.inputs)
    time = now() if issued is None else read_time("issued", issued)
    query = _query(given, time if issued is not None else None)
    made = make_certificate(
        read_served(settings), query, issued=time, base_url=base_url.rstrip("/")
    )
    write_files({output: made})
    echo_sizes({output: made})


def _query(given: dict[str, Any], issued: datetime | None) -> CertificateQuery:
    """Read the options of a query.

    Parameters
    ----------
    given : dict of str to object
    issued : datetime or None
        Where it is said, the edition is that of its day.
    """
    said = {name: value for name, value in given.items() if value not in (None, ())}
    for name in ("as_of", "date"):
        if name in said:
            said[name] = said[name].date()
    if "lon" in said and "lat" not in said:
        if "at" in said:
            raise click.UsageError("--at stands in the place of LON and LAT.")
        said["at"] = said.pop("lon")  # a place as one text
    if issued is not None and "date" not in said:
        said.setdefault("as_of", issued.date())
    kind = ValueCertificateQuery if said.keys() & _OF_PARCELS else PriceCertificateQuery
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise click.UsageError(
            f"{first['loc'][0]} is {first['input']!r}: {first['msg']}"
        ) from error
