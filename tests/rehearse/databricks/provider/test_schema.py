"""The schema says what the provider's documentation says, and can be derived again."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from tarfile import TarFile, TarInfo

import pytest

from lakewright.rehearse.databricks.provider.schema import load

SCRIPT = Path(__file__).parents[4] / "tools/databricks_schema.py"
TYPESCRIPT = """\
export interface ThingConfig extends cdktf.TerraformMetaArguments {
  /**
  * Docs: {@link https://registry.terraform.io/providers/databricks/databricks/9.8.7/docs/resources/schema#name}
  */
  readonly name: string;
  /**
  * part block
  */
  readonly part?: ThingPart[] | cdktf.IResolvable;
}
export interface ThingPart {
  readonly keys?: string[];
}
export function thingPartToHclTerraform(struct?: any): any {
  const attrs = {
    keys: {
      value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(struct!.keys),
      isBlock: false,
      type: "set",
      storageClassType: "stringList",
    },
  };
}
export class ThingPartOutputReference extends cdktf.ComplexObject {
  // keys - computed: false, optional: true, required: false
  private _keys?: string[];
}
export class ThingPartList extends cdktf.ComplexList {
  public get(index: number): ThingPartOutputReference {
    return new ThingPartOutputReference(this.terraformResource, this.terraformAttribute, index, this.wrapsSet);
  }
}
export class Thing extends cdktf.TerraformResource {
  public static readonly tfResourceType = "databricks_thing";
  // name - computed: false, optional: false, required: true
  private _name?: string;
  // stamp - computed: true, optional: false, required: false
  public get stamp() {
    return this.getNumberAttribute('stamp');
  }
  // part - computed: false, optional: true, required: false
  private _part = new ThingPartList(this, "part", false);
  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      part: {
        value: cdktf.listMapperHcl(thingPartToHclTerraform, true)(this._part.internalValue),
        isBlock: true,
        type: "list",
        storageClassType: "ThingPartList",
      },
    };
  }
}
"""


def test_all_types_of_the_provider_are_there() -> None:
    schema = load()
    assert schema.version == "1.99.0"
    assert (len(schema.resources), len(schema.data_sources)) == (136, 112)
    for kind in schema.resources:
        assert schema.resource(kind).names


@pytest.mark.parametrize(
    ("kind", "argument", "flags"),
    [
        ("databricks_external_location", "credential_name", (True, False, False)),
        ("databricks_external_location", "owner", (False, True, True)),
        ("databricks_external_location", "comment", (False, True, False)),
        ("databricks_schema", "catalog_name", (True, False, False)),
        ("databricks_volume", "volume_path", (False, False, True)),
        ("databricks_mws_workspaces", "workspace_url", (False, True, True)),
    ],
)
def test_documented_arguments(kind: str, argument: str, flags: tuple[bool, bool, bool]) -> None:
    found = load().resource(kind).attributes[argument]
    assert (found.required, found.optional, found.computed) == flags


def test_documented_blocks() -> None:
    schema = load()
    grant = schema.resource("databricks_grants").blocks["grant"]
    assert (grant.nesting, grant.least, grant.most) == ("set", 1, 0)
    assert grant.block.attributes["privileges"].type == ["set", "string"]
    role = schema.resource("databricks_storage_credential").blocks["aws_iam_role"]
    assert (role.nesting, role.most) == ("list", 1)


def test_the_file_says_where_it_is_from() -> None:
    content = load().content
    assert content["provider"] == "registry.terraform.io/databricks/databricks"
    assert "15.16.1" in content["derived_from"]
    assert "MPL-2.0" in content["licence"]
    assert content["date"] == "2025-12-10"


def test_the_script_derives_the_same_bytes_again(tmp_path: Path) -> None:
    wheel = tmp_path / "cdktf_cdktf_provider_databricks-0.0.1-py3-none-any.whl"
    mapped = b64encode(json.dumps({"sourcesContent": [TYPESCRIPT]}).encode()).decode()
    script = f"code\n//# sourceMappingURL=data:application/json;base64,{mapped}".encode()
    package = BytesIO()
    with TarFile.open(fileobj=package, mode="w:gz") as archive:
        entry = TarInfo("package/lib/schema/index.js")
        entry.size = len(script)
        archive.addfile(entry, BytesIO(script))
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(zipfile.ZipInfo("a/_jsii/x.jsii.tgz", (2025, 1, 2, 3, 4, 6)), package.getvalue())
    made = []
    for name in ("one", "two"):
        subprocess.run([sys.executable, SCRIPT, wheel, "--out", tmp_path / name], check=True, timeout=60)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    content = load(tmp_path / "one")
    assert content.version == "9.8.7"
    assert content.content["date"] == "2025-01-02"
    assert content.content["resources"] == {
        "databricks_thing": {
            "a": {"name": ["string", "r"], "stamp": ["number", "c"]},
            "b": {"part": ["list", 0, 0, {"a": {"keys": [["set", "string"], "o"]}}]},
        }
    }
    subprocess.run([sys.executable, SCRIPT, wheel, "--out", tmp_path / "one", "--check"], check=True, timeout=60)
