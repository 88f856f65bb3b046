"""What components decide for a small platform, and root modules that make their calls for Terraform to apply."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lakewright.components.component import Call, Context, Data, File, FilePath, Output, Place, Template
from lakewright.components.registry import component
from lakewright.infra.terraform import Terraform
from lakewright.spec import Project, load_project

ACCOUNT = "111111111111"
REGION = "us-east-1"
SPEC = """\
lakewright: 1
platform: shop
blueprint: lakehouse-cdc@1
owner: data-platform
sources: {shop: {postgres: {url: "${SHOP_DATABASE_URL}", tables: [public.core_*], tenant: tenant_id}}}
environments: {dev: {account: "111111111111", region: us-east-1}}
"""
PROVIDER = {
    "region": REGION,
    "s3_use_path_style": True,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "max_retries": 2,
    "default_tags": {"tags": {"platform": "shop", "managed-by": "lakewright"}},
}


def project(folder: Path, spec: str = SPEC) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "platform.yaml").write_text(spec)
    return load_project(folder, "dev")


def context(found: Project, *used: str, strict: bool = False, region: str = REGION) -> Context:
    """An environment in which each of these components is used once, under its own name."""
    place = Place("shop", "prod" if strict else "dev", ACCOUNT, region, strict, {})
    return Context(found, place, {name: name for name in used})


def decide(where: Context, name: str, **settings: Any) -> Call:
    """What a component decides for settings as a person writes them (already read from YAML)."""
    used = component(name)
    return used.call(where, name, used.settings.model_validate(settings))


def written(call: Call, *path: str) -> Any:
    """A value among the inputs, with files' text in its place."""
    value: Any = call.inputs
    for step in path:
        value = value[step]
    match value:
        case File(name) | Template(name, _):
            return json.loads(call.files[name])
    return value


def write_root(folder: Path, calls: Mapping[str, Call], copied: Sequence[str] = ()) -> None:
    """Writes `main.tf.json` and the calls' files. Modules are used where they stand; those of `copied` from a copy."""
    modules = {}
    for name, call in calls.items():
        used, place = component(name), folder / name
        for file, text in call.files.items():
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        inputs = {key: _expression(value, name) for key, value in call.inputs.items()}
        if name in copied:
            shutil.copytree(used.module, folder / "modules" / name, dirs_exist_ok=True)
        modules[name] = {"source": f"./modules/{name}" if name in copied else str(used.module), **inputs}
    outputs = {
        f"{name}_{output}": {"value": f"${{module.{name}.{output}}}"}
        for name in calls
        for output in component(name).provides
    }
    whole = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}},
        "provider": {"aws": PROVIDER},
        "module": modules,
        "output": outputs,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf.json").write_text(json.dumps({key: part for key, part in whole.items() if part}, indent=1))


def _expression(value: Any, call: str) -> Any:
    """A value in Terraform's JSON syntax, in which text is a template."""
    match value:
        case Output(used, output, path):
            steps = "".join(f"[{json.dumps(step)}]" for step in path)
            return f"${{module.{used}.{output}{steps}}}"
        case File(name):
            return f'${{file("${{path.module}}/{call}/{name}")}}'
        case FilePath(name):
            return f"${{path.module}}/{call}/{name}"
        case Data(name, _):
            return f'${{jsondecode(file("${{path.module}}/{call}/{name}"))}}'
        case Template(name, values):
            said = ", ".join(f"{key} = {_expression(each, call)[2:-1]}" for key, each in values.items())
            return f'${{templatefile("${{path.module}}/{call}/{name}", {{{said}}})}}'
        case dict():
            return {key: _expression(each, call) for key, each in value.items()}
        case list() | tuple():
            return [_expression(each, call) for each in value]
        case str():
            return value.replace("${", "$${").replace("%{", "%%{")
    return value


def apply(terraform: Terraform, folder: Path, *, destroy: bool = False) -> bool:
    """Plans and applies; whether there was anything to do."""
    plan = folder / "the.plan"
    planned = terraform.plan(folder, plan, destroy=destroy)
    if planned.changed:
        terraform.apply(folder, plan)
    return planned.changed
