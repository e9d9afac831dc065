"""Whether the service is up, with which software and which data."""

from __future__ import annotations

import platform
from collections import Counter
from datetime import datetime  # noqa: TC003 - pydantic resolves it
from importlib.metadata import version
from typing import Annotated, Literal

import pyproj
import shapely
from fastapi import APIRouter, Depends, Request

from app.web.edition_models import EditionItem  # noqa: TC001 - pydantic resolves it
from app.web.editions import item_of
from app.web.models import Body, EditionFacts, ProblemBody, titled
from app.web.parameters import Serving, only_known_parameters
from app.web.served import DISTRIBUTION

routes = APIRouter(
    prefix="/v1",
    tags=["Standard land price 标定地价"],
    dependencies=[Depends(only_known_parameters)],
)


class Dataset(Body):
    """The file that answers come from."""

    sha256: Annotated[str, titled("SHA-256 of parcels.geojson 文件哈希")]
    edition: Annotated[EditionFacts, titled("Edition 版本")]
    counts: Annotated[dict[str, int], titled("Regions by use 各用途区域数")]
    attribution: Annotated[str, titled("Attribution 数据来源")]


class Publication(Body):
    """What was published last, and what is served of it."""

    number: Annotated[
        int,
        titled("Number 发布序号", "0 for a folder that was built and never published."),
    ]
    published_at: Annotated[datetime | None, titled("Published at 发布时间")]
    digest: Annotated[str, titled("Checksum of all files 全部文件哈希")]
    editions: Annotated[list[EditionItem], titled("Editions 各版本")]
    refused: Annotated[
        str | None,
        titled(
            "Refused 未采用的原因",
            "Why something newer is not served; null where there is nothing newer.",
        ),
    ]


class Health(Body):
    """That the service is up, with what."""

    status: Annotated[Literal["ok"], titled("Status 状态")] = "ok"
    versions: Annotated[dict[str, str], titled("Versions 软件版本")]
    dataset: Annotated[Dataset, titled("Dataset 数据集")]
    publication: Annotated[Publication, titled("Publication 发布")]


@routes.get(
    "/health",
    summary="Versions and dataset",
    responses={"default": {"model": ProblemBody, "description": "Any error"}},
)
def health(request: Request, served: Serving) -> Health:
    """Tell that the service is up, with which software and which data."""
    edition, manifest = served.edition, served.publication.manifest
    counts = Counter(region.use for region in edition.regions)
    return Health(
        versions={
            "landprice": version(DISTRIBUTION),
            "python": platform.python_version(),
            "shapely": shapely.__version__,
            "geos": shapely.geos_version_string,
            "pyproj": pyproj.__version__,
            "proj": pyproj.proj_version_str,
        },
        dataset=Dataset(
            sha256=edition.parcels.sha256,
            edition=served.facts(edition),
            counts={use.code: counts[use] for use in edition.uses},
            attribution=edition.parcels.attribution,
        ),
        publication=Publication(
            number=manifest.number,
            published_at=manifest.published_at,
            digest=served.digest,
            editions=[item_of(served, edition) for edition in served.catalogue.editions],
            refused=request.app.state.refused,
        ),
    )
