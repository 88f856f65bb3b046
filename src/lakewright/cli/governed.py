"""What a governed session of a project needs, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lakewright.engines import open_engine
from lakewright.errors import SpecError
from lakewright.governance import identities, policy_of
from lakewright.models import Models, dialect
from lakewright.query import Lake
from lakewright.query.audit import AuditLog
from lakewright.query.governed import GovernedSession, Governor, LakeSources, Reach
from lakewright.query.lake import OpenTables

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace


@contextmanager
def governed_session(
    workspace: Workspace, models: Models, principal: str, as_of: datetime | None, prelude: str = dialect.MACROS
) -> Iterator[GovernedSession]:
    """A session of one of the declared users. SpecError LW1112 when there is none of that name.

    `prelude`: the macros of the dialect that its statements are in.
    """
    project = workspace.project
    policy = policy_of(project)
    users = identities(project.platform.access, policy)
    if principal not in users:
        hint = f"one of {', '.join(sorted(users))}" if users else "declare some under access.users"
        raise SpecError("LW1112", f"there is no user {principal}", place=project.place("access"), hint=hint)
    governor = Governor(
        lake_sources(workspace, models),
        lambda: policy,
        audit_log(workspace),
        reach=reach_of(workspace.project.lake_uri),
        preludes=(prelude,),
        ahead=1,
    )
    try:
        yield GovernedSession(governor, users[principal], as_of)
    finally:
        governor.close()


def lake_sources(workspace: Workspace, models: Models) -> Callable[[], LakeSources]:
    """The lake as it is whenever asked; tables stay open in between."""
    tables = OpenTables(workspace.storage)

    def now() -> LakeSources:
        lake = Lake(workspace.storage, workspace.states, models, tables)
        return LakeSources(lake, models, open_engine, audit=audit_folder(workspace))

    return now


def audit_folder(workspace: Workspace) -> Path:
    return workspace.project.state_dir / "audit"


def audit_log(workspace: Workspace) -> AuditLog:
    """The project's audit; its head lies beside it, where another owner or a copy job can take it away."""
    return AuditLog(audit_folder(workspace), workspace.project.state_dir / "audit.head")


def reach_of(lake_uri: str) -> Reach:
    """What readers need beyond the files of a local lake."""
    if not lake_uri.startswith("s3://"):
        return Reach()
    from lakewright.engines.duckdb import s3_setup

    return Reach(setup=partial(s3_setup), network=True)
