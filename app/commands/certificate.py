"""``landprice certificate``: prices or a valuation on one page, as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from app.commands.console import (
    OUTPUT_FILE,
    check_outputs,
    echo_sizes,
    write_files,
)
from app.commands.parcel import OF_PARCELS, parcel_options, read_parcel
from app.commands.place import place_options
from app.settings import read_settings
from app.web.certificate.link import now, read_time
from app.web.certificate.making import make_certificate
from app.web.certificate.query import PriceCertificateQuery, ValueCertificateQuery
from app.web.serving.keeper import read_served

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.web.certificate.query import CertificateQuery


@click.command("certificate", context_settings={"ignore_unknown_options": True})
@place_options
@parcel_options
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
    is a --code; else it has prices. A place may stand in one text, as for landprice price.
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
    said = read_parcel(**given)
    if issued is not None and "date" not in said:
        said.setdefault("as_of", issued.date())
    kind = ValueCertificateQuery if said.keys() & OF_PARCELS else PriceCertificateQuery
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise click.UsageError(
            f"{first['loc'][0]} is {first['input']!r}: {first['msg']}"
        ) from error
