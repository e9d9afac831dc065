"""Tables as streams: what is read is what is there, and what is written can be read by others."""

from __future__ import annotations

import csv
import gc
import io
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.join.formats import BATCH_ROWS, ROW_GROUP_ROWS, TableFormat, TableWriter, open_table
from geo.errors import TableError

CSV, TSV, PARQUET, ARROW = TableFormat
BOM = b"\xef\xbb\xbf"
MIXED = pa.record_batch(
    {
        "名称": ["甲,乙", 'a"b', "c\r\nd", "", None, "plain"],
        "lon": [114.5, None, 1e-7, 1e20, -0.1, 5.0],
        "count": pa.array([1, 2, 3, 4, None, 2**62]),
        "kind": pa.array(["x", None, "y,z", "x", "x", "x"]).dictionary_encode(),
        "day": [date(2024, 2, 29), None, *[date(2024, 1, 1)] * 4],
        "sum": [Decimal("1.10"), None, *[Decimal("2.00")] * 4],
        "yes": [True, False, None, True, True, True],
        "none": pa.nulls(6),
    }
)


def write(fmt: TableFormat, *batches: pa.RecordBatch, sink: BinaryIO | None = None) -> bytes:
    sink = sink or io.BytesIO()
    with TableWriter(sink, fmt, batches[0].schema) as writer:
        for batch in batches:
            writer.write(batch)
    return sink.getvalue() if isinstance(sink, io.BytesIO) else b""


def read(source: bytes | Path, fmt: TableFormat, **options: Any) -> pa.Table:  # noqa: ANN401
    table = open_table(io.BytesIO(source) if isinstance(source, bytes) else source, fmt, **options)
    return pa.Table.from_batches(table.batches, table.schema)


def refused(source: bytes | Path, fmt: TableFormat, **options: Any) -> str:  # noqa: ANN401
    with pytest.raises(TableError) as error:
        read(source, fmt, **options)
    told = str(error.value)
    assert "\n" not in told
    return told


@pytest.mark.parametrize(
    ("fmt", "content"),
    [(CSV, b"lon,\x87,lat\n1,2,3\n"), (ARROW, None), (PARQUET, None)],
    ids=["csv", "arrow", "parquet"],
)
def test_names_of_columns_that_are_no_text(fmt: TableFormat, content: bytes | None) -> None:
    """They are decoded only where somebody asks for them, and so were refused there or nowhere."""
    whole = content or write(fmt, pa.record_batch({"lon": [1.0], "nam": [2.0]}))
    assert refused(whole.replace(b"nam", b"n\x87m"), fmt)


def random_points(rows: int) -> pa.RecordBatch:
    random = np.random.default_rng(1)
    return pa.record_batch({"lon": random.random(rows), "lat": random.random(rows)})


class TestReadingCsv:
    def test_cells_are_text_as_it_stands(self) -> None:
        text = 'code,price,note\r\n007,1.10,NA\r\n,"",null\r\n\r\n1e3,nan,"two\nlines"'
        table = read(text.encode(), CSV)
        assert table.schema == pa.schema(
            [(name, pa.string()) for name in ("code", "price", "note")]
        )
        assert [list(row.values()) for row in table.to_pylist()] == [
            ["007", "1.10", "NA"],
            [None, "", "null"],
            ["1e3", "nan", "two\nlines"],
        ]

    def test_a_byte_order_mark_is_no_part_of_a_name(self) -> None:
        assert read(BOM + b"a,b\n1,2\n", CSV).to_pydict() == {"a": ["1"], "b": ["2"]}

    def test_names_alone_are_a_table_without_rows(self) -> None:
        assert read(b"a,b\n", CSV).shape == (0, 2)

    def test_another_encoding(self) -> None:
        text = "名称,价\n驻马店,5\n".encode("gb18030")
        assert read(text, CSV, encoding="gb18030").to_pydict() == {
            "名称": ["驻马店"],
            "价": ["5"],
        }
        assert refused(text, CSV) == (
            "The table cannot be read as CSV: it is not UTF-8; state its encoding (from most"
            " programs in Chinese, gb18030)"
        )
        assert "unknown encoding: klingon" in refused(text, CSV, encoding="klingon")
        assert "can't decode" in refused(text[:-4], CSV, encoding="gb18030")

    def test_long_files_come_in_pieces(self, tmp_path: Path) -> None:
        path = tmp_path / "long.csv"
        path.write_text("lon,lat\n" + "".join(f"{i},{-i}\n" for i in range(10**6)))
        table = open_table(path, CSV)
        sizes = [len(batch) for batch in table.batches]
        assert len(sizes) > 2
        assert sum(sizes) == 10**6
        assert table.rows is None


class TestReadingParquet:
    def test_types_and_metadata_are_kept(self, tmp_path: Path) -> None:
        table = pa.table(MIXED).replace_schema_metadata({"made by": "hand"})
        path = tmp_path / "a.parquet"
        pq.write_table(table, path)
        opened = open_table(path, PARQUET)
        assert opened.rows == 6
        assert opened.schema.metadata[b"made by"] == b"hand"
        assert pa.Table.from_batches(opened.batches).to_pylist() == table.to_pylist()

    def test_a_row_group_comes_in_pieces(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table(random_points(BATCH_ROWS + 1)), path)
        assert [len(batch) for batch in open_table(path, PARQUET).batches] == [BATCH_ROWS, 1]

    @pytest.mark.slow
    def test_wide_rows_come_in_smaller_pieces(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        text = pa.array([f"{i:05}" * 1000 for i in range(30_000)])
        pq.write_table(pa.table({"text": text}), path, use_dictionary=False)
        sizes = [len(batch) for batch in open_table(path, PARQUET).batches]
        assert sum(sizes) == 30_000
        assert 2 < len(sizes) < 6


class TestReadingArrow:
    def test_long_batches_are_cut(self) -> None:
        whole = random_points(2 * BATCH_ROWS + 3)
        stream = write(ARROW, whole)
        table = open_table(io.BytesIO(stream), ARROW)
        batches = list(table.batches)
        assert [len(batch) for batch in batches] == [BATCH_ROWS, BATCH_ROWS, 3]
        assert pa.Table.from_batches(batches).equals(pa.table(whole))

    def test_what_would_crash_is_refused(self) -> None:
        ends, wild = (np.array(ends, np.int32).tobytes() for ends in ([0, 2, 4], [0, 9, 4]))
        stream = write(ARROW, pa.record_batch({"a": ["ab", "cd"]}))
        assert ends in stream
        assert "offset" in refused(stream.replace(ends, wild), ARROW)


class TestDamagedTables:
    @pytest.mark.parametrize("fmt", TableFormat)
    @pytest.mark.parametrize("content", [b"", b"\n", b"\0\1\2\3"])
    def test_no_table_at_all(self, fmt: TableFormat, content: bytes) -> None:
        if (fmt, content) == (CSV, b"\0\1\2\3"):
            content += b"\n\xff\xfe"
        assert refused(content, fmt).startswith("The table cannot be read as ")

    @pytest.mark.parametrize("fmt", TableFormat)
    def test_a_file_is_named(self, fmt: TableFormat, tmp_path: Path) -> None:
        told = refused(tmp_path / "absent.x", fmt)
        assert told.startswith("absent.x cannot be read as ")
        assert told.endswith(": No such file or directory")
        assert str(tmp_path) not in told

    def test_csv_with_a_row_of_another_length(self) -> None:
        rows = b"1,2\n" * 10**6
        assert refused(b"a,b\n" + rows + b"1,2,3\n", CSV).endswith(
            "Expected 2 columns, got 3: 1,2,3"
        )

    @pytest.mark.parametrize("fmt", [PARQUET, ARROW])
    def test_the_end_is_missing(self, fmt: TableFormat) -> None:
        whole = write(fmt, *[random_points(1000)] * 3)
        for kept in (len(whole) // 2, len(whole) - 20):
            refused(whole[:kept], fmt)

    def test_arrow_of_which_some_can_be_read(self) -> None:
        whole = write(ARROW, *[random_points(1000)] * 3)
        batches = open_table(io.BytesIO(whole[: len(whole) // 2]), ARROW).batches
        assert len(next(batches)) == 1000
        with pytest.raises(TableError, match="an Arrow stream: Expected to be able to read"):
            list(batches)

    def test_parquet_of_which_some_can_be_read(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table(random_points(3 * BATCH_ROWS)), path, write_page_checksum=True)
        content = bytearray(path.read_bytes())
        middle = len(content) * 2 // 5  # in the first column
        content[middle] ^= 1
        path.write_bytes(content)
        batches = open_table(path, PARQUET).batches
        assert len(next(batches)) == BATCH_ROWS
        with pytest.raises(TableError, match=r"^a\.parquet cannot be read as Parquet: .*CRC"):
            list(batches)


class TestWritingCsv:
    def test_another_reader_finds_every_value(self) -> None:
        text = write(CSV, MIXED, MIXED.slice(2, 3))
        assert text.startswith(BOM)
        rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
        assert rows[0] == MIXED.schema.names
        assert rows[1:7] == [
            ["甲,乙", "114.5", "1", "x", "2024-02-29", "1.10", "true", ""],
            ['a"b', "", "2", "", "", "", "false", ""],
            ["c\r\nd", "1e-7", "3", "y,z", "2024-01-01", "2.00", "", ""],
            ["", "1e+20", "4", "x", "2024-01-01", "2.00", "true", ""],
            ["", "-0.1", "", "x", "2024-01-01", "2.00", "true", ""],
            ["plain", "5", "4611686018427387904", "x", "2024-01-01", "2.00", "true", ""],
        ]
        assert rows[7:] == rows[3:6]

    def test_only_what_has_to_be_is_quoted(self) -> None:
        batch = pa.record_batch({"a b": ["1.10", "x y", "", None], "c,d": [1, 2, 3, 4]})
        assert write(CSV, batch) == BOM + b'a b,"c,d"\r\n1.10,1\r\nx y,2\r\n"",3\r\n,4\r\n'

    def test_it_reads_back_what_it_wrote(self) -> None:
        batch = pa.record_batch({"a": ["007", "", None, "\n"], "b": ['"', "1.10", "x", "NA"]})
        assert read(write(CSV, batch), CSV).to_pylist() == batch.to_pylist()

    @given(st.lists(st.tuples(st.text(max_size=4), st.text('",\r\n a', max_size=4)), min_size=1))
    def test_any_text_survives(self, rows: list[tuple[str, str]]) -> None:
        rows = [(a.replace("\0", ""), b) for a, b in rows]  # Python 3.11 reads no NUL
        batch = pa.record_batch({"a": [a for a, _ in rows], "b": [b for _, b in rows]})
        for part in (batch, batch.slice(len(rows) // 2)):
            text = write(CSV, part).decode("utf-8-sig")
            found = list(csv.reader(io.StringIO(text, newline="")))
            assert found[1:] == [list(row.values()) for row in part.to_pylist()]

    @pytest.mark.parametrize(
        "values",
        [
            pa.array([b"\1"]),
            pa.array([b"\1"], pa.binary(1)),
            pa.array([[1, 2]]),
            pa.array([{"x": 1}]),
            pa.array([b"\1"]).dictionary_encode(),
        ],
        ids=lambda values: str(values.type),
    )
    def test_what_is_no_cell_is_refused(self, values: pa.Array) -> None:
        batch = pa.record_batch({"id": [1], "odd": values})
        with pytest.raises(TableError, match=r"'odd' has .+, for which CSV has no place"):
            write(CSV, batch)


class TestWritingParquet:
    def test_another_reader_finds_every_value(self) -> None:
        schema = MIXED.schema.with_metadata({"landprice": "edition"})
        batch = pa.RecordBatch.from_arrays(MIXED.columns, schema=schema)
        file = pq.ParquetFile(io.BytesIO(write(PARQUET, batch, batch.slice(2, 3))))
        assert file.read().to_pylist() == MIXED.to_pylist() + MIXED.slice(2, 3).to_pylist()
        assert file.schema_arrow.metadata[b"landprice"] == b"edition"
        assert file.schema_arrow.field("kind").type == MIXED.schema.field("kind").type
        frame = pd.read_parquet(io.BytesIO(write(PARQUET, batch)))
        assert frame["名称"].tolist()[:2] == ["甲,乙", 'a"b']

    def test_small_batches_become_long_row_groups(self) -> None:
        small = random_points(ROW_GROUP_ROWS // 4 - 1)
        file = pq.ParquetFile(io.BytesIO(write(PARQUET, *[small] * 6)))
        rows = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        assert rows == [5 * len(small), len(small)]

    def test_wide_rows_become_shorter_row_groups(self) -> None:
        wide = pa.record_batch({"text": ["x" * 5000] * 30_000})
        file = pq.ParquetFile(io.BytesIO(write(PARQUET, *[wide] * 3)))
        rows = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        assert rows == [60_000, 30_000]

    def test_a_table_without_rows(self) -> None:
        file = pq.ParquetFile(io.BytesIO(write(PARQUET, MIXED.slice(0, 0))))
        assert file.schema_arrow.names == MIXED.schema.names
        assert file.metadata.num_rows == 0

    def test_coordinates_have_statistics_and_no_dictionary(self) -> None:
        group = pq.ParquetFile(io.BytesIO(write(PARQUET, MIXED))).metadata.row_group(0)
        lon, kind = group.column(1), group.column(3)
        assert (lon.statistics.min, lon.statistics.max) == (-0.1, 1e20)
        assert (lon.has_dictionary_page, kind.has_dictionary_page) == (False, True)


class TestSinksAndSources:
    @pytest.mark.parametrize("fmt", TableFormat)
    def test_they_stay_open(self, fmt: TableFormat) -> None:
        sink = io.BytesIO()
        write(fmt, MIXED, sink=sink)
        assert not sink.closed
        sink.seek(0)
        assert sum(len(batch) for batch in open_table(sink, fmt).batches) == len(MIXED)
        assert not sink.closed

    @pytest.mark.parametrize("fmt", TableFormat)
    def test_a_sink_of_pyarrow(self, fmt: TableFormat) -> None:
        sink = pa.BufferOutputStream()
        write(fmt, MIXED, sink=sink)
        assert sink.getvalue().to_pybytes() == write(fmt, MIXED)

    @pytest.mark.parametrize("fmt", TableFormat)
    def test_the_first_error_is_told_and_the_sink_left_alone(self, fmt: TableFormat) -> None:
        sink = io.BytesIO()

        def stop() -> None:
            with TableWriter(sink, fmt, MIXED.schema) as writer:
                writer.write(MIXED)
                raise KeyError("first")

        with pytest.raises(KeyError, match="first"):
            stop()
        size = sink.tell()
        gc.collect()
        assert sink.tell() == size

    @pytest.mark.parametrize("fmt", TableFormat)
    def test_an_error_of_the_sink_is_told(self, fmt: TableFormat) -> None:
        with (
            Path("/dev/full").open("wb", buffering=0) as full,
            pytest.raises(OSError, match="No space left"),
        ):
            write(fmt, MIXED, sink=full)

    def test_a_table_that_cannot_be_completed(self) -> None:
        def stop(sink: BinaryIO) -> None:
            with TableWriter(sink, PARQUET, MIXED.schema):
                sink.close()

        with pytest.raises(ValueError, match="closed file"):
            stop(io.BytesIO())

    def test_the_first_error_is_told_where_the_sink_is_gone(self) -> None:
        def stop(sink: BinaryIO) -> None:
            with TableWriter(sink, PARQUET, MIXED.schema):
                sink.close()
                raise KeyError("first")

        with pytest.raises(KeyError, match="first"):
            stop(io.BytesIO())

    def test_a_table_may_be_read_in_another_thread(self) -> None:
        table = open_table(io.BytesIO(write(CSV, MIXED)), CSV)
        rows: list[int] = []
        reader = threading.Thread(target=lambda: rows.extend(len(one) for one in table.batches))
        reader.start()
        reader.join()
        assert rows == [len(MIXED)]
