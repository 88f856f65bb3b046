"""`lakewright infra import`: a resource that is there is managed from now on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, SpecError

FILE = "imports.yaml"


@verb(
    "import",
    example="lakewright infra import dev foundation/lake 'aws_s3_bucket.this[\"bronze\"]' our-bucket\n"
    "lakewright infra import dev --resources   # what each call's module has",
)
@click.argument("environment", metavar="ENV")
@click.argument("call", metavar="[STACK/CALL]", required=False)
@click.argument("address", metavar="[ADDRESS]", required=False)
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--resources", is_flag=True, help="List the resources that can be taken over, by stack and call.")
def command(
    invocation: Invocation,
    environment: str,
    call: str | None,
    address: str | None,
    identity: str | None,
    resources: bool,
) -> Report:
    """Take a resource over that is there already: it is written into imports.yaml, and becomes an import block.

    ADDRESS is the resource within the call's module, ID what AWS calls it. The next plan shows the import; it should
    show no replacement.
    """
    if resources:
        return _resources(invocation, environment)
    if call is None or address is None or identity is None:
        raise SpecError("LW900", "STACK/CALL, ADDRESS and ID are needed", hint="--resources lists what there is")
    root = invocation.project().root
    _add(invocation, root, environment, (call, address, identity))

    def show(screen: Screen) -> None:
        screen.line(f"{FILE}: {call} {address} is {identity} in {environment}")
        screen.line(f"Next: `lakewright infra compile {environment}`, then `lakewright plan {environment}`.")

    return Report({"environment": environment, "call": call, "address": address, "id": identity}, show)


def _add(invocation: Invocation, root: Path, environment: str, wanted: tuple[str, str, str]) -> None:
    """Writes the import; both files are as before if the spec would not compile with it."""
    from lakewright.infra.compile import compile_environment

    paths = (root / FILE, root / "platform.yaml")
    before = [path.read_text(encoding="utf-8") if path.exists() else None for path in paths]
    call, address, identity = wanted
    try:
        _write(root, environment, call, address, identity)
        compile_environment(invocation.project(), environment)
    except LakewrightError:
        for path, text in zip(paths, before, strict=True):
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text, encoding="utf-8")
        raise


def _write(root: Path, environment: str, call: str, address: str, identity: str) -> None:
    import yaml

    path = root / FILE
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    imports = found.setdefault("environments", {}).setdefault(environment, {}).setdefault("imports", {})
    imports.setdefault(call, {})[address] = identity
    head = "# Written by `lakewright infra import`: resources that were there before.\n"
    path.write_text(head + yaml.safe_dump(found, sort_keys=True, allow_unicode=True, width=120), encoding="utf-8")
    _include(root)


def _include(root: Path) -> None:
    """Makes imports.yaml a part of the spec."""
    from fnmatch import fnmatch

    from lakewright.spec.document import read_document

    path = root / "platform.yaml"
    text = path.read_text(encoding="utf-8")
    tree, _ = read_document(text, path.name)
    include = tree.entries().get("include")
    if include is None:
        path.write_text(f"{text.rstrip()}\ninclude: [{FILE}]\n", encoding="utf-8")
    elif not any(fnmatch(FILE, str(item.content)) for item in include.value.content):
        place = str(include.place)
        raise SpecError("LW1317", f"`include` does not name {FILE}", place=place, hint=f"add {FILE} to it, then again")


def _resources(invocation: Invocation, environment: str) -> Report:
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.interface import read_interface

    compiled = compile_environment(invocation.project(), environment)
    rows = [
        {"call": f"{stack.name}/{call}", "address": address}
        for stack in compiled.stacks
        for call, component in stack.calls.items()
        for address in sorted(read_interface(compiled.modules[component]).resources)
    ]

    def show(screen: Screen) -> None:
        screen.table(["stack/call", "resource"], [(row["call"], row["address"]) for row in rows])

    return Report({"environment": environment, "resources": rows}, show)
