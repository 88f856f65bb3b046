"""What the dialect's vectors are recorded for: expressions over hand-made rows, and whole queries.

Each topic becomes one file in vectors/. The rows hold the dirt that models meet: blanks, wrong dates, overflows,
NULLs, text outside ASCII.
"""

# ruff: noqa: E501 (one case a line)

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.support.spark_oracle import Rows


@dataclass(frozen=True)
class Topic:
    """`expressions` are asked over every row of table `t`; `queries` stand alone and may read all of `tables`."""

    tables: dict[str, Rows]
    expressions: tuple[str, ...] = ()
    queries: tuple[str, ...] = field(default=())


def _numbered(types: dict[str, str], rows: list[tuple[Any, ...]]) -> Rows:
    names = ["k", *types]
    return Rows({"k": "int"} | types, [dict(zip(names, (at, *row), strict=True)) for at, row in enumerate(rows)])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(
        line.strip() for line in text.strip().splitlines() if line.strip() and not line.strip().startswith("--")
    )


_DIRTY = [
    "1", " 42 ", "-7", "+5", "3.0", "3.5", "3.50", "1e3", "1E-2", "abc", "", " ", "12abc", "2147483647", "2147483648",
    "-2147483648", "9223372036854775807", "9223372036854775808", "0x10", "1_000", "1,000", "NaN", "nan", "Infinity",
    "-inf", "+Infinity", ".5", "5.", "-.5", ".", "+", "-", "1.005", "-1.005", "2.675", "99999999.994", "99999999.995",
    "99999999.999", "12345678901234567890", "000000000000000000000000000000000000000012", "\t1\n", "1\u00a0", "１２",
    "1d", "1.5f", "1L", "true", "TRUE", " t ", "yes", "Y", "no", "n", "0", "f", "off", "on", "null", "NULL", "1e400",
    "1e-400", "0.1", "123456789.123456789", "1e", "e5", "1 2", "--1", "\x001", "1\x7f", "12.995e1", "0.0000001", "1e38",
    "97e-7", "52E-7", "0E42", "0e5", "5e-3", "-4.9e-3", "1.5e2", "123e-1", "1e37", "1e39", "12e-400", "1e99999999999", "1.e2",
]  # fmt: skip
_DATES = [
    "2024-01-31", "2024-1-5", "2024-02-30", "2023-02-29", "2024", "2024-06", "2024-13-01", "2024-00-10", " 2024-01-31 ",
    "2024-01-31T10:11:12", "2024-01-31 10:11:12", "2024-01-31 junk", "2024-01-31junk", "24-01-31", "20240131",
    "01/31/2024", "31.01.2024", "2024-01-31T", "2024-01-31 ", "9999-12-31",
    "+2024-01-01", "abc", "", "2024-01-31 10", "2024-01-31 10:11", "2024-01-31 10:11:12.5", "2024-01-31 10:11:12.123456",
    "2024-01-31 10:11:12.1234567", "2024-01-31 10:11:12.", "2024-01-31T10:11:12Z", "2024-01-31T10:11:12.5+02:00",
    "2024-01-31 10:11:12 UTC", "2024-01-31 10:11:12+02", "2024-01-31 10:11:12-0530", "2024-01-31 10:11:12 +01:00",
    "2024-01-31 24:00:00", "2024-01-31 23:59:60", "2024-01-31 23:60:00", "2024-01-31 1:2:3", "2024-01-31  10:11:12",
    "2024-01-31T10:11:12GMT", "2024-01-31 10:11:12+19:00", "2024-01-31 10:11:12+18:00", "2024-01-31 10:11:12 z",
    "2024-1-5 6:07", "2024-01-31T10:11:12.000Z", "2024-01-31 10:11:12.5 UTC+1", "2024-01-31 10:11Z", "2024-01-31 10Z",
    "2024-01-31 10:11:12+2:00", "2024-01-31 10:11:12+02:0", "now", "today", "epoch", "1969-12-31 23:59:59.999999",
    "2024-12", "2024-", "2024-1-", "2024-01-31 :", "2024-01-31 10:", "2024-02-29 00:00:00\n", "\t2024-02-29",
    "2024-01-31 10:11:12GMT+1", "2024-01-31 10:11:12 UT", "2024-001-01", "2024-01-031",
]  # fmt: skip
_TEXTS = [
    "hello", "Hello World", "  padded  ", "", " ", "a,b,,c,", "tab\tnew\nline", "ÀÉÎõü", "straße", "ΟΔΟΣ", "İstanbul",
    "日本語テキスト", "emoji 😀 here", "x", "a.b.c", "100%", "under_score", "back\\slash", "it's", 'quo"te', "aaa", "abcabc",
    "user@Example.COM", "+49 (0)30 123-456", "00491701234567", "192.168.10.77", "line\n", "line\r\n", "\u00a0nbsp\u00a0",
    "ﬁne", "ÇA", "ñandú", "e\u0301", "aXbXc", "AB12cd", "---", "K", "ǆ", "\ttab", "a\u2028b", "$1", "A1B22",
]  # fmt: skip
_JSON = [
    '{"a": 1, "b": {"c": "x", "d": [1, 2, {"e": true}]}, "f": null}', '{"a": "text"}', '{"a": 1.50}', '{"a": 1e3}',
    '{"a": -0.0}', '{"a": 12345678901234567890}', '{"a": true}', '{"a": null}', '{"a": ""}', '{"a": " sp "}',
    '{"a": "quo\\"te"}', '{"a": "uni\\u00e9"}', '{"a": "日本"}', '{"b": 1}', "{}", "[]", "", " ", "null", "1", '"a"', "{bad",
    '{"a": 1', '{"a": 1,}', '{"a": 1} trailing', '{"a": 1}}', '{"a" 1}', "{'a': 1}", "{'a': 'it'}", '{a: 1}',
    '{"a": {"x": 1, "y" : [ 1 , 2 ]}}', '{"a": [1, 2, 3]}', '[{"a": 1}]', '{"a": 1, "a": 2}', '  {"a": 5}  ',
    '{"A": 1}', '{"a": 100000000}', '{"a": 0.1}', '{"a": 1234567.125}', '{"a": 12345678.5}', '{"a": 0.0001}', '{"a": 1E400}',
    '{"a": NaN}', '{"a": 01}', '{"a": "x\ny"}', '{"a": "x\\ny"}', '{"a": {"n": 1.10}}', "not json at all", '{"a": "b"',
    '{"a": [1.0, "x", null, true]}', '{"a": {"z": 1, "b": 2}}', '{"a":{"s":"q\\"u/\\u00e9"}}', '{"a": .5}', '{"a": +1}',
    '{"a": undefined}', '{"a": tru}', '{"a": 1 "b": 2}', '{"a": "x"; "b": 1}', '[1, 2', '{"x": bad, "a": 1}', '{"a": 1, "x": bad}',
]  # fmt: skip

STRINGS = Topic(
    {"t": _numbered({"s": "string"}, [*((text,) for text in _TEXTS), (None,)])},
    _lines(r"""
    lower(s)
    upper(s)
    trim(s)
    ltrim(s)
    rtrim(s)
    length(s)
    char_length(s)
    character_length(s)
    len(s)
    lcase(s)
    ucase(s)
    ifnull(s, '?')
    substring(s, 1, 3)
    substring(s, 2)
    substring(s, 0, 2)
    substring(s, -3, 2)
    substring(s, -10, 8)
    substring(s, 2, 0)
    substring(s, 3, -1)
    substr(s, 100, 5)
    substring(s, length(s) - 2)
    left(s, 3)
    left(s, -1)
    left(s, 0)
    right(s, 3)
    right(s, -2)
    replace(s, 'a', 'XY')
    replace(s, '', 'Z')
    replace(s, 'abc', '')
    startswith(s, 'a')
    startswith(s, '')
    endswith(s, 'c')
    contains(s, 'l')
    contains(s, '')
    instr(s, 'l')
    instr(s, '')
    instr(s, 'zz')
    instr(s, '😀')
    concat(s, '-', s)
    s || '!'
    concat(s, cast(null as string))
    concat_ws('|', s, 'x', cast(null as string))
    concat_ws('', s, s)
    lpad(s, 8, '*')
    lpad(s, 3, 'xy')
    lpad(s, 0, 'x')
    lpad(s, -1, 'x')
    rpad(s, 8, 'ab')
    rpad(s, 3)
    md5(s)
    sha(s)
    sha1(s)
    sha2(s, 256)
    sha2(concat_ws('|', s, cast(k as string)), 0)
    split(s, ',')
    split(s, '\\.')
    split(s, '[ab]')
    split_part(s, ',', 1)
    split_part(s, ',', 3)
    split_part(s, 'X', 2)
    get(split(s, '\\.'), 0)
    get(split(s, '\\.'), 5)
    try_element_at(split(s, ','), 2)
    array_size(split(s, ','))
    array_join(split(s, ','), ';')
    s = 'hello'
    s <> 'hello'
    s < 'b'
    s >= 'a'
    s <=> null
    s in ('x', 'hello')
    s in ('x', null)
    s not in ('x', 'hello')
    s between 'a' and 'i'
    s is null
    s is not null
    isnull(s)
    isnotnull(s)
    coalesce(s, 'none')
    nvl(nullif(s, ''), 'empty')
    nullif(trim(s), '')
    greatest(s, 'm')
    least(s, 'm', null)
    if(s = 'x', 1, 2)
    case when s = 'x' then 'is x' when length(s) > 5 then 'long' end
    case s when 'x' then 1 when 'aaa' then 2 else 3 end
    case s when null then 1 else 2 end
    s like 'h%'
    s like '%o_'
    s like 'under\\_%'
    s like '100\\%'
    s not like '%a%'
    s like ''
    s like '%\n'
    """),
)
REGEX = Topic(
    {"t": _numbered({"s": "string"}, [*((text,) for text in _TEXTS), (None,)])},
    _lines(r"""
    s rlike '^[a-z]+$'
    s rlike 'l+'
    s rlike ''
    s rlike '^\\s'
    s rlike '\\d{2,}'
    s rlike '.o'
    s rlike 'e$|c$'
    s rlike '^.*$'
    s rlike '\\S'
    s rlike '[\\s]'
    s rlike '[^a-z]'
    s rlike r'^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$'
    rlike(s, '(foo|hello)')
    regexp_like(s, '^A')
    regexp(s, 'a')
    regexp_replace(s, '[^0-9+]', '')
    regexp_replace(s, '[0-9]+', '<$0>')
    regexp_replace(s, '([a-z])([A-Z])', '$2$1')
    regexp_replace(s, '\\.[0-9]+\\z', '.0')
    regexp_replace(s, r'(\d+)\.(\d+)\.(\d+)\.\d+', '$1.$2.$3.0')
    regexp_replace(s, '\\s+', ' ')
    regexp_replace(s, 'a', '\\$')
    regexp_replace(s, 'a', 'b\\\\c')
    regexp_replace(s, '^', '>')
    regexp_replace(s, '^00', '+')
    regexp_replace(s, '.', '.')
    regexp_extract(s, '(\\d+)', 1)
    regexp_extract(s, '([a-z]+)@([a-zA-Z]+)', 2)
    regexp_extract(s, '([a-z]+)@([a-zA-Z]+)', 0)
    regexp_extract(s, '(a)|(b)', 2)
    regexp_extract(s, '(h)(z)?', 2)
    regexp_extract(s, '([A-Z])')
    split(s, '\\s+')
    split(s, '[.,]')
    split(s, 'X')
    """),
)
STRING_CASTS = Topic(
    {"t": _numbered({"s": "string"}, [*((text,) for text in _DIRTY), (None,)])},
    _lines("""
    try_cast(s as tinyint)
    try_cast(s as smallint)
    try_cast(s as int)
    try_cast(s as bigint)
    try_cast(s as decimal(10,2))
    try_cast(s as decimal(38,18))
    try_cast(s as decimal(20,0))
    try_cast(s as decimal(3,1))
    try_cast(s as double)
    try_cast(s as boolean)
    """),
)
TIME_CASTS = Topic(
    {"t": _numbered({"s": "string"}, [*((text,) for text in _DATES), (None,)])},
    _lines("""
    try_cast(s as date)
    try_cast(s as timestamp)
    try_to_timestamp(s)
    date(try_cast(s as timestamp))
    """),
)
JSON = Topic(
    {"t": _numbered({"s": "string"}, [*((text,) for text in _JSON), (None,)])},
    _lines("""
    get_json_object(s, '$.a')
    get_json_object(s, '$.b')
    get_json_object(s, '$.b.c')
    get_json_object(s, '$.b.d')
    get_json_object(s, '$.b.d[1]')
    get_json_object(s, '$.b.d[2].e')
    get_json_object(s, '$.b.d[9]')
    get_json_object(s, '$[0].a')
    try_cast(get_json_object(s, '$.a') as int)
    """),
)
_NUMBERS = [
    (1, 2, Decimal("10.50"), Decimal("3.333"), 1.5, True),
    (0, 5, Decimal("0.00"), Decimal("-0.005"), 0.1, False),
    (-7, 3, Decimal("-7.25"), Decimal("7.000"), -2.5, None),
    (7, -3, Decimal("9999999999.99"), Decimal("99999.999"), 1e300, True),
    (-7, -3, Decimal("-9999999999.99"), Decimal("0.001"), float("nan"), False),
    (2147483, 9223372036854775, Decimal("1.01"), Decimal("1.005"), float("inf"), True),
    (None, 1, None, Decimal("1.000"), None, None),
    (3, None, Decimal("2.68"), None, 2.675, True),
    (100, 100, Decimal("0.01"), Decimal("0.003"), 1234567.891, False),
    (5, 0, Decimal("5.55"), Decimal("0.000"), 0.0, True),
]
NUMBERS = Topic(
    {
        "t": _numbered(
            {"i": "int", "l": "bigint", "d": "decimal(12,2)", "e": "decimal(8,3)", "x": "double", "b": "boolean"},
            _NUMBERS,
        ),
        "w": _numbered(
            {"p": "decimal(22,2)", "q": "decimal(38,18)", "n": "decimal(20,0)", "m": "smallint", "y": "tinyint"},
            [
                (Decimal("12345678901234567890.12"), Decimal("1.234567890123456789"), Decimal(3), 7, 1),
                (Decimal("-0.01"), Decimal("-99999999.000000000000000001"), Decimal(-7), -7, -1),
                (Decimal("99999999999999999999.99"), Decimal("0"), Decimal("99999999999999999999"), 32767, 127),
                (None, None, None, None, None),
                (Decimal("2.00"), Decimal("2"), Decimal("3"), 3, 3),
            ],
        ),
    },
    _lines("""
    i + 1
    i - l
    i * 2
    -i
    -d
    i + l
    d + d
    d - e
    d * e
    d * i
    d * 2
    d + 1
    d - 0.5
    d * 1.1
    d * 100
    d + l
    e * e
    i * 1.50
    x + 1
    x * d
    x - i
    x + 0.5
    i / nullif(l, 0)
    i / 2
    i / 2.0
    d / nullif(e, 0)
    e / nullif(d, 0)
    d / nullif(i, 0)
    d / 3
    d / 1.1
    1 / nullif(d, 0)
    1.0 / nullif(e, 0)
    d / nullif(l, 0)
    l / nullif(d, 0)
    i / nullif(d, 0)
    x / nullif(i, 0)
    x / 2
    d / nullif(x, 0)
    d / cast(nullif(i, 0) as double)
    try_divide(i, l)
    try_divide(d, e)
    i % nullif(l, 0)
    d % nullif(e, 0)
    d % 3
    mod(i, 3)
    i div nullif(l, 0)
    l div 2
    d = 10.5
    d = e
    d > i
    d >= 0
    i = 1.0
    x > 1
    x > d
    i <=> l
    l between 0 and 10
    d between 0 and 10.5
    i in (1, 7, null)
    l in (1, 2)
    d in (10.5, 5.55)
    not b
    b and i > 0
    b or i > 0
    b is true
    b is not true
    b is false
    i = 1 or null
    null and b
    b = true
    coalesce(d, 0)
    coalesce(i, l, 0)
    coalesce(e, d)
    coalesce(x, d, 0)
    coalesce(null, i)
    nullif(d, 0)
    nullif(i, 1.0)
    greatest(i, l)
    greatest(d, e, 0)
    least(x, i)
    greatest(null, i)
    if(b, d, e)
    if(b, i, null)
    case when b then d else 0 end
    case when i > 0 then l when i < 0 then -1.5 else null end
    case i when 1 then 'one' when 7L then 'seven' end
    round(d, 1)
    round(d)
    round(e, 2)
    round(e, 5)
    round(d * e, 2)
    round(d / nullif(e, 0), 2)
    round(1.005, 2)
    round(-2.5)
    floor(d)
    ceil(d)
    floor(e)
    ceiling(e)
    floor(i)
    ceil(l)
    abs(d)
    abs(i)
    abs(x)
    isnan(x)
    cast(i as bigint)
    cast(i as double)
    cast(i as decimal(12,2))
    cast(l as decimal(20,0))
    cast(l as double)
    cast(d as decimal(20,4))
    cast(d as double)
    cast(e as decimal(12,2))
    cast(e as decimal(6,0))
    cast(i as string)
    cast(l as string)
    cast(d as string)
    cast(e as string)
    cast(b as string)
    cast(b as int)
    try_cast(l as int)
    try_cast(d as int)
    try_cast(e as int)
    try_cast(x as int)
    try_cast(x as bigint)
    try_cast(d as decimal(5,1))
    try_cast(l as decimal(5,2))
    try_cast(d * e as decimal(12,2))
    cast(5 as bigint)
    5L + i
    1.5D
    2.5BD
    1e3
    0.05
    5000000000
    12345678901234567890
    null is null
    array(1, 2, i)
    array_contains(array(1, 2, i), 7)
    array_contains(array(1, 2), l)
    array_size(array(1.5, d))
    sort_array(array(3, 1, i))
    array_sort(array(3, 1, i))
    get(array(1, 2), i)
    struct(i as a, d as b)
    named_struct('x', x, 'b', b)
    struct(i as a, d as b).b
    sequence(1, 3)
    sequence(3, 1)
    (i + 1) * (d - 2)
    d * i * 2
    (d + e) / 2
    d + e + i
    100 * d / nullif(e, 0)
    """),
    _lines("""
    select k, p / nullif(n, 0) as r1, p / 3 as r2, q / nullif(q, 0) as r3, p / nullif(p, 0) as r4 from w
    select k, p + q as r1, p - q as r2 from (select k, try_cast(p as decimal(20,2)) as p, try_cast(q as decimal(20,10)) as q from w)
    select k, m + m as r1, y + 1 as r3, m * y as r4, m / nullif(y, 0) as r5, m % nullif(y, 0) as r6 from w where k in (0, 1, 3, 4)
    select k, cast(m as int) + y as r1, m + l2 as r2 from (select k, m, y, cast(m as bigint) as l2 from w)
    select k, p * 2 as a, p * m as b, n * y as c, p - n as d, p + 0.5 as e, n + m as f from w
    select k, cast(q as double) as a, cast(p as double) as b, cast(n as double) as c from w
    select k, round(q, 2) as a, round(p / nullif(n, 0), 4) as b, floor(q) as c, ceil(p) as d from w
    select k, p > n as a, q < 1.5 as b, m = y as c, n >= m as d, p = 2 as e from w
    select k, try_cast(q as decimal(12,2)) as a, try_cast(p as decimal(12,2)) as b, try_cast(n as bigint) as c, try_cast(m as tinyint) as d from w
    select k, try_cast(p as int) as a, cast(p as decimal(24,1)) as b, cast(p as decimal(21,0)) as c from w
    """),
)
_MOMENTS = [
    (date(2024, 1, 31), _at("2024-01-31 23:59:59.999999"), 1),
    (date(2024, 2, 29), _at("2024-02-29 00:00:00"), 12),
    (date(2023, 12, 31), _at("2023-12-31 12:30:15.5"), -1),
    (date(1969, 12, 31), _at("1969-12-31 23:59:59.5"), 0),
    (date(1970, 1, 1), _at("1970-01-01 00:00:00.000001"), 40),
    (date(2024, 12, 30), _at("2024-12-30 06:07:08"), 100),
    (date(1900, 3, 1), _at("1900-03-01 01:02:03.04"), -400),
    (date(2024, 3, 31), _at("2024-03-31 02:30:00"), 6),
    (None, None, None),
]
DATES = Topic(
    {"t": _numbered({"d": "date", "ts": "timestamp", "n": "int"}, _MOMENTS)},
    _lines("""
    year(d)
    year(ts)
    quarter(d)
    month(ts)
    day(d)
    dayofmonth(ts)
    dayofweek(d)
    dayofweek(ts)
    weekday(d)
    dayofyear(d)
    weekofyear(d)
    hour(ts)
    minute(ts)
    second(ts)
    hour(d)
    extract(year from d)
    extract(month from ts)
    extract(dow from d)
    extract(week from d)
    extract(doy from d)
    extract(hour from ts)
    extract(minute from ts)
    extract(quarter from ts)
    extract(day from ts)
    date(ts)
    to_date(ts)
    cast(ts as date)
    cast(d as timestamp)
    cast(d as string)
    cast(ts as string)
    cast(ts as timestamp_ntz)
    cast(cast(ts as timestamp_ntz) as timestamp)
    cast(cast(ts as timestamp_ntz) as string)
    cast(cast(ts as timestamp_ntz) as date)
    date_add(d, n)
    date_add(ts, 3)
    date_sub(d, 10)
    dateadd(d, 2)
    date_diff(d, ts)
    curdate()
    d + 1
    d - 30
    d + n
    datediff(d, date '2024-01-01')
    datediff(ts, d)
    datediff(date '2024-03-01', ts)
    add_months(d, n)
    add_months(d, 1)
    add_months(d, -1)
    last_day(d)
    last_day(ts)
    date_trunc('year', ts)
    date_trunc('QUARTER', ts)
    date_trunc('month', ts)
    date_trunc('week', ts)
    date_trunc('day', ts)
    date_trunc('hour', ts)
    date_trunc('minute', ts)
    date_trunc('second', ts)
    date_trunc('month', d)
    trunc(d, 'MM')
    trunc(d, 'month')
    trunc(d, 'year')
    trunc(d, 'quarter')
    trunc(d, 'week')
    trunc(ts, 'month')
    date_format(ts, 'yyyy-MM')
    date_format(ts, 'yyyy-MM-dd')
    date_format(ts, 'yyyy-MM-dd HH:mm:ss')
    date_format(d, 'dd.MM.yyyy')
    date_format(d, 'yyyyMM')
    date_format(ts, 'HH:mm')
    unix_seconds(ts)
    unix_millis(ts)
    unix_micros(ts)
    timestamp_seconds(n)
    timestamp_millis(cast(n as bigint) * 1000003)
    timestamp_micros(n)
    timestampdiff(second, ts, timestamp '2024-01-01 00:00:00')
    timestampdiff(minute, ts, timestamp '2024-01-01 00:00:00')
    timestampdiff(hour, ts, timestamp '2024-01-01 00:00:00')
    timestampdiff(day, ts, timestamp '2024-01-01 00:00:00')
    timestampdiff(day, d, ts)
    d + interval 1 day
    d - interval '2' months
    d + interval 1 year
    d + interval 3 hours
    d + interval 1 week
    ts + interval 1 month
    ts - interval 30 minutes
    ts + interval 7 days
    ts - interval 1 year
    make_date(year(d), 1, 1)
    d = date '2024-01-31'
    d >= '2024-01-01'
    d < ts
    ts >= date '2024-01-01'
    ts > '2024-01-31 10:00:00'
    ts >= timestamp '2024-01-31 23:59:59.999999'
    ts between '2024-01-01' and '2024-12-31'
    d between date '2024-01-01' and date '2024-02-29'
    d in (date '2024-01-31', date '1970-01-01')
    coalesce(ts, d)
    coalesce(d, date '1999-01-01')
    greatest(d, date '2024-02-01')
    least(ts, timestamp '2024-01-01 00:00:00')
    if(d > date '2024-01-01', d, null)
    current_date()
    current_timestamp()
    now()
    datediff(current_date, d)
    date_trunc('month', current_timestamp())
    sequence(date '2024-01-30', date '2024-02-02')
    sequence(date '2024-01-31', date '2024-05-31', interval 1 month)
    sequence(date '2024-01-01', date '2024-01-10', interval 3 days)
    sequence(date '2024-01-31', date '2024-05-30', interval 1 month)
    sequence(date '2023-02-28', date '2025-02-28', interval 1 year)
    sequence(trunc(d, 'month'), date '2024-12-31', interval 12 months)
    sequence(d, d, interval 1 week)
    (year(d) - 2020) * 12 + month(d) - 1
    isnull(ts)
    """),
)
_SALES = _numbered(
    {
        "g": "string",
        "i": "int",
        "l": "bigint",
        "d": "decimal(12,2)",
        "x": "double",
        "b": "boolean",
        "day": "date",
        "ts": "timestamp",
        "s": "string",
    },
    [
        ("a", 1, 10, Decimal("10.50"), 1.5, True, date(2024, 1, 1), _at("2024-01-01 10:00:00"), "z"),
        ("a", 2, 20, Decimal("0.01"), 2.25, False, date(2024, 1, 2), _at("2024-01-02 10:00:00"), "y"),
        ("a", 2, None, None, None, None, None, None, None),
        ("b", 5, 7, Decimal("100.00"), -1.0, True, date(2024, 2, 1), _at("2024-02-01 00:00:00"), "q"),
        ("b", 5, 7, Decimal("100.01"), 4.5, True, date(2024, 2, 1), _at("2024-02-01 00:00:01"), "Q"),
        ("b", -4, 1, Decimal("0.03"), 8.0, None, date(2023, 2, 1), _at("2023-02-01 00:00:00"), ""),
        ("c", None, None, None, None, None, None, None, None),
        (None, 3, 4, Decimal("-3.33"), 0.5, False, date(2024, 3, 1), _at("2024-03-01 00:00:00"), "n"),
        (None, 9, 1, Decimal("9999999999.99"), 0.25, False, date(2024, 3, 2), _at("2024-03-02 00:00:00"), "m"),
        ("d", 1, 1, Decimal("1.00"), 1.0, True, date(2024, 3, 3), _at("2024-03-03 00:00:00"), "a"),
        ("d", 2, 2, Decimal("1.00"), 1.0, True, date(2024, 3, 4), _at("2024-03-04 00:00:00"), "b"),
        ("d", 4, 3, Decimal("1.01"), 1.0, True, date(2024, 3, 5), _at("2024-03-05 00:00:00"), "c"),
    ],
)
AGGREGATES = Topic(
    {"t": _SALES},
    (),
    tuple(
        f"select {by}{what} as r from t {rest}"
        for what in _lines("""
    count(*)
    count(1)
    count(d)
    count(distinct i)
    count(distinct i, l)
    count(distinct s)
    sum(i)
    sum(l)
    sum(d)
    sum(x)
    avg(i)
    avg(l)
    avg(d)
    avg(x)
    mean(d)
    min(d)
    max(d)
    min(s)
    max(s)
    min(day)
    max(ts)
    min(b)
    max(b)
    min_by(s, d + k)
    max_by(s, ts)
    max_by(d, i + k)
    min_by(day, k)
    count_if(b)
    count_if(i > 1 and d > 1)
    bool_and(b)
    bool_or(b)
    every(i > 0)
    some(i > 4)
    any(b)
    median(i)
    percentile(i, 0.5)
    sort_array(collect_set(i))
    sort_array(collect_list(s))
    array_sort(collect_set(s))
    array_join(sort_array(collect_set(s)), ',')
    sum(d) filter (where b)
    count(*) filter (where i > 1)
    avg(d) filter (where i > 1)
    count(distinct s) filter (where i > 1)
    sum(case when b then d else 0 end)
    sum(d * i)
    sum(d) / nullif(count(*), 0)
    sum(d) / nullif(sum(i), 0)
    round(avg(d), 2)
    round(sum(d) / nullif(count(distinct s), 0), 2)
    100.0 * count_if(b) / nullif(count(*), 0)
    count_if(b) / nullif(count(*), 0)
    coalesce(sum(d), 0)
    max(day) - 1
    datediff(max(day), min(day))
    sum(coalesce(d, 0)) - sum(d)
    sum(sum_guard) over ()
    """)
        if "sum_guard" not in what
        for by, rest in (("g, ", "group by g"), ("", ""), ("", "where k > 1000"))
    )
    + _lines("""
    select g, date_trunc('month', ts) as m, count(*) as n from t group by g, date_trunc('month', ts)
    select g as name, count(*) as n from t group by name
    select g, i, count(*) as n from t group by 1, 2
    select g, sum(d) as s from t group by g having sum(d) > 5
    select g, count(*) as n from t group by g having n > 2
    select case when i > 2 then 'big' else 'small' end as size, sum(d) as s from t group by case when i > 2 then 'big' else 'small' end
    select distinct g, b from t
    select distinct b from t where b is not null
    select coalesce(g, 'none') as g, sum(d) as s from t group by coalesce(g, 'none')
    select max(n) as r from (select g, count(*) as n from t group by g)
    select sum(d) + 1 as r, sum(l) * 2 as q, avg(i) * 1.5 as z from t
    """),
)
WINDOWS = Topic(
    {"t": _SALES},
    (),
    tuple(
        f"select k, {what} as r from t"
        for what in _lines("""
    row_number() over (partition by g order by k)
    row_number() over (partition by g order by ts desc, k)
    rank() over (partition by g order by i)
    dense_rank() over (order by g, i)
    ntile(3) over (order by k)
    percent_rank() over (order by k)
    cume_dist() over (partition by g order by i)
    lag(d) over (partition by g order by k)
    lag(d, 2, 0) over (partition by g order by k)
    lead(s, 1, 'none') over (partition by g order by k)
    lead(ts) over (order by k)
    lag(i) ignore nulls over (order by k)
    sum(d) over (partition by g)
    sum(d) over (partition by g order by k)
    sum(i) over (partition by g order by i)
    sum(d) over (order by k rows between unbounded preceding and current row)
    sum(d) over (order by k rows between 2 preceding and 1 following)
    avg(d) over (partition by g order by k rows between 1 preceding and current row)
    avg(i) over (partition by g)
    count(*) over (partition by g)
    count(d) over (order by k rows between unbounded preceding and 1 preceding)
    min(d) over (partition by g order by k)
    max(s) over (partition by g)
    first_value(s) over (partition by g order by k)
    last_value(s) over (partition by g order by k rows between unbounded preceding and unbounded following)
    last_value(s) over (partition by g order by k)
    last_value(d) ignore nulls over (order by k rows between unbounded preceding and current row)
    first_value(i) ignore nulls over (partition by g order by k desc)
    max(b) over (order by k)
    count_if(b) over (order by k)
    bool_or(b) over (partition by g)
    max_by(s, k) over (partition by g)
    d - lag(d) over (partition by g order by k)
    d / nullif(sum(d) over (partition by g), 0)
    round(avg(d) over (partition by g), 2)
    case when lag(g) over (order by k) <=> g then 0 else 1 end
    row_number() over (partition by g order by d desc nulls last, k)
    row_number() over (order by d asc nulls last, k)
    row_number() over (order by s nulls first, k)
    unix_seconds(ts) - unix_seconds(lag(ts) over (partition by g order by ts, k))
    """)
    )
    + _lines("""
    select k, sum(d) over w as a, count(*) over w as b from t window w as (partition by g order by k)
    select * from (select k, g, row_number() over (partition by g order by ts desc, k) as rn from t) where rn = 1
    select g, sum(sum(d)) over (order by g) as running from t group by g
    select g, row_number() over (order by count(*) desc, g) as place from t group by g
    """),
)
QUERIES = Topic(
    {
        "silver.order": _numbered(
            {"id": "bigint", "customer": "bigint", "total": "decimal(12,2)", "day": "date", "note": "string"},
            [
                (1, 10, Decimal("5.00"), date(2024, 1, 31), "a b"),
                (2, 10, Decimal("7.50"), date(2024, 2, 1), None),
                (3, 20, Decimal("1.00"), date(2024, 2, 29), "c"),
                (4, None, Decimal("9.99"), date(2024, 4, 1), ""),
                (5, 40, None, None, "a b c"),
            ],
        ),
        "silver.customer": _numbered(
            {"id": "bigint", "name": "string", "since": "date"},
            [(10, "Ann", date(2024, 1, 1)), (20, "Bob", date(2023, 1, 1)), (30, "Cy", None), (None, "No", None)],
        ),
    },
    (),
    _lines("""
    select o.id, c.name from silver.order o join silver.customer c on o.customer = c.id
    select o.id, c.name from silver.order o left join silver.customer c on o.customer = c.id
    select o.id, c.name from silver.order o right join silver.customer c on o.customer = c.id
    select o.id, c.name from silver.order o full outer join silver.customer c on o.customer = c.id
    select o.id, c.name from silver.order o full outer join silver.customer c on o.customer <=> c.id and o.total > 1
    select o.id, c.name from silver.order o cross join silver.customer c where o.id = 1
    select o.id, c.name from silver.order o, silver.customer c where o.customer = c.id
    select o.id from silver.order o left semi join silver.customer c on o.customer = c.id
    select o.id from silver.order o left anti join silver.customer c on o.customer = c.id
    select o.id from silver.order o left anti join silver.customer c on o.customer = c.id and c.since > date '2023-06-01'
    select customer, a.n, b.m from (select customer, count(*) as n from silver.order group by customer) a join (select customer, max(day) as m from silver.order group by customer) b using (customer)
    select * from (select id, total from silver.order) a full join (select id, name from silver.customer) b using (id)
    select * from (select id, total from silver.order) a left join (select id, name from silver.customer) b using (id)
    select * from (select id, total from silver.order) a right join (select id, name from silver.customer) b using (id)
    select a.*, b.id as other from silver.order a join silver.order b on a.customer = b.customer and a.id < b.id
    with x as (select id, total from silver.order where total > 2), y as (select sum(total) as s from x) select x.id, x.total / nullif(y.s, 0) as share from x cross join y
    with a as (select 1 as one), b as (select one + 1 as two from a) select one, two from a cross join b
    select id from silver.order where customer in (select id from silver.customer)
    select id from silver.order o where exists (select 1 from silver.customer c where c.id = o.customer and c.since is not null)
    select id from silver.order o where not exists (select 1 from silver.customer c where c.id = o.customer)
    select id, (select max(name) from silver.customer) as m from silver.order
    select id, (select max(c.name) from silver.customer c where c.id = o.customer) as m from silver.order o
    select id from silver.order where total > (select avg(total) from silver.order)
    select id from silver.order union all select id from silver.customer
    select id, total from silver.order union all select id, 0 from silver.customer
    select id, cast(null as string) as n from silver.order union all select id, name from silver.customer
    select id, null as n from silver.order union all select id, name from silver.customer
    select customer as id from silver.order union select id from silver.customer
    select customer as id from silver.order except select id from silver.customer
    select customer as id from silver.order intersect select id from silver.customer
    select id from silver.order order by total desc limit 2
    select id, total from silver.order order by customer, id limit 3
    select id, total t2 from silver.order order by t2 nulls last limit 1
    select o.id, m from silver.order o lateral view explode(sequence(trunc(o.day, 'month'), date '2024-04-30', interval 1 month)) v as m
    select o.id, m from silver.order o lateral view outer explode(sequence(trunc(o.day, 'month'), date '2024-04-30', interval 1 month)) v as m
    select id, word from silver.order lateral view explode(split(note, ' ')) v as word
    select id, at, word from silver.order lateral view posexplode(split(note, ' ')) v as at, word
    select o.id, o.m, count(c.id) as n from (select id, customer, m from silver.order lateral view explode(sequence(trunc(day, 'month'), date '2024-03-31', interval 1 month)) v as m where day < date '2024-03-31') o left join silver.customer c on c.id = o.customer group by o.id, o.m
    select a, b from values (1, 'x'), (2, null) as v(a, b)
    select * from values (1, 1.5), (2, 2) as v(a, b)
    select id, total * 2 as twice, twice + 1 as more from silver.order
    select upper(name) as name, length(name) as n from silver.customer
    select o.total.x as y from (select named_struct('x', id) as total from silver.order) o
    select id from silver.order where note like 'a%' and (total > 1 or total is null) and not (id = 9)
    select count(*) as n from silver.order where day between '2024-01-31' and '2024-02-29'
    select id from (select id, row_number() over (partition by customer order by day desc, id) as rn from silver.order) x where x.rn = 1
    select date_trunc('month', day) as m, count(*) as n, sum(total) as s from silver.order group by date_trunc('month', day) order by m
    select c.name, coalesce(o.n, 0) as n from silver.customer c left join (select customer, count(*) as n from silver.order group by customer) o on o.customer = c.id
    """),
)

TOPICS: dict[str, Topic] = {
    "strings": STRINGS,
    "regex": REGEX,
    "string_casts": STRING_CASTS,
    "time_casts": TIME_CASTS,
    "json": JSON,
    "numbers": NUMBERS,
    "dates": DATES,
    "aggregates": AGGREGATES,
    "windows": WINDOWS,
    "queries": QUERIES,
}
