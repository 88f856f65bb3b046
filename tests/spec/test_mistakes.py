"""Each class of mistake, with the file and line a person is sent to."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from lakewright.errors import Mistakes, SpecError
from lakewright.spec import load_project

HEAD = "lakewright: 1\nplatform: shop\n"
POSTGRES = HEAD + "sources:\n  s:\n    postgres: "
SOURCE = HEAD + 'sources:\n  shop:\n    postgres: {url: "${DB}", tables: [public.*]}\n'


def mistakes_of(root: Path, text: str, env: str = "local") -> list[tuple[str, str]]:
    (root / "platform.yaml").write_text(dedent(text), encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        load_project(root, env)
    return [(mistake.code, mistake.place) for mistake in caught.value.mistakes]


def told(root: Path, text: str) -> str:
    (root / "platform.yaml").write_text(dedent(text), encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        load_project(root)
    return str(caught.value)


CASES = {
    "empty file": ("", "LW101", 1),
    "comments only": ("# nothing\n", "LW101", 1),
    "a list": ("- a\n- b\n", "LW101", 1),
    "not YAML": (HEAD + "lake: {silver: [}\n", "LW101", 3),
    "two colons": (HEAD + "owner: a: b\n", "LW101", 3),
    "a tab": (HEAD + "lake:\n\tsilver: {}\n", "LW101", 4),
    "a tag": (HEAD + "owner: !!python/object:os.system x\n", "LW101", 3),
    "a key that is a list": (HEAD + "[a]: b\n", "LW101", 3),
    "two documents": (HEAD + "---\nplatform: b\n", "LW101", 3),
    "the same key twice": (HEAD + "owner: a\nlake: {}\nowner: b\n", "LW102", 5),
    "an undefined alias": (HEAD + "owner: *hunter2\n", "LW101", 3),
    "a merge key": (HEAD + "lake: &l {}\nsources:\n  <<: *l\n", "LW103", 5),
    "deep nesting": (HEAD + "owner: " + "[" * 60 + "]" * 60 + "\n", "LW103", 3),
    "an unknown key": (HEAD + "ownr: a\n", "LW104", 3),
    "an unknown key inside": (SOURCE + "    on_change:\n      added_colum: stop\n", "LW104", 7),
    "a list instead of a mapping": (HEAD + "lake: []\n", "LW105", 3),
    "text instead of a mapping": (HEAD + "sources: shop\n", "LW105", 3),
    "text instead of a list": (HEAD + "include: teams\n", "LW105", 3),
    "a number instead of text": (HEAD + "owner: 7\n", "LW105", 3),
    "no value": (HEAD + "owner:\n", "LW105", 3),
    "an unquoted account": (HEAD + "environments:\n  dev:\n    account: 111111111111\n", "LW105", 5),
    "words for a number": (SOURCE + "    tuning:\n      readers: many\n", "LW105", 7),
    "true for a number": (SOURCE + "    tuning:\n      readers: true\n", "LW105", 7),
    "no tables": (HEAD + 'sources:\n  shop:\n    postgres:\n      url: "${DB}"\n', "LW106", 5),
    "no url": (HEAD + "sources:\n  shop:\n    postgres:\n      tables: [public.*]\n", "LW106", 5),
    "no source type": (HEAD + "sources:\n  shop: {}\n", "LW106", 4),
    "another language version": ("platform: shop\nlakewright: 2\n", "LW107", 2),
    "a bad name": ("lakewright: 1\nplatform: My Shop\n", "LW107", 2),
    "a bad source name": (HEAD + "sources:\n  My Shop:\n    postgres: {url: a, tables: [a.b]}\n", "LW107", 4),
    "a value not on the list": (SOURCE + "    replication: debezium\n", "LW107", 6),
    "a table without schema": (POSTGRES + '{url: "${DB}", tables: [a.b,\n orders]}\n', "LW107", 6),
    "a number too small": (SOURCE + "    tuning: {chunk_rows: 1}\n", "LW107", 6),
    "a size of no unit": (SOURCE + "    tuning: {retained_wal_limit: 10 pt}\n", "LW105", 6),
    "archive before infrequent": (HEAD + "lake:\n  gold:\n    keep: {infrequent: 90d,\n archive: 30d}\n", "LW107", 6),
    "another Bronze layout": (HEAD + "lake:\n  bronze:\n    partition_by: [day]\n", "LW107", 5),
    "another format": (HEAD + "lake:\n  silver:\n    format: hudi\n", "LW107", 5),
    "a lake on ftp": (HEAD + "environments:\n  local:\n    lake: ftp://host/x\n", "LW107", 5),
    "a variable outside secrets": (HEAD + 'owner: "${OWNER}"\n', "LW108", 3),
    "a variable in a table name": (POSTGRES + '{url: "${DB}", tenant: "${T}",\n tables: [a.b]}\n', "LW108", 5),
    "a broken variable": (POSTGRES + '{url: "${D-B}", tables: [a.b]}\n', "LW108", 5),
    "a password in a url": (POSTGRES + '{url: "postgresql://u:p@h/d", tables: [a.b]}\n', "LW109", 5),
    "a password in a DSN": (POSTGRES + '{url: "host=h password=p", tables: [a.b]}\n', "LW109", 5),
    "an unknown blueprint": (HEAD + "blueprint: lakehouse-xyz@1\n", "LW111", 3),
    "a blueprint without version": (HEAD + "blueprint: lakehouse-cdc\n", "LW107", 3),
    "an include that finds nothing": (HEAD + "include:\n- teams/*.yaml\n", "LW112", 4),
    "an include outside": (HEAD + "include: [../other.yaml]\n", "LW112", 3),
    "no mapping file": (POSTGRES + '{url: "${DB}",\n mapping: m.json}\n', "LW113", 6),
    "a call that is text": (HEAD + "infra: {stacks: {a: {calls: {network:\n networking}}}}\n", "LW105", 3),
    "an override that is true": (HEAD + "environments:\n  dev:\n    infra: {trail: true}\n", "LW105", 5),
    "a variable in what exists": (HEAD + 'existing:\n  vpc:\n    vpc_id: "${VPC}"\n', "LW108", 5),
    "something exists without a value": (HEAD + "existing:\n  vpc:\n    vpc_id:\n", "LW105", 5),
    "an import without a stack": (HEAD + "imports:\n  lake: {aws_s3_bucket.this: b}\n", "LW107", 4),
    "an import of no resource": (HEAD + "imports:\n  a/lake:\n    bucket: b\n", "LW107", 5),
    "an unknown key of a stack": (HEAD + "infra: {stacks: {a:\n {call: {}}}}\n", "LW104", 4),
    "no models folder": (HEAD + "models:\n- sql\n", "LW113", 4),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "line"), CASES.values(), ids=CASES)
def test_each_mistake_names_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    assert mistakes_of(tmp_path, text) == [(code, f"platform.yaml:{line}")]


def test_one_pass_finds_all_in_the_order_of_lines(tmp_path: Path) -> None:
    text = """\
        lakewright: 1
        platform: Shop
        sources:
          shop:
            postgres: {url: "postgresql://u:hunter2@h/d", tables: [orders]}
            replication: dmss
            tuning: {readers: 0, flush_seconds: soon}
          other:
            postgres: {}
            ownr: x
        lake: {silver: {format: hudi, partition_by: month}}
        """
    assert mistakes_of(tmp_path, text) == [
        ("LW107", "platform.yaml:2"),
        ("LW109", "platform.yaml:5"),
        ("LW107", "platform.yaml:5"),
        ("LW107", "platform.yaml:6"),
        ("LW105", "platform.yaml:7"),
        ("LW107", "platform.yaml:7"),
        ("LW106", "platform.yaml:9"),
        ("LW106", "platform.yaml:9"),
        ("LW104", "platform.yaml:10"),
        ("LW107", "platform.yaml:11"),
        ("LW105", "platform.yaml:11"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (HEAD + "ownr: a\n", 'did you mean "owner"?'),
        (HEAD + "zzz: a\n", "known here: lakewright, platform, blueprint"),
        (SOURCE + "    replication: dsm\n", 'did you mean "dms"?'),
        (HEAD + "environments: {dev: {account: 111111111111}}\n", 'account: "111111111111", in quotes'),
        (HEAD + 'sources: {s: {postgres: {url: "${D}", tables: [orders]}}}\n', 'for example "public.orders"'),
        (HEAD + "lake:\n\tsilver: {}\n", "indent with spaces"),
        ("platform: shop\n", "lakewright: 1"),
        (HEAD + "query: {workgroups: {w: {timeout: 30 parsecs}}}\n", '"30 parsecs" is no time; hint: for example 30m'),
        (
            HEAD + "environments: {dev: {databricks: {account_id: abc}}}\n",
            'account_id: "abc" is not written as it must be; hint: for example 1a2b3c4d-0000-1111-2222-0123456789ab',
        ),
        (
            HEAD + "units: {sparky: {workspaces: []}}\n",
            "units.sparky.workspaces: must have at least 1; hint: Its workspaces, by kind: [lab, field]",
        ),
        (
            "lakewright: 1\nplatform: My Shop\n",
            'platform: "My Shop" is not written as it must be; hint: lower-case letters, digits, - and _',
        ),
    ],
)
def test_hints_say_what_to_do(tmp_path: Path, text: str, hint: str) -> None:
    assert hint in told(tmp_path, text)


def test_anchors_may_be_used_but_not_to_blow_up(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    found = mistakes_of(tmp_path, "\n".join(levels))
    assert ("LW103", "platform.yaml:6") in found or any(code == "LW103" for code, _ in found)
    (tmp_path / "platform.yaml").write_text(HEAD + "lake: {silver: &keep {keep: {history: 30d}}, gold: *keep}\n")
    assert load_project(tmp_path).platform.lake.gold.keep.history == 30


def test_an_anchor_that_holds_itself_is_told(tmp_path: Path) -> None:
    assert ("LW103", "platform.yaml:3") in mistakes_of(tmp_path, HEAD + "include: &a [*a]\n")


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_bytes(HEAD.encode() + b"owner: caf\xe9\n")
    with pytest.raises(Mistakes) as caught:
        load_project(tmp_path)
    assert (caught.value.mistakes[0].code, caught.value.mistakes[0].place) == ("LW101", "platform.yaml:3")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"LW100 .*lakewright init"):
        load_project(tmp_path)


def test_an_unknown_environment(tmp_path: Path) -> None:
    text = HEAD + 'environments:\n  prod: {account: "222222222222"}\n'
    assert mistakes_of(tmp_path, text, "prd") == [("LW114", "platform.yaml:3")]


def test_two_parts_may_not_declare_the_same(tmp_path: Path) -> None:
    part = 'sources:\n  shop:\n    postgres: {url: "${OTHER}", tables: [b.*]}\n'
    (tmp_path / "part.yaml").write_text(part)
    found = mistakes_of(tmp_path, SOURCE + "include: [part.yaml]\n")
    assert found == [("LW115", "part.yaml:3"), ("LW115", "part.yaml:3")]


def test_a_mistake_in_a_part_names_the_part(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text("owner: team-a\nlake: {}\nsources:\n  b:\n    postgres: {tables: [b.*]}\n")
    assert mistakes_of(tmp_path, SOURCE + "include: [part.yaml]\n") == [
        ("LW104", "part.yaml:2"),
        ("LW106", "part.yaml:5"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            POSTGRES + '{url: "${DB}", tables: [a.b], on_change: {renamed_column: accept}}\n',
            "it belongs one level up, beside postgres in sources.s",
        ),
        (SOURCE + "    tenant: tenant_id\n", "it belongs one level down, in postgres"),
        (SOURCE + "    platform: x\n", "known here: "),
        (HEAD + "lake: {models: [m]}\n", "it belongs one level up, beside lake"),
        (HEAD + "postgres: {}\n", "known here: "),
    ],
)
def test_a_key_at_the_wrong_level_is_told_where_it_belongs(tmp_path: Path, text: str, hint: str) -> None:
    (tmp_path / "platform.yaml").write_text(text)
    with pytest.raises(Mistakes) as caught:
        load_project(tmp_path)
    [found] = [mistake for mistake in caught.value.mistakes if mistake.code == "LW104"]
    assert found.hint.startswith(hint)
