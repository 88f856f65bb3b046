"""Records the dialect's test vectors from a real Spark, in both ANSI modes, which must agree.

    LAKEWRIGHT_SPARK_PYTHON=/path/to/python-with-pyspark python -m tests.models.record_vectors [topic …]

Without the variable Spark runs under this Python (`pip install lakewright[spark]`); Java 17 is needed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.models.vector_cases import TOPICS, Topic
from tests.support.spark_oracle import NOW, Answer, Spark, SparkError, ask_both, spark_python

VECTORS = Path(__file__).with_name("vectors")


def asked(topic: Topic, spark: Spark) -> list[dict[str, Any]]:
    """Spark's answers to all of a topic's expressions and queries."""
    found = _expressions(topic, spark, list(topic.expressions)) if topic.expressions else []
    for sql in topic.queries:
        answer = ask_both(spark, sql, topic.tables, now=NOW)
        found.append({"query": sql, "columns": answer.columns, "rows": answer.rows})
    return found


def _expressions(topic: Topic, spark: Spark, expressions: list[str]) -> list[dict[str, Any]]:
    """All in one query; when that fails, in halves, so that the culprit is named."""
    try:
        answer = ask_both(spark, batch(expressions), topic.tables, now=NOW)
    except (SparkError, AssertionError) as problem:
        if len(expressions) == 1:
            raise SparkError(f"{expressions[0]}: {str(problem)[:700]}") from problem
        half = len(expressions) // 2
        return _expressions(topic, spark, expressions[:half]) + _expressions(topic, spark, expressions[half:])
    return by_expression(expressions, answer)


def batch(expressions: list[str]) -> str:
    return f"select k, {', '.join(f'{text} as r{at}' for at, text in enumerate(expressions))} from t"


def by_expression(expressions: list[str], answer: Answer) -> list[dict[str, Any]]:
    """One entry per expression: its type and its values in the order of the rows."""
    rows = sorted(answer.dicts(), key=lambda row: int(row["k"]))
    return [
        {"expression": text, "type": answer.columns[f"r{at}"], "values": [row[f"r{at}"] for row in rows]}
        for at, text in enumerate(expressions)
    ]


def main(names: list[str]) -> None:
    spark = Spark(spark_python())
    failed = False
    for name in names or list(TOPICS):
        try:
            vectors = asked(TOPICS[name], spark)
        except (SparkError, AssertionError) as problem:
            failed = True
            print(f"{name}: {problem}", file=sys.stderr)
            continue
        lines = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in vectors)
        (VECTORS / f"{name}.json").write_text(f'{{"spark": "3.5.6", "vectors": [\n{lines}\n]}}\n', encoding="utf-8")
        print(f"{name}: {len(vectors)} vectors")
    spark.close()
    sys.exit(failed)


if __name__ == "__main__":
    main(sys.argv[1:])
