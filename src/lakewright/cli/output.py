"""What leaves a command: a report as text or as one JSON object, errors, the exit code. The one place that prints."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.errors import LakewrightError, Mistakes, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.spec import Project


class Interrupted(LakewrightError):  # noqa: N818 it is no error
    """Ctrl-C."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("LW902", "interrupted")


@dataclass
class Invocation:
    """One call of the program: what the root options said and which command it became."""

    json: bool = False
    folder: Path = field(default_factory=Path)
    env: str = "local"
    command: str = ""

    def project(self) -> Project:
        """The project it is about. Raises Mistakes."""
        from lakewright.spec import load_project

        return load_project(self.folder, self.env)

    def local_project(self) -> Project:
        """The same, for commands that work on this machine only."""
        project = self.project()
        if project.env != "local":
            raise SpecError(
                "LW116",
                f'environment "{project.env}" is declared, but this version runs only `local`',
                place=project.place("environments", project.env),
                hint="leave --env out",
            )
        return project


@dataclass(frozen=True)
class Report:
    """What a command found: `data` for --json, `show` for people; not `ok` means exit code 1."""

    data: Mapping[str, Any]
    show: Callable[[Screen], None]
    ok: bool = True
    problems: Sequence[LakewrightError] = ()


class Screen:
    """Where text for people goes; colours and frames only on a terminal."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self.stream = sys.stderr if to_stderr else sys.stdout
        self.is_terminal = self.stream.isatty()

    def line(self, text: str = "", *, style: str = "") -> None:
        """One line; `style` is a rich style."""
        if self.is_terminal and style:
            self._rich().print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self.stream, flush=True)  # `up` may be read by a pipe

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
        """Rows under headings; numbers to the right. Control characters are escaped: they would break lines."""
        columns = [column.translate(_ESCAPED) for column in columns]
        cells = [[_cell(value).translate(_ESCAPED) for value in row] for row in rows]
        right = [bool(cells) and all(_numeric(row[index]) for row in cells) for index in range(len(columns))]
        if self.is_terminal:
            self._rich_table(columns, cells, right, title)
            return
        widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
        if title:
            print(title, file=self.stream)
        for row in [list(columns), *cells]:
            texts = (
                text.rjust(width) if last else text.ljust(width)
                for text, width, last in zip(row, widths, right, strict=True)
            )
            print("  ".join(texts).rstrip(), file=self.stream)

    def mistake(self, error: LakewrightError) -> None:
        """One error, one line."""
        text = " ".join(_near(str(error)).split("\n"))
        self.line(text, style="red" if error.exit_code else "")

    def _rich(self) -> Any:
        from rich.console import Console

        return Console(file=self.stream)

    def _rich_table(
        self, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], title: str
    ) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
        for column, is_right in zip(columns, right, strict=True):
            table.add_column(column, justify="right" if is_right else "left", overflow="fold")
        for row in cells:
            table.add_row(*(Text(text) for text in row))
        self._rich().print(table)


_ESCAPED = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return str(value)


def _numeric(text: str) -> bool:
    return text == "-" or text.replace(",", "").replace(".", "").replace("-", "").replace(" s", "").isdigit()


class Command(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Example"):
            for line in self.example.strip().splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")


LOCAL = "Environment. [default: local]"
IN_CLOUD = "Environment with an AWS account; there is no default."


def verb(
    name: str, *, example: str, has_json: bool = True, env_help: str = LOCAL
) -> Callable[[Callable[..., Any]], Command]:
    """A command about a project: adds -C, --env and --json; its function takes the Invocation first.

    The function returns a Report, or None (or an exit code) when it has written its own output.
    """

    def decorate(function: Callable[..., Any]) -> Command:
        @functools.wraps(function)
        @click.pass_context
        def call(ctx: click.Context, /, folder: Path | None, env: str | None, **arguments: Any) -> int:
            invocation: Invocation = ctx.obj
            invocation.json = bool(arguments.pop("as_json", False))
            invocation.command = ctx.command_path.removeprefix("lakewright ")
            invocation.folder = folder or invocation.folder
            invocation.env = env or invocation.env
            try:
                result = function(invocation, **arguments)
                return emit(invocation, result) if isinstance(result, Report) else int(result or 0)
            except KeyboardInterrupt:
                raise Interrupted from None  # click would print an empty line
            except BrokenPipeError:
                return _nobody_reads()

        options: list[click.Parameter] = list(getattr(function, "__click_params__", ()))[::-1]
        options += [
            click.Option(
                ["-C", "--project", "folder"], type=click.Path(path_type=Path), help="Folder of platform.yaml."
            ),
            click.Option(["--env"], help=env_help),
        ]
        if has_json:
            options.append(click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object."))
        return Command(name, callback=call, params=options, help=function.__doc__, example=example)

    return decorate


def emit(invocation: Invocation, report: Report) -> int:
    """Prints a report and gives the exit code."""
    if invocation.json:
        body = {"ok": report.ok, "command": invocation.command, **report.data}
        if report.problems:
            body["errors"] = [_as_dict(problem) for problem in report.problems]
        print(as_json(body))
    else:
        report.show(Screen())
        errors = Screen(to_stderr=True)
        for problem in report.problems:
            errors.mistake(problem)
    return 0 if report.ok else max((problem.exit_code for problem in report.problems), default=1)


def _as_dict(error: LakewrightError) -> dict[str, str]:
    return error.as_dict() | {"place": _near(error.place)}


def _near(text: str) -> str:
    """Paths below this folder are shown without it."""
    return text.replace(f"{Path.cwd()}/", "")


def as_json(value: object) -> str:
    """One line of JSON; dates in ISO form, decimals as text, and so are "NaN", "Infinity" and "-Infinity"."""
    try:
        return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), default=_plain, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    """The value with text for numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value).replace("nan", "NaN").replace("inf", "Infinity")
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, Mapping):
        return {_finite(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return _finite(_plain(value))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def guarded(invocation: Invocation, run: Callable[[], Any]) -> int:
    """Runs a command and turns whatever it raises into output and an exit code; no traceback reaches a person."""
    try:
        result = run()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except Mistakes as error:
        return _fail(invocation, error.mistakes, error.exit_code)
    except LakewrightError as error:
        return _fail(invocation, (error,), error.exit_code)
    except click.UsageError as error:
        return _fail(invocation, (_usage(invocation, error),), 2)
    except (click.Abort, KeyboardInterrupt):
        return _fail(invocation, (Interrupted(),), Interrupted.exit_code)
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:
        if os.environ.get("LAKEWRIGHT_DEBUG") == "1":
            raise
        return _fail(invocation, (_unforeseen(error),), 1)


def _nobody_reads() -> int:
    """`lakewright … | head`: what is still in the buffer must not fail a second time when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def _usage(invocation: Invocation, error: click.UsageError) -> LakewrightError:
    path = error.ctx.command_path if error.ctx else "lakewright"
    invocation.command = invocation.command or path.removeprefix("lakewright").strip()
    return SpecError("LW900", error.format_message(), hint=f"`{path} --help` shows how")


def _unforeseen(error: Exception) -> LakewrightError:
    match error:
        case PermissionError() | FileNotFoundError() | IsADirectoryError() | NotADirectoryError():
            return ProblemError("LW903", f"{error.strerror}", place=str(error.filename or ""))
        case OSError():
            return ProblemError("LW903", str(error))
        case _:
            text = f"unforeseen: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            return ProblemError("LW901", text, hint="LAKEWRIGHT_DEBUG=1 shows where; please report it")


def _fail(invocation: Invocation, errors: Sequence[LakewrightError], code: int) -> int:
    if invocation.json:
        problems = [_as_dict(error) for error in errors]
        print(as_json({"ok": False, "command": invocation.command, "errors": problems}), flush=True)
    else:
        screen = Screen(to_stderr=True)
        for error in errors:
            screen.mistake(error)
    return code
