"""What nobody waits for: resources that the provider goes on watching long after AWS has taken them.

A stack that has some is applied in two goes: all else first, so that the stacks that read its outputs can begin, and
these beside them. Both goes are plain terraform, and the second is not targeted at anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lakewright.infra.hcl_read import Block, HclError, read_blocks, text_of
from lakewright.infra.order import Outcome, Step
from lakewright.infra.run_done import Applied

WATCHED = frozenset({"aws_s3_bucket_lifecycle_configuration"})
"""Kinds that no output and no other resource of ours hangs on. Of lifecycle rules the provider wants to read the same
answer ten times: 55 s per bucket (internal/service/s3/bucket_lifecycle_configuration.go, 5.100)."""
REST = " (rest)"


def targets(folder: Path) -> tuple[str, ...]:
    """Addresses of everything in a root module but what is watched; empty when there is nothing to set apart.

    Modules from elsewhere than a local folder are taken whole. So is what cannot be read: terraform will say why.
    """
    try:
        found = tuple(dict.fromkeys(_addresses(folder, "")))
    except (HclError, OSError):
        return ()
    rest = tuple(one for one in found if not _is_watched(one))
    return rest if len(rest) < len(found) else ()


def outputs(folder: Path) -> frozenset[str]:
    """Names of the outputs that a root module declares."""
    blocks = [block for path in folder.glob("*.tf") for block in read_blocks(path.read_text(encoding="utf-8"))]
    return frozenset(block.labels[0] for block in blocks if block.kind == "output")


def _addresses(folder: Path, prefix: str) -> Iterator[str]:
    for path in sorted(folder.glob("*.tf")):
        for block in read_blocks(path.read_text(encoding="utf-8")):
            match block:
                case Block(kind="resource", labels=(kind, name)):
                    yield f"{prefix}{kind}.{name}"
                case Block(kind="module", labels=(name,)):
                    source = text_of(block.attributes["source"]) if "source" in block.attributes else ""
                    inner = f"{prefix}module.{name}"
                    if source.startswith("."):
                        yield from _addresses((folder / source).resolve(strict=True), f"{inner}.")
                    elif source:
                        yield inner


def _is_watched(address: str) -> bool:
    return address.split(".")[-2] in WATCHED


def in_two_goes(steps: tuple[Step, ...], apart: Mapping[str, tuple[str, ...]]) -> tuple[Step, ...]:
    """The steps, and behind each that has something apart a second one, which nobody comes after."""
    rest = (Step(step.name + REST, step.folder, frozenset({step.name})) for step in steps if step.name in apart)
    return (*(replace(step, follows=_whole(step.follows, apart)) for step in steps), *rest)


def _whole(names: Iterable[str], apart: Collection[str]) -> frozenset[str]:
    """The last goes of these: what is to prove something is applied whole."""
    return frozenset(name + REST if name in apart else name for name in names)


def as_one(outcome: Outcome[Applied]) -> Outcome[Applied]:
    """What became of the stacks, both goes of each together."""
    whole: Outcome[Applied] = Outcome(seconds=outcome.seconds, path=outcome.path)
    for name, done in outcome.done.items():
        stack = name.removesuffix(REST)
        whole.done[stack] = _sum(whole.done[stack], done) if stack in whole.done else replace(done, stack=stack)
    for name, error in outcome.failed.items():
        whole.failed[name.removesuffix(REST)] = error
        whole.done.pop(name.removesuffix(REST), None)
    left = dict.fromkeys(name.removesuffix(REST) for name in outcome.left)
    whole.left = tuple(name for name in left if name not in whole.failed)
    for name in whole.left:
        whole.done.pop(name, None)
    return whole


def _sum(first: Applied, rest: Applied) -> Applied:
    did = {key: first.did.get(key, 0) + rest.did.get(key, 0) for key in {**first.did, **rest.did}}
    seconds = {**first.seconds, **{f"{name}, rest": taken for name, taken in rest.seconds.items()}}
    return Applied(first.stack, did, first.skipped and rest.skipped, first.resources + rest.resources, seconds)
