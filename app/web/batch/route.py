"""Prices of many points over HTTP."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from app.errors import BusyError, DamagedBodyError, ParameterError, TooLargeError
from app.web.batch.described import BODY, RESPONSES
from app.web.batch.media_types import ROW_BYTES, MediaType, parse_accept, parse_content_type
from app.web.batch.models import BatchAnswers
from app.web.documentation import text_of
from app.web.parameters import (
    OF_TABLE,
    AskedEdition,
    AtColumn,
    CrsParameter,
    LatColumn,
    UseParameter,
    only_known_parameters,
)
from geo.crs import Crs
from geo.model import parse_use, uses_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from app.settings import Settings
    from app.web.metrics import Metrics
    from geo.lookup.table import Column

_LOG: Final = logging.getLogger("landprice")

_BYTES_A_KB: Final = 1_000
_BYTES_A_MB: Final = 1_000_000
_SPOOL_BYTES: Final = 1 << 20
"""What is gathered of a body before it is written to the disk."""

_TURNS: Final = 2
"""Threads that compute at a time, so that batches leave something to other answers. They take
turns, piece by piece."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of the request's table with coordinates, and of the answer."""

    lon: str | None
    lat: str | None
    at: str | None
    known: str | None
    wanted: tuple[Column, ...]

    def check(self, kind: MediaType, crs: Crs) -> None:
        """Refuse columns that contradict each other or the kind of the body."""
        if kind is MediaType.JSON:
            for name, column in (("at_column", self.at), ("known_column", self.known)):
                if column is not None:
                    message = f"{name} is for CSV, Arrow and Parquet; a body of JSON has points."
                    raise ParameterError(message, code="not_for_json", field=name)
        others = {
            "lon_column": self.lon,
            "lat_column": self.lat,
            "known_column": self.known,
            "crs": None if crs is Crs.WGS84 else crs,
        }
        for name, given in others.items():
            if self.at is not None and given is not None:
                message = f"at_column stands in the place of coordinates; leave out {name}."
                raise ParameterError(message, code="at_and_coordinate", field=name)


_COLUMNS: Final = (
    *("code", "ground_price_cny_m2", "floor_price_cny_m2", "plot_ratio", "tenure_years"),
    *("certainty", "probability", "none_probability", "right_type", "development"),
    *("geometry_source", "placement", "distance_to_boundary_m"),
)
"""Values of `geo.lookup.table.Column`, which needs pyarrow."""
_COLUMN: Final = rf"\s*(?:{'|'.join(_COLUMNS)})\s*"

_FOUND: Final = (
    "If not given, the columns called `lon` and `lat`, `lng`, `longitude`, `latitude`, `经度`,"
    " `纬度`, or one with both called `坐标` or `location`."
)


def _columns(
    columns: Annotated[
        str,
        Query(
            title="Columns 结果列",
            description=(
                f"What to tell of each region, with commas: `{'`, `'.join(_COLUMNS[:-1])}`, and"
                f" `{_COLUMNS[-1]}`, which takes many times as long as all others."
            ),
            json_schema_extra={"pattern": f"^{_COLUMN}(?:,{_COLUMN})*$"},
        ),
    ] = "code,ground_price_cny_m2,floor_price_cny_m2,plot_ratio,tenure_years,certainty,probability",
    lon_column: Annotated[
        str | None,
        OF_TABLE,
        Query(
            title="Column with the longitude or easting 经度或东坐标所在列",
            description=f"Of CSV, Arrow and Parquet. {_FOUND}",
        ),
    ] = None,
    lat_column: LatColumn = None,
    at_column: AtColumn = None,
    known_column: Annotated[
        str | None,
        OF_TABLE,
        Query(
            title="Column with what is known 已知事实所在列",
            description="As `known` for one place, several facts with semicolons; at most 5000"
            " rows.",
        ),
    ] = None,
) -> _Columns:
    from geo.lookup.table import parse_columns  # noqa: PLC0415 - imports pyarrow

    wanted = parse_columns([name.strip() for name in columns.split(",")])
    return _Columns(lon_column, lat_column, at_column, known_column, wanted)


def install(app: FastAPI, settings: Settings) -> None:
    """Add the route to an application whose state has ``metrics``.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
        How large a body may be.
    """
    metrics: Metrics = app.state.metrics
    max_bytes = settings.batch_max_mb * _BYTES_A_MB
    threads = _Threads()
    routes = APIRouter(
        prefix="/v1",
        tags=["Standard land price 标定地价"],
        dependencies=[Depends(only_known_parameters)],
    )

    @routes.post(
        "/price/batch",
        summary="Standard land prices at many coordinates",
        description=text_of("batch").format(
            max_mb=settings.batch_max_mb, max_rows=max_bytes // ROW_BYTES
        ),
        response_model=BatchAnswers,
        responses=RESPONSES,
        openapi_extra={"requestBody": BODY},
    )
    async def batch(
        *,
        request: Request,
        asked: AskedEdition,
        columns: Annotated[_Columns, Depends(_columns)],
        use: UseParameter = None,
        crs: CrsParameter = Crs.WGS84,
    ) -> Response:
        if threads.batches >= settings.batches_max:
            raise BusyError(
                f"{settings.batches_max} batches are being answered, the most at a time; try again"
                " in some seconds."
            )
        edition, others = asked.edition, asked.others
        if columns.at is not None or columns.known is not None:
            others = None  # words tell no city, and what is known is of one
        uses = uses_of(use for one in (edition, *(others or ())) for use in one.uses)
        wanted_use = parse_use(use, uses)
        given = parse_content_type(
            request.headers.get("content-type", ""), request.headers.get("content-encoding", "")
        )
        columns.check(given.kind, crs)
        wanted = parse_accept(request.headers.get("accept", ""), given.kind)
        body = TemporaryFile()  # noqa: SIM115 - closed with the answer
        pieces = _pieces(
            body,
            edition=edition,
            others=others,
            summary=asked.served.summary(edition, asked.as_of),
            crs=crs,
            uses=uses if wanted_use is None else (wanted_use,),
            columns=columns.wanted,
            lon=columns.lon,
            lat=columns.lat,
            at=columns.at,
            known=columns.known,
            given=given,
            wanted=wanted,
            max_bytes=max_bytes,
            max_columns=settings.batch_columns_max,
            max_cell_bytes=settings.batch_cell_max_kb * _BYTES_A_KB,
            max_unfolded_bytes=settings.batch_unfolded_max_mb * _BYTES_A_MB,
            count_rows=metrics.batch_answered,
        )
        answer = _Answer(body, pieces, threads, wanted, metrics)
        try:
            metrics.batch_received(await _spool(request, body, max_bytes, threads))
            await answer.prepare()
        except ClientDisconnect:
            await answer.close()
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # which nobody is there to read
        except BaseException:
            await answer.close()
            raise
        return answer

    app.include_router(routes)


@dataclass(slots=True)
class _Threads:
    """Who may use a thread for a batch at a time, and how many batches are being answered."""

    batches: int = 0

    compute: CapacityLimiter = field(default_factory=partial(CapacityLimiter, _TURNS))
    disk: CapacityLimiter = field(default_factory=partial(CapacityLimiter, _TURNS))


def _pieces(body: IO[bytes], **asked: Any) -> Generator[bytes, None, None]:  # noqa: ANN401
    from app.web.batch.stream import BatchQuestion, answer_body  # noqa: PLC0415 - imports pyarrow

    yield from answer_body(body, BatchQuestion(**asked))


async def _spool(request: Request, body: IO[bytes], max_bytes: int, threads: _Threads) -> int:
    """Write a request's body to a file, from its start, and return its size in bytes."""
    # A client whose connection is closed while it sends does not hear why (RFC 9112, 9.6). Where
    # the connection stays, the server goes on reading; where it ends with the answer, we do.
    closing = request.headers.get("connection", "").lower() == "close"
    if int(request.headers.get("content-length", 0)) > max_bytes and not closing:
        raise _too_large(max_bytes)
    size = 0
    gathered = bytearray()
    async for data in request.stream():
        size += len(data)
        if size <= max_bytes:
            gathered += data
        elif not closing:
            break
        if len(gathered) >= _SPOOL_BYTES:
            await to_thread.run_sync(body.write, gathered, limiter=threads.disk)
            gathered = bytearray()
    if size > max_bytes:
        raise _too_large(max_bytes)
    body.write(gathered)
    body.seek(0)
    return size


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(
        f"The body has more than {max_bytes // _BYTES_A_MB} MB, which is the most at a time; send"
        " it in parts, or use landprice join."
    )


class _Answer(StreamingResponse):
    """An answer that is made while it is sent.

    Nothing is left of it when it was sent, or could not be.
    """

    def __init__(
        self,
        body: IO[bytes],
        pieces: Generator[bytes, None, None],
        threads: _Threads,
        kind: MediaType,
        metrics: Metrics,
    ) -> None:
        super().__init__(self._all(), media_type=kind.value)
        self._body = body
        self._pieces = pieces
        self._threads = threads
        self._threads.batches += 1
        self._metrics = metrics
        self._piece = b""

    async def prepare(self) -> None:
        """Make the next piece; none if that was the last."""
        self._piece = await to_thread.run_sync(
            next, self._pieces, b"", limiter=self._threads.compute
        )

    async def close(self) -> None:
        """Forget the body."""
        self._threads.batches -= 1
        with CancelScope(shield=True):
            await to_thread.run_sync(self._close, limiter=self._threads.disk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.close()

    async def stream_response(self, send: Send) -> None:
        """Send it, or leave it unfinished, whereupon the server cuts the connection."""
        try:
            await super().stream_response(send)
        except (DamagedBodyError, TooLargeError) as error:
            _LOG.warning("An answer to a batch was cut: %r", str(error))

    async def _all(self) -> AsyncIterator[bytes]:
        while self._piece:
            yield self._piece
            self._metrics.batch_sent(len(self._piece))
            await self.prepare()

    def _close(self) -> None:
        self._pieces.close()
        self._body.close()
