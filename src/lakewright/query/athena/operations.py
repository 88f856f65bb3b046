"""Every operation of Athena's API: what is answered here, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping

SUPPORTED: Mapping[str, str] = {
    "StartQueryExecution": "Waits up to 0.1 s for the query to end, so that a first poll finds it done.",
    "StopQueryExecution": "Ends the query's processes.",
    "GetQueryExecution": "Another principal's execution is not found; administrators see all.",
    "BatchGetQueryExecution": "",
    "ListQueryExecutions": "One's own; for administrators the workgroup's.",
    "GetQueryResults": "Asks the grants again. `DATA_MANIFEST` is refused.",
    "GetQueryRuntimeStatistics": "`Timeline` and `Rows`; no stages.",
    "CreateWorkGroup": "Administrators only.",
    "GetWorkGroup": "",
    "ListWorkGroups": "Those that the caller may use.",
    "UpdateWorkGroup": "Administrators only; those of platform.yaml are changed there.",
    "DeleteWorkGroup": "Administrators only; those of platform.yaml are removed there.",
    "CreateNamedQuery": "",
    "GetNamedQuery": "",
    "BatchGetNamedQuery": "",
    "ListNamedQueries": "Those of platform.yaml included.",
    "UpdateNamedQuery": "Those of platform.yaml are changed there.",
    "DeleteNamedQuery": "Those of platform.yaml are removed there.",
    "CreatePreparedStatement": "",
    "GetPreparedStatement": "",
    "BatchGetPreparedStatement": "",
    "ListPreparedStatements": "",
    "UpdatePreparedStatement": "",
    "DeletePreparedStatement": "",
    "ListDataCatalogs": "`AwsDataCatalog`.",
    "GetDataCatalog": "`AwsDataCatalog`.",
    "ListDatabases": "Only what the caller may see.",
    "GetDatabase": "What the caller may not see is not found.",
    "ListTableMetadata": "Only tables and columns that the caller may see.",
    "GetTableMetadata": "What the caller may not see is not found.",
    "TagResource": "Administrators only.",
    "UntagResource": "Administrators only.",
    "ListTagsForResource": "",
    "ListEngineVersions": "Athena engine version 3.",
}
"""Operation → what to know about it here."""

SPARK = "Athena for Spark"
CAPACITY = "Capacity reservations"
CATALOGS = "Data catalogs other than AwsDataCatalog"
SYSTEM_TABLES = "System tables"
UNSUPPORTED: Mapping[str, str] = {
    "CancelCapacityReservation": CAPACITY,
    "CreateCapacityReservation": CAPACITY,
    "CreateDataCatalog": CATALOGS,
    "CreateNotebook": SPARK,
    "CreatePresignedNotebookUrl": SPARK,
    "CreateSystemTableConfiguration": SYSTEM_TABLES,
    "DeleteCapacityReservation": CAPACITY,
    "DeleteDataCatalog": CATALOGS,
    "DeleteNotebook": SPARK,
    "DeleteSystemTableConfiguration": SYSTEM_TABLES,
    "ExportNotebook": SPARK,
    "GetCalculationExecution": SPARK,
    "GetCalculationExecutionCode": SPARK,
    "GetCalculationExecutionStatus": SPARK,
    "GetCapacityAssignmentConfiguration": CAPACITY,
    "GetCapacityReservation": CAPACITY,
    "GetNotebookMetadata": SPARK,
    "GetResourceDashboard": SPARK,
    "GetSession": SPARK,
    "GetSessionEndpoint": SPARK,
    "GetSessionStatus": SPARK,
    "GetSystemTableConfiguration": SYSTEM_TABLES,
    "ImportNotebook": SPARK,
    "ListApplicationDPUSizes": SPARK,
    "ListCalculationExecutions": SPARK,
    "ListCapacityReservations": CAPACITY,
    "ListExecutors": SPARK,
    "ListNotebookMetadata": SPARK,
    "ListNotebookSessions": SPARK,
    "ListSessions": SPARK,
    "ListSystemTableStatuses": SYSTEM_TABLES,
    "PutCapacityAssignmentConfiguration": CAPACITY,
    "StartCalculationExecution": SPARK,
    "StartSession": SPARK,
    "StopCalculationExecution": SPARK,
    "TerminateSession": SPARK,
    "UpdateCapacityReservation": CAPACITY,
    "UpdateDataCatalog": CATALOGS,
    "UpdateNotebook": SPARK,
    "UpdateNotebookMetadata": SPARK,
    "UpdateSystemTableConfiguration": SYSTEM_TABLES,
}
"""Operation → what it belongs to, which is refused by name."""


def as_markdown() -> str:
    """The table of docs/athena.md."""
    rows = [f"| `{name}` | yes | {note} |" for name, note in SUPPORTED.items()]
    rows += [f"| `{name}` | no | {reason} |" for name, reason in UNSUPPORTED.items()]
    return "\n".join(["| operation | supported | to know |", "| --- | --- | --- |", *rows]) + "\n"
