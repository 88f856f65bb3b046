"""The units' personas: what the blueprint's grants and bindings come to, seen from each workspace, is what they may."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lakewright.governance.agreement import agreement
from lakewright.infra.compile import decided_calls
from lakewright.rehearse.agree.account import Account
from lakewright.rehearse.agree.unity import unity_catalogs
from lakewright.rehearse.agree.wanted import Wanted, decided_of, wanted
from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.store import Objects
from lakewright.rehearse.databricks.unity.bound import READ_ONLY, READ_WRITE, bindings_of, set_bindings
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.rehearse.databricks.world import ACCOUNT
from lakewright.spec import blueprints, load_project

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LAB, OWN = "corporate_lab", "shop-live-corporate-lab"


class Applied:
    """An account that holds what the calls of `unity_catalog` give to Terraform, and a table in each schema."""

    def __init__(self, folder: Path) -> None:
        spec = "lakewright: 1\nplatform: shop\nblueprint: business-units@1\n"
        spec += blueprints()["business-units"].joinpath("example.yaml").read_text(encoding="utf-8")
        (folder / "platform.yaml").write_text(spec, encoding="utf-8")
        project = load_project(folder, "live")
        self.wanted: Wanted = wanted(project, "live")
        self.objects = Objects(None)
        body = {"metastore_id": "m", "name": "main", "owner": "nobody"}
        self.objects.put("metastore", ACCOUNT, "m", body, "main")
        self.metastore = Metastore(self.objects, body)
        names = dict.fromkeys(name for one in self.wanted.catalogs for name in one.workspaces)
        self.workspaces = {name: number for number, name in enumerate(names, 1)}
        for name, key in self.workspaces.items():
            self.objects.put(WORKSPACE, ACCOUNT, str(key), {"workspace_id": key, "workspace_name": name}, name)
        self._people()
        for call in decided_of(decided_calls(project, "live")[1], "unity_catalog"):
            self._catalog(call.made.inputs)

    def _people(self) -> None:
        programs = {f"app-{name}": (name, who.groups) for name, who in self.wanted.programs.items()}
        for key, (name, _) in programs.items():
            body = {"id": key, "applicationId": key, "displayName": name}
            self.objects.put("service_principal", ACCOUNT, key, body, key)
        for name in self.wanted.groups:
            members = [{"value": key} for key, (_, groups) in programs.items() if name in groups]
            self.objects.put("group", ACCOUNT, name, {"id": name, "displayName": name, "members": members}, name)

    def _catalog(self, inputs: Any) -> None:
        ((name, catalog),) = inputs["catalogs"].items()
        self.metastore.put(
            "catalog", {"name": name, "full_name": name, "owner": "nobody", "isolation_mode": "ISOLATED"}
        )
        self.metastore.set_granted("catalog", name, catalog["grants"])
        own, *readers = next(one.workspaces for one in self.wanted.catalogs if one.name == name)
        bound = {self.workspaces[own]: READ_WRITE} | {self.workspaces[one]: READ_ONLY for one in readers}
        set_bindings(self.metastore, "catalog", name, bound)
        for full, schema in inputs["schemas"].items():
            body = {"name": schema["name"], "full_name": full, "catalog_name": name, "owner": "nobody"}
            self.metastore.put("schema", body)
            self.metastore.set_granted("schema", full, schema["grants"])
            table = {"full_name": f"{full}.t", "columns": [{"name": "id", "type_text": "bigint"}]}
            self.metastore.put("table", body | table | {"schema_name": schema["name"], "name": "t"})

    def wrong(self) -> dict[str, set[tuple[str, str]]]:
        """Catalog and workspace → who differs in what."""
        found = [agreement(one, NOW) for one in unity_catalogs(self.wanted, Account(self.objects))]
        return {
            one.system.removeprefix("Unity Catalog "): {(each.principal, each.table) for each in one.differences}
            for one in found
            if one.differences
        }


@pytest.fixture
def applied(tmp_path: Path) -> Applied:
    return Applied(tmp_path)


def test_every_catalog_from_every_workspace(applied: Applied) -> None:
    assert applied.wrong() == {}
    found = list(unity_catalogs(applied.wanted, Account(applied.objects)))
    assert {f"Unity Catalog {LAB} from {name}" for name in (OWN, "shop-live-digital-lab")} <= {
        one.system for one in found
    }


def test_a_persona_that_lost_a_schema(applied: Applied) -> None:
    held = applied.metastore.granted("schema", "digital_lab.gold")
    applied.metastore.set_granted("schema", "digital_lab.gold", {**held, "digital-analysts": ["USE_SCHEMA"]})
    expected = {("group:digital-analysts", table) for table in ("gold.t", "gold.*")}
    assert applied.wrong() == {"digital_lab from shop-live-digital-lab": expected}


def test_a_reader_that_is_bound_for_writing(applied: Applied) -> None:
    """What its own unit may write could then be written from there."""
    key = applied.workspaces["shop-live-digital-lab"]
    set_bindings(applied.metastore, "catalog", LAB, {**bindings_of(applied.metastore, "catalog", LAB), key: READ_WRITE})
    (where,) = applied.wrong()
    assert where == f"{LAB} from shop-live-digital-lab"
    assert ("group:corporate-engineers", "gold.t") in applied.wrong()[where]


def test_a_stranger_that_is_bound_and_a_workspace_that_is_not(applied: Applied) -> None:
    stranger = applied.workspaces["shop-live-sparky-lab"]
    own = {applied.workspaces[OWN]: READ_WRITE}
    set_bindings(applied.metastore, "catalog", LAB, {**own, stranger: READ_ONLY})
    found = applied.wrong()
    assert set(found) == {f"{LAB} from shop-live-digital-lab", f"{LAB} from shop-live-sparky-lab"}
    assert ("group:corporate-analysts", "gold.t") in found[f"{LAB} from shop-live-sparky-lab"]
