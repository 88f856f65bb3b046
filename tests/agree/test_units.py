"""The units' personas: what the blueprint's grants and bindings come to, seen from each workspace, is what they may."""

from __future__ import annotations

from dataclasses import replace
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
from lakewright.rehearse.databricks.unity.metastore import ASSIGNMENT, Metastore
from lakewright.rehearse.databricks.world import ACCOUNT
from lakewright.spec import blueprints, load_project
from tests.components.single import single

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LAB, OWN = "corporate_lab", "shop-live-corporate-lab"


def _workspace(objects: Objects, key: int, name: str) -> None:
    """One that works with the metastore `m`."""
    objects.put(WORKSPACE, ACCOUNT, str(key), {"workspace_id": key, "workspace_name": name}, name)
    objects.put(ASSIGNMENT, ACCOUNT, str(key), {"workspace_id": key, "metastore_id": "m"})


def _people(objects: Objects, wanted: Wanted) -> None:
    """All whom the spec has, in their groups."""
    programs = {f"app-{name}": (name, who.groups) for name, who in wanted.programs.items()}
    for key, (name, _) in programs.items():
        objects.put("service_principal", ACCOUNT, key, {"id": key, "applicationId": key, "displayName": name}, key)
    for name in wanted.people:
        objects.put("user", ACCOUNT, name, {"id": name, "userName": name}, name)
    groups = {key: who for key, (_, who) in programs.items()} | {key: one.groups for key, one in wanted.people.items()}
    for name in wanted.groups:
        members = [{"value": key} for key, some in groups.items() if name in some]
        objects.put("group", ACCOUNT, name, {"id": name, "displayName": name, "members": members}, name)


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
            _workspace(self.objects, key, name)
        _people(self.objects, self.wanted)
        for call in decided_of(decided_calls(project, "live")[1], "unity_catalog"):
            self._catalog(call.made.inputs)

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


def test_a_catalog_that_was_opened(applied: Applied) -> None:
    """Everybody of its unit, and its readers, see it from workspaces that nobody named; the readers' own may write."""
    applied.metastore.put("catalog", {**applied.metastore.get("catalog", LAB), "isolation_mode": "OPEN"})
    found = applied.wrong()
    assert set(found) == {f"{LAB} from {name}" for name in applied.workspaces if name != OWN}
    assert ("group:corporate-analysts", "gold.t") in found[f"{LAB} from shop-live-sparky-lab"]
    assert {each for each, _ in found[f"{LAB} from shop-live-digital-lab"]} >= {"group:corporate-engineers"}


def test_an_isolated_catalog_without_bindings_is_for_nobody(applied: Applied) -> None:
    set_bindings(applied.metastore, "catalog", LAB, {})
    assert set(applied.wrong()) == {f"{LAB} from {OWN}", f"{LAB} from shop-live-digital-lab"}


@pytest.mark.parametrize(("kind", "said"), [(WORKSPACE, "there is no workspace"), (ASSIGNMENT, "not of the metastore")])
def test_a_workspace_that_is_not_there_is_told(applied: Applied, kind: str, said: str) -> None:
    applied.objects.delete(kind, ACCOUNT, str(applied.workspaces[OWN]))
    found = [agreement(one, NOW) for one in unity_catalogs(applied.wanted, Account(applied.objects), [LAB])]
    (told,) = (one for one in found if one.differences)
    assert told.system == f"Unity Catalog {LAB} from {OWN}"
    assert ("group:corporate-analysts", "gold.t") in {(one.principal, one.table) for one in told.differences}
    assert all(said in one.reason and not one.explained for one in told.differences)


ISOLATED = ("costs@example.com]}\n", "costs@example.com]}\n      catalog: {catalogs: {main: {isolated: true}}}\n")


@pytest.mark.parametrize(
    ("changes", "mode", "bound", "wrong"),
    [
        ([ISOLATED], "ISOLATED", [1], set()),
        ([ISOLATED], "OPEN", [], {"lab-other"}),
        ([ISOLATED], "ISOLATED", [1, 2], {"lab-other"}),
        ([ISOLATED], "ISOLATED", [], {"lab-dev"}),
        ([], "OPEN", [], set()),
        ([], "ISOLATED", [1], {"lab-other"}),
        ([], "ISOLATED", [], {"lab-dev", "lab-other"}),
    ],
)
def test_who_may_reach_a_catalog_that_a_person_declared(
    tmp_path: Path, changes: list[tuple[str, str]], mode: str, bound: list[int], wrong: set[str]
) -> None:
    """`isolated: true`: from the workspace of its stack alone; else from all."""
    project = single(tmp_path / "lab", *changes)
    objects = Objects(None)
    body = {"metastore_id": "m", "name": "main", "owner": "nobody"}
    objects.put("metastore", ACCOUNT, "m", body, "main")
    metastore = Metastore(objects, body)
    mine = wanted(project, "dev")
    for key, name in enumerate(("lab-dev", "lab-other"), 1):
        _workspace(objects, key, name)
    _people(objects, mine)
    inputs: Any = decided_of(decided_calls(project, "dev")[1], "unity_catalog")[0].made.inputs
    metastore.put("catalog", {"name": "main", "full_name": "main", "owner": "nobody", "isolation_mode": mode})
    set_bindings(metastore, "catalog", "main", dict.fromkeys(bound, READ_WRITE))
    metastore.set_granted("catalog", "main", inputs["catalogs"]["main"]["grants"])
    for full, schema in inputs["schemas"].items():
        names = {"name": schema["name"], "full_name": full, "catalog_name": "main", "owner": "nobody"}
        metastore.put("schema", names)
        metastore.set_granted("schema", full, schema["grants"])
    (here,) = decided_of(decided_calls(project, "dev")[1], "databricks_workspace")
    assert here.made.inputs["name"] == "lab-dev"
    found = [agreement(one, NOW) for one in unity_catalogs(mine, Account(objects))]
    differ = {one.system.rpartition(" from ")[2] for one in found if not one.ok}
    assert differ == wrong, [one for each in found for one in each.differences if not one.explained]


def test_a_catalog_that_no_workspace_sees(applied: Applied) -> None:
    """Open in the spec, isolated there, and no workspace works with the metastore."""
    open_to_all = [replace(one, workspaces={}) for one in applied.wanted.catalogs]
    applied.wanted = replace(applied.wanted, catalogs=tuple(open_to_all))
    for key in applied.workspaces.values():
        applied.objects.delete(ASSIGNMENT, ACCOUNT, str(key))
    assert ("group:corporate-analysts", "gold.t") in applied.wrong()[LAB]


def test_a_program_that_owns_what_another_made_is_not_excused(applied: Applied) -> None:
    """Who made a schema owns it, and that follows; who was given it, does not."""
    body = {"id": "app-x", "applicationId": "app-x", "displayName": "unknown"}
    applied.objects.put("service_principal", ACCOUNT, "app-x", body, "app-x")
    name = f"{LAB}.gold"
    held = applied.metastore.granted("catalog", LAB)
    applied.metastore.set_granted("catalog", LAB, {**held, "app-x": ["USE_CATALOG"]})
    owned = {**applied.metastore.get("schema", name), "owner": "app-x"}
    excused = {}
    for maker in ("nobody", "app-x"):
        applied.metastore.put("schema", {**owned, "created_by": maker})
        found = [agreement(one, NOW) for one in unity_catalogs(applied.wanted, Account(applied.objects), [LAB])]
        differ = [one for each in found for one in each.differences]
        assert {(one.principal, one.table.partition(".")[0]) for one in differ} == {("app-x", "gold")}
        excused[maker] = {one.explained for one in differ}
    assert excused == {"nobody": {False}, "app-x": {True}}


def test_a_table_whose_filter_cannot_be_read_is_for_nobody(applied: Applied) -> None:
    """Whatever its schema's tables to come inherit."""
    table = applied.metastore.get("table", f"{LAB}.gold.t")
    found = {"function_name": f"{LAB}.gold.gone", "input_column_names": ["id"]}
    applied.metastore.put("table", {**table, "row_filter": found})
    each = [agreement(one, NOW) for one in unity_catalogs(applied.wanted, Account(applied.objects), [LAB])]
    differ = [one for system in each for one in system.differences]
    assert {one.table for one in differ} == {"gold.t"}
    said = f"a function of {LAB}.gold.t cannot be read"
    assert all(one.lacks and not one.exceeds and said in one.reason and not one.explained for one in differ)
    analyst = {right for one in differ if one.principal == "group:corporate-analysts" for right in one.privileges}
    engineer = {right for one in differ if one.principal == "group:corporate-engineers" for right in one.privileges}
    assert (set(map(str, analyst)), set(map(str, engineer))) == ({"select"}, {"select", "insert", "update", "delete"})
