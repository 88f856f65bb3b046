"""Which environment the `access` commands about AWS mean: what they print can be run, what lacks is named."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakewright.cli.access.arguments import why_command
from lakewright.cli.registry import Root

OBJECT = "arn:aws:s3:::dbx-dev-lake/gold/*"


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Root(), ["-C", str(folder), *arguments])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dbx")
    assert run(folder, "init", "--blueprint", "databricks-single", "--name", "dbx").exit_code == 0
    return folder


def test_the_command_that_can_i_prints_can_be_run(root: Path) -> None:
    options = ("--env", "dev", "--context", "aws:SecureTransport=true", "--account", "111111111111")
    printed = run(root, "access", "can-i", "ana.analyst@example.com", "s3:GetObject", OBJECT, *options).output
    command = re.search("`lakewright (.*)`", printed)
    assert command is not None
    again = run(root, *shlex.split(command[1]))
    assert again.exit_code == 0, again.output
    assert set(options) <= set(shlex.split(command[1]))


def test_defaults_are_not_repeated() -> None:
    said = why_command(("ana", "select", "gold.x"), {"--env": "local", "--from": "spec", "--at": ""})
    assert said == "lakewright access why ana select gold.x"
    assert why_command(("ana", "select", "gold.x"), {"--env": "dev", "--at": "2026-12-31"}, ("a:b=c d",)).endswith(
        "gold.x --env dev --at 2026-12-31 --context 'a:b=c d'"
    )


@pytest.mark.parametrize("command", [("effects",), ("agree",), ("can-i", "ana", "s3:GetObject", OBJECT)])
def test_without_an_environment_those_with_an_account_are_named(root: Path, command: tuple[str, ...]) -> None:
    told = run(root, "access", *command)
    assert told.exit_code == 2
    assert "LW1304 platform.yaml:7: `local` is this machine" in told.output
    assert "with an account: dev" in told.output


@pytest.mark.parametrize("local", ["environments: {local: {lake: lake}}\n", ""])
def test_where_none_has_an_account_it_is_said_what_to_write(tmp_path: Path, local: str) -> None:
    (tmp_path / "platform.yaml").write_text(f"lakewright: 1\nplatform: shop\n{local}", encoding="utf-8")
    told = run(tmp_path, "access", "effects")
    assert "`local` is this machine" in told.output
    assert 'none has one; write `environments: {dev: {account: "111111111111", region: us-east-1}}`' in told.output


@pytest.mark.parametrize("command", ["effects", "agree"])
def test_the_help_names_no_default_that_never_works(command: str) -> None:
    told = " ".join(CliRunner().invoke(Root(), ["access", command, "--help"]).output.split())
    assert "Environment with an AWS account; there is no default." in told
    assert "[default: local]" not in told
