"""Init scripts that every cluster must have, and the policy's rules that refuse clusters without them.

Sources: Databricks on AWS, "What are init scripts?", "Compute policy reference", "External Apache Hive metastore
(legacy)", for settings files in /databricks/driver/conf.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lakewright.spec.block import Block
from lakewright.spec.values import Text, problem

FOLDER = "/lakewright/init"
"""Folder of the workspace that only its administrators write to."""

_BEGIN = "-----BEGIN CERTIFICATE-----"


def _certificate(text: str) -> str:
    if text and _BEGIN not in text:
        raise problem("LW107", "no certificate in PEM form", f"{_BEGIN} …")
    return text


class InitScripts(Block):
    """What every cluster does when it starts."""

    certificates: Annotated[Text, AfterValidator(_certificate)] = Field(
        default="", description="Certificates (PEM) of the company's own authorities."
    )
    nameservers: tuple[Text, ...] = Field(
        default=(), strict=False, description="Addresses of name servers that answer for `domains`."
    )
    domains: tuple[Text, ...] = Field(default=(), strict=False, description="Domains of the company's own names.")
    memory_metastore: bool = Field(
        default=False, description="Whether the Hive metastore is in memory: tables belong into Unity Catalog."
    )


def scripts(declared: InitScripts) -> dict[str, str]:
    """Name → text, in the order in which they run."""
    found: dict[str, str] = {}
    if declared.certificates:
        found["certificates"] = _CERTIFICATES.replace("PEM", declared.certificates.strip())
    if declared.nameservers:
        lines = [f"DNS={' '.join(declared.nameservers)}", f"Domains={' '.join(f'~{one}' for one in declared.domains)}"]
        found["names"] = _NAMES.replace("LINES", "\n".join(lines))
    if declared.memory_metastore:
        found["metastore"] = _METASTORE
    return found


def path(name: str) -> str:
    return f"{FOLDER}/{name}.sh"


def rules(names: list[str]) -> dict[str, dict[str, Any]]:
    """What a cluster policy says: these scripts, in this order, and no others."""
    return {
        f"init_scripts.{number}.workspace.destination": {"type": "fixed", "value": path(name)}
        for number, name in enumerate(names)
    }


_CERTIFICATES = """\
#!/bin/bash
# Trusts the company's own authorities: the system, Python's libraries and Java.
set -euo pipefail
cat > /usr/local/share/ca-certificates/company.crt <<'END'
PEM
END
update-ca-certificates
keytool -importcert -noprompt -cacerts -storepass changeit -alias company \\
  -file /usr/local/share/ca-certificates/company.crt
echo 'export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt' >> /databricks/spark/conf/spark-env.sh
"""
_NAMES = """\
#!/bin/bash
# The company's own names are asked of its own name servers, all others as before.
set -euo pipefail
mkdir -p /etc/systemd/resolved.conf.d
cat > /etc/systemd/resolved.conf.d/company.conf <<'END'
[Resolve]
LINES
END
systemctl restart systemd-resolved
"""
_METASTORE = """\
#!/bin/bash
# The Hive metastore is in memory and gone with the cluster: tables belong into Unity Catalog.
set -euo pipefail
cat > /databricks/driver/conf/00-memory-metastore.conf <<'END'
[driver] {
  "spark.hadoop.javax.jdo.option.ConnectionURL" = "jdbc:derby:memory:metastore;create=true"
  "spark.hadoop.javax.jdo.option.ConnectionDriverName" = "org.apache.derby.jdbc.EmbeddedDriver"
  "spark.hadoop.datanucleus.schema.autoCreateAll" = "true"
  "spark.hadoop.hive.metastore.schema.verification" = "false"
}
END
"""
