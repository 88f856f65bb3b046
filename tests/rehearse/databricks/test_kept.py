"""What survives a restart, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from databricks.sdk.service import catalog

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.local import local_databricks

from .conftest import Clock, Place, account_of


@pytest.mark.usefixtures("clean_environment")
def test_kept_objects_are_at_their_addresses_again_and_the_secret_is_new(tmp_path: Path) -> None:
    with local_databricks(tmp_path / "kept", keep=True) as databricks:
        place = Place(databricks, account_of(databricks), Clock())
        workspace = place.workspace("analytics")
        place.metastore(workspace)
        before = databricks.host, databricks.workspaces(), databricks.client_id, databricks.client_secret
    assert before[3].encode() not in b"".join(one.read_bytes() for one in (tmp_path / "kept").glob("*.sqlite*"))
    with local_databricks(tmp_path / "kept", keep=True) as databricks:
        assert (databricks.host, databricks.workspaces(), databricks.client_id) == before[:3]
        assert databricks.client_secret != before[3]
        again = Place(databricks, account_of(databricks), Clock())
        assert again.client(workspace).metastores.current().workspace_id == workspace
    with local_databricks(tmp_path / "kept") as databricks:
        assert databricks.workspaces() == {}


def test_a_request_that_is_refused_leaves_nothing_behind(place: Place) -> None:
    workspace = place.workspace("analytics")
    place.metastore(workspace)
    client = place.client(workspace)
    change = [
        catalog.PermissionsChange(principal="account users", add=[catalog.Privilege.CREATE_CATALOG]),
        catalog.PermissionsChange(principal="nobody", add=[catalog.Privilege.CREATE_CATALOG]),
    ]
    metastore = client.metastores.current().metastore_id
    with pytest.raises(Exception, match="Could not find principal"):
        client.grants.update("metastore", metastore, changes=change)
    assert not client.grants.get("metastore", metastore).privilege_assignments


def test_nobody_gets_a_token_or_a_state_that_is_not_there(place: Place) -> None:
    with pytest.raises(ProblemError, match="LW1504"):
        place.databricks.token("nobody@example.com")
    with pytest.raises(ProblemError, match="LW1501"):
        place.databricks.unity_catalog()
