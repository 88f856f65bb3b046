"""Rows of stored results by number, against Python's own reading of the whole."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.query.athena.columns import column_info, metadata_file
from lakewright.query.athena.pages import EVERY, Offsets, quoted_rows, start_of, text_rows

TEXT = st.text(alphabet=st.sampled_from('ab,"\n\r é\x00'), max_size=6) | st.none()


def written(rows: list[list[str | None]]) -> bytes:
    cells = (",".join("" if one is None else '"' + one.replace('"', '""') + '"' for one in row) for row in rows)
    return "".join(cell + "\n" for cell in cells).encode()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=40), st.integers(1, 30), st.data())
def test_any_page_of_any_result(rows: list[list[str | None]], repeated: int, data: st.DataObject) -> None:
    rows = rows * repeated
    content = written(rows)
    size = data.draw(st.integers(1, len(content)))
    chunks = [content[place : place + size] for place in range(0, len(content), size)]
    offsets = Offsets(quoted=True)
    assert b"".join(offsets.watch(chunks)) == content
    assert (offsets.rows, offsets.size) == (len(rows), len(content))
    first = data.draw(st.integers(0, len(rows) - 1))
    count = data.draw(st.integers(1, 300))
    with tempfile.TemporaryDirectory() as folder:
        offsets.write(Path(folder) / "index")
        assert (Path(folder) / "index").exists() == (len(rows) >= EVERY)
        offset, skip = start_of(Path(folder) / "index", first)
    assert skip < EVERY
    assert quoted_rows(io.BytesIO(content), offset, skip, count) == rows[first : first + count]


def test_a_row_larger_than_one_read() -> None:
    rows: list[list[str | None]] = [["x" * 900_000, None], ['"' * 300_000, "end"]]
    assert quoted_rows(io.BytesIO(written(rows)), 0, 0, 5) == rows


def test_python_reads_the_same() -> None:
    rows: list[list[str | None]] = [["a", 'b"c'], ["new\nline", ""], ["é", ","]]
    assert list(csv.reader(io.StringIO(written(rows).decode(), newline=""))) == rows


def test_lines() -> None:
    content = io.BytesIO(b"one\ntwo\n\nfour")
    assert text_rows(content, 0, 1, 9) == [["two"], [""], ["four"]]


def test_metadata_is_what_the_jdbc_driver_reads() -> None:
    """Field numbers of an independent reader (burtcorp/athena-jdbc): 4 is a column, in it 4 name, 6 type, 7 precision,
    8 scale, 9 nullable, 10 case-sensitive."""
    columns = [column_info("amount", "decimal(12,2)"), column_info("naïve", "varchar")]
    fields = protobuf(metadata_file("id-1", columns, ("INSERT", 300)))
    assert [value for number, value in fields if number in (1, 2, 3)] == [b"id-1", b"INSERT", 300]
    one, two = (dict(protobuf(value)) for number, value in fields if number == 4 and isinstance(value, bytes))
    assert (one[1], one[4], one[5], one[6], one[7], one[8], one[9]) == (
        b"hive",
        b"amount",
        b"amount",
        b"decimal",
        12,
        2,
        3,
    )
    assert 10 not in one
    assert (two[4], two[6], two[7], two[10]) == ("naïve".encode(), b"varchar", 2147483647, 1)


def protobuf(message: bytes) -> list[tuple[int, bytes | int]]:
    """Fields of a message, by the published encoding."""
    fields: list[tuple[int, bytes | int]] = []
    stream = io.BytesIO(message)

    def varint() -> int:
        value = shift = 0
        while True:
            byte = stream.read(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while stream.tell() < len(message):
        key = varint()
        fields.append((key >> 3, varint() if key & 7 == 0 else stream.read(varint())))
    return fields
