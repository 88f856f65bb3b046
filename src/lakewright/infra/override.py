"""A copy of compiled Terraform for rehearsals: the same files, and one more per stack that leads it to loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lakewright.components.component import Value
from lakewright.errors import SpecError
from lakewright.infra.hcl_read import Block, HclError, read_blocks, text_of
from lakewright.infra.hcl_text import Attribute, Body, Expression, HclText

OVERRIDE = "lakewright_rehearsal_override.tf"
_HEADER = """\
# Made by `lakewright rehearse`: the only difference from the compiled files beside it, and never part of them.
# Everything goes to the local AWS. The profile's files are removed when it stops; then nothing here works any more,
# so this copy cannot reach a real account.
"""


@dataclass(frozen=True)
class Loopback:
    """Where the local AWS answers, and the files that hold its profiles (keys, endpoint): `profile` is for what names
    none. `databricks` is the address of the local Databricks' account console, if there is one."""

    endpoint: str
    region: str
    credentials: Path
    config: Path
    profile: str = "administrator"
    databricks: str = ""

    @property
    def login(self) -> dict[str, Value]:
        return {
            "profile": self.profile,
            "shared_credentials_files": [str(self.credentials)],
            "shared_config_files": [str(self.config)],
        }

    @property
    def state(self) -> dict[str, Value]:
        """What a backend for state needs beside its own settings."""
        return {
            **self.login,
            "endpoints": {"s3": self.endpoint, "sts": self.endpoint, "iam": self.endpoint},
            "use_path_style": True,
            "skip_metadata_api_check": True,
            "skip_region_validation": True,
        }

    @property
    def provider(self) -> dict[str, Value]:
        return {
            **self.login,
            "max_retries": 2,
            "s3_use_path_style": True,
            "skip_metadata_api_check": True,
            "skip_region_validation": True,
        }


def copy_for_rehearsal(infra: Path, environment: str, target: Path, loopback: Loopback) -> Mapping[str, str]:
    """Copies `infra/modules` and `infra/ENV` below `target` and adds the override to each stack; gives stack → text.

    What an earlier copy has there is replaced; terraform's own folders stay, so that a repeat begins faster.
    """
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate", "*.tfstate.*")
    for name in ("modules", environment):
        _clear(target / name)
        shutil.copytree(infra / name, target / name, ignore=ignored, dirs_exist_ok=True)
    overrides = {}
    for folder in sorted(path for path in (target / environment).iterdir() if path.is_dir()):
        if any(folder.glob("*.tf")):
            overrides[folder.name] = override_of(folder, loopback)
            (folder / OVERRIDE).write_text(overrides[folder.name], encoding="utf-8")
    return overrides


def _clear(folder: Path) -> None:
    for path in sorted(folder.glob("**/*"), reverse=True):
        if ".terraform" not in path.parts and path.is_file():
            path.unlink()


def override_of(folder: Path, loopback: Loopback) -> str:
    """The override of one stack, from its own backend, providers and remote states."""
    found = [block for path in sorted(folder.glob("*.tf")) if path.name != OVERRIDE for block in _read(path)]
    bodies = [body for block in found for body in _overridden(block, loopback)]
    text = HclText(lambda output: output.output)
    return _HEADER + "".join("\n" + "\n".join(text.block(body)) + "\n" for body in bodies)


def _read(path: Path) -> tuple[Block, ...]:
    try:
        return read_blocks(path.read_text(encoding="utf-8"))
    except HclError as error:
        raise SpecError("LW1371", error.fact, place=f"{path}:{error.line}") from None


def _overridden(block: Block, loopback: Loopback) -> Iterator[Body]:
    match block:
        case Block(kind="terraform"):
            for inner in block.blocks:
                if inner.kind == "backend" and inner.labels == ("s3",):
                    yield Body("terraform", blocks=(_backend(inner, loopback),))
        case Block(kind="provider", labels=("aws",)):
            kept = {"profile"} & block.attributes.keys()  # of another account: the rehearsal has one of that name
            given = {key: value for key, value in loopback.provider.items() if key not in kept}
            yield Body("provider", ("aws",), (*_alias(block), *_attributes(given)))
        case Block(kind="provider", labels=("databricks",)) if "account_id" in block.attributes:
            yield Body("provider", ("databricks",), (*_alias(block), Attribute("host", loopback.databricks)))
        case Block(kind="data", labels=("terraform_remote_state", _)):
            own = block.attributes["config"].replace("\n  ", "\n")
            lines = HclText(lambda output: output.output).value(loopback.state)
            merged = Expression("\n".join([f"merge({own}, {lines[0]}", *lines[1:-1], f"{lines[-1]})"]))
            yield Body("data", block.labels, (Attribute("config", merged),))


def _alias(block: Block) -> tuple[Attribute, ...]:
    return (Attribute("alias", text_of(block.attributes["alias"])),) if "alias" in block.attributes else ()


def _backend(block: Block, loopback: Loopback) -> Body:
    own = [Attribute(name, Expression(text)) for name, text in block.attributes.items() if name not in loopback.state]
    return Body("backend", ("s3",), (*own, *_attributes(loopback.state)))


def _attributes(values: Mapping[str, Value]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, value) for name, value in values.items())
