"""`lakewright aws start|env|stop`, as a person runs them; the AWS CLI itself is the client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ACCOUNT = "111111111111"


def lakewright(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=folder, env=environment(folder), capture_output=True, text=True)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from lakewright.cli import main; main()", *arguments]


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XDG_"))}
    return kept | {"HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a local AWS runs; stopped at the end, whatever the test did."""
    start = command("aws", "start", "--account", ACCOUNT, "--keep", "state", "--json", "--for", "120")
    process = subprocess.Popen(start, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert (said["ok"], said["accounts"]) == (True, [ACCOUNT])
    assert Path(said["credentials"]).stat().st_mode & 0o777 == 0o600
    yield tmp_path
    process.terminate()
    process.wait(30)
    process.stdout.close()
    assert not Path(said["credentials"]).exists()


def test_a_shell_uses_it_and_stops_it(started: Path) -> None:
    shell = json.loads(lakewright(started, "aws", "env", "--json").stdout)["environment"]
    aws = shutil.which("aws")
    if aws is None:
        pytest.skip("MISSING ON THIS MACHINE: the AWS CLI")
    asked = subprocess.run(
        [aws, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
        env=environment(started) | shell,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.strip() == f"arn:aws:iam::{ACCOUNT}:root", asked.stderr
    assert shell["AWS_SHARED_CREDENTIALS_FILE"] not in asked.stdout
    stopped = json.loads(lakewright(started, "aws", "stop", "--json").stdout)
    assert stopped["stopped"] is True
    assert lakewright(started, "aws", "env").returncode == 1
    assert (started / "state" / "moto.jsonl").exists()


def test_there_is_one_of_a_folder(started: Path) -> None:
    again = lakewright(started, "aws", "start", "--for", "1")
    assert again.returncode == 1
    assert "runs already" in again.stderr


@pytest.mark.parametrize(
    "arguments", [("--account", "12"), ("--reset",), ("--standin", "host"), ("--standin", "=postgresql://")]
)
def test_wrong_use_is_told_at_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    began = time.monotonic()
    ran = lakewright(tmp_path, "aws", "start", *arguments)
    assert (ran.returncode, "LW142" in ran.stderr) == (2, True)
    assert time.monotonic() - began < 10
    assert not any(tmp_path.iterdir())


def test_reset_begins_anew_and_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "s3" / "buckets" / "old").mkdir(parents=True)
    (state / "moto.jsonl").write_text("not a journal any more\n")
    (state / "mine.txt").write_text("a person's")
    ran = lakewright(tmp_path, "aws", "start", "--keep", "state", "--reset", "--for", "0.1")
    assert ran.returncode == 0, ran.stderr
    assert (state / "moto.jsonl").read_text() == ""
    assert not (state / "s3" / "buckets" / "old").exists()
    assert (state / "mine.txt").read_text() == "a person's"


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "moto.jsonl").write_text('{"what": "is this"}\n')
    ran = lakewright(tmp_path, "aws", "start", "--keep", "state", "--for", "20")
    assert (ran.returncode, "LW1403" in ran.stderr, "--reset" in ran.stderr) == (1, True, True), ran.stderr
