"""SQLAlchemy with PyAthena's dialect: a query, and what its inspector sees.

python sqlalchemy_query.py "SELECT …" DATABASE
"""

import json
import sys

from sqlalchemy import create_engine, inspect, text


def main(statement: str, database: str) -> dict[str, object]:
    engine = create_engine(f"awsathena+rest://@athena.us-east-1.amazonaws.com:443/{database}?work_group=primary")
    with engine.connect() as connection:
        rows = [list(row) for row in connection.execute(text(statement))]
    tables = sorted(inspect(engine).get_table_names(schema=database))
    return {"sqlalchemy": rows, "tables": tables}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
