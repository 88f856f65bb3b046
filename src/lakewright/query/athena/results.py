"""Results as objects: written while the query runs, in bounded memory, and read back page by page."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakewright.query.athena.columns import column_info, metadata_file
from lakewright.query.athena.errors import invalid
from lakewright.query.athena.execution import Execution, Form, Result
from lakewright.query.athena.pages import Offsets, Row, quoted_rows, start_of, text_rows
from lakewright.storage.objects import Condition, Facts, ObjectError, ObjectStore

CONTENT_TYPES: Mapping[Form, str] = {Form.CSV: "application/octet-stream", Form.LINES: "binary/octet-stream"}
ENCRYPTION_HEADERS: Mapping[str, str] = {"SSE_S3": "AES256", "SSE_KMS": "aws:kms"}
LOOK_EVERY = 64 << 20


class ResultTooLarge(Exception):  # noqa: N818 - a limit, not a fault
    """The rows do not fit into what a result may take; the text says which limit."""


@dataclass(frozen=True)
class Room:
    """What results may take, in bytes: one of them, and what must stay free on the disk."""

    one: int = 20 << 30
    free: int = 1 << 30


@dataclass(frozen=True)
class Target:
    """One execution's place for results; `location` is the whole s3:// path."""

    execution_id: str
    principal: str
    location: str
    encryption: Mapping[str, str]

    @property
    def bucket(self) -> str:
        return split(self.location)[0]

    @property
    def key(self) -> str:
        return split(self.location)[1]


def target_of(execution: Execution) -> Target:
    encryption = execution.request.configuration.get("EncryptionConfiguration", {})
    return Target(execution.id, execution.principal, execution.request.location, encryption)


class Results:
    """Result objects, and the offsets of their rows in `folder`."""

    def __init__(self, objects: ObjectStore, folder: Path, room: Room) -> None:
        self._objects = objects
        self._folder = folder
        self._room = room

    def check_bucket(self, bucket: str, principal: str, *, administrator: bool) -> None:
        """Raises InvalidRequestException when the principal's results cannot go there: no bucket, or another's."""
        try:
            found = self._objects.bucket(bucket)
        except ObjectError:
            found = None
        if found is None or not (administrator or found.shared or found.owner in ("", principal)):
            raise invalid(f"Unable to verify/create output bucket {bucket}")

    def write_csv(self, target: Target, chunks: Iterable[bytes], columns: Sequence[Mapping[str, Any]]) -> Result:
        """Stores quoted CSV whose first row is the header. Raises ResultTooLarge or ObjectError; then nothing stays."""
        return self._write(target, chunks, columns, Form.CSV, header=True)

    def write_lines(
        self, target: Target, lines: Iterable[str], columns: Sequence[Mapping[str, Any]], *, header: bool
    ) -> Result:
        """Stores lines of text, each a row of one value; with `header` the first one names the column."""
        return self._write(target, _joined(lines), columns, Form.LINES, header=header)

    def write_count(self, target: Target, kind: str, updated: int) -> Result:
        """Of a statement that changed rows only the columns are stored."""
        columns = (column_info("rows", "bigint"),)
        data = metadata_file(target.execution_id, columns, (kind, updated))
        self._put(target, ".metadata", [data], "application/octet-stream")
        return Result(columns=columns)

    def write_manifest(self, target: Target, files: Sequence[str]) -> str:
        """Stores the list of written files; gives its s3:// path."""
        prefix = target.location.rpartition("/")[0].removesuffix("/tables")
        location = f"{prefix}/{target.execution_id}-manifest.csv"
        manifest = Target(target.execution_id, target.principal, location, target.encryption)
        self._put(manifest, "", ["\n".join(files).encode()], "text/csv")
        return location

    def page(self, execution: Execution, first: int, count: int) -> list[Row]:
        """Rows `first` to `first + count - 1`, the header being row 0 where there is one.

        Raises InvalidRequestException when the object is gone or is not what was written.
        """
        result = execution.result
        if result.form is Form.REMOVED:
            raise _gone()
        count = min(count, result.rows - first)
        if result.form is Form.NONE or count <= 0:
            return []
        target = target_of(execution)
        try:
            stored, file = self._objects.open(target.bucket, target.key)
        except ObjectError:
            raise _gone() from None
        with file:
            if stored.etag != result.etag:
                raise _gone()
            offset, skip = start_of(self._index(result.owner_execution or execution.id), first)
            rows = {Form.CSV: quoted_rows, Form.LINES: text_rows}[result.form](file, offset, skip, count)
        return rows if result.form is Form.CSV else rows + [[""]] * (count - len(rows))

    def exists(self, execution: Execution) -> bool:
        """Whether the rows are still there as they were written."""
        target = target_of(execution)
        try:
            return self._objects.head(target.bucket, target.key).etag == execution.result.etag
        except ObjectError:
            return False

    def remove(self, execution: Execution) -> None:
        """Removes what an execution stored, unless somebody replaced it; what is gone already is no error."""
        target = target_of(execution)
        for suffix in ("", ".metadata"):
            with suppress(ObjectError):
                self._objects.delete(target.bucket, target.key + suffix, Condition(only_of=target.principal))
        self._index(execution.id).unlink(missing_ok=True)

    def _write(
        self,
        target: Target,
        chunks: Iterable[bytes],
        columns: Sequence[Mapping[str, Any]],
        form: Form,
        *,
        header: bool,
    ) -> Result:
        offsets = Offsets(quoted=form is Form.CSV)
        etag = self._put(target, "", offsets.watch(self._bounded(chunks)), CONTENT_TYPES[form])
        if columns:
            data = metadata_file(target.execution_id, columns)
            self._put(target, ".metadata", [data], "application/octet-stream")
        offsets.write(self._index(target.execution_id))
        rows = offsets.rows + (form is Form.LINES and offsets.size > 0)
        return Result(form=form, header=header, columns=tuple(columns), etag=etag, rows=rows, size=offsets.size)

    def _put(self, target: Target, suffix: str, chunks: Iterable[bytes], content_type: str) -> str:
        headers = {"content-type": content_type}
        if option := target.encryption.get("EncryptionOption"):
            headers["x-amz-server-side-encryption"] = ENCRYPTION_HEADERS[option]
        if key := target.encryption.get("KmsKey"):
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = key
        stored = self._objects.put(
            target.bucket,
            target.key + suffix,
            chunks,
            owner=target.principal,
            facts=Facts(headers=headers),
            condition=Condition(only_of=target.principal),
        )
        return stored.etag

    def _bounded(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        written, looked = 0, -LOOK_EVERY
        for chunk in chunks:
            written += len(chunk)
            if written > self._room.one:
                raise ResultTooLarge(f"the result is larger than {self._room.one:,} bytes")
            if written - looked >= LOOK_EVERY:
                looked = written
                if shutil.disk_usage(self._folder).free < self._room.free:
                    raise ResultTooLarge("the disk for results is nearly full")
            yield chunk

    def _index(self, execution_id: str) -> Path:
        return self._folder / "rows" / execution_id[:2] / execution_id


def split(location: str) -> tuple[str, str]:
    """Bucket and key of an s3:// path."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def _joined(lines: Iterable[str]) -> Iterator[bytes]:
    before = ""
    for line in lines:
        yield (before + line).encode()
        before = "\n"


def _gone() -> Exception:
    return invalid("Could not find results", "RESULT_NOT_FOUND")
