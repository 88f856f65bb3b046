"""Workgroups and named queries of platform.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakewright.query.athena.named import NamedQuery
from lakewright.query.athena.workgroups import PRIMARY, WorkGroup

if TYPE_CHECKING:
    from lakewright.spec import Project
    from lakewright.spec.query import Encryption, Workgroup

EVERYONE = "everyone"


def declared_workgroups(project: Project, results: str) -> list[WorkGroup]:
    """The platform's workgroups, `primary` among them. `results`: the s3:// folder of those that name none."""
    block = project.platform.query
    names = dict.fromkeys([PRIMARY, *block.workgroups])
    found = ((name, block.workgroup(name)) for name in names)
    return [_workgroup(project, name, spec, results) for name, spec in found if spec is not None]


def declared_queries(project: Project) -> list[NamedQuery]:
    """The platform's named queries, by name."""
    return [
        NamedQuery(
            name=name,
            database=spec.database,
            sql=spec.sql,
            description=spec.description,
            workgroup=spec.workgroup,
            declared_at=project.place("query", "named_queries", name),
        )
        for name, spec in project.platform.query.named_queries.items()
    ]


def _workgroup(project: Project, name: str, spec: Workgroup, results: str) -> WorkGroup:
    everyone = EVERYONE in spec.personas
    return WorkGroup(
        name=name,
        description=spec.description,
        output=spec.results or f"{results.rstrip('/')}/{name}/",
        encryption=_encryption(spec.encryption),
        enforced=spec.enforce,
        scan_limit=spec.scan_limit,
        at_once=spec.concurrency,
        seconds=float(spec.timeout),
        memory=spec.memory,
        keep_days=spec.keep,
        members=None if everyone else frozenset(_subject(one) for one in spec.personas),
        declared_at=project.place("query", "workgroups", name),
    )


def _subject(written: str) -> str:
    return written if ":" in written else f"persona:{written}"


def _encryption(spec: Encryption) -> dict[str, str]:
    answer = {"EncryptionOption": spec.option.upper()}
    return answer | ({"KmsKey": spec.key} if spec.key else {})
