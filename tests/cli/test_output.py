"""What every command promises: exit codes, one JSON object, one line per error, no traceback, help with an example."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lakewright.cli import output
from lakewright.cli.output import Command, Invocation, Screen
from lakewright.cli.registry import COMMANDS, Entry, LazyGroup, Root
from lakewright.errors import MissingError, ProblemError

from .conftest import Call

SPEC = 'lakewright: 1\nplatform: shop\nsources:\n  shop: {postgres: {url: "${DB}", tables: [public.*]}}\n'


def commands(
    registry: dict[str, Entry], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Entry, click.Command]]:
    for name, entry in registry.items():
        module, _, attribute = entry.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        yield (*path, name), entry, command
        if isinstance(command, LazyGroup):
            yield from commands(dict(command.registry), (*path, name))


ALL = list(commands(dict(COMMANDS)))


@pytest.mark.parametrize(("path", "entry", "command"), ALL, ids=[" ".join(path) for path, _, _ in ALL])
def test_every_command_helps_with_an_example(
    path: tuple[str, ...], entry: Entry, command: click.Command, call: Call
) -> None:
    result = call(*path, "--help")
    assert result.code == 0
    assert command.name == path[-1]
    assert entry.summary
    assert command.help
    if isinstance(command, Command):
        assert f"lakewright {' '.join(path)}" in result.out.split("Example:")[1].replace("-C shop ", "")


def test_the_summary_of_help_lists_all(call: Call) -> None:
    result = call("--help")
    assert [name for name in COMMANDS if f"\n  {name} " not in result.out] == []


def test_fine_is_zero_and_one_object(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC)
    result = call("show", "--json")
    assert (result.code, result.json["ok"], result.json["command"]) == (0, True, "show")


def test_a_wrong_spec_is_two(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC + "ownr: a\nowner: 7\n")
    result = call("show", "--json")
    assert (result.code, result.json["ok"]) == (2, False)
    assert [(e["code"], e["place"]) for e in result.json["errors"]] == [
        ("LW104", "platform.yaml:5"),
        ("LW105", "platform.yaml:6"),
    ]
    plain = call("show")
    assert plain.out == ""
    assert [line.split()[0] for line in plain.err.splitlines()] == ["LW104", "LW105"]


@pytest.mark.parametrize(
    "arguments", [("show", "--wrong"), ("shwo",), ("show", "surplus"), ("logs", "--level", "loud")]
)
def test_wrong_usage_is_two(call: Call, arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert (result.code, result.out, result.err.split()[0]) == (2, "", "LW900")
    assert len(result.err.splitlines()) == 1
    as_json = call(*arguments, "--json")
    assert (as_json.code, as_json.json["errors"][0]["code"]) == (2, "LW900")


def test_a_misspelt_command_is_guessed(call: Call) -> None:
    assert 'Did you mean "show"?' in call("shwo").err


def raising(error: BaseException) -> Root:
    @output.verb("fail", example="lakewright fail")
    def fail(invocation: Invocation) -> None:
        """Fail."""
        raise error

    root = Root()
    module = type(sys)("failing")
    module.command = fail  # type: ignore[attr-defined]
    sys.modules["failing"] = module
    root.registry = {"fail": Entry("failing:command", "Fail.")}
    return root


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (ProblemError("LW301", "the slot is gone", place="shop", hint="resnapshot"), 1, "LW301"),
        (MissingError("LW801", "no PostgreSQL here"), 3, "LW801"),
        (KeyboardInterrupt(), 130, "LW902"),
        (ZeroDivisionError("division by zero"), 1, "LW901"),
        (PermissionError(13, "Permission denied", "/lake/x"), 1, "LW903"),
        (OSError(28, "No space left on device"), 1, "LW903"),
    ],
)
def test_whatever_happens_is_one_line(
    error: BaseException, code: int, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKEWRIGHT_DEBUG", raising=False)
    with pytest.raises(SystemExit) as exit_:
        raising(error).main(["fail"])
    printed = capsys.readouterr()
    assert exit_.value.code == code
    assert (printed.out, printed.err.split()[0]) == ("", shown)
    assert len(printed.err.splitlines()) == 1
    with pytest.raises(SystemExit):
        raising(error).main(["fail", "--json"])
    printed = capsys.readouterr()
    assert f'"code": "{shown}"' in printed.out
    assert '"command": "fail"' in printed.out


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEWRIGHT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError()).main(["fail"])


def test_project_and_env_before_or_after_the_command(call: Call, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "platform.yaml").write_text(SPEC + "environments: {dev: {lake: x}}\n")
    before = call("-C", "shop", "--env", "dev", "show", "--json").json
    after = call("show", "-C", "shop", "--env", "dev", "--json").json
    assert before == after
    assert any(value["key"] == "environments.dev.lake" for value in after["values"])


def test_tables_are_plain_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().table(["name", "rows"], [("a", 1234567), ("long name", None)])
    assert capsys.readouterr().out == "name            rows\na          1,234,567\nlong name          -\n"


def run(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lakewright", *arguments]
    return subprocess.run(command, cwd=cwd, env=os.environ | (env or {}), capture_output=True, text=True, timeout=60)


def test_the_program_itself(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout.startswith("lakewright ")
    missing = run("show", cwd=tmp_path)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("LW100 no platform.yaml")
    (tmp_path / "platform.yaml").write_text(SPEC)
    assert run("show", "--json", cwd=tmp_path).returncode == 0


def test_ctrl_c_of_a_follower(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC)
    (tmp_path / ".lakewright" / "logs").mkdir(parents=True)
    (tmp_path / ".lakewright" / "logs" / "a.jsonl").write_text('{"at": "2026-01-01T00:00:00+00:00", "event": "x.y"}\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "lakewright", "logs", "--follow"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "x.y" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "LW902 interrupted\n")


def test_a_closed_pipe_is_silent(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC)
    process = subprocess.Popen(
        [sys.executable, "-m", "lakewright", "show", "--schema"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 141


def test_what_runs_here_only_refuses_other_environments(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC + "environments: {dev: {lake: x}}\n")
    for arguments in (("status", "dev"), ("run", "--env", "dev"), ("sql", "--env", "dev", "SELECT 1")):
        result = call(*arguments)
        assert (result.code, result.err.split()[:2]) == (2, ["LW116", "platform.yaml:5:"])
    planned = call("plan", "dev")
    assert (planned.code, planned.err.split()[:2]) == (2, ["LW1304", "platform.yaml:5:"])
    assert "dev" in call("check", "--offline", "--json").json["notes"][0]


def test_dms_is_refused_here(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB", "postgresql://me:hunter2@127.0.0.1:1/x")
    (tmp_path / "platform.yaml").write_text(SPEC.replace("}}\n", "}, replication: dms}\n"))
    result = call("ingest", "once")
    assert (result.code, result.err.split()[0]) == (2, "LW118")
