"""A table with a column of every kind of type, and rows with the values that go wrong elsewhere."""

from __future__ import annotations

from tests.support.pg_streams import Connection

TYPES = {
    "id": "bigint primary key",
    "tenant_id": "integer",
    "flag": "boolean",
    "small": "smallint",
    "whole": "integer",
    "single": "real",
    "twofold": "double precision",
    "money2": "numeric(12,2)",
    "ratio": "numeric(18,18)",
    "wide": "numeric(38,10)",
    "huge": "numeric(38,0)",
    "beyond": "numeric(60,5)",
    "rounded": "numeric(5,-2)",
    "anynum": "numeric",
    "body": "text",
    "short": "varchar(20)",
    "code": "char(6)",
    "blank": "bpchar",
    "called": "name",
    "doc": "json",
    "docb": "jsonb",
    "ident": "uuid",
    "raw": "bytea",
    "day": "date",
    "moment": "timestamp",
    "instant": "timestamptz",
    "coarse": "timestamp(0)",
    "mood": "mood",
    "price": "price",
    "deep": "deep_price",
    "email": "email",
    "clock": "time",
    "clocktz": "timetz",
    "span": "interval",
    "address": "inet",
    "network": "cidr",
    "mac": "macaddr",
    "cash": "money",
    "bits": "bit(5)",
    "varbits": "varbit",
    "spot": "point",
    "numbers": "integer[]",
    "words": "text[]",
    "grid": "integer[][]",
    "moods": "mood[]",
    "between": "int4range",
    "during": "tstzrange",
    "many": "int4multirange",
    "pair": "pair",
    "search": "tsvector",
    "page": "pg_lsn",
    "letter": '"char"',
    "thing": "regclass",
    "oidish": "oid",
    'Quo"ted näme': "text",
}

ROWS: list[dict[str, str]] = [
    {},
    {
        "tenant_id": "1", "flag": "true", "small": "-32768", "whole": "2147483647", "single": "1.1754944e-38",
        "twofold": "0.1", "money2": "1234567890.12", "ratio": "0.000000000000000001",
        "wide": "-9999999999999999999999999999.9999999999", "huge": "99999999999999999999999999999999999999",
        "beyond": "1234567890123456789012345678901234567890.12345", "rounded": "12345", "anynum": "1.10",
        "body": "häßlich ☃ 🎉", "short": "twelve bytes", "code": "ab", "blank": "x  ", "called": "a_name",
        "doc": '{"b":  1, "a": [1, 2]}', "docb": '{"b": 1, "a": "\\u00e9"}',
        "ident": "00112233-4455-6677-8899-aabbccddeeff",
        "raw": "\\x00ff10", "day": "2024-02-29", "moment": "2024-02-29 12:34:56.789",
        "instant": "2024-02-29 12:34:56+05:30",
        "coarse": "1999-12-31 23:59:59", "mood": "happy", "price": "12.345", "deep": "0.5", "email": "a@example.com",
        "clock": "23:59:59.999999", "clocktz": "10:00:00-08", "span": "1 year 2 months -3 days 04:05:06.7",
        "address": "192.168.1.5/24", "network": "10.0.0.0/8", "mac": "08:00:2b:01:02:03", "cash": "-12.34",
        "bits": "10101", "varbits": "101", "spot": "(1.5,-2)", "numbers": "{1,NULL,3}", "words": '{"a,b",NULL,"q\\"x"}',
        "grid": "{{1,2},{3,4}}", "moods": "{sad,happy}", "between": "[1,5)", "during": "[2024-01-01 00:00+02,infinity)",
        "many": "{[1,3),[5,7)}", "pair": "(1,x)", "search": "'fat':2 'rat':3", "page": "16/B374D848", "letter": "x",
        "thing": "pg_class", "oidish": "4294967295", 'Quo"ted näme': "ok",
    },
    {
        "tenant_id": "2", "flag": "false", "small": "0", "whole": "0", "single": "NaN", "twofold": "-Infinity",
        "money2": "NaN", "ratio": "-0.999999999999999999", "wide": "NaN", "huge": "-1", "beyond": "NaN", "rounded": "0",
        "anynum": "-Infinity", "body": "", "short": "exactly 13 by", "code": "", "blank": "", "called": "",
        "doc": "null", "docb": "null",
        "ident": "ffffffff-ffff-ffff-ffff-ffffffffffff", "raw": "", "day": "infinity",
        "moment": "-infinity", "instant": "infinity", "coarse": "infinity", "mood": "sad", "price": "NaN", "deep": "0",
        "email": "", "address": "::ffff:1.2.3.4", "network": "2001:db8::/32", "numbers": "{}", "pair": "(,)",
        "between": "empty", "span": "0", "words": "{}", "cash": "0",
    },
    {
        "tenant_id": "1", "single": "Infinity", "twofold": "NaN", "money2": "-0.01",
        "wide": "0.0000000001", "huge": "10000000000000000000", "day": "0044-03-15 BC",
        "moment": "4713-01-01 00:00:00 BC",
        "instant": "294276-12-31 23:59:59.999999+00", "coarse": "10000-01-01", "body": "x" * 5000, "code": "äöüß€x",
        "anynum": "0." + "0" * 110 + "1",
        "address": "10.0.0.1",
    },
    {
        "tenant_id": "2", "day": "5874897-12-31", "moment": "0001-01-01", "instant": "9999-12-31 23:59:59.999999+00",
        "coarse": "0001-12-31 BC", "anynum": "1" + "0" * 200, "single": "3.4028235e38", "twofold": "5e-324",
        "money2": "0", "wide": "1", "huge": "0", "body": " padded ", "called": "x" * 63,
    },
    {"tenant_id": "3", "day": "0001-01-01", "moment": "9999-12-31 23:59:59.999999", "instant": "0001-01-01 00:00+00",
     "anynum": "10000", "twofold": "1.5e22", "single": "16777216", "money2": "9999999999.99", "ratio": "0.1"},
    {"tenant_id": "3", "day": "9999-12-31", "moment": "1970-01-01", "instant": "1969-12-31 23:59:59.999999+00",
     "twofold": "123456789012345680", "single": "0.00001", "anynum": "100000000.0001"},
    {"anynum": "0.00"}, {"anynum": "NaN"}, {"anynum": "-12345678901234567890.5"},
    {"anynum": "Infinity", "twofold": "-0", "single": "-0", "whole": "-1", "small": "-1", "beyond": "-0.00001"},
]  # fmt: skip


def create_types(connection: Connection) -> None:
    connection.execute(
        "create type mood as enum ('sad', 'happy');"
        "create domain price as numeric(10,3); create domain deep_price as price check (value >= 0);"
        "create domain email as varchar(50); create type pair as (a int, b text)"
    )


def create_table(connection: Connection, name: str = "everything", options: str = "") -> None:
    columns = ", ".join(f'"{column.replace(chr(34), chr(34) * 2)}" {kind}' for column, kind in TYPES.items())
    connection.execute(f"create table {name} ({columns}) {options}")


def fill_table(connection: Connection, name: str = "everything", copies: int = 1) -> None:
    """All ROWS, `copies` times, with ids from 1 on."""
    for number, row in enumerate(ROWS * copies, start=1):
        columns = ", ".join(f'"{column.replace(chr(34), chr(34) * 2)}"' for column in ("id", *row))
        values = ", ".join(["%s"] * (len(row) + 1))
        connection.execute(f"insert into {name} ({columns}) values ({values})", [str(number), *row.values()])
