# ruff: noqa: E501 - statements, files and their answers, each in a line
"""Files whose rows were recorded from a real Trino (record_serdes.py), whose readers keep to Hive's."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """`format` is Trino's; `columns` Hive's types by name; `options` Trino's table properties; `lines` the file."""

    name: str
    format: str
    columns: dict[str, str]
    content: bytes
    options: dict[str, object] = field(default_factory=dict)


def text(name: str, kind: str, *values: str, **options: object) -> Case:
    """Values of one type, each in a line of its own, numbered."""
    lines = "".join(f"{number}|{value}\n" for number, value in enumerate(values))
    return Case(name, "TEXTFILE", {"n": "int", "v": kind}, lines.encode(), {"textfile_field_separator": "|", **options})


def json(name: str, kind: str, *values: str, form: str = "JSON") -> Case:
    lines = "".join(f'{{"n":{number},"v":{value}}}\n' for number, value in enumerate(values))
    return Case(name, form, {"n": "int", "v": kind}, lines.encode())


WHOLE = ("0", "1", "+1", "-1", "007", "-0", "127", "128", "-128", "-129", "32767", "32768", "2147483647", "2147483648",
         "-2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "12.7", "12.", ".5", "-.5", "1.2.3",
         "1e3", " 1", "1 ", "", "x", "1x", "--1", "+", "-", "\\N", "NULL", "1,000", "0x10", "\u0661", "00000000000000000000000012",
         "12.x", "99999999999999999999")  # fmt: skip
DOUBLES = ("0", "-0", "1.5", "+1.5", " 1.5 ", "1e10", "1E-5", ".5", "5.", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "nan",
           "1d", "1f", "1.5D", "1e400", "-1e400", "1e-400", "", "x", "1,5", "0x1p3", "\\N", "1_000", "3.4028236e39")  # fmt: skip
DECIMALS = ("1", "1.5", "1.005", "1.015", "-1.005", "12345678.9", "123456789", "99999999.994", "99999999.995", "1e3", "1E-3", " 1.5 ", "",
            "x", "+2", ".5", "5.", "\\N", "1,5", "NaN", "00000000000001")  # fmt: skip
BOOLEANS = ("true", "false", "TRUE", "False", "tRuE", "t", "f", "1", "0", "yes", "", " true", "true ", "\\N")
DATES = ("2026-01-05", "2026-1-5", "2026-02-30", "2026-13-01", "2026-00-10", "2026-01-00", "0001-01-01", "9999-12-31", " 2026-01-05 ",
         "2026-01-05 10:00:00", "2026-01-05T10:00:00", "26-1-5", "20260105", "2026/01/05", "", "x", "\\N", "2026-01-05x", "2026-1-32")  # fmt: skip
MOMENTS = ("2026-01-05 10:20:30", "2026-01-05 10:20:30.1", "2026-01-05 10:20:30.123", "2026-01-05 10:20:30.1234", "2026-01-05 10:20:30.9996",
           "2026-01-05 10:20:30.123456789", "2026-1-5 1:2:3", "2026-01-05", "2026-01-05T10:20:30", "2026-01-05T10:20:30.5", "2026-01-05 10:20",
           "2026-01-05T10:20", "2026-01-05 25:00:00", "2026-02-30 10:00:00", "2026-01-05 10:20:30Z", "2026-01-05 10:20:30 UTC", " 2026-01-05 10:20:30 ",
           "1735689600", "1735689600000", "", "x", "\\N", "2026-01-05 10:20:61", "1969-12-31 23:59:59.9996",
           "2026-01-05 10:20:30+01:00")  # fmt: skip
STRINGS = (
    "a",
    "",
    "\\N",
    "\\\\N",
    "NULL",
    '"quoted"',
    "tab\tinside",
    "  spaces  ",
    "ü☃😀",
    "back\\slash",
    "abcdefghij",
    "ab   ",
)
BINARIES = ("YWJj", "YW Jj", "abc", "", "\\N", "/+8=", "YWJ", "ü")

QUOTES = (b'a,b,c', b'"a","b","c"', b'"a,b",c', b'a"b"c,d', b'a,bc"d"ef,g', b'"a""b",c', b'a""b,c', b'"a\\"b",c', b'"a\\\\b",c', b'a\\b,c',
          b'a\\,b', b'"a\\nb",c', b'', b',', b',,', b'a,b,c,d,e', b'"open,b', b'a,"open', b'  a , b ', b' "a", "b"', b'"a" ,b', b'"a"x,b', b'\\"a,b',
          b'"",""', b'"""",b', b'a,"b"', b"'a','b'", b'ab"c,d', b'abc"d,e', b'a\tb', b'"a\\', b'x,\\', '"ü,☃",😀'.encode(), b'   "x",y', b'aaaa   "x"y,z',
          b'"a"b"c",d')  # fmt: skip

CASES = (
    *(text(f"text {kind}", kind, *WHOLE) for kind in ("tinyint", "smallint", "int", "bigint")),
    text("text double", "double", *DOUBLES),
    text("text float", "float", *DOUBLES),
    text("text decimal", "decimal(10,2)", *DECIMALS),
    text("text decimal of 38", "decimal(38,10)", *DECIMALS, "1234567890123456789012345678.12345678905", "9" * 29),
    text("text boolean", "boolean", *BOOLEANS),
    text("text date", "date", *DATES),
    text("text timestamp", "timestamp", *MOMENTS),
    text("text string", "string", *STRINGS),
    text("text string, escaped", "string", *STRINGS, "a\\|b", "a\\\\|b", "end\\", "\\a", textfile_field_separator_escape="\\"),
    text("text varchar", "varchar(3)", *STRINGS),
    text("text char", "char(3)", *STRINGS),
    text("text binary", "binary", *BINARIES),
    text("text null format", "string", *STRINGS, "nil", null_format="nil"),
    text("text array", "array<int>", "1\x022", "", "\\N", "1\x02\\N\x02x", "\x02", "1"),
    text("text array of text", "array<string>", "a\x02b", "", "\\N", "\\N\x02", "a\x03b"),
    text("text map", "map<string,int>", "a\x031\x02b\x032", "", "\\N", "a", "a\x03", "a\x031\x02a\x032", "\x031", "a\x03\\N", "\\N\x031", "a\x031\x032", "\x02"),
    text("text struct", "struct<a:int,b:string>", "1\x02x", "1", "", "\\N", "1\x02x\x02y", "\\N\x02\\N", "bad\x02"),
    text("text array of array", "array<array<int>>", "1\x032\x023", "", "\x02", "\\N", "1\x03\\N\x02\\N"),
    text("text map of array", "map<int,array<string>>", "1\x03a\x04b\x022\x03c", "1\x03", "1"),
    text("text struct in array", "array<struct<a:int,b:array<string>>>", "1\x03x\x04y\x022\x03z", "1"),
    Case("text fields", "TEXTFILE", {"a": "string", "b": "int", "c": "string"}, b"x,1,y\nx\nx,1,y,z\n\n,,\n,1\n1,2\r\n3,4,5\r6,7,8", {"textfile_field_separator": ","}),
    Case("text default marks", "TEXTFILE", {"a": "string", "b": "int"}, b"x\x011\ny\x012\n"),
    Case("text header", "TEXTFILE", {"a": "string", "b": "int"}, b"a,b\nx,1\n", {"textfile_field_separator": ",", "skip_header_line_count": 1}),
    Case("csv", "CSV", {"a": "string", "b": "string", "c": "string"}, b"\n".join(QUOTES) + b"\n"),
    Case("csv semicolons", "CSV", {"a": "string", "b": "string"}, b"'x;y';z\n'it''s';b\na;'b\\'c'\n", {"csv_separator": ";", "csv_quote": "'"}),
    Case("csv other escape", "CSV", {"a": "string", "b": "string"}, b'"a|"b",c\n"a||b",c\na\\b,c\n', {"csv_escape": "|"}),
    Case("csv header", "CSV", {"a": "string", "b": "string"}, b"a,b\r\n1,2\r\n3,4", {"skip_header_line_count": 1}),
    *(json(f"json {kind}", kind, "1", "-1", "0", "null", "12.7", "1e2") for kind in ("int", "bigint", "double", "decimal(10,2)", "string")),
    json("json texts", "string", '"a"', '""', "true", "1.50", "null", '"\\u00fc\\n"', "1e5", "-0", '" x "'),
    json("json boolean", "boolean", "true", "false", '"true"', '"x"', "1", "null", '"TRUE"'),
    json("json date", "date", '"2026-01-05"', '"2026-1-5"', "null", '"2026-02-30"'),
    json("json timestamp", "timestamp", '"2026-01-05 10:20:30.5"', "null", '"2026-01-05T10:20:30"'),
    json("json timestamp, a day", "timestamp", '"2026-01-05"'),
    json("json array", "array<int>", "[1,2]", "[]", "null", "[null]"),
    json("json map", "map<string,int>", '{"A":1,"b":null}', "{}", "null", '{"a":1,"a":2}'),
    json("json struct", "struct<a:int,b:string>", '{"a":1,"b":"x"}', '{"B":"y"}', "{}", "null", '{"a":1,"z":9}'),
    json("json binary", "binary", '"abc"', '"YWJj"', "null"),
    json("json varchar", "varchar(2)", '"abc"', '"a"', "123"),
    json("json decimal text", "decimal(10,2)", '"1.005"', "null", "12345678"),
    json("json decimal no number", "decimal(10,2)", '"x"'),
    json("json decimal too large", "decimal(10,2)", "123456789"),
    Case("json keys", "JSON", {"camelcase": "int", "b_c": "string"}, b'{"CamelCase":1,"B_C":"x","other":[1,{"a":2}]}\n{ }\n  {"camelcase": 7 , "b_c": null}  \n'),
    Case("json equal keys", "JSON", {"a": "int", "b": "string"}, b'{"b":"y","B":"z"}\n{"a":1,"A":2,"b":"x"}\n'),
    Case("json no object", "JSON", {"a": "int"}, b'[1]\n'),
    Case("json empty line", "JSON", {"a": "int"}, b'{"a":1}\n\n'),
    Case("json cut off", "JSON", {"a": "int"}, b'{"a":1\n'),
    Case("json more behind", "JSON", {"a": "int"}, b'{"a":1} {"a":2}\n'),
    Case("json text for a number", "JSON", {"a": "int"}, b'{"a":"1"}\n'),
    Case("json list for a text", "JSON", {"a": "string"}, b'{"a":[1]}\n'),
    Case("json number out of range", "JSON", {"a": "tinyint"}, b'{"a":300}\n'),
    Case("openx cut off", "OPENX_JSON", {"a": "int"}, b'{"a":1\n'),
    *(json(f"openx {kind}", kind, "1", '"1"', "12.7", '"12.7"', "null", '"x"', '""', "true", "1e2", '"0x10"', '"010"', "99999999999", form="OPENX_JSON") for kind in ("tinyint", "int", "bigint")),
    *(json(f"openx {kind}", kind, "1", '"1.5"', "null", '"x"', '""', "true", "1e2", "12345678901", form="OPENX_JSON") for kind in ("double", "decimal(10,2)")),
    json("openx string", "string", '"a"', '""', "true", "1.50", "null", "1", '{"B":1,"a":[1,"x",null]}', "[1,2]", '"ü"', "[]", "{}", form="OPENX_JSON"),
    json("openx boolean", "boolean", "true", "false", '"true"', '"x"', "1", "null", '"TRUE"', form="OPENX_JSON"),
    json("openx date", "date", '"2026-01-05"', "1", '"x"', "null", '"2026-1-5"', form="OPENX_JSON"),
    json("openx timestamp", "timestamp", '"2026-01-05 10:20:30.5"', '"2026-01-05T10:20:30Z"', '"2026-01-05T10:20:30+01:00"', '"2026-01-05T10:20:30.25+0100"',
         "1735689600", "1735689600000", "1735689600.5", '"1735689600123"', "null", '"x"', '"2026-01-05"', '"2026-01-05T10:20:30"', "-1", form="OPENX_JSON"),
    json("openx array", "array<int>", "[1,2]", "[]", "null", "3", '""', '"4"', form="OPENX_JSON"),
    json("openx map", "map<string,int>", '{"A":1,"b":null}', "{}", "null", '""', form="OPENX_JSON"),
    json("openx struct", "struct<a:int,b:string>", '{"A":1,"b":"x"}', "{}", "null", '[1,"y"]', '""', form="OPENX_JSON"),
    Case("openx lines", "OPENX_JSON", {"a": "int", "b": "string"}, b'{"A":1,"B":"x"}\n\nnonsense\n{"a":2,"a.b":1}\n[5,"five"]\n'),
)  # fmt: skip
