"""dbt-duckdb: the same upsert as an incremental model (delete+insert). Argument: folder with {base,changes}.parquet.

The first `dbt run` builds the base and is not timed by us; the second is the merge. Prints the model's own seconds.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import json
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

folder = Path(sys.argv[1])
project = folder / "dbt"
(project / "models").mkdir(parents=True, exist_ok=True)
(project / "dbt_project.yml").write_text("name: bench\nversion: '1.0'\nprofile: bench\nmodel-paths: [models]\n")
(project / "profiles.yml").write_text(
    f"bench:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: '{folder / 'dbt.duckdb'}', threads: 2}}\n"
)
(project / "models" / "target.sql").write_text(
    "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }}\n"
    f"{{% if is_incremental() %}} select * from '{folder / 'changes.parquet'}'\n"
    f"{{% else %}} select * from '{folder / 'base.parquet'}' {{% endif %}}\n"
)
arguments = ["run", "--project-dir", str(project), "--profiles-dir", str(project), "--quiet", "--no-use-colors"]
for _ in range(2):
    result = dbtRunner().invoke(arguments)
    if not result.success:
        raise SystemExit(str(result.exception or "dbt failed"))
    seconds = result.result.results[0].execution_time
print(json.dumps({"seconds": seconds}))
