"""Each mistake that compiling finds, with the line a person is sent to; nothing of it reaches Terraform."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import LakewrightError, Mistakes
from lakewright.infra.compile import compile_environment
from lakewright.spec import load_project

from .toys import find

HEAD = """\
lakewright: 1
platform: shop
environments:
  dev: {account: "111111111111", region: eu-west-1}
"""
ONE = HEAD + "infra:\n  stacks:\n    all:\n      calls:\n        vpc: {}\n"  # line 9
SECOND = '  uat: {account: "111111111111", region: eu-west-1}\n'
PROD = '  prod: {account: "222222222222", region: eu-west-1'
STORES = "infra: {stacks: {all: {calls: {lake: {use: store}}}}}\n"


def mistakes_of(root: Path, text: str, environment: str = "dev") -> list[LakewrightError]:
    (root / "platform.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LakewrightError) as caught:
        compile_environment(load_project(root), environment, find)
    return list(caught.value.mistakes) if isinstance(caught.value, Mistakes) else [caught.value]


ACCOUNTS = HEAD.replace("eu-west-1}", 'eu-west-1, accounts: {prod: "222222222222"}}')
FOR = "infra:\n  stacks:\n    a: {account: %s, calls: {vpc: {}}}\n"
BOTH = FOR + "    b: {account: %s, calls: {more: {use: store}}}\n"

CASES = {
    "an account that is missing": (ACCOUNTS + BOTH % ("prod", "nonprod"), "LW1304", 8, "hint: accounts: {nonprod:"),
    "an account that is misspelt": (ACCOUNTS + FOR % "prd", "LW1304", 7, 'did you mean "prod"?'),
    "no stacks": (HEAD, "LW1304", 1, "no infra.stacks"),
    "an unknown component": (ONE + "        x: {use: stor}\n", "LW1303", 10, '"stor"'),
    "a call that is no component": (ONE + "        buckets: {}\n", "LW1303", 10, '"buckets"'),
    "an unknown setting": (
        ONE + "        lake:\n          use: store\n          keep_day: 1\n",
        "LW104",
        12,
        "keep_days",
    ),
    "a wrong setting": (ONE + "        two:\n          use: vpc\n          zones: 0\n", "LW107", 12, "at least 1"),
    "the component refuses": (
        ONE + "        two:\n          use: vpc\n          cidr: 10.0.0.0/29\n",
        "LW1390",
        12,
        "small",
    ),
    "sources replicated in no known way": (
        ONE + "        lake:\n          use: store\n          each_source: debezium\n",
        "LW107",
        12,
        "'dms' or 'lakewright'",
    ),
    "a call twice": (
        ONE + "    more:\n      calls:\n        vpc: {}\n",
        "LW1305",
        12,
        "is in stack all (platform.yaml:9)",
    ),
    "an override of nothing": (ONE.replace("west-1}", "west-1,\n infra: {vcp: {zones: 1}}}"), "LW1305", 5, '"vpc"'),
    "an unknown stack": (
        ONE + "    more:\n      after: [al]\n      calls: {lake: {use: store}}\n",
        "LW1306",
        11,
        '"all"',
    ),
    "a text for a number": (
        ONE + "        lake:\n          use: store\n          keep_days: soon\n",
        "LW1307",
        12,
        "a number",
    ),
    "an unknown input": (ONE + "        lake: {use: store, wrong: {keepdays: 1}}\n", "LW1307", 10, '"keep_days"'),
    "an input without value": (
        ONE + "        lake: {use: store, wrong: {buckets: }}\n",
        "LW1307",
        10,
        "needs `buckets`",
    ),
    "a part of an input": (
        ONE + "        lake:\n          use: store\n          wrong: {buckets: {a: {bucket: [x]}}}\n",
        "LW1307",
        12,
        "buckets.a.bucket must be a text",
    ),
    "a part that is unknown": (
        ONE + "        lake: {use: store, wrong: {buckets: {a: {bucket: abc, nme: x}}}}\n",
        "LW1307",
        10,
        "bucket, policy",
    ),
    "nothing provides it": (
        HEAD + "infra: {stacks: {all: {calls:\n {lake: {use: store, inside: true}}}}}\n",
        "LW1302",
        6,
        "vpc",
    ),
    "two could provide it": (
        ONE + "        two: {use: vpc}\n        lake: {use: store, inside: true}\n",
        "LW1301",
        11,
        "two, vpc",
    ),
    "an import into nothing": (ONE + "imports:\n  all/vcp: {aws_vpc.this: vpc-1}\n", "LW1305", 11, '"all/vpc"'),
    "an import of nothing": (ONE + "imports:\n  all/vpc:\n    aws_vpc.thsi: vpc-1\n", "LW1315", 12, '"aws_vpc.this"'),
    "something unknown exists": (ONE + "existing:\n  vcp: {vpc_id: vpc-1}\n", "LW1303", 11, '"vcp"'),
    "an unknown output exists": (ONE + "existing:\n  vpc:\n    vpcid: vpc-1\n", "LW1307", 12, '"vpc_id"'),
    "a zone of another region": (
        ONE + "        lake:\n          use: store\n          wrong: {subnet_ids: [us-east-1a]}\n",
        "LW1312",
        12,
        "eu-west-1a",
    ),
    "a key of another region": (
        ONE + "        lake: {use: store,\n wrong: {vpc_id: 'arn:aws:kms:us-east-1:111111111111:key/1'}}\n",
        "LW1312",
        11,
        "in us-east-1",
    ),
    "a schedule that never fires": (
        ONE + "        lake: {use: store, wrong: {schedule: 'cron(0 0 31 2 ? *)'}}\n",
        "LW1323",
        10,
        "never fires",
    ),
    "a bucket's name": (ONE + "        lake: {use: store,\n names: {bronze: Mine}}\n", "LW1313", 11, '"Mine"'),
    "a reserved bucket's name": (
        ONE + "        lake: {use: store,\n names: {bronze: mine-s3alias}}\n",
        "LW1313",
        11,
        "AWS's own",
    ),
    "an address as a bucket's name": (
        ONE + "        lake: {use: store, names: {bronze: 10.0.0.1}}\n",
        "LW1313",
        10,
        "10.0.0.1",
    ),
    "a bucket twice": (
        ONE + "        lake: {use: store}\n        pond: {use: store, purposes: [silver]}\n",
        "LW1314",
        11,
        "by lake (platform.yaml:10)",
    ),
    "roles in a ring": (
        ONE + "        roles: {trusts: {a: b, b: c, c: a, d: a, e: e}}\n",
        "LW1316",
        10,
        "dev-a → shop-dev-b → shop-dev-c → shop-dev-a",
    ),
    "a variable twice": (ONE + "        account: {use: vpc, id: mine}\n", "LW1305", 10, "`account_id`"),
    "a region without account": (HEAD.replace('account: "111111111111", ', "") + STORES, "LW1304", 4, "no account"),
    "equal environments": (
        HEAD.replace("dev:", "qa_1:") + SECOND.replace("uat:", "qa-1:") + STORES,
        "LW1314",
        4,
        "qa-1",
    ),
    "an owner that is no tag": ("owner: a & b\n" + HEAD + STORES, "LW1313", 1, '"a & b"'),
    "an environment's folder": (HEAD + PROD.replace("prod", "modules") + "}\n" + STORES, "LW1313", 5, "infra/modules"),
    "names in one account": (
        HEAD + SECOND + STORES.replace("store}", "store, names: {bronze: same, silver: also}}"),
        "LW1314",
        4,
        "uat makes same, also too",
    ),
    "prod less protected": (
        HEAD + PROD + ", infra: {lake: {protected:\n false}}}\n" + STORES,
        "LW1311",
        5,
        "force_destroy is true there, not false",
    ),
    "prod not strict": (
        HEAD.replace("west-1}", "west-1, protection: strict}") + PROD + ",\n protection: none}\n" + STORES,
        "LW1311",
        6,
        "strict",
    ),
    "prod keeps less": (HEAD + PROD + ",\n infra: {lake: {keep_days: 7}}}\n" + STORES, "LW1311", 6, "7 there, not 30"),
}


@pytest.mark.parametrize(("text", "code", "line", "says"), CASES.values(), ids=CASES)
def test_each_mistake_names_its_line(tmp_path: Path, text: str, code: str, line: int, says: str) -> None:
    environment = next((name for name in ("qa_1", "modules") if f"{name}:" in text), "dev")
    found = mistakes_of(tmp_path, text, environment)
    assert [(one.code, one.place) for one in found] == [(code, f"platform.yaml:{line}")]
    assert says in str(found[0])
