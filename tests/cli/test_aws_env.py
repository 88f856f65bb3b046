"""`lakewright aws env` finds what runs in this folder: the local AWS by itself, or rehearsals that are kept."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from lakewright.ingest.lock import held
from lakewright.rehearse.aws.keys import AccessKey
from lakewright.rehearse.aws.runtime import write_files

from .conftest import Call


def kept(folder: Path, environment: str, running: ExitStack) -> Path:
    """A rehearsal that is up, as far as a shell sees of it; gives the folder of its keys."""
    at = folder / ".lakewright" / "rehearsal" / environment
    running.enter_context(held(at.with_suffix(".lock"), "a rehearsal"))
    write_files(
        at / "home", f"http://127.0.0.1/{environment}", "us-east-1", [AccessKey("AKIA1", "secret", "administrator")]
    )
    return at / "home"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def test_the_only_kept_rehearsal_is_meant(call: Call, here: Path) -> None:
    with ExitStack() as running:
        home = kept(here, "dev", running)
        found = call("aws", "env", "--json").json["environment"]
        assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1/dev"
        assert found["AWS_PROFILE"] == "administrator"
        assert found["AWS_SHARED_CREDENTIALS_FILE"] == str(home / "credentials")
        said = call("aws", "env")
        assert f"export AWS_CONFIG_FILE={home / 'config'}" in said.out
        assert "secret" not in said.out
    gone = call("aws", "env")
    assert (gone.code, "LW1423" in gone.err) == (1, True)  # it ended; its files may still be there


def test_of_several_the_environment_says_which(call: Call, here: Path) -> None:
    with ExitStack() as running:
        kept(here, "dev", running)
        kept(here, "prod", running)
        unclear = call("aws", "env")
        assert (unclear.code, "dev, prod" in unclear.err) == (1, True)
        found = call("aws", "env", "--rehearsal", "prod", "--json").json["environment"]
        assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1/prod"
        assert "LW1423" in call("aws", "env", "--rehearsal", "stage").err
