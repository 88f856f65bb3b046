"""`access users`: who comes and goes in the files, what they get, who is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakewright.cli.access.users import told
from lakewright.infra.compile import compile_environment
from lakewright.spec import load_project

from .conftest import Call

ADDED = "ana.lopes@acme.test"


@pytest.fixture
def project(tmp_path: Path, call: Call) -> Path:
    assert call("init", "--blueprint", "databricks-single", "--name", "lab").code == 0
    return tmp_path


def spec(folder: Path) -> str:
    return (folder / "platform.yaml").read_text()


def identity(folder: Path) -> str:
    stacks = compile_environment(load_project(folder), "dev").stacks
    files = next(stack.files for stack in stacks if stack.name == "identity")
    return str(files["main.tf"]) + str(files["terraform.tfvars"])


def test_somebody_comes_with_what_they_get_and_goes_without_a_trace(call: Call, project: Path) -> None:
    before = spec(project)
    said = call("access", "users", "add", ADDED, "--group", "DataAnalysts", "--name", "Ana Lopes", "--json").json
    assert (said["written"], said["personas"]) == (True, ["DataAnalyst"])
    assert spec(project).splitlines()[said["line"] - 1] == f'    {ADDED}: {{name: "Ana Lopes", groups: [DataAnalysts]}}'
    assert said["rules"] == ["gold.*: select", "sandbox.*: create, delete, insert, select, update"]
    assert said["permission_sets"] == {"dev": [{"name": "DataAnalyst", "account": "111111111111"}]}
    assert said["stacks"] == {"dev": ["identity", "databricks-account"]}
    assert said["next"][0] == "lakewright plan dev --stack identity --stack databricks-account"
    assert ADDED in identity(project)
    gone = call("access", "users", "remove", ADDED)
    assert (gone.code, gone.err) == (0, "")
    assert "  - gold.*: select" in gone.out.splitlines()
    assert "the sandbox stays" in gone.out
    assert spec(project) == before
    assert ADDED not in identity(project)


def test_a_dry_run_writes_nothing(call: Call, project: Path) -> None:
    before = spec(project)
    said = call("access", "users", "add", ADDED, "--group", "DataEngineers", "--dry-run", "--json").json
    assert (said["written"], said["stacks"]["dev"]) == (False, ["identity", "databricks-account"])
    assert "would be written to platform.yaml:22" in call("access", "users", "add", ADDED, "--dry-run").out
    assert call("access", "users", "remove", "ana.analyst@example.com", "--dry-run").code == 0
    assert spec(project) == before


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_what_somebody_else_wrote_meanwhile_stays(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """They save while this looks at the spec as it would be."""
    looks, theirs = told.meaning, spec(project) + "# theirs\n"

    def meanwhile(*given: Any, **more: Any) -> told.Meaning:
        (project / "platform.yaml").write_text(theirs)
        return looks(*given, **more)

    monkeypatch.setattr(told, "meaning", meanwhile)
    said = call("access", "users", verb, ADDED if verb == "add" else "ana.analyst@example.com")
    assert (said.code, said.out) == (1, "")
    assert "LW1011" in said.err
    assert "platform.yaml" in said.err
    assert spec(project) == theirs
    assert [one.name for one in project.glob(".platform.yaml*")] == []


@pytest.mark.parametrize(
    ("arguments", "fact", "hint"),
    [
        (("add", "ana"), "ana has no e-mail address", "--email ana@example.com"),
        (("add", "ana", "--email", "ana"), "ana has no e-mail address", ""),
        (("add", "ana.analyst@example.com"), "platform.yaml:21: ana.analyst@example.com is there already", "remove"),
        (("add", "Ana.Analyst@Example.com"), "differ by case only", "one entry for one person"),
        (("add", "ana", "--email", "ANA.analyst@example.com"), "has the address", "one entry for one person"),
        (("add", ADDED, "--group", "dataanalysts"), "no group dataanalysts", "--group DataAnalysts"),
        (("add", ADDED, "--group", "DataAnalists"), "no group DataAnalists", 'did you mean "DataAnalysts"?'),
        (("remove", "ana.analist@example.com"), "no user", 'did you mean "ana.analyst@example.com"?'),
        (("remove", "Ana.Analyst@example.com"), "no user", 'did you mean "ana.analyst@example.com"?'),
    ],
)
def test_who_is_refused(call: Call, project: Path, arguments: tuple[str, ...], fact: str, hint: str) -> None:
    before = spec(project)
    said = call("access", "users", *arguments)
    assert (said.code, said.out) == (2, "")
    assert "LW1392" in said.err
    assert fact in said.err
    assert hint in said.err
    assert spec(project) == before


def test_nobody_goes_who_is_named_elsewhere(call: Call, project: Path) -> None:
    text = spec(project)
    personas = "  personas: {Owner: {groups: [Owners], users: [eli.engineer@example.com]}}\n"
    grant = "    - {to: 'user:eli.engineer@example.com', on: gold.*}\n"
    for place, more, fact in (
        ("access:\n", personas, "the persona Owner names"),
        ("  grants:\n", grant, 'no user "eli.engineer@example.com"'),
    ):
        assert place in text
        (project / "platform.yaml").write_text(text.replace(place, place + more))
        before = spec(project)
        said = call("access", "users", "remove", "eli.engineer@example.com")
        assert said.code == 2
        assert fact in said.err
        assert "platform.yaml:" in said.err
        assert spec(project) == before


def test_a_permission_set_that_names_somebody_keeps_them(call: Call, project: Path) -> None:
    sets = "identity: {permission_sets: {Own: {kind: analyst, users: [ana.analyst@example.com]}}}"
    (project / "platform.yaml").write_text(spec(project).replace("    infra:\n", f"    infra:\n      {sets}\n"))
    before = spec(project)
    said = call("access", "users", "remove", "ana.analyst@example.com")
    assert said.code == 2
    assert "no user ana.analyst@example.com in `access`" in said.err
    assert spec(project) == before


def test_people_in_a_file_of_their_own(call: Call, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "users.yaml").write_text("# who is here\nana: {groups: [analysts], email: ana@acme.test}\n")
    (tmp_path / "platform.yaml").write_text(
        "lakewright: 1\nplatform: shop\naccess:\n  users: people/users.yaml\n"
        "  personas: {Analyst: {groups: [analysts]}}\n  grants: [{to: Analyst, on: gold.*}]\n"
    )
    main = spec(tmp_path)
    said = call("access", "users", "add", "bob", "--email", "bob@acme.test", "--group", "analysts", "--json").json
    assert (said["file"], said["line"]) == ("people/users.yaml", 3)
    assert (tmp_path / "people" / "users.yaml").read_text() == (
        "# who is here\nana: {groups: [analysts], email: ana@acme.test}\n"
        "bob: {email: bob@acme.test, groups: [analysts]}\n"
    )
    assert spec(tmp_path) == main
    assert [one["name"] for one in call("access", "users", "--json").json["users"]] == ["ana", "bob"]
    for name in ("ana", "bob"):
        assert call("access", "users", "remove", name).code == 0
    assert (tmp_path / "people" / "users.yaml").read_text() == "# who is here\n{}\n"
    assert call("access", "users", "add", "ann@acme.test").code == 0
    assert "ann@acme.test" in (tmp_path / "people" / "users.yaml").read_text()


def test_what_cannot_be_rewritten_is_said_with_the_line_to_write(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(
        "lakewright: 1\nplatform: shop\naccess:\n  users:\n    ana@acme.test:\n      name: |\n        Ana\n"
    )
    before = spec(tmp_path)
    said = call("access", "users", "add", "bob@acme.test")
    assert said.code == 2
    assert "LW1009 platform.yaml" in said.err
    assert "`bob@acme.test: {}`" in said.err
    assert spec(tmp_path) == before


def test_two_people_with_one_address_are_refused_when_compiled(call: Call, project: Path) -> None:
    line = "    pat.admin@example.com: {groups: [PlatformAdmins]}\n"
    assert line in spec(project)
    other = line + "    pat: {email: Pat.Admin@example.com, groups: [DataAnalysts]}\n"
    (project / "platform.yaml").write_text(spec(project).replace(line, other))
    said = call("infra", "compile", "dev")
    assert said.code == 2
    assert "the users pat.admin@example.com and pat have one e-mail address" in said.err


def test_the_list_says_what_people_have_in_aws(call: Call, project: Path) -> None:
    said = call("access", "users", "list", "--env", "dev", "--json").json["users"]
    assert [one["permission_sets"] for one in said if one["name"].startswith("eli")] == [
        [{"name": "DataEngineer", "account": "111111111111"}]
    ]
    assert "DataPlatformAdmin in 999999999999" in call("access", "users", "--env", "dev").out
