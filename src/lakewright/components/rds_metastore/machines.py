"""How clusters' machines find a Hive metastore in PostgreSQL: a script that reads the password with their own role.

Sources: Databricks on AWS, "External Apache Hive metastore (legacy)" for settings and their folder;
AWS Secrets Manager, "Retrieve a secret": RDS keeps `username` and `password` there, and rotates them.
"""

from __future__ import annotations

SCRIPT = "hive"
"""Name of the init script."""

TEXT = """\
#!/bin/bash
# The Hive metastore is the platform's own PostgreSQL. RDS keeps its password in Secrets Manager and changes it: it is
# read when a cluster starts, with the machine's role, and lies nowhere else.
set -euo pipefail
umask 077
/databricks/python/bin/python - > /databricks/driver/conf/00-hive-metastore.conf <<'END'
import json

import boto3

manager = boto3.client("secretsmanager", region_name="${region}")
known = json.loads(manager.get_secret_value(SecretId="${secret_arn}")["SecretString"])
settings = {
    "spark.hadoop.javax.jdo.option.ConnectionURL": "${jdbc_url}",
    "spark.hadoop.javax.jdo.option.ConnectionDriverName": "org.postgresql.Driver",
    "spark.hadoop.javax.jdo.option.ConnectionUserName": known["username"],
    "spark.hadoop.javax.jdo.option.ConnectionPassword": known["password"],
    "spark.sql.hive.metastore.version": "2.3.9",
    "spark.sql.hive.metastore.jars": "builtin",
}
print("[driver] {")
for name, value in settings.items():
    print(f"  {json.dumps(name)} = {json.dumps(value)}")
print("}")
END
"""
"""Filled in by Terraform: `region`, `secret_arn`, `jdbc_url`."""
