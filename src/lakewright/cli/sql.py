"""`lakewright sql`: one statement, or a prompt."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from lakewright.cli.output import Invocation, Report, Screen, as_json, verb
from lakewright.errors import LakewrightError, Mistakes, SpecError

if TYPE_CHECKING:
    from lakewright.query import Result


class Asks(Protocol):
    """A session, governed or not."""

    def run(self, statement: str, limit: int | None = None) -> Result: ...

    def in_force(self) -> Mapping[str, Any]:
        """What keeps a statement from what it may not see; empty without --as."""


ROWS_SHOWN = 100
COUNT = click.IntRange(min=0)
PROMPT, MORE = "lakewright> ", "       ...> "
COMMANDS = "\\dt lists tables, \\d TABLE its columns, \\q ends; a statement ends with `;`"

EXAMPLE = """lakewright sql "SELECT status, COUNT(*) FROM silver.order GROUP BY status"
lakewright sql "SELECT * FROM gold.revenue_metrics VERSION AS OF 3" --output csv
lakewright sql --as-of "2026-11-20 08:00" "SELECT COUNT(*) FROM bronze.core_order"
lakewright sql --as ana "SELECT * FROM gold.revenue_metrics"
lakewright sql --as ana --named revenue_by_tenant"""


@verb("sql", example=EXAMPLE)
@click.argument("statement", required=False)
@click.option("-f", "--file", "file", type=click.File(), help="Read the statement from a file (`-` for stdin).")
@click.option("--as-of", metavar="TIME", help="Read every table as it was then (UTC).")
@click.option("--as", "principal", metavar="PRINCIPAL", help="As one of `access.users`: what the grants leave.")
@click.option("--named", metavar="QUERY", help="One of `query.named_queries`, in Athena's SQL; with --as.")
@click.option("--output", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option(
    "--limit", type=COUNT, help=f"At most so many rows; 0 for all. [default: {ROWS_SHOWN} in tables, else all]"
)
def command(
    invocation: Invocation,
    statement: str | None,
    file: Any,
    as_of: str | None,
    principal: str | None,
    named: str | None,
    form: str,
    limit: int | None,
) -> Report | int | None:
    """Query Bronze, Silver and Gold in Spark SQL, or open a prompt.

    `bronze.x` has the current row of each key, `changes.x` every change. `FROM t VERSION AS OF n` and
    `FROM t TIMESTAMP AS OF '…'` read an older state. Nothing can be written.

    Without --as the statement sees all that the files hold: whoever may read them needs no grant. With --as it runs as
    that principal, in processes that hold nothing but the permitted rows and columns, and the audit remembers it.
    """
    if named is not None:
        return _run_named(invocation, named, principal, form, limit)
    with open_session(invocation, as_of, principal) as session:
        return _run(session, invocation, statement, file, form, limit)


def _run_named(invocation: Invocation, name: str, principal: str | None, form: str, limit: int | None) -> Report | None:
    from lakewright.cli.named import kept_query
    from lakewright.cli.workspace import Workspace

    if principal is None:
        hint = f"lakewright sql --as PRINCIPAL --named {name}"
        raise SpecError(
            "LW900", "--named needs --as: a named query is Athena's, which always knows who asks", hint=hint
        )
    invocation.json = invocation.json or form == "json"
    with kept_query(Workspace(invocation.local_project()), name, principal) as session:
        return run_one(session, "", form, _limit("json" if invocation.json else form, limit))


def _run(
    session: Asks, invocation: Invocation, statement: str | None, file: Any, form: str, limit: int | None
) -> Report | int | None:
    invocation.json = invocation.json or form == "json"
    text = file.read() if file else statement
    if text is None and not sys.stdin.isatty() and not invocation.json:
        text = sys.stdin.read()
    if text is None:
        if invocation.json:
            raise SpecError("LW900", "--json needs a statement", hint='lakewright sql --json "SELECT 1"')
        return prompt(session, form, _limit(form, limit), read_line, invocation)
    return run_one(session, text, form, _limit("json" if invocation.json else form, limit))


@contextmanager
def open_session(invocation: Invocation, as_of: str | None, principal: str | None) -> Iterator[Asks]:
    """A session on the project's lake; with `principal`, a governed one."""
    from lakewright.cli.workspace import Workspace
    from lakewright.engines import open_engine
    from lakewright.models import Models
    from lakewright.query import Lake, Session
    from lakewright.query.session import moment

    workspace = Workspace(invocation.local_project())
    try:
        models = workspace.models
    except Mistakes as found:  # the tables can be read all the same
        Screen(to_stderr=True).line(
            f"{len(found.mistakes)} mistakes in models, so views are missing: `lakewright check`"
        )
        models = Models([])
    when = moment(as_of) if as_of else None
    if principal is None:
        yield Session(lambda: Lake(workspace.storage, workspace.states, models), open_engine, when)
        return
    from lakewright.cli.governed import governed_session

    with governed_session(workspace, models, principal, when) as session:
        yield session


def _limit(form: str, limit: int | None) -> int | None:
    if limit is None:
        return ROWS_SHOWN if form == "table" else None
    return limit or None


def run_one(session: Asks, statement: str, form: str, limit: int | None) -> Report | None:
    """Runs one statement; csv is written here, the rest becomes a report."""
    result = session.run(statement, None if limit is None else limit + 1)
    if form == "csv":
        write_csv(result)
        return None
    rows = [list(row) for row in rows_of(result)]
    cut = limit is not None and len(rows) > limit
    data = {
        "columns": [{"name": field.name, "type": str(field.type)} for field in result.rows.schema],
        "rows": rows[:limit],
        "truncated": cut,
        "versions": result.versions,
        "seconds": round(result.seconds, 4),
    }
    if in_force := session.in_force():
        data["in_force"] = in_force
    return Report(data, lambda screen: show(screen, result, limit, cut=cut))


def rows_of(result: Result) -> Iterator[tuple[Any, ...]]:
    """Rows as Python values."""
    for batch in result.rows.to_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def write_csv(result: Result) -> None:
    """Header and rows; NULL is empty, text that is empty is quoted."""
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(result.rows.column_names)
    for row in rows_of(result):
        writer.writerow([text_of(value) if value is not None else "" for value in row])


def show(screen: Screen, result: Result, limit: int | None, *, cut: bool) -> None:
    """A table, and below it what was read."""
    rows = [[text_of(value) for value in row] for row in rows_of(result)][:limit]
    screen.table(result.rows.column_names, rows)
    read = ", ".join(f"{name} v{version}" for name, version in result.versions.items() if version is not None)
    count = (
        f"first {len(rows):,} rows, --limit shows more" if cut else f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    )
    screen.line(f"({count}; {result.seconds:.2f} s{'; ' + read if read else ''})", style="dim")


def text_of(value: Any) -> str:
    """A value as people read it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return as_json(value)
        case bytes():
            return value.hex()
        case _:
            return value.isoformat(" ") if hasattr(value, "hour") else str(value)


def read_line(prompt_text: str) -> str:
    """One line from the terminal, with editing. Raises EOFError at its end."""
    return input(prompt_text)


def prompt(session: Asks, form: str, limit: int | None, read: Callable[[str], str], invocation: Invocation) -> int:
    """Reads and runs statements until `\\q` or end of input; an error ends the statement, not the prompt."""
    screen, errors = Screen(), Screen(to_stderr=True)
    history = _history(invocation)
    screen.line(COMMANDS, style="dim")
    waiting = ""
    try:
        while True:
            try:
                line = read(MORE if waiting else PROMPT)
            except EOFError:
                return 0
            except KeyboardInterrupt:
                waiting = ""
                screen.line()
                continue
            if not waiting and line.strip().startswith("\\"):
                if line.strip() == "\\q":
                    return 0
                line = _backslash(line.strip())
            waiting += line + "\n"
            if waiting.strip() and waiting.rstrip().endswith(";"):
                _answer(session, waiting, form, limit, screen, errors)
                waiting = ""
    finally:
        history()


def _backslash(line: str) -> str:
    word, _, rest = line.partition(" ")
    if word == "\\d" and rest:
        return f"DESCRIBE {rest.strip()};"
    return "SHOW TABLES;" if word == "\\dt" else f"{line};"


def _answer(session: Asks, statement: str, form: str, limit: int | None, screen: Screen, errors: Screen) -> None:
    try:
        report = run_one(session, statement, form, limit)
        if report is not None:
            report.show(screen)
    except Mistakes as found:
        for mistake in found.mistakes:
            errors.mistake(mistake)
    except LakewrightError as error:
        errors.mistake(error)
    except KeyboardInterrupt:
        errors.line("interrupted")


def _history(invocation: Invocation) -> Callable[[], None]:
    """Loads the prompt's history; what it returns saves it."""
    try:
        import readline
    except ImportError:  # not on every platform
        return lambda: None
    path = invocation.folder / ".lakewright" / "sql_history"
    if path.exists():
        readline.read_history_file(path)

    def save() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        readline.write_history_file(path)

    return save
