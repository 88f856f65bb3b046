"""Records what a real Trino reads from the files of serde_cases.py, into serde_rows.json beside this file.

TRINO_HOME and TRINO_JAVA_HOME as for tests/query/athena/sql/record.py, with the plugin hive.

    python -m tests.query.athena.ddl.record_serdes
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from lakewright.catalog.hive_types import parse_hive_type
from tests.query.athena.ddl.serde_cases import CASES, Case
from tests.query.athena.sql.trino_server import Trino, running

PATH = Path(__file__).with_name("serde_rows.json")


def create(case: Case, table: str) -> str:
    columns = ", ".join(f'"{name}" {parse_hive_type(kind).trino}' for name, kind in case.columns.items())
    options = {"format": case.format, "external_location": f"local:///{table}", **case.options}
    properties = ", ".join(f"{name} = {_literal(value)}" for name, value in options.items())
    return f"CREATE TABLE hive.s.{table} ({columns}) WITH ({properties})"


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def recorded(trino: Trino, folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, case in enumerate(CASES):
        table = f"t{number}"
        (folder / table).mkdir()
        (folder / table / "file").write_bytes(case.content)
        made = trino.ask(create(case, table))
        answer = made if made.error else trino.ask(f"SELECT * FROM hive.s.{table}")
        found[case.name] = (
            {"error": list(answer.error)} if answer.error else {"rows": [list(row) for row in answer.rows]}
        )
        print(case.name, answer.error or len(answer.rows))
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lakewright-serdes-") as name:
        folder = Path(name)
        hive = (
            "connector.name=hive\nhive.metastore=file\nhive.metastore.catalog.dir=local:///catalog\n"
            f"fs.native-local.enabled=true\nlocal.location={folder}\nhive.non-managed-table-writes-enabled=true\n"
        )
        with running({"hive": hive}) as trino:
            print(trino.ask("CREATE SCHEMA hive.s").error)
            PATH.write_text(json.dumps(recorded(trino, folder), indent=0, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
