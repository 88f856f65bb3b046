"""Amazon Athena's service without HTTP: `Athena.call(operation, body, caller)` answers as AWS does.

Heavy parts are imported where they are used; `sql` and `ddl` stand on their own.
"""

from __future__ import annotations

from lakewright.query.athena.caller import Caller
from lakewright.query.athena.errors import AwsError

__all__ = ["AwsError", "Caller"]
