"""One user with an open session: reads a statement a line, runs it, prints its seconds. Argument: project folder."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lakewright.cli.workspace import Workspace
from lakewright.engines import open_engine
from lakewright.query import Session
from lakewright.spec import load_project


def main() -> None:
    workspace = Workspace(load_project(Path(sys.argv[1])))
    session = Session(workspace.lake, open_engine)
    session.run("SHOW TABLES")
    print("ready", flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        rows = session.run(line).rows.num_rows
        print(time.perf_counter() - began, rows, flush=True)


if __name__ == "__main__":
    main()
