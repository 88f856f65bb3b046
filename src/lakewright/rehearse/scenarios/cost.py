"""Cost: what the layers hold, and what a question reads with and without conditions on partitions."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import pyarrow.parquet as pq

from lakewright.rehearse.scenarios.stage import Finding, Stage, Step, Told
from lakewright.tables import DataFile

DATED = "June 2025"
PRICES = "us-east-1"
ATHENA_PER_TB = 5.00
ATHENA_LEAST = 10_000_000
S3_PER_GB_MONTH = {"Standard": 0.023, "Standard-IA": 0.0125, "Glacier Flexible Retrieval": 0.0036}
"""List prices in USD, before tax, as they were at DATED: look them up before you count on them.

Athena: per 10^12 bytes scanned, at least 10 MB a query."""
TABLE, COLUMNS = "silver.order", ("tenant_id", "month", "total")
BILL = (
    "partition predicates",
    "files",
    "bytes scanned",
    "column bytes in the files",
    "USD, 1,000 queries",
    "USD, one query on a million times the data",
)
LAYERS = ("bronze", "silver", "gold")


def tell(stage: Stage) -> Told:
    engineer = stage.anyone("DataEngineer")
    month = stage.history(TABLE)[-1].at.date().replace(day=1)
    question = 'SELECT sum(total) AS total, count(*) AS orders FROM "order"'
    within = f"{question} WHERE tenant_id = 1 AND month = DATE '{month}'"
    whole = stage.ask("A question without conditions", engineer, question, "silver")
    pruned = stage.ask("The same for one tenant and month, which are the partitions", engineer, within, "silver")
    every = stage.table(TABLE).files()
    fitting = [file for file in every if _is_in(file, "1", str(month))]
    billed = [
        ("without", len(every), *_bill(stage, whole, every)),
        ("with", len(fitting), *_bill(stage, pruned, fitting)),
    ]
    title = f"What Athena would bill: {ATHENA_PER_TB:.2f} USD per TB ({PRICES}, {DATED}), at least 10 MB a query"
    bill = Step(title, BILL, billed)
    less = (pruned.scanned_bytes or 0) < (whole.scanned_bytes or 0) and billed[1][3] < billed[0][3]
    findings = [
        Finding("with predicates on partitions fewer files are opened", 0 < len(fitting) < len(every)),
        Finding("and fewer bytes are scanned", less),
        Finding("the answer is a part of the whole", 0 < pruned.column("orders")[0] < whole.column("orders")[0]),
    ]
    return Told("Cost", [_storage(stage), whole, pruned, bill], findings)


def _storage(stage: Stage) -> Step:
    sizes = {layer: sum(file.size for file in stage.lake.storage.list(layer)) for layer in LAYERS}
    prices = S3_PER_GB_MONTH.values()
    rows = [(layer, size, *(_per_month(size, price) for price in prices)) for layer, size in sizes.items()]
    title = f"What the layers hold, and what S3 takes for a thousand times that, USD a month ({PRICES}, {DATED})"
    return Step(title, ("layer", "bytes", *S3_PER_GB_MONTH), rows)


def _per_month(size: int, price: float) -> float:
    return round(size * 1000 / 1e9 * price, 4)


def _is_in(file: DataFile, tenant: str, month: str) -> bool:
    return file.partition["tenant_id"] == tenant and file.partition["month"] == month


def _bill(stage: Stage, step: Step, files: Sequence[DataFile]) -> tuple[int, int, float, float]:
    read = _column_bytes(stage, files)
    return step.scanned_bytes or 0, read, _usd(max(read, ATHENA_LEAST) * 1000), _usd(read * 1_000_000)


def _usd(scanned: int) -> float:
    return round(scanned / 1e12 * ATHENA_PER_TB, 4)


def _column_bytes(stage: Stage, files: Iterable[DataFile]) -> int:
    """Compressed bytes of the question's columns in these files, by their footers. Partition columns have none."""
    table = stage.table(TABLE)
    total = 0
    for file in files:
        found = pq.read_metadata(io.BytesIO(stage.lake.storage.read(f"{table.path}/{file.path}")))
        groups = (found.row_group(number) for number in range(found.num_row_groups))
        chunks = (group.column(number) for group in groups for number in range(group.num_columns))
        total += sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in COLUMNS)
    return total
