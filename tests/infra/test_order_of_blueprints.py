"""Every stack of the two Databricks platforms, out of its turn: refused with the reason; in its turn: taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import Mistakes
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.in_order import refuse_out_of_order, refuse_to_pull_away
from lakewright.infra.order import STATE
from lakewright.spec import blueprints, load_project


@pytest.fixture(scope="module", params=["business-units", "databricks-single"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    example = blueprints()[request.param].joinpath("example.yaml").read_text(encoding="utf-8")
    folder: Path = tmp_path_factory.mktemp("order")
    head = f"lakewright: 1\nplatform: shop\nblueprint: {request.param}@1\n"
    (folder / "platform.yaml").write_text(head + example, encoding="utf-8")
    project = load_project(folder)
    return compile_environment(project, next(name for name in project.platform.environments if name != "local"))


def test_no_stack_is_applied_before_what_it_stands_on(platform: Compiled) -> None:
    tried = [one for one in platform.stacks if one.after]
    assert len(tried) == len(platform.stacks) - 1, "all but the state's"
    for stack in tried:
        for missing in stack.after:
            applied = stack.after - {missing}
            with pytest.raises(Mistakes) as caught:
                refuse_out_of_order(platform.stacks, [stack.name], lambda name, there=applied: name in there)
            (one,) = caught.value.mistakes
            assert (one.code, one.place) == ("LW1367", stack.name)
            assert one.fact.startswith(f"{stack.name} comes after {missing}, which is not applied: ")
            assert one.fact.partition("not applied: ")[2], "with the reason"
            assert one.hint == f"name {missing} too: --stack {missing}"
        refuse_out_of_order(platform.stacks, [stack.name], lambda name, there=stack.after: name in there)


def test_no_stack_is_destroyed_below_another(platform: Compiled) -> None:
    names = [one.name for one in platform.stacks]
    bottoms = 0
    for stack in platform.stacks:
        above = {one.name for one in platform.stacks if one.stands_on(stack)}
        if not above:
            refuse_to_pull_away(platform.stacks, [stack.name], lambda _: True)
            continue
        bottoms += 1
        with pytest.raises(Mistakes) as caught:
            refuse_to_pull_away(platform.stacks, [stack.name], lambda _: True)
        assert {one.hint for one in caught.value.mistakes} == {f"destroy it before: --stack {name}" for name in above}
        refuse_to_pull_away(platform.stacks, [stack.name], lambda name, there=above: name not in there)
    assert bottoms > 3
    refuse_to_pull_away(platform.stacks, names, lambda _: True)


def test_the_state_comes_before_all(platform: Compiled) -> None:
    assert platform.stacks[0].name == STATE
    assert all(STATE in one.after for one in platform.stacks[1:])
