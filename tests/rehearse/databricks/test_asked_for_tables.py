"""What `units remove` asks of Unity Catalog, with what the SDK has made there."""

from __future__ import annotations

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog

from lakewright.cli.units.asking import full, tables_in
from lakewright.infra.holdings import Holding

from .conftest import Place

Here = tuple[Place, int, WorkspaceClient]


def test_tables_of_every_schema_are_found(here: Here) -> None:
    place, workspace, client = here
    environ = place.databricks.environment(workspace)
    one = Holding("catalog", "sparky_lab", "catalog-sparky-lab", host=environ["DATABRICKS_HOST"])
    ask = tables_in(environ)
    assert ask(one) == (), "a catalog that is gone holds nothing"
    client.catalogs.create("sparky_lab", storage_root="s3://lake/sparky")
    client.schemas.create("bronze", "sparky_lab")
    client.schemas.create("gold", "sparky_lab")
    assert ask(one) == ()
    for number in range(5):
        client.tables.create(
            f"t{number}", "sparky_lab", "gold", catalog.TableType.EXTERNAL, catalog.DataSourceFormat.DELTA,
            f"s3://lake/files/t{number}",
        )  # fmt: skip
    (told,) = full([one], {"catalog": ask}, ())
    assert told.code == "LW1376"
    assert told.fact == "catalog sparky_lab still holds gold.t0, gold.t1, gold.t2 and more"
    (refused,) = full([one], {"catalog": tables_in(environ | {"DATABRICKS_CLIENT_SECRET": "wrong"})}, ())
    assert "gives no token" in refused.fact
