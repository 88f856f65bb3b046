"""Records the dialect's test vectors from a real Spark, in both ANSI modes, which must agree.

    LAKEWRIGHT_SPARK_PYTHON=/path/to/python-with-pyspark python -m tests.models.record_vectors [topic …]

Only what is not in the files yet is asked; remove a file to record all of it anew.

Without the variable Spark runs under this Python (`pip install lakewright[spark]`); Java 17 is needed.
"""

from __future__ import annotations

import hashlib
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


def rows_digest(topic: Topic) -> str:
    """Changes with the rows that the vectors were recorded over."""
    tables = {name: table.plain() for name, table in topic.tables.items()}
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:16]


def recorded(name: str) -> dict[str, dict[str, Any]]:
    """Expression or query → its vector, as the file has it; empty when the rows have changed since."""
    file = VECTORS / f"{name}.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if kept.get("rows") != rows_digest(TOPICS[name]):
        return {}
    return {vector.get("expression") or vector["query"]: vector for vector in kept["vectors"]}


def completed(name: str, spark: Spark) -> list[dict[str, Any]]:
    """A topic's vectors in the order of its cases; only those that are not recorded yet are asked."""
    topic, known = TOPICS[name], recorded(name)
    missing = Topic(
        topic.tables,
        tuple(text for text in topic.expressions if text not in known),
        tuple(text for text in topic.queries if text not in known),
    )
    known |= {vector.get("expression") or vector["query"]: vector for vector in asked(missing, spark)}
    return [known[text] for text in (*topic.expressions, *topic.queries)]


def main(names: list[str]) -> None:
    spark = Spark(spark_python())
    failed = False
    for name in names or list(TOPICS):
        try:
            vectors = completed(name, spark)
        except (SparkError, AssertionError) as problem:
            failed = True
            print(f"{name}: {problem}", file=sys.stderr)
            continue
        lines = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in vectors)
        head = f'{{"spark": "3.5.6", "rows": "{rows_digest(TOPICS[name])}", "vectors": [\n'
        (VECTORS / f"{name}.json").write_text(f"{head}{lines}\n]}}\n", encoding="utf-8")
        print(f"{name}: {len(vectors)} vectors")
    spark.close()
    sys.exit(failed)


if __name__ == "__main__":
    main(sys.argv[1:])
