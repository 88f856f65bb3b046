"""What the jobs of a lake of files share: Glue's arguments, objects of S3, and a bookmark of what was read.

It needs what Glue 5 has: boto3 and pyarrow. Uploaded beside the scripts and given to them with --extra-py-files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENABLE, DISABLE, PAUSE = "job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause"


def arguments(argv: Sequence[str], *more: str) -> argparse.Namespace:
    """`--source`, `--target` (s3://bucket/folder/), the job's name and bookmark option, `more`; not Glue's others."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--JOB_NAME", default="local")
    parser.add_argument("--JOB_RUN_ID", default="")
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--job-bookmark-option", choices=(ENABLE, DISABLE, PAUSE), default=ENABLE)
    for name in more:
        parser.add_argument(f"--{name}", default="")
    return parser.parse_known_args(list(argv))[0]


@dataclass(frozen=True)
class Found:
    """An object: its key below the folder, what says that its content is the same, and its day (UTC)."""

    key: str
    etag: str
    day: str

    @property
    def dataset(self) -> str:
        """The first folder."""
        return self.key.partition("/")[0]

    @property
    def digest(self) -> str:
        """A name for what is made of this content: the same when it is made again."""
        return hashlib.sha256(f"{self.key}\n{self.etag}".encode()).hexdigest()[:32]


class Folder:
    """A folder of S3, `s3://bucket/prefix/`. `client` is boto3's."""

    def __init__(self, client: Any, uri: str) -> None:
        self._client = client
        self.bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def files(self) -> Iterator[Found]:
        """Objects in folders of the folder; none whose path has a part that begins with `_` or `.`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._prefix)
        for page in pages:
            for one in page.get("Contents", []):
                key = one["Key"].removeprefix(self._prefix)
                if one["Size"] and "/" in key and not any(part[:1] in "_." for part in key.split("/")):
                    yield Found(key, one["ETag"].strip('"'), one["LastModified"].strftime("%Y-%m-%d"))

    def read(self, key: str) -> bytes:
        data: bytes = self._client.get_object(Bucket=self.bucket, Key=self._prefix + key)["Body"].read()
        return data

    def read_json(self, key: str) -> dict[str, Any]:
        """Empty when there is none."""
        try:
            found: dict[str, Any] = json.loads(self.read(key))
        except self._client.exceptions.NoSuchKey:
            return {}
        return found

    def write(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self.bucket, Key=self._prefix + key, Body=data)

    def write_json(self, key: str, value: Mapping[str, Any]) -> None:
        self.write(key, json.dumps(value, indent=2, sort_keys=True).encode())


class Bookmark:
    """What a job has read, kept in its target: key → etag. It moves only after what was made of it is written.

    `job-bookmark-disable` reads all again; `job-bookmark-pause` goes on from the bookmark and leaves it where it is.
    """

    def __init__(self, target: Folder, job: str, option: str) -> None:
        self._target, self._name, self._option = target, f"_bookmarks/{job}.json", option
        self._read: dict[str, str] = {} if option == DISABLE else dict(target.read_json(self._name))

    def is_new(self, found: Found) -> bool:
        return self._read.get(found.key) != found.etag

    def passed(self, found: Found) -> None:
        self._read[found.key] = found.etag

    def keep(self) -> None:
        """Writes it down."""
        if self._option != PAUSE:
            self._target.write_json(self._name, self._read)


def say(event: str, **fields: Any) -> None:
    """One line of the job's log."""
    print(json.dumps({"event": event, **fields}, sort_keys=True, default=str), flush=True)
