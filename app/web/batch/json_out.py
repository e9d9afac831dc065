"""Answers for many points as JSON, written piece by piece."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.editions.table import EDITION_COLUMN
from geo.lookup.table import ERROR_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from app.web.models import EditionSummary
    from geo.lookup.table import Column
    from geo.model import Use

_BETWEEN: Final = ",\n"


class JsonAnswerWriter:
    """Writes answers as JSON, in the shape of `app.web.models.BatchAnswers`.

    To be used in a ``with`` statement, at whose end the JSON is complete; after an error it is not.

    Parameters
    ----------
    sink : binary file
        Stays open.
    edition : EditionSummary
    uses : sequence of Use
    columns : sequence of Column
    """

    def __init__(
        self,
        sink: BinaryIO,
        edition: EditionSummary,
        *,
        uses: Sequence[Use],
        columns: Sequence[Column],
    ) -> None:
        self._sink = sink
        self._uses = uses
        self._columns = columns
        self._first = True
        sink.write(f'{{"edition":{edition.model_dump_json()},"answers":[\n'.encode())

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the JSON."""
        if error is None:
            self._sink.write(b"\n]}\n")

    def write(self, batch: pa.RecordBatch) -> None:
        """Write answers after those that were written.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            The columns ``lon`` and ``lat``, null where they could not be read, and those of the
            answers.
        """
        if not len(batch):
            return
        members = {name: _texts(batch.column(name)) for name in ("lon", "lat")}
        members |= {use.code: self._regions(batch, use) for use in self._uses}
        if EDITION_COLUMN in batch.schema.names:
            members[EDITION_COLUMN] = _texts(batch.column(EDITION_COLUMN))
        members["error"] = _errors(batch)
        lines = _content(_objects(members, before=_BETWEEN))
        self._sink.write(lines[len(_BETWEEN) :] if self._first else lines)
        self._first = False

    def _regions(self, batch: pa.RecordBatch, use: Use) -> pa.StringArray:
        columns = {column: batch.column(f"{use}_{column}") for column in self._columns}
        some = functools.reduce(pc.or_, [column.is_valid() for column in columns.values()])
        return pc.if_else(some, _objects({n: _texts(c) for n, c in columns.items()}), None)


# Texts are put together by Arrow, column by column: many times as fast as row by row.


def _objects(members: dict[str, pa.StringArray], before: str = "") -> pa.StringArray:
    """Return JSON objects of members; one that is null is written so."""
    parts: list[Any] = []
    mark = before + "{"
    for name, texts in members.items():
        parts += [f'{mark}"{name}":', texts]
        mark = ","
    return pc.binary_join_element_wise(
        *parts, "}", "", null_handling="replace", null_replacement="null"
    )


def _texts(column: pa.Array) -> pa.StringArray:
    """Return values as JSON, null where they are."""
    if pa.types.is_dictionary(column.type):
        texts = [_json(value) for value in column.dictionary.to_pylist()]
        return pa.array(texts, pa.string()).take(column.indices)
    if pa.types.is_string(column.type):
        return _texts(pc.dictionary_encode(column))
    texts = column.cast(pa.string())
    if not pa.types.is_floating(column.type):
        return texts
    # 2.0, not 2: a member does not change its type with its value.
    whole = pc.invert(pc.match_substring_regex(texts, "[.e]"))
    return pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts)


def _errors(batch: pa.RecordBatch) -> pa.StringArray:
    codes, messages = (batch.column(name) for name in ERROR_COLUMNS)
    if codes.null_count == len(batch):
        return codes
    pairs = zip(codes.to_pylist(), messages.to_pylist(), strict=True)
    return pa.array([None if code is None else _error(code, text) for code, text in pairs])


def _error(code: str, message: str) -> str:
    # A sentence about a coordinate begins with the one that is at fault.
    return _json({"code": code, "message": message, "field": message.partition(" ")[0]})


def _content(texts: pa.StringArray) -> pa.Buffer:
    """Return all values without anything between them; of one that begins at its buffers."""
    _, offsets, data = texts.buffers()
    return data[: np.frombuffer(offsets, dtype=np.int32)[len(texts)]]


_json = functools.partial(json.dumps, ensure_ascii=False)
