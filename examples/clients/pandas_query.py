"""pandas: a DataFrame from a statement, through SQLAlchemy and through DB-API.

python pandas_query.py "SELECT …"
"""

import json
import sys

import pandas as pd
from pyathena import connect
from sqlalchemy import create_engine


def main(statement: str) -> dict[str, object]:
    engine = create_engine("awsathena+pandas://@athena.us-east-1.amazonaws.com:443/default?work_group=primary")
    with engine.connect() as connection:
        through_engine = pd.read_sql(statement, connection)
    cursor = connect(work_group="primary").cursor().execute(statement)
    through_cursor = pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])
    return {"pandas": through_engine.values.tolist(), "dataframe": through_cursor.values.tolist()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1]), default=str))
