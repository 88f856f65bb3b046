"""Every job of lakehouse-cdc as Glue runs it: the uploaded script in a process, S3 with the rights of the job's role.

A right that a job lacks fails here, and so does one that it has and should not have.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from lakewright.components.component import Call, Context
from lakewright.components.glue.groups import Group, groups
from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.storage.layered import BUCKETS, open_layers
from tests.blueprints import shop_rows
from tests.blueprints.test_pipeline import _typed
from tests.support.bronze_source import BronzeSource

from .data_lake import SPEC, decided, environment
from .roots import ACCOUNT
from .test_lake_grants import values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ONLY_OURS = "\n".join(line for line in SPEC.splitlines() if "replication: dms" not in line)
LAYERS = ("bronze", "silver", "gold", "scripts")


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT], tmp_path / "aws", gates=(authorised,)) as running:
        yield running


class Jobs:
    """The jobs of an environment without a key, deployed by hand: roles, uploads, Bronze."""

    def __init__(self, aws: LocalAws, where: Context, glue: Call) -> None:
        self.aws, self.glue = aws, glue
        self.jobs, self.arguments = values(glue, "jobs"), values(glue, "common_arguments")
        s3, iam = aws.client("s3"), aws.client("iam")
        for layer in LAYERS:
            s3.create_bucket(Bucket=f"shop-dev-{layer}-{ACCOUNT}")
        for key, path in values(glue, "uploads").items():
            content = glue.files[path.name]
            data = content if isinstance(content, bytes) else content.encode()
            s3.put_object(Bucket=f"shop-dev-scripts-{ACCOUNT}", Key=f"glue/{key}", Body=data)
        principal = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [principal]})
        for group in groups(where.models):
            name = self.jobs[group.name]["name"]
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
            policy = str(glue.files[f"jobs/{group.name}.json"])
            iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=policy)

    def fill(self, folder: Path) -> None:
        """Bronze, as the ingester writes it."""
        names = [f"shop-dev-{layer}-{ACCOUNT}" for layer in LAYERS]
        environ = {BUCKETS: json.dumps({name: str(self.aws.store.folder(name)) for name in names})}
        roots = json.loads(str(self.glue.files["lake.json"]))["roots"]
        columns = {name.partition(".")[2]: types for name, types in shop_rows.COLUMNS.items()}
        source = BronzeSource(open_layers(roots, folder / "staging", environ), columns)
        source.load(
            {
                name.partition(".")[2]: [_typed(row, shop_rows.COLUMNS[name]) for row in rows]
                for name, rows in shop_rows.ROWS.items()
            }
        )

    def run(self, group: Group, folder: Path, **more: str) -> tuple[int, str]:
        job = self.jobs[group.name]
        given = {"--JOB_NAME": job["name"], **self.arguments, **job["arguments"], **more}
        role = f"arn:aws:iam::{ACCOUNT}:role/{job['name']}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        script = folder / "lakewright_job.py"
        script.write_text(str(self.glue.files["lakewright_job.py"]))
        ended = subprocess.run(
            [sys.executable, str(script), *(part for pair in given.items() for part in pair)],
            env={**kept, **self.aws.environment(credentials=self.aws.credentials_of(role))},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return ended.returncode, ended.stdout + ended.stderr


def _rows(aws: LocalAws, layer: str, table: str) -> int:
    return DeltaTable(str(aws.store.folder(f"shop-dev-{layer}-{ACCOUNT}") / table)).to_pyarrow_table().num_rows


def test_each_job_runs_with_its_role_and_no_other_does_its_work(tmp_path: Path, aws: LocalAws) -> None:
    where = environment(tmp_path / "shop", spec=ONLY_OURS, used=("lake_buckets", "glue"))
    jobs = Jobs(aws, where, decided(where, {}, "glue")["glue"])
    jobs.fill(tmp_path)
    done: set[str] = set()
    waiting = list(groups(where.models))
    while waiting:
        group = next(one for one in waiting if set(one.after) <= done)
        code, said = jobs.run(group, tmp_path)
        assert code == 0, f"{group.name}: {said[-1500:]}"
        done.add(group.name)
        waiting.remove(group)
    made = {
        f"{layer}.{path.parent.name}"
        for layer in ("silver", "gold")
        for path in aws.store.folder(f"shop-dev-{layer}-{ACCOUNT}").glob("*/_delta_log")
    }
    assert made == set(where.models), "views too"
    assert _rows(aws, "gold", "fact_session") == _rows(aws, "silver", "session") > 0
    tenant = next(one for one in groups(where.models) if one.name == "bronze_to_silver_tenant")
    code, said = jobs.run(tenant, tmp_path, **{"--models": "silver.customer"})
    assert (code, "AccessDenied" in said) == (1, True), "one job's role does not do another's work"
