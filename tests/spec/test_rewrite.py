"""An entry comes and goes; every other line of the text stays. PyYAML, which nobody here asks, reads the rest."""

from __future__ import annotations

import difflib

import pytest
import yaml

from lakewright.spec.rewrite import CannotRewriteError, with_entry, without_entry

USERS = ("access", "users")
BLOCK = """\
# people of the platform
access:
  grants: [{to: everyone, on: gold.*}]   # for all
  users:
    # the first
    pat@x.test: {groups: [admins]}   # since May
    eli@x.test:
      groups: [engineers]
      # what he may see
      attributes: {tenants: [1, 2]}

    # nobody below this line
models: models/
"""
FLOW = "access: {users: {pat@x.test: {groups: [admins]}, eli@x.test: {groups: []}}, inherit: true}  # all\nlake: {}\n"
LINES = "access:\n  users: {\n    pat@x.test: {groups: [admins]},\n    eli@x.test: {},\n  }\nowner: me\n"


DEEP = """\
access:
  users:
    pat@x.test: {groups: [admins]}
    eli@x.test:
      attributes:
        tenants:
          - 1
          - 2
      groups:
      - engineers
      - others

# what follows
owner: me
"""


def lines_changed(before: str, after: str) -> list[str]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in found if line[0] in "+-" and not line.startswith(("+++", "---"))]


def users_of(text: str, path: tuple[str, ...] = USERS) -> dict[str, object]:
    found = yaml.safe_load(text)
    for step in path:
        found = found[step]
    return dict(found)


@pytest.mark.parametrize("text", [BLOCK, FLOW, LINES, DEEP, BLOCK.replace("\n", "\r\n")])
@pytest.mark.parametrize("name", ["pat@x.test", "eli@x.test"])
def test_somebody_goes_and_nothing_else_does(text: str, name: str) -> None:
    after = without_entry(text, USERS, name)
    whole, left = yaml.safe_load(text), yaml.safe_load(after)
    assert whole["access"]["users"].pop(name) is not None
    assert left == whole
    assert after.count("\r\n") == after.count("\n") or "\r" not in text


@pytest.mark.parametrize("text", [BLOCK, FLOW, LINES, DEEP, BLOCK.replace("\n", "\r\n")])
def test_somebody_comes_and_goes_and_all_is_as_it_was(text: str) -> None:
    after = with_entry(text, USERS, "ana@x.test", "{groups: [analysts], name: 'Ana #1: a, b'}")
    assert list(users_of(after)) == ["pat@x.test", "eli@x.test", "ana@x.test"]
    assert users_of(after)["ana@x.test"] == {"groups": ["analysts"], "name": "Ana #1: a, b"}
    assert without_entry(after, USERS, "ana@x.test") == text


def test_one_line_comes_with_the_indent_of_its_neighbours() -> None:
    after = with_entry(BLOCK, USERS, "ana@x.test", "{groups: [analysts]}")
    assert lines_changed(BLOCK, after) == ["+    ana@x.test: {groups: [analysts]}"]


def test_comments_stay_but_the_one_on_the_line() -> None:
    after = without_entry(BLOCK, USERS, "pat@x.test")
    assert lines_changed(BLOCK, after) == ["-    pat@x.test: {groups: [admins]}   # since May"]
    later = without_entry(after, USERS, "eli@x.test")
    assert users_of(later) == {}
    assert [line for line in later.splitlines() if "#" in line] == [
        "# people of the platform",
        "  grants: [{to: everyone, on: gold.*}]   # for all",
        "    # the first",
        "    # nobody below this line",
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("lakewright: 1\n", USERS),
        ("lakewright: 1", USERS),
        ("lakewright: 1\naccess:\n    inherit: true   # yes\n\n# the end\n", USERS),
        ("access: {inherit: true}\n", USERS),
        ("access: {}\nowner: me\n", USERS),
        ("access:\nowner: me\n", USERS),
        ("access:   # later\nowner: me\n", USERS),
        ("access:\n  users: {}   # nobody yet\nowner: me\n", USERS),
        ("access:\n  users:\nowner: me\n", USERS),
        ("{}\n", ()),
        ("# people\n{}\n", ()),
        ("pat@x.test: {}\n", ()),
        ("# people\npat@x.test:\n  groups: [admins]", ()),
    ],
)
def test_what_lacks_is_made(text: str, path: tuple[str, ...]) -> None:
    after = with_entry(text, path, "ana@x.test", "{groups: [analysts]}")
    assert users_of(after, path)["ana@x.test"] == {"groups": ["analysts"]}
    kept = yaml.safe_load(after)
    below = kept
    for step in path[:-1]:
        below = below[step]
    (below if not path else below[path[-1]]).pop("ana@x.test")
    before = yaml.safe_load(text)
    assert {key: value for key, value in kept.items() if key != "access"} == {
        key: value for key, value in before.items() if key != "access"
    }
    assert [line for line in after.splitlines() if line.strip().startswith("#")] == [
        line for line in text.splitlines() if line.strip().startswith("#")
    ]
    assert users_of(without_entry(after, path, "ana@x.test"), path) == (users_of(text, path) if not path else {})


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("- a\n", ()),
        ("access: [1]\n", USERS),
        ("a: {b: ]\n", ("a",)),
        ("base: &all {pat@x.test: {}}\naccess: {users: *all}\n", USERS),
        ("access:\n  users:\n    pat@x.test:\n      name: |\n        Pat\n", USERS),
        ("access: everybody\n", USERS),
    ],
)
def test_what_is_not_certain_is_left_to_people(text: str, path: tuple[str, ...]) -> None:
    with pytest.raises(CannotRewriteError):
        with_entry(text, path, "ana@x.test", "{}")


def test_who_is_not_there_cannot_go() -> None:
    for text, path in ((BLOCK, USERS), ("owner: me\n", USERS)):
        with pytest.raises(KeyError):
            without_entry(text, path, "ana@x.test")


COMMENTED = """\
access:
  users: {   # people of the house
    # from the start
    ana@x.test: {},
    bob@x.test: {},   # until May
    # not yet
    carl@x.test: {groups: [a]},   # since June
    dan@x.test: {},
    eve@x.test: {groups: [
      b,   # for now
    ]},
    fay@x.test: {}
  }   # all
"""


@pytest.mark.parametrize("name", ["dan", "eve", "fay"])
def test_comments_of_others_do_not_hinder(name: str) -> None:
    after = without_entry(COMMENTED, USERS, f"{name}@x.test")
    assert users_of(after).keys() == users_of(COMMENTED).keys() - {f"{name}@x.test"}
    assert [line for line in after.splitlines() if "#" in line and "now" not in line] == [
        line for line in COMMENTED.splitlines() if "#" in line and "now" not in line
    ]


@pytest.mark.parametrize("name", ["ana", "bob", "carl"])
def test_a_hash_in_somebody_s_name_is_no_comment(name: str) -> None:
    users = {f"{one}@x.test": {"name": f"'{one} #1'"} for one in ("ana", "bob", "carl")}
    text = f"access: {{users: {yaml.safe_dump(users, default_flow_style=True, width=999).strip()}}}   # all\n"
    after = without_entry(text, USERS, f"{name}@x.test")
    assert users_of(after) == {key: value for key, value in users.items() if key != f"{name}@x.test"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *((COMMENTED, name) for name in ("ana", "bob", "carl")),
        ("access: {users: {\n  ana@x.test: {},\n  # his\n  bob@x.test: {}\n}}\n", "ana"),
        ("access: {users: {\n  ana@x.test: {},\n  # his\n  bob@x.test: {}\n}}\n", "bob"),
        ("access: {users: {\n  # his\n  bob@x.test: {},\n  carl@x.test: {}\n}}\n", "bob"),
        ("access: {users: {\n  ana@x.test: {},  # hers\n  bob@x.test: {}\n}}\n", "ana"),
        ("access: {users: {\n  ana@x.test: {},  # hers\n  bob@x.test: {}\n}}\n", "bob"),
        ("access: {users: {\n  ana@x.test: {},\n  bob@x.test: {},  # his\n}}\n", "bob"),
        ("access:\n  users: {\n    # the only one\n    ana@x.test: {}\n  }\n", "ana"),
        ("access:\n  users: {\n    ana@x.test: {},\n    # nobody else\n  }\n", "ana"),
    ],
)
def test_comments_between_braces_are_neither_lost_nor_given_to_another(text: str, name: str) -> None:
    with pytest.raises(CannotRewriteError, match="comment"):
        without_entry(text, USERS, f"{name}@x.test")


@pytest.mark.parametrize(
    "text",
    [
        "access: {users: {\n  bob@x.test: {}  # his\n}}\n",
        "access: {users: {\n  bob@x.test: {},  # his\n}}\n",
        "access: {users: {  # nobody yet\n}}\n",
        "access: {  # nobody yet\n}\n",
        "access: {inherit: true  # yes\n}\n",
    ],
)
def test_who_comes_takes_no_comment_between_braces(text: str) -> None:
    with pytest.raises(CannotRewriteError, match="comment"):
        with_entry(text, USERS, "ana@x.test", "{}")


def test_who_comes_between_braces_with_comments_on_other_lines() -> None:
    text = "access: {users: {\n  # his\n  bob@x.test: {},\n  # the end\n}}  # all\n"
    after = with_entry(text, USERS, "ana@x.test", "{}")
    assert after == text.replace("bob@x.test: {}", "bob@x.test: {}, ana@x.test: {}")
    assert without_entry(after, USERS, "ana@x.test") == text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "owner: me\n", "  # of access\n", "    # of users\n    # and more\nowner: me\n"])
def test_a_comment_below_an_entry_and_deeper_is_its_own(end: str, newline: str) -> None:
    bob = "    bob@x.test:\n      groups: [a]\n      # and b, from June\n\n        # or later\n"
    text = f"access:\n  users:\n    ana@x.test: {{}}\n{bob}{end}".replace("\n", newline)
    after = with_entry(text, USERS, "eve@x.test", "{}")
    assert lines_changed(text, after) == ["+    eve@x.test: {}"]
    assert after.startswith(text.removesuffix(end.replace("\n", newline)))
    assert without_entry(after, USERS, "eve@x.test") == text
    gone = without_entry(text, USERS, "bob@x.test")
    assert gone == text.replace(bob.replace("\n", newline), "")
    assert users_of(gone) == {"ana@x.test": {}}
