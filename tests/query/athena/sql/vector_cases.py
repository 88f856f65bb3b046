"""What the dialect's vectors are recorded for: expressions (each a SELECT of its own) and whole statements."""

# ruff: noqa: E501 (one case a line)

from __future__ import annotations

_EXPRESSIONS = {
    "numbers": r"""
1; -1; 2147483647; 2147483648; -2147483648; -9223372036854775808; 9223372036854775808; 1.5; .5; 5.; 00.10; 1e3; 1E-2; 1.5e300; 0x1F; 1_000; DECIMAL '12.340'; DECIMAL '7'; TRUE; false; NULL; 'it''s'; X'00ff'; REAL '1.5'; DOUBLE '2.5'; BIGINT '5'
7 / 2; -7 / 2; 7 % 3; -7 % 3; 7 % -3; 7.0 / 2; 7 / 2.0; 7e0 / 2; 1 / 3.0; 2.0 / 3; 10.00 / 3.000; 1.5 * 2.25; 1.5 + 2; 1.5 - 2.25; 5.5 % 2; -5.5 % 2; 5 % 2.5; 1 / 0; 1 % 0; 1.0 / 0; 1e0 / 0; -1e0 / 0; 0e0 / 0e0; 1e0 % 0; 5e0 % 3; 1.5 % 0.0
2147483647 + 1; 9223372036854775807 + 1; 2147483647 * 2; -2147483648 - 1; TINYINT '127' + TINYINT '1'; SMALLINT '32767' + 1; CAST(1 AS tinyint) + CAST(1 AS smallint); CAST(100 AS tinyint) * 2; BIGINT '1' + 1.5; CAST(7 AS tinyint) / CAST(2 AS tinyint); CAST(1.5 AS real) + 1; CAST(1.5 AS real) * 1.5; 1 + 1e0; REAL '0.1' + 0.1e0; 99999999999999999999999999999999999999 + 1; 12345678901234567890.12345678 * 1.0; 12345678901234567890.12345678 / 3.7; 0.1 + 0.2; 0.1e0 + 0.2e0; DECIMAL '1.10' / DECIMAL '3.300'; 100.00 / 7; -1.0 / 3; 2.0 / -3.0; 1 / 1.5; 1000000000000000000 / 0.001
-(-5); +3; - 2.5; -CAST(NULL AS integer); 1 + NULL; NULL + NULL; 2 * 3 + 4 - 1; 2 + 3 * 4; (2 + 3) * 4; 10 - 4 - 3; 100 / 10 / 2
abs(-5); abs(-2.5); abs(-2.5e0); abs(CAST(-3 AS tinyint)); abs(REAL '-1.5'); sign(-3); sign(2.5); sign(-2.5e0); sign(0); ceiling(2.1); ceil(-2.1); ceil(2.1e0); ceil(5); floor(2.9); floor(-2.1); floor(-2.1e0); floor(7); round(2.5); round(-2.5); round(2.4e0); round(2.5e0); round(-2.5e0); round(0.5e0); round(1.5e0); round(1234.567, 1); round(1234.567, -2); round(1234.567e0, 2); round(1234.567e0, -2); round(15, -1); round(1.005e0, 2); round(BIGINT '7'); round(CAST(2.5 AS real)); round(0.49999999999999994e0); round(1.45, 1); round(9.99, 1); round(-1.45, 1); truncate(2.9); truncate(-2.9); truncate(2.9e0); truncate(-2.9e0); truncate(123.456, 1); truncate(123.456, -1)
sqrt(16); sqrt(2); sqrt(-1); cbrt(27); exp(0); exp(1); ln(1); ln(10); ln(0); ln(-1); log2(8); log10(1000); log(2, 64); log(10, 1000); power(2, 10); pow(2, 0.5); power(0, 0); pow(-8, 3); mod(10, 3); mod(-10, 3); mod(10.5, 3); mod(5, 0); pi(); e(); sin(0); cos(0); tan(1e0); asin(1e0); acos(1e0); atan(1e0); atan2(1, 2); sinh(1e0); cosh(1e0); tanh(1e0); degrees(pi()); radians(180); nan(); infinity(); -infinity(); is_nan(nan()); is_nan(1e0); is_infinite(infinity()); is_finite(1e0); is_finite(nan())
greatest(1, 5, 3); least(1, 5, 3); greatest(1.5, 2); greatest('a', 'b'); greatest(1, NULL); least(DATE '2024-01-01', DATE '2023-01-01'); greatest(1e0, 2); least('a'); width_bucket(5.3e0, 0e0, 10e0, 5); width_bucket(-1, 0, 10, 5); width_bucket(10, 0, 10, 5); bitwise_and(12, 10); bitwise_or(12, 10); bitwise_xor(12, 10); bitwise_not(5); bitwise_left_shift(1, 3); bitwise_right_shift(16, 2); bitwise_right_shift_arithmetic(-16, 2); bit_count(7, 64); from_base('ff', 16); from_base('-101', 2); from_base('zz', 36); from_base('9', 8); to_base(255, 16); to_base(-5, 2); to_base(35, 36); cosine_similarity(MAP(ARRAY['a'], ARRAY[1.0]), MAP(ARRAY['a'], ARRAY[2.0]))
1 = 1; 1 = 1.0; 1 <> 2; 1 != 1; 1 < 2.5; 2 >= 2; 'a' < 'b'; 'a' = 'a '; 'B' < 'a'; NULL = 1; NULL = NULL; 1 IS NULL; NULL IS NOT NULL; 1 IS DISTINCT FROM NULL; NULL IS NOT DISTINCT FROM NULL; nan() = nan(); nan() <> nan(); nan() > 1; 1 < nan(); nan() >= nan(); 0e0 = -0e0; TRUE = FALSE; TRUE > FALSE; DATE '2024-01-01' < DATE '2024-01-02'; TIMESTAMP '2024-01-01 00:00:00' = DATE '2024-01-01'; TIMESTAMP '2024-01-01 00:00:00 UTC' = TIMESTAMP '2024-01-01 01:00:00 +01:00'; X'00' < X'01'; 1 = '1'; DATE '2024-01-01' = '2024-01-01'; ROW(1, 'a') = ROW(1, 'a'); ROW(1, 2) = ROW(1, 3); ROW(1, NULL) = ROW(1, 2); ARRAY[1, 2] = ARRAY[1, 2]; ARRAY[1] < ARRAY[2]
1 BETWEEN 0 AND 2; 5 NOT BETWEEN 1 AND 3; 'b' BETWEEN 'a' AND 'c'; NULL BETWEEN 1 AND 2; 2 BETWEEN NULL AND 1; 1.5 BETWEEN 1 AND 2; 1 IN (1, 2); 3 IN (1, 2); 3 NOT IN (1, 2); NULL IN (1, 2); 3 IN (1, NULL); 3 NOT IN (1, NULL); 'a' IN ('a', 'b'); 1 IN (1.0, 2.5); 1 IN ('a'); ROW(1, 2) IN (ROW(1, 2), ROW(3, 4)); nan() IN (nan(), 1e0)
TRUE AND NULL; FALSE AND NULL; TRUE OR NULL; NOT NULL; NOT TRUE; TRUE AND FALSE OR TRUE; 1 AND TRUE; NOT 1
""",
    "conditions": r"""
CASE WHEN 1 = 1 THEN 'a' ELSE 'bc' END; CASE WHEN FALSE THEN 1 END; CASE 2 WHEN 1 THEN 'x' WHEN 2 THEN 'y' END; CASE WHEN TRUE THEN 1 ELSE 2.5 END; CASE WHEN TRUE THEN 1 ELSE 'a' END; CASE NULL WHEN NULL THEN 1 ELSE 2 END; CASE WHEN NULL THEN 1 ELSE 2 END; CASE WHEN FALSE THEN 1 / 0 ELSE 5 END; if(TRUE, 1, 2); if(FALSE, 'a'); if(NULL, 1, 2.5); if(1 > 0, 'yes', 'no'); coalesce(NULL, 1); coalesce(NULL, NULL, 'x'); coalesce(1, 2.5); coalesce('a', 1); nullif(1, 1); nullif(1, 2); nullif('a', 'b'); nullif(1, 1.0); nullif(NULL, 1); try(1 / 0); try(1 + 1); try(CAST('a' AS integer)); coalesce(try(1 / 0), -1)
CAST('12' AS integer); CAST(' 12' AS integer); CAST('+12' AS integer); CAST('1.5' AS integer); CAST('abc' AS integer); CAST('2147483648' AS integer); CAST('300' AS tinyint); CAST(300 AS tinyint); CAST(2.5 AS integer); CAST(-2.5 AS integer); CAST(2.4 AS bigint); CAST(2.5e0 AS integer); CAST(-2.5e0 AS integer); CAST(3.5e0 AS bigint); CAST(1e20 AS bigint); CAST(nan() AS bigint); CAST(TRUE AS integer); CAST(0.5e0 AS integer); CAST('' AS integer)
CAST('1.5' AS double); CAST(' 1.5 ' AS double); CAST('1e3' AS double); CAST('NaN' AS double); CAST('Infinity' AS double); CAST('inf' AS double); CAST('x' AS double); CAST('1.5' AS real); CAST(1.1 AS double); CAST(0.1 AS real); CAST(1 AS double); CAST(TRUE AS double); CAST(1.1e0 AS real); CAST(REAL '1.1' AS double); CAST(123456789012345678.12 AS double)
CAST('1.005' AS decimal(10,2)); CAST('-1.005' AS decimal(10,2)); CAST(1.005 AS decimal(10,2)); CAST(1.005e0 AS decimal(10,2)); CAST(2.675e0 AS decimal(10,2)); CAST(12345.678 AS decimal(5,2)); CAST('abc' AS decimal(5,2)); CAST(5 AS decimal(5,2)); CAST(1 AS decimal); CAST(0.1e0 AS decimal(20,18)); CAST(TRUE AS decimal(3,1)); CAST(99.99 AS decimal(3,1)); CAST('1e3' AS decimal(10,0)); CAST(' 1 ' AS decimal(3,1)); CAST(REAL '1.1' AS decimal(5,2))
CAST(1 AS varchar); CAST(1.50 AS varchar); CAST(1e0 AS varchar); CAST(1e10 AS varchar); CAST(1.5e-7 AS varchar); CAST(123456.789e0 AS varchar); CAST(12345678.9e0 AS varchar); CAST(0.001e0 AS varchar); CAST(0.0001e0 AS varchar); CAST(nan() AS varchar); CAST(-infinity() AS varchar); CAST(-0e0 AS varchar); CAST(TRUE AS varchar); CAST('abcdef' AS varchar(3)); CAST(12345 AS varchar(3)); CAST(123 AS varchar(10)); CAST(DATE '2024-01-05' AS varchar); CAST(TIMESTAMP '2024-01-05 01:02:03' AS varchar); CAST(TIMESTAMP '2024-01-05 01:02:03.45' AS varchar); CAST(TIMESTAMP '2024-01-05 01:02:03.123456' AS varchar); CAST(TIMESTAMP '2024-01-05 01:02:03 UTC' AS varchar); CAST(TIMESTAMP '2024-01-05 01:02:03.5 Europe/Berlin' AS varchar); CAST(TIME '01:02:03' AS varchar); CAST(REAL '1.1' AS varchar); CAST(REAL '1e10' AS varchar); CAST(INTERVAL '1' DAY AS varchar); CAST(INTERVAL '14' MONTH AS varchar); CAST(NULL AS varchar); CAST(DATE '0001-01-01' AS varchar)
CAST('true' AS boolean); CAST('T' AS boolean); CAST('0' AS boolean); CAST('yes' AS boolean); CAST(1 AS boolean); CAST(0 AS boolean); CAST(0.5e0 AS boolean); CAST(0.0 AS boolean)
CAST('2024-01-05' AS date); CAST(' 2024-01-05 ' AS date); CAST('2024-1-5' AS date); CAST('2024-02-30' AS date); CAST('2024-01-05 10:00:00' AS date); CAST('x' AS date); CAST(TIMESTAMP '2024-01-05 23:59:59.999' AS date); CAST(TIMESTAMP '2024-01-05 23:59:59 -05:00' AS date); CAST(DATE '2024-01-05' AS timestamp); CAST('2024-01-05 10:11:12' AS timestamp); CAST('2024-01-05 10:11:12.9996' AS timestamp); CAST('2024-01-05 10:11' AS timestamp); CAST('2024-01-05' AS timestamp); CAST('2024-01-05T10:11:12' AS timestamp); CAST('2024-01-05 10:11:12.123456' AS timestamp(6)); CAST(TIMESTAMP '2024-01-05 10:11:12.5555' AS timestamp(3)); CAST(TIMESTAMP '2024-01-05 10:11:12.5' AS timestamp(0)); CAST(TIMESTAMP '2024-01-05 10:11:12.4' AS timestamp(6)); CAST(TIMESTAMP '2024-01-05 10:11:12 UTC' AS timestamp); CAST(TIMESTAMP '2024-01-05 10:11:12 Europe/Berlin' AS timestamp); CAST(TIMESTAMP '2024-01-05 10:11:12' AS timestamp with time zone); CAST(DATE '2024-01-05' AS timestamp with time zone); CAST('10:11:12' AS time); CAST(TIMESTAMP '2024-01-05 10:11:12.5' AS time); CAST(1 AS date); CAST(1 AS timestamp); CAST(DATE '2024-01-05' AS integer); CAST('2024-01-05 10:11:12 UTC' AS timestamp with time zone)
TRY_CAST('abc' AS integer); TRY_CAST('12' AS integer); TRY_CAST('x' AS date); TRY_CAST('2024-01-05' AS date); TRY_CAST(300 AS tinyint); TRY_CAST('x' AS double); TRY_CAST('x' AS timestamp); TRY_CAST('1.5' AS decimal(3,1)); TRY_CAST('x' AS decimal(3,1)); TRY_CAST('x' AS boolean); TRY_CAST(1 AS varchar); TRY_CAST(12345.6 AS decimal(4,1))
CAST(ARRAY[1, 2] AS array(varchar)); CAST(ARRAY['1', '2'] AS array(integer)); CAST(ROW(1, 'a') AS ROW(x integer, y varchar)); CAST(ROW(1, 2) AS ROW(a varchar, b double)); CAST(MAP(ARRAY['1'], ARRAY[2]) AS map(integer, varchar)); CAST(NULL AS array(integer)); CAST(ARRAY[] AS array(integer)); CAST(ARRAY[1] AS integer)
CAST('a' AS char(3)); CAST('abcd' AS char(3)); CAST('a' AS char(3)) = 'a'; length(CAST('a' AS char(3)))
typeof(1); typeof(1.5); typeof('abc'); typeof(1e0); typeof(NULL); typeof(ARRAY[1]); typeof(MAP(ARRAY['a'], ARRAY[1])); typeof(ROW(1, 'a')); typeof(CAST(ROW(1) AS ROW(x bigint))); typeof(DATE '2024-01-01'); typeof(now()); typeof(current_timestamp); typeof(localtimestamp); typeof(current_date); typeof(current_timestamp(6)); typeof(INTERVAL '1' DAY); typeof(X'00'); typeof('a' || 'b'); typeof(1 + 1.5); typeof(concat('a', 'b')); typeof(JSON '1'); typeof(TIMESTAMP '2024-01-01 00:00:00.123456'); typeof(ARRAY[]); typeof(TIME '01:02:03')
""",
    "texts": r"""
length('abc'); length(''); length('日本'); char_length('abc'); upper('aß日'); lower('ÀÉ'); upper(NULL); lower('İ'); trim('  a b  '); ltrim('  a '); rtrim(' a  '); trim('x' FROM 'xxaxx'); trim(BOTH 'x' FROM 'xax'); trim(LEADING 'x' FROM 'xax'); trim(TRAILING FROM 'a  '); trim('xay', 'xy'); trim(U&'\00A0a'); substr('hello', 2); substr('hello', 2, 3); substr('hello', -3); substr('hello', -3, 2); substr('hello', 0); substr('hello', 10); substr('hello', 2, -1); substring('hello', 2, 3); substring('hello' FROM 2 FOR 2); substring('hello' FROM 3); substr('日本語', 2, 1); substr('hello', -10)
'a' || 'b'; 'a' || NULL; 'a' || 1; concat('a', 'b', 'c'); concat('a', NULL); concat_ws(',', 'a', 'b'); concat_ws(',', 'a', NULL, 'c'); concat_ws(NULL, 'a'); concat_ws(',', ARRAY['a', NULL, 'b']); concat('a', 1)
replace('banana', 'an'); replace('banana', 'an', 'xy'); replace('abc', '', '-'); replace('abc', 'z', 'y'); reverse('abc'); reverse('日本'); repeat('ab', 3); lpad('7', 3, '0'); lpad('12345', 3, '0'); lpad('a', 6, 'xyz'); rpad('a', 4, 'xy'); rpad('abc', 2, 'x'); lpad('a', 3, ''); lpad('a', -1, 'x')
strpos('hello', 'l'); strpos('hello', 'z'); strpos('hello', ''); strpos('banana', 'a', 2); strpos('banana', 'a', -1); strpos('banana', 'a', 9); position('l' IN 'hello'); starts_with('hello', 'he'); starts_with('hello', ''); ends_with('hello', 'lo'); split('a,b,,c', ','); split('abc', ','); split('a,b,c', ',', 2); split('a,b', ''); split('', ','); split_part('a,b,c', ',', 2); split_part('a,b,c', ',', 5); split_part('a,b,c', ',', 0); split_to_map('a=1;b=2', ';', '='); split_to_multimap('a=1;a=2', ';', '='); split_part('a--b', '--', 2)
chr(65); chr(26085); codepoint('A'); codepoint('ab'); translate('abcd', 'ab', 'xy'); translate('abcd', 'abc', 'x'); levenshtein_distance('kitten', 'sitting'); hamming_distance('abc', 'abd'); hamming_distance('a', 'ab'); soundex('Robert'); normalize('é', NFD); normalize('e' || chr(769)); word_stem('running'); luhn_check('79927398713'); to_hex(X'0aff'); from_hex('0aff'); to_base64(X'616263'); from_base64('YWJj'); to_utf8('aé'); from_utf8(X'61c3a9'); from_utf8(X'ff'); md5(X'616263'); sha1(X'616263'); sha256(X'616263'); sha512(X'616263'); to_hex(md5(to_utf8('abc'))); crc32(to_utf8('abc')); xxhash64(to_utf8('abc')); length(X'0102'); X'01' || X'02'; to_hex(NULL); substr(X'010203', 2); reverse(X'0102'); from_hex('zz'); to_base64url(X'ffff'); hmac_sha256(X'61', X'62')
'abc' LIKE 'a%'; 'abc' LIKE '_b_'; 'abc' NOT LIKE 'b%'; 'a%c' LIKE 'a\%c' ESCAPE '\'; 'a_c' LIKE 'a#_c' ESCAPE '#'; 'abc' LIKE 'ABC'; 'abc' LIKE NULL; NULL LIKE 'a'; 'a\b' LIKE 'a\b'; 'a' LIKE 'a#' ESCAPE '#'; '日本' LIKE '_本'; '' LIKE '%'; 1 LIKE '1'; 'line1' || chr(10) || 'x' LIKE 'line%x'
regexp_like('abc123', '[0-9]+'); regexp_like('abc', '^b'); regexp_like('abc', 'B'); regexp_like('abc', '(?i)B'); regexp_extract('abc123', '[0-9]+'); regexp_extract('abc123', '([a-z]+)([0-9]+)', 2); regexp_extract('abc', '[0-9]+'); regexp_extract('abc', '(x)?abc', 1); regexp_extract_all('a1b22', '[0-9]+'); regexp_extract_all('1a 2b', '(\d)([a-z])', 2); regexp_extract_all('abc', '[0-9]'); regexp_replace('a1b2', '[0-9]'); regexp_replace('a1b2', '[0-9]', '#'); regexp_replace('ab', '(a)(b)', '$2$1'); regexp_replace('abc', 'b', ''); regexp_split('a1b2c', '[0-9]'); regexp_split('abc', ','); regexp_count('banana', 'a'); regexp_position('banana', 'n'); regexp_like('a.b', 'a\.b'); regexp_like('x', '\bx\b'); regexp_replace('hello', '(l+)', '<$1>'); regexp_extract('2024-01-05', '(\d{4})-(\d{2})', 2); regexp_like('abc', 'c$'); regexp_replace('aaa', 'a*', 'x'); regexp_like('ab', 'a(?=b)'); regexp_replace('a1', '[0-9]', x -> 'n'); regexp_extract('key=val', 'key=(?<v>\w+)', 1); regexp_like(NULL, 'a'); regexp_like('é', '\w'); regexp_like('٣', '\d'); regexp_extract('a b', '\s'); regexp_replace('a  b', '\s+', ' '); regexp_like('foo', 'fo{2}'); regexp_like('A', '[[:upper:]]'); regexp_like('x', '(')
format('%s-%d', 'a', 5); format('%.2f', 3.14159e0); format('%05d', 42); format('%,d', 1234567); format('%s', DATE '2024-01-01'); format('%s%%', 5); format('%10s|', 'a'); format('%x', 255); format_number(1234567); format_number(1234.5e0); human_readable_seconds(96); human_readable_seconds(3661); parse_data_size('1kB'); url_extract_host('https://user@example.com:8080/a/b?c=d&e=f#g'); url_extract_path('https://example.com:8080/a/b?c=d'); url_extract_port('https://example.com:8080/a'); url_extract_protocol('https://example.com'); url_extract_query('https://example.com/a?c=d&e=f'); url_extract_fragment('https://example.com/a#frag'); url_extract_parameter('https://example.com/a?c=d&e=f', 'e'); url_extract_parameter('https://example.com/a?c=d', 'x'); url_encode('a b&c/é'); url_decode('a+b%26c'); url_extract_host('nonsense'); url_extract_query('https://example.com/a'); url_extract_port('https://example.com/')
bar(0.5e0, 10); color('red'); uuid(); random() < 2; shuffle(ARRAY[1]); lower(1); substr('a'); foo(1); length(1)
""",
    "times": r"""
DATE '2024-02-29'; DATE '2024-2-9'; DATE '2023-02-29'; DATE 'x'; TIMESTAMP '2024-01-05 01:02:03'; TIMESTAMP '2024-01-05 01:02:03.4'; TIMESTAMP '2024-01-05 01:02:03.456'; TIMESTAMP '2024-01-05 01:02:03.456789'; TIMESTAMP '2024-01-05 01:02'; TIMESTAMP '2024-01-05'; TIMESTAMP '2024-01-05 01:02:03 UTC'; TIMESTAMP '2024-01-05 01:02:03 +02:00'; TIMESTAMP '2024-01-05 01:02:03 Europe/Berlin'; TIMESTAMP '2024-07-05 01:02:03 America/New_York'; TIMESTAMP '2024-01-05 01:02:03Z'; TIMESTAMP '2024-13-05 01:02:03'; TIMESTAMP '2024-01-05 25:02:03'; TIMESTAMP '1969-12-31 23:59:59.5'; TIME '01:02:03'; TIME '01:02:03.456'; TIME '25:00:00'; INTERVAL '1' DAY; INTERVAL '-1' DAY; INTERVAL - '2' HOUR; INTERVAL '1 02:03:04.567' DAY TO SECOND; INTERVAL '90' MINUTE; INTERVAL '1.5' SECOND; INTERVAL '2' MONTH; INTERVAL '1-2' YEAR TO MONTH; INTERVAL '3' YEAR; INTERVAL '1' WEEK; INTERVAL '1' QUARTER; INTERVAL 'x' DAY
DATE '2024-01-31' + INTERVAL '1' MONTH; DATE '2024-01-31' - INTERVAL '1' DAY; DATE '2024-01-31' + INTERVAL '1' HOUR; DATE '2024-02-29' + INTERVAL '1' YEAR; INTERVAL '1' DAY + DATE '2024-01-01'; DATE '2024-03-01' - DATE '2024-02-01'; TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '1' SECOND; TIMESTAMP '2024-01-31 10:00:00' + INTERVAL '1' MONTH; TIMESTAMP '2024-01-01 00:00:00' - TIMESTAMP '2023-12-31 23:00:00'; TIMESTAMP '2024-01-01 00:00:00 UTC' + INTERVAL '1' DAY; INTERVAL '1' DAY + INTERVAL '2' HOUR; INTERVAL '1' DAY * 3; 2 * INTERVAL '1' MONTH; INTERVAL '1' DAY / 2; TIME '23:00:00' + INTERVAL '2' HOUR; DATE '2024-01-01' + 1; INTERVAL '1' DAY > INTERVAL '23' HOUR; INTERVAL '1' DAY + INTERVAL '1' MONTH; TIMESTAMP '2024-01-01 00:00:00.123456' - TIMESTAMP '2024-01-01 00:00:00'; -INTERVAL '1' DAY; TIMESTAMP '2024-03-30 12:00:00 Europe/Berlin' + INTERVAL '1' DAY; TIMESTAMP '2024-01-31 12:00:00 Europe/Berlin' + INTERVAL '1' MONTH; DATE '2024-01-01' - TIMESTAMP '2023-12-31 12:00:00'
date_add('day', 1, DATE '2024-02-28'); date_add('month', 1, DATE '2024-01-31'); date_add('year', -1, DATE '2024-02-29'); date_add('week', 2, DATE '2024-01-01'); date_add('quarter', 1, DATE '2024-01-31'); date_add('hour', 1, DATE '2024-01-01'); date_add('hour', 25, TIMESTAMP '2024-01-01 00:00:00'); date_add('minute', -90, TIMESTAMP '2024-01-01 00:00:00'); date_add('second', 1, TIMESTAMP '2024-01-01 00:00:00.5'); date_add('millisecond', 5, TIMESTAMP '2024-01-01 00:00:00'); date_add('day', 1, TIMESTAMP '2024-01-01 00:00:00 UTC'); date_add('month', 1, TIMESTAMP '2024-01-31 10:00:00 UTC'); date_add('x', 1, DATE '2024-01-01'); date_add('DAY', 1, DATE '2024-01-01'); date_add('hour', 5, TIME '22:00:00')
date_diff('day', DATE '2024-01-01', DATE '2024-03-01'); date_diff('day', DATE '2024-03-01', DATE '2024-01-01'); date_diff('week', DATE '2024-01-01', DATE '2024-01-20'); date_diff('month', DATE '2024-01-31', DATE '2024-02-29'); date_diff('month', DATE '2024-01-15', DATE '2024-03-14'); date_diff('month', DATE '2024-03-14', DATE '2024-01-15'); date_diff('quarter', DATE '2024-01-15', DATE '2024-12-14'); date_diff('year', DATE '2020-02-29', DATE '2024-02-28'); date_diff('hour', TIMESTAMP '2024-01-01 10:30:00', TIMESTAMP '2024-01-02 10:29:59'); date_diff('day', TIMESTAMP '2024-01-01 10:30:00', TIMESTAMP '2024-01-02 10:29:59'); date_diff('minute', TIMESTAMP '2024-01-01 10:30:30', TIMESTAMP '2024-01-01 10:32:29'); date_diff('second', TIMESTAMP '2024-01-01 00:00:00.9', TIMESTAMP '2024-01-01 00:00:02.8'); date_diff('millisecond', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 00:00:01.5'); date_diff('month', TIMESTAMP '2024-01-31 12:00:00', TIMESTAMP '2024-02-29 13:00:00'); date_diff('month', TIMESTAMP '2024-01-15 12:00:00', TIMESTAMP '2024-02-15 11:00:00'); date_diff('year', TIMESTAMP '2023-06-01 00:00:00 UTC', TIMESTAMP '2024-05-31 00:00:00 UTC'); date_diff('day', DATE '2024-01-01', TIMESTAMP '2024-01-02 12:00:00'); date_diff('hour', DATE '2024-01-01', DATE '2024-01-02')
date_trunc('day', TIMESTAMP '2024-05-15 10:11:12.5'); date_trunc('hour', TIMESTAMP '2024-05-15 10:11:12.5'); date_trunc('minute', TIMESTAMP '2024-05-15 10:11:12.5'); date_trunc('second', TIMESTAMP '2024-05-15 10:11:12.5'); date_trunc('millisecond', TIMESTAMP '2024-05-15 10:11:12.5'); date_trunc('week', DATE '2024-05-15'); date_trunc('month', DATE '2024-05-15'); date_trunc('quarter', DATE '2024-05-15'); date_trunc('year', DATE '2024-05-15'); date_trunc('day', DATE '2024-05-15'); date_trunc('hour', DATE '2024-05-15'); date_trunc('month', TIMESTAMP '2024-05-15 10:11:12 UTC'); date_trunc('day', TIMESTAMP '2024-05-15 23:11:12 America/New_York'); date_trunc('x', DATE '2024-05-15'); date_trunc('hour', TIME '10:11:12'); date_trunc('week', TIMESTAMP '2024-05-15 10:11:12.123456'); date_trunc('year', TIMESTAMP '1969-05-15 10:11:12')
year(DATE '2024-05-15'); quarter(DATE '2024-05-15'); month(DATE '2024-05-15'); day(DATE '2024-05-15'); day_of_month(DATE '2024-05-15'); day_of_week(DATE '2024-05-19'); dow(DATE '2024-05-13'); day_of_year(DATE '2024-05-15'); doy(DATE '2024-12-31'); week(DATE '2024-12-30'); week_of_year(DATE '2021-01-01'); year_of_week(DATE '2024-12-30'); yow(DATE '2021-01-01'); hour(TIMESTAMP '2024-05-15 10:11:12.5'); minute(TIMESTAMP '2024-05-15 10:11:12.5'); second(TIMESTAMP '2024-05-15 10:11:12.5'); millisecond(TIMESTAMP '2024-05-15 10:11:12.567'); hour(TIMESTAMP '2024-05-15 23:11:12 +02:00'); year(TIMESTAMP '2024-12-31 23:30:00 -05:00'); hour(TIME '10:11:12'); hour(INTERVAL '26' HOUR); day(INTERVAL '2' DAY); month(INTERVAL '14' MONTH); year(TIMESTAMP '2024-05-15 10:11:12'); timezone_hour(TIMESTAMP '2024-05-15 10:11:12 +02:00'); last_day_of_month(DATE '2024-02-10'); last_day_of_month(TIMESTAMP '2023-02-10 10:00:00'); extract(year FROM DATE '2024-05-15'); extract(month FROM TIMESTAMP '2024-05-15 10:11:12'); extract(day FROM DATE '2024-05-15'); extract(hour FROM TIMESTAMP '2024-05-15 10:11:12'); extract(minute FROM TIMESTAMP '2024-05-15 10:11:12'); extract(second FROM TIMESTAMP '2024-05-15 10:11:12.9'); extract(quarter FROM DATE '2024-05-15'); extract(week FROM DATE '2024-05-15'); extract(dow FROM DATE '2024-05-15'); extract(doy FROM DATE '2024-05-15'); extract(yow FROM DATE '2024-05-15'); extract(day_of_week FROM DATE '2024-05-15'); extract(epoch FROM DATE '2024-05-15'); hour(DATE '2024-05-15')
date('2024-05-15'); date(TIMESTAMP '2024-05-15 10:11:12'); date(TIMESTAMP '2024-05-15 23:11:12 -05:00'); date('x'); from_unixtime(0); from_unixtime(1700000000.5e0); from_unixtime(1700000000, 'Europe/Berlin'); from_unixtime(1700000000, 2, 0); from_unixtime_nanos(1700000000123456789); to_unixtime(TIMESTAMP '2024-01-01 00:00:00'); to_unixtime(TIMESTAMP '2024-01-01 00:00:00.5 UTC'); from_iso8601_timestamp('2024-01-02T03:04:05Z'); from_iso8601_timestamp('2024-01-02T03:04:05.678+02:00'); from_iso8601_timestamp('2024-01-02'); from_iso8601_timestamp('x'); from_iso8601_date('2024-02-29'); from_iso8601_date('x'); to_iso8601(DATE '2024-01-02'); to_iso8601(TIMESTAMP '2024-01-02 03:04:05'); to_iso8601(TIMESTAMP '2024-01-02 03:04:05.678 UTC'); to_iso8601(TIMESTAMP '2024-01-02 03:04:05 +02:00'); with_timezone(TIMESTAMP '2024-01-02 03:04:05', 'Europe/Berlin'); at_timezone(TIMESTAMP '2024-01-02 03:04:05 UTC', 'Asia/Tokyo'); TIMESTAMP '2024-01-02 03:04:05 UTC' AT TIME ZONE 'America/Los_Angeles'; TIMESTAMP '2024-01-02 03:04:05' AT TIME ZONE 'America/Los_Angeles'; TIMESTAMP '2024-01-02 03:04:05 UTC' AT TIME ZONE '+05:30'; TIMESTAMP '2024-01-02 03:04:05 UTC' AT TIME ZONE 'nowhere'; hour(TIMESTAMP '2024-01-02 03:04:05 UTC' AT TIME ZONE 'Asia/Tokyo'); DATE '2024-01-02' AT TIME ZONE 'UTC'; current_timezone(); parse_duration('1d'); timezone(TIMESTAMP '2024-01-02 03:04:05 Europe/Berlin'); TIMESTAMP '2024-06-02 03:04:05 UTC' AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC'
date_format(TIMESTAMP '2024-01-05 13:02:03.456', '%Y-%m-%d %H:%i:%s'); date_format(DATE '2024-01-05', '%d.%m.%y'); date_format(TIMESTAMP '2024-01-05 13:02:03.456', '%a %b %c %e %f %h %I %j %k %l %M %p %r %S %T %v %W %x %%'); date_format(TIMESTAMP '2024-01-05 13:02:03 +02:00', '%H'); date_format(TIMESTAMP '2024-01-05 13:02:03', 'plain %Y'); date_format(TIMESTAMP '2024-01-05 13:02:03', '%D'); date_format(TIMESTAMP '2024-01-05 00:02:03', '%h %I %l %p'); date_format(TIMESTAMP '2024-01-05 13:02:03', '%w'); date_format(TIMESTAMP '2024-01-05 13:02:03', '%q'); date_parse('2024-01-05', '%Y-%m-%d'); date_parse('2024-01-05 13:02:03', '%Y-%m-%d %H:%i:%s'); date_parse('05/01/2024', '%d/%m/%Y'); date_parse('20240105', '%Y%m%d'); date_parse('x', '%Y'); date_parse('2024-01-05 01:02 PM', '%Y-%m-%d %h:%i %p'); date_parse('Jan 5 2024', '%b %e %Y'); date_parse('2024-01-05 13:02:03.456', '%Y-%m-%d %H:%i:%s.%f'); date_parse('2024-01-05 extra', '%Y-%m-%d')
format_datetime(TIMESTAMP '2024-01-05 13:02:03.456', 'yyyy-MM-dd HH:mm:ss'); format_datetime(TIMESTAMP '2024-01-05 13:02:03.456', 'yyyy-MM-dd''T''HH:mm:ss.SSS'); format_datetime(DATE '2024-01-05', 'dd/MM/yy'); format_datetime(TIMESTAMP '2024-01-05 13:02:03 +02:00', 'HH:mm Z'); format_datetime(TIMESTAMP '2024-01-05 13:02:03', 'E EEEE MMM MMMM d H h a'); format_datetime(TIMESTAMP '2024-01-05 13:02:03', 'y D w e'); format_datetime(TIMESTAMP '2024-01-05 13:02:03', 'YYYY xxxx'); format_datetime(TIMESTAMP '2024-01-05 13:02:03 UTC', 'yyyy-MM-dd HH:mm:ss ZZ'); parse_datetime('2024-01-05 13:02:03', 'yyyy-MM-dd HH:mm:ss'); parse_datetime('2024-01-05', 'yyyy-MM-dd'); parse_datetime('05/01/2024', 'dd/MM/yyyy'); parse_datetime('x', 'yyyy'); parse_datetime('2024-01-05 13:02 +0200', 'yyyy-MM-dd HH:mm Z'); to_char(TIMESTAMP '2024-01-05 13:02:03', 'yyyy-mm-dd hh24:mi:ss'); to_date('2024-01-05', 'yyyy-mm-dd'); to_timestamp('2024-01-05', 'yyyy-mm-dd'); human_readable_seconds(100000); to_milliseconds(INTERVAL '1' SECOND)
sequence(DATE '2024-01-01', DATE '2024-01-03', INTERVAL '1' DAY); sequence(DATE '2024-01-01', DATE '2024-03-01', INTERVAL '1' MONTH); sequence(DATE '2024-01-01', DATE '2024-01-03'); sequence(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 02:00:00', INTERVAL '1' HOUR); now() = current_timestamp; current_date = CAST(now() AS date); date_diff('day', current_date, current_date); localtime IS NOT NULL; current_time IS NOT NULL
""",
    "collections": r"""
ARRAY[1, 2, 3]; ARRAY[]; ARRAY[1, NULL]; ARRAY[1, 2.5]; ARRAY['a', 'bcd']; ARRAY[ARRAY[1], ARRAY[]]; ARRAY[1, 'a']; ARRAY[1, 2][1]; ARRAY[1, 2][0]; ARRAY[1, 2][3]; ARRAY[1, 2][-1]; element_at(ARRAY[1, 2], 1); element_at(ARRAY[1, 2], 5); element_at(ARRAY[1, 2], -1); element_at(ARRAY[1, 2], 0); cardinality(ARRAY[1, 2]); cardinality(ARRAY[]); cardinality(CAST(NULL AS array(integer))); ARRAY[1] || ARRAY[2]; ARRAY[1] || 2; 1 || ARRAY[2]; concat(ARRAY[1], ARRAY[2], ARRAY[3]); ARRAY[1] || NULL
contains(ARRAY[1, 2], 1); contains(ARRAY[1, NULL], 3); contains(ARRAY[1, NULL], 1); contains(ARRAY[1], NULL); contains(ARRAY['a'], 'b'); array_position(ARRAY[5, 6, 5], 5); array_position(ARRAY[5], 7); array_distinct(ARRAY[1, 1, 2, NULL, NULL]); array_sort(ARRAY[3, NULL, 1]); array_sort(ARRAY['b', 'a']); array_sort(ARRAY[3, 1, 2], (a, b) -> if(a < b, 1, if(a = b, 0, -1))); array_max(ARRAY[1, 3, 2]); array_max(ARRAY[1, NULL]); array_min(ARRAY[2, 1]); array_max(ARRAY[]); array_min(ARRAY['b', 'a']); array_join(ARRAY['a', NULL, 'b'], '-'); array_join(ARRAY['a', NULL, 'b'], '-', 'N'); array_join(ARRAY[1, 2], ','); array_join(ARRAY[1.5e0, 1e10], ','); array_join(ARRAY[], ','); array_remove(ARRAY[1, 2, 1], 1); array_remove(ARRAY[1, NULL], 1); array_intersect(ARRAY[1, 2, 2], ARRAY[2, 3]); array_union(ARRAY[1, 2], ARRAY[2, 3]); array_except(ARRAY[1, 2, 3], ARRAY[2]); arrays_overlap(ARRAY[1, 2], ARRAY[2]); arrays_overlap(ARRAY[1], ARRAY[2]); arrays_overlap(ARRAY[1, NULL], ARRAY[2]); reverse(ARRAY[1, 2, 3]); slice(ARRAY[1, 2, 3, 4], 2, 2); slice(ARRAY[1, 2, 3, 4], -2, 2); slice(ARRAY[1, 2], 5, 1); slice(ARRAY[1, 2], 0, 1); slice(ARRAY[1, 2, 3], 2, 10); flatten(ARRAY[ARRAY[1], ARRAY[2, 3], NULL]); repeat('a', 2); repeat(1, 0); sequence(1, 5); sequence(5, 1); sequence(1, 10, 3); sequence(10, 1, -3); sequence(1, 5, 0); shuffle(ARRAY[1]); zip(ARRAY[1, 2], ARRAY['a']); trim_array(ARRAY[1, 2, 3], 1); combinations(ARRAY[1, 2, 3], 2); ngrams(ARRAY['a', 'b', 'c'], 2); array_first(ARRAY[1]); array_histogram(ARRAY['a', 'a']); contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3]); array_last(ARRAY[1]); array_sum(ARRAY[1])
transform(ARRAY[1, 2], x -> x + 1); transform(ARRAY['a'], x -> x || '!'); transform(ARRAY[1, NULL], x -> x IS NULL); transform(ARRAY[], x -> 1); transform(ARRAY[ARRAY[1, 2]], x -> transform(x, y -> y * 2)); filter(ARRAY[1, 2, 3], x -> x > 1); filter(ARRAY[1, NULL], x -> x IS NOT NULL); filter(ARRAY[1, 2], x -> x); reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s); reduce(ARRAY[1, 2, 3], 1.5, (s, x) -> s * x, s -> s); reduce(ARRAY['a', 'b'], '', (s, x) -> s || x, s -> upper(s)); reduce(ARRAY[1, NULL, 3], 0, (s, x) -> s + coalesce(x, 0), s -> s); reduce(ARRAY[1.5e0, 2.5e0], CAST(ROW(0.0, 0) AS ROW(sum double, count integer)), (s, x) -> CAST(ROW(x + s.sum, s.count + 1) AS ROW(sum double, count integer)), s -> s.sum / s.count); any_match(ARRAY[1, 2], x -> x > 1); any_match(ARRAY[NULL, 1], x -> x > 1); all_match(ARRAY[1, 2], x -> x > 0); all_match(ARRAY[], x -> FALSE); none_match(ARRAY[1, 2], x -> x > 5); zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y); zip_with(ARRAY[1], ARRAY['a', 'b'], (x, y) -> y)
MAP(ARRAY['a', 'b'], ARRAY[1, 2]); MAP(); MAP(ARRAY['a', 'a'], ARRAY[1, 2]); MAP(ARRAY['a'], ARRAY[1, 2]); MAP(ARRAY[1], ARRAY[NULL]); MAP(ARRAY['a'], ARRAY[1])['a']; MAP(ARRAY['a'], ARRAY[1])['z']; element_at(MAP(ARRAY['a'], ARRAY[1]), 'a'); element_at(MAP(ARRAY['a'], ARRAY[1]), 'z'); cardinality(MAP(ARRAY['a'], ARRAY[1])); map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2])); map_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2])); map_entries(MAP(ARRAY['a'], ARRAY[1])); map_from_entries(ARRAY[ROW('a', 1), ROW('b', 2)]); map_concat(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a', 'b'], ARRAY[3, 4])); map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1); transform_keys(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> upper(k)); transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1); map_zip_with(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a'], ARRAY[2]), (k, x, y) -> x + y); multimap_from_entries(ARRAY[ROW('a', 1), ROW('a', 2)]); MAP(ARRAY[1, 2], ARRAY['x', 'y'])[2]; MAP(ARRAY[1.5], ARRAY[DATE '2024-01-01'])
ROW(1, 'a'); ROW(1, ROW(2, 3)); ROW(1, 'a')[2]; (1, 'a'); CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).x; CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).z; ROW(NULL); CAST(ROW(1, 2) AS ROW(a integer, b integer))
""",
    "json": r"""
json_parse('{"b": 1, "a": [1, 2.50, "x", null, true]}'); json_parse('[]'); json_parse('"x"'); json_parse('1e3'); json_parse('x'); json_parse(NULL); json_format(json_parse('{"a": 1}')); json_format(JSON '[1, 2]'); json_format(json_parse('{"b": {"d": 1, "c": 2}, "a": 1}')); JSON '{"a": 1}'; json_extract_scalar('{"a": {"b": "x"}}', '$.a.b'); json_extract_scalar('{"a": 1.50}', '$.a'); json_extract_scalar('{"a": true}', '$.a'); json_extract_scalar('{"a": null}', '$.a'); json_extract_scalar('{"a": {"b": 1}}', '$.a'); json_extract_scalar('{"a": [1, 2]}', '$.a[1]'); json_extract_scalar('{"a": [1, 2]}', '$.a[5]'); json_extract_scalar('not json', '$.a'); json_extract_scalar('{"a b": 1}', '$["a b"]'); json_extract_scalar('"x"', '$'); json_extract_scalar(JSON '{"a": 1}', '$.a'); json_extract_scalar('{"a": "q\"uote"}', '$.a'); json_extract_scalar('{"a": 1e400}', '$.a'); json_extract_scalar('{"a": 12345678901234567890}', '$.a'); json_extract_scalar('{"a":{"b-c":5}}', '$.a.b-c'); json_extract_scalar('[1,2]', '$[0]'); json_extract_scalar('{"a":1}', 'a'); json_extract_scalar('{"a":1}', '$..a'); json_extract_scalar('{"a":1}', '$.*'); json_extract_scalar('{"a":100000000.5}', '$.a'); json_extract_scalar('{"a":1.0}', '$.a'); json_extract_scalar('{"a":1} x', '$.a'); json_extract_scalar('', '$.a')
json_extract('{"a": {"b": 1}}', '$.a'); json_extract('{"a": "x"}', '$.a'); json_extract('{"a": [1, {"c": 2}]}', '$.a'); json_extract('{"a": 1}', '$.z'); json_extract('{"a": null}', '$.a'); json_extract('x', '$.a'); json_extract('{"a": {"z": 1, "b": 2}}', '$.a'); json_extract('{"a": 1.50}', '$.a'); json_extract('{"a": [ 1 , 2 ]}', '$.a'); json_extract('{"a":"\u00e9\/"}', '$.a'); json_array_length('[1, 2, 3]'); json_array_length(JSON '[]'); json_array_length('{"a": 1}'); json_array_length('x'); json_array_contains('[1, 2]', 1); json_array_contains('["a"]', 'a'); json_array_contains('[1]', 3); json_array_get('["a", [3, 9], "c"]', 0); json_size('{"a": {"b": 1, "c": 2}}', '$.a'); json_size('{"a": [1, 2]}', '$.a'); json_size('{"a": 1}', '$.a'); json_size('{"a": 1}', '$.z'); is_json_scalar('1'); is_json_scalar('[1]'); is_json_scalar(JSON '"x"')
CAST(JSON '1' AS integer); CAST(JSON '"x"' AS varchar); CAST(JSON '1.5' AS double); CAST(JSON 'true' AS boolean); CAST(JSON 'null' AS integer); CAST(JSON '[1, 2, null]' AS array(integer)); CAST(JSON '["a", "b"]' AS array(varchar)); CAST(JSON '{"a": 1}' AS map(varchar, integer)); CAST(JSON '{"x": 1, "y": "b"}' AS ROW(x integer, y varchar)); CAST(JSON '[1, "b"]' AS ROW(x integer, y varchar)); CAST(JSON '{"a": [1]}' AS map(varchar, array(bigint))); CAST(JSON '[{"a": 1}]' AS array(ROW(a integer))); CAST(JSON '1' AS varchar); CAST(JSON '[1]' AS varchar); CAST(JSON '"5"' AS integer); CAST(JSON '1.7' AS integer); CAST(json_extract('{"a": ["x"]}', '$.a') AS array(varchar)); CAST(JSON '[1, "2"]' AS array(varchar)); CAST(JSON '[[1]]' AS array(array(integer))); CAST(JSON '"x"' AS integer); CAST(JSON '{"a": 1}' AS array(integer)); CAST(JSON '[1.5]' AS array(double)); CAST(JSON '[{"a": 1, "b": 2}]' AS array(json)); CAST(JSON '{"a": [1, 2]}' AS map(varchar, json))
CAST(1 AS json); CAST('x' AS json); CAST(1.5 AS json); CAST(1.5e0 AS json); CAST(TRUE AS json); CAST(NULL AS json); CAST(ARRAY[1, 2] AS json); CAST(ARRAY['a', NULL] AS json); CAST(MAP(ARRAY['b', 'a'], ARRAY[1, 2]) AS json); CAST(ROW(1, 'a') AS json); CAST(CAST(ROW(1, 'a') AS ROW(x integer, y varchar)) AS json); CAST(DATE '2024-01-01' AS json); CAST(TIMESTAMP '2024-01-01 10:00:00' AS json); CAST('a"b' AS json); json_format(CAST(ARRAY[1, 2] AS json)); json_format(CAST('x' AS json)); CAST(1e10 AS json); CAST(ARRAY[ARRAY[1]] AS json); CAST(MAP(ARRAY[1], ARRAY['x']) AS json); json_object('a': 1); json_array(1, 2); json_value('{"a": 1}', 'lax $.a'); json_query('{"a": [1]}', 'lax $.a'); json_exists('{"a": 1}', 'lax $.a')
""",
}

_STATEMENTS = {
    "queries": r"""
SELECT * FROM orders ORDER BY order_id
SELECT * FROM customers ORDER BY customer_id
SELECT * FROM events ORDER BY event_id
SELECT order_id AS id, Amount AS "Total", status Zustand FROM orders WHERE order_id <= 2 ORDER BY id
SELECT ORDERS.order_id, shop.orders.status FROM orders ORDER BY 1 LIMIT 1
SELECT o.* FROM orders AS o WHERE o.order_id = 1
SELECT o.order_id, c.* FROM orders o, customers c WHERE o.customer_id = c.customer_id ORDER BY 1
SELECT 1 AS a, 2 AS a
SELECT x.a FROM (SELECT 1 AS a, 2 AS a) x
SELECT count(*) FROM (SELECT 1 AS a, 2 AS a) x
SELECT order_id + 1, order_id FROM orders ORDER BY order_id + 1 DESC LIMIT 2
SELECT order_id, amount FROM orders ORDER BY amount, order_id
SELECT order_id, amount FROM orders ORDER BY amount DESC, order_id
SELECT order_id, amount FROM orders ORDER BY amount NULLS FIRST, order_id
SELECT discount FROM orders ORDER BY discount DESC NULLS LAST
SELECT -order_id AS order_id FROM orders ORDER BY order_id
SELECT order_id AS x FROM orders ORDER BY -x
SELECT status, order_id FROM orders ORDER BY 1, 2 DESC
SELECT status FROM orders ORDER BY 3
SELECT order_id FROM orders ORDER BY order_id LIMIT 0
SELECT order_id FROM orders ORDER BY order_id LIMIT ALL
SELECT order_id FROM orders ORDER BY order_id OFFSET 5 ROWS
SELECT order_id FROM orders ORDER BY order_id OFFSET 5 LIMIT 1
SELECT order_id FROM orders ORDER BY order_id FETCH NEXT ROW ONLY
SELECT DISTINCT customer_id FROM orders ORDER BY customer_id
SELECT DISTINCT customer_id FROM orders ORDER BY order_id
SELECT DISTINCT status, status = 'open' FROM orders ORDER BY 1
SELECT order_id FROM orders WHERE amount > 20 AND status = 'open' OR order_id = 7 ORDER BY 1
SELECT order_id FROM orders WHERE NOT is_open ORDER BY 1
SELECT order_id FROM orders WHERE is_open IS NULL
SELECT order_id FROM orders WHERE note LIKE '%please%' ORDER BY 1
SELECT order_id FROM orders WHERE note LIKE 'a!_b%' ESCAPE '!'
SELECT order_id FROM orders WHERE status IN ('open', 'void') ORDER BY 1
SELECT order_id FROM orders WHERE customer_id NOT IN (10, 11) ORDER BY 1
SELECT order_id FROM orders WHERE (customer_id, status) IN ((10, 'open'), (13, 'paid')) ORDER BY 1
SELECT order_id FROM orders WHERE day BETWEEN DATE '2024-02-01' AND DATE '2024-02-29' ORDER BY 1
SELECT order_id FROM orders WHERE created_at >= TIMESTAMP '2024-02-01 00:00:00' ORDER BY 1
SELECT order_id FROM orders WHERE created_at = TIMESTAMP '2024-02-10 00:00:00 UTC'
SELECT order_id FROM orders WHERE created_at > DATE '2024-02-10' ORDER BY 1
SELECT order_id FROM orders WHERE updated > TIMESTAMP '2024-02-02 00:00:00' ORDER BY 1
SELECT order_id FROM orders WHERE day = '2024-02-10'
SELECT order_id FROM orders WHERE amount
SELECT order_id FROM orders WHERE discount > 0.1 ORDER BY 1
SELECT order_id FROM orders WHERE discount = 0.1
SELECT order_id, weight FROM orders WHERE weight > 1 ORDER BY 1
SELECT order_id, quantity * amount, quantity + 1, quantity / 2, amount / quantity FROM orders WHERE order_id < 4 ORDER BY 1
SELECT amount + discount, amount * quantity, amount - quantity, amount / 3, amount % 7 FROM orders WHERE order_id = 1
SELECT sum(amount), sum(quantity), sum(discount), sum(order_id), sum(weight) FROM orders WHERE order_id IN (1, 2, 7)
SELECT avg(amount), avg(quantity), avg(order_id), avg(discount) FROM orders WHERE order_id IN (1, 2, 7)
SELECT avg(weight) FROM orders WHERE order_id IN (1, 7)
SELECT min(amount), max(amount), min(status), max(status), min(day), max(created_at), min(is_open) FROM orders
SELECT count(*), count(1), count(amount), count(DISTINCT status), count(DISTINCT amount) FROM orders
SELECT sum(amount), count(*) FROM orders WHERE FALSE
SELECT sum(DISTINCT quantity), avg(DISTINCT quantity) FROM orders
SELECT count_if(is_open), count_if(amount > 10) FROM orders
SELECT bool_and(is_open), bool_or(is_open), every(is_open) FROM orders
SELECT max_by(status, amount), min_by(order_id, amount), max_by(order_id, created_at) FROM orders
SELECT max_by(order_id, amount, 2) FROM orders
SELECT max(amount, 2), min(amount, 2) FROM orders
SELECT arbitrary(status), any_value(status) FROM orders WHERE status = 'void'
SELECT array_agg(order_id ORDER BY order_id), array_agg(status ORDER BY order_id DESC) FROM orders
SELECT array_agg(note ORDER BY order_id) FROM orders
SELECT array_agg(DISTINCT status ORDER BY status) FROM orders
SELECT array_agg(order_id ORDER BY order_id) FILTER (WHERE amount > 20) FROM orders
SELECT array_agg(order_id) FROM orders WHERE FALSE
SELECT map_agg(order_id, status) FROM orders
SELECT histogram(status) FROM orders
SELECT multimap_agg(status, order_id) FROM (SELECT * FROM orders ORDER BY order_id)
SELECT map_union(attributes) FROM orders WHERE order_id = 1
SELECT listagg(status, ',') WITHIN GROUP (ORDER BY order_id) FROM orders
SELECT listagg(note) WITHIN GROUP (ORDER BY order_id) FROM orders
SELECT stddev(quantity), stddev_samp(quantity), stddev_pop(quantity), variance(quantity), var_samp(quantity), var_pop(quantity) FROM orders
SELECT stddev(quantity), var_pop(quantity) FROM orders WHERE order_id = 1
SELECT corr(quantity, discount), covar_samp(quantity, discount), covar_pop(quantity, discount), regr_slope(quantity, discount), regr_intercept(quantity, discount) FROM orders
SELECT skewness(quantity), kurtosis(quantity) FROM orders
SELECT geometric_mean(quantity) FROM orders WHERE quantity > 0
SELECT approx_distinct(status), approx_distinct(order_id) FROM orders
SELECT approx_percentile(quantity, 0.5) FROM orders
SELECT approx_percentile(amount, 0.9) FROM orders
SELECT checksum(order_id) FROM orders
SELECT bitwise_and_agg(order_id), bitwise_or_agg(order_id) FROM orders
SELECT entropy(quantity) FROM orders WHERE quantity > 0
SELECT reduce_agg(order_id, 0, (a, b) -> a + b, (a, b) -> a + b) FROM orders
SELECT sum(order_id) FROM orders WHERE order_id > 100
SELECT sum(9223372036854775807) FROM orders
SELECT status, count(*) FROM orders GROUP BY status ORDER BY status
SELECT status, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC, 1
SELECT status AS s, count(*) FROM orders GROUP BY s
SELECT upper(status), count(*) FROM orders GROUP BY upper(status) ORDER BY 1
SELECT upper(status) || '!', count(*) FROM orders GROUP BY upper(status) ORDER BY 1
SELECT status, amount, count(*) FROM orders GROUP BY status
SELECT status, count(*) FROM orders
SELECT * FROM orders GROUP BY status
SELECT status FROM orders GROUP BY status HAVING count(*) > 1 ORDER BY status
SELECT count(*) FROM orders HAVING count(*) > 100
SELECT status FROM orders GROUP BY status HAVING amount > 1
SELECT status FROM orders HAVING status = 'open'
SELECT status, sum(amount) s FROM orders GROUP BY status ORDER BY s DESC NULLS LAST
SELECT status FROM orders GROUP BY status ORDER BY max(order_id)
SELECT status, order_id FROM orders GROUP BY status ORDER BY 1
SELECT count(*) FROM orders GROUP BY 1
SELECT sum(amount) FROM orders GROUP BY status, customer_id ORDER BY 1
SELECT year(day), month(day), sum(amount) FROM orders GROUP BY year(day), month(day) ORDER BY 1, 2
SELECT orders.status, o2.n FROM orders JOIN (SELECT status, count(*) n FROM orders GROUP BY status) o2 ON orders.status = o2.status ORDER BY orders.order_id
SELECT status, customer_id, count(*) FROM orders GROUP BY ROLLUP (status, customer_id) ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3
SELECT status, is_open, count(*) FROM orders GROUP BY CUBE (status, is_open) ORDER BY 1, 2, 3
SELECT status, is_open, count(*), grouping(status, is_open) FROM orders GROUP BY GROUPING SETS ((status, is_open), (status), ()) ORDER BY 4, 1, 2
SELECT status, grouping(status) FROM orders GROUP BY ROLLUP (status) ORDER BY 2, 1
SELECT status, is_open, count(*) FROM orders GROUP BY status, ROLLUP (is_open) ORDER BY 1, 2, 3
SELECT count(*) FROM orders GROUP BY ()
SELECT sum(count(*)) FROM orders GROUP BY status
SELECT count(*) FROM orders WHERE count(*) > 1
SELECT sum(sum(amount)) FROM orders
SELECT status, sum(amount) FILTER (WHERE is_open) FROM orders GROUP BY status ORDER BY 1
SELECT status, sum(amount) / count(*) FROM orders GROUP BY status ORDER BY 1
SELECT c.name, o.order_id FROM customers c JOIN orders o ON c.customer_id = o.customer_id ORDER BY 2
SELECT c.name, o.order_id FROM customers c LEFT JOIN orders o ON c.customer_id = o.customer_id AND o.status = 'paid' ORDER BY 1, 2
SELECT c.name, o.order_id FROM customers c RIGHT JOIN orders o ON c.customer_id = o.customer_id ORDER BY 2
SELECT c.name, o.order_id FROM customers c FULL OUTER JOIN orders o ON c.customer_id = o.customer_id ORDER BY 1, 2
SELECT c.name, o.order_id FROM customers c CROSS JOIN orders o WHERE o.order_id = 1 ORDER BY 1
SELECT customer_id, name, order_id FROM customers JOIN orders USING (customer_id) ORDER BY 3
SELECT * FROM customers JOIN (SELECT customer_id, order_id FROM orders) o USING (customer_id) ORDER BY order_id
SELECT customer_id, name, order_id FROM customers FULL JOIN orders USING (customer_id) ORDER BY 1, 3
SELECT c.customer_id FROM customers c JOIN orders o USING (customer_id)
SELECT customer_id FROM customers c JOIN orders o ON c.customer_id = o.customer_id
SELECT * FROM customers NATURAL JOIN orders
SELECT c.name FROM customers c JOIN orders o ON c.name = o.order_id
SELECT a.order_id, b.order_id FROM orders a JOIN orders b ON a.order_id < b.order_id AND a.status = b.status ORDER BY 1, 2
SELECT a.x, b.y FROM (VALUES 1, 2) a (x) JOIN (VALUES 2, 3) b (y) ON a.x = b.y
SELECT * FROM (orders o JOIN customers c ON o.customer_id = c.customer_id) WHERE o.order_id = 1
SELECT o.order_id FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = o.customer_id AND c.vip) ORDER BY 1
SELECT o.order_id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = o.customer_id) ORDER BY 1
SELECT order_id FROM orders WHERE customer_id IN (SELECT customer_id FROM customers WHERE tenant = 'north') ORDER BY 1
SELECT name FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders) ORDER BY 1
SELECT order_id FROM orders WHERE amount = (SELECT max(amount) FROM orders)
SELECT order_id, (SELECT name FROM customers c WHERE c.customer_id = o.customer_id) FROM orders o ORDER BY 1
SELECT order_id FROM orders WHERE amount > ALL (SELECT amount FROM orders WHERE status = 'open' AND amount IS NOT NULL) ORDER BY 1
SELECT order_id FROM orders WHERE amount > ANY (SELECT amount FROM orders WHERE status = 'paid') ORDER BY 1
SELECT (SELECT order_id FROM orders)
SELECT (SELECT order_id, amount FROM orders WHERE order_id = 1)
SELECT (SELECT order_id FROM orders WHERE order_id = 100)
SELECT name, (SELECT max(o.amount) FROM orders o WHERE o.customer_id = c.customer_id) m FROM customers c ORDER BY m, name
SELECT c.name, t.n FROM customers c CROSS JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.customer_id) t ORDER BY 1
SELECT order_id FROM orders UNION SELECT customer_id FROM customers ORDER BY 1
SELECT order_id FROM orders UNION ALL SELECT customer_id FROM customers ORDER BY 1
SELECT status, 1 FROM orders UNION SELECT 'x', 2.5 ORDER BY 1, 2
SELECT order_id FROM orders UNION SELECT status FROM orders
SELECT order_id, status FROM orders UNION SELECT order_id FROM orders
SELECT customer_id FROM orders INTERSECT SELECT customer_id FROM customers ORDER BY 1
SELECT customer_id FROM orders EXCEPT SELECT customer_id FROM customers ORDER BY 1
SELECT customer_id FROM orders INTERSECT ALL SELECT customer_id FROM orders ORDER BY 1
SELECT customer_id FROM orders EXCEPT ALL SELECT customer_id FROM customers ORDER BY 1
(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 DESC
SELECT 1 UNION SELECT 2 INTERSECT SELECT 2 ORDER BY 1
(SELECT order_id FROM orders ORDER BY order_id LIMIT 1) UNION ALL (SELECT order_id FROM orders ORDER BY order_id DESC LIMIT 1) ORDER BY 1
VALUES 1, 2, 3
VALUES (1, 'a'), (2, 'bcd'), (3, NULL)
VALUES (1, 2.5), (1.25, 3)
VALUES (1), ('a')
TABLE customers
SELECT * FROM (VALUES (1, 'a')) AS t (id, name)
SELECT * FROM (VALUES (1, 'a')) AS t (id)
SELECT t._col0 FROM (VALUES 5) t
WITH a AS (SELECT 1 AS x) SELECT x + 1 FROM a
WITH a (y) AS (SELECT 1 AS x) SELECT y FROM a
WITH a AS (SELECT order_id FROM orders), b AS (SELECT max(order_id) AS m FROM a) SELECT m FROM b
WITH orders AS (SELECT 1 AS z) SELECT * FROM orders
WITH a AS (SELECT 1 AS x), a AS (SELECT 2 AS x) SELECT * FROM a
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t ORDER BY n
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT count(*) FROM t
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 11) SELECT count(*) FROM t
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 12) SELECT count(*) FROM t
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t
WITH RECURSIVE t (n) AS (SELECT 1 UNION SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t ORDER BY 1
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1.5 FROM t WHERE n < 3) SELECT * FROM t
WITH RECURSIVE t (id, path) AS (SELECT customer_id, name FROM customers WHERE customer_id = 10 UNION ALL SELECT c.customer_id, t.path || '>' || c.name FROM customers c JOIN t ON c.customer_id = t.id + 1) SELECT * FROM t ORDER BY 1
SELECT * FROM orders TABLESAMPLE BERNOULLI (50)
SELECT tag FROM orders CROSS JOIN UNNEST(tags) AS t (tag) ORDER BY order_id, tag
SELECT order_id, tag FROM orders, UNNEST(tags) AS t (tag) ORDER BY 1, 2
SELECT order_id, tag, n FROM orders CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, n) ORDER BY 1, 3
SELECT order_id, k, v FROM orders CROSS JOIN UNNEST(attributes) AS t (k, v) ORDER BY 1, 2
SELECT order_id, k, v, n FROM orders CROSS JOIN UNNEST(attributes) WITH ORDINALITY AS t (k, v, n) ORDER BY 1, 2
SELECT order_id, tag FROM orders LEFT JOIN UNNEST(tags) AS t (tag) ON TRUE ORDER BY 1, 2
SELECT order_id, tag FROM orders LEFT JOIN UNNEST(tags) AS t (tag) ON tag = 'new' ORDER BY 1, 2
SELECT * FROM UNNEST(ARRAY[1, 2]) AS t (x)
SELECT * FROM UNNEST(ARRAY[1, 2, 3], ARRAY['a', 'b']) WITH ORDINALITY AS t (x, y, n)
SELECT * FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t (k, v)
SELECT * FROM UNNEST(ARRAY[ROW(1, 'a'), ROW(2, 'b')]) AS t (x, y)
SELECT * FROM UNNEST(ARRAY[CAST(ROW(1, 'a') AS ROW(p integer, q varchar)), NULL])
SELECT * FROM UNNEST(ARRAY[1, 2])
SELECT * FROM UNNEST(1) AS t (x)
SELECT * FROM UNNEST(ARRAY[]) AS t (x)
SELECT * FROM UNNEST(sequence(1, 3)) AS t (x) CROSS JOIN UNNEST(ARRAY['a', 'b']) AS u (y) ORDER BY 1, 2
SELECT order_id, t.tag FROM orders CROSS JOIN UNNEST(filter(tags, x -> x IS NOT NULL)) AS t (tag) WHERE t.tag <> 'new' ORDER BY 1, 2
SELECT order_id, address.city, address.geo.lat FROM orders ORDER BY 1
SELECT address FROM orders WHERE order_id = 1
SELECT o.address.geo FROM orders o WHERE o.order_id IN (1, 3) ORDER BY o.order_id
SELECT address.nope FROM orders
SELECT address.city, count(*) FROM orders GROUP BY address.city ORDER BY 1
SELECT tags[1], attributes['color'] FROM orders WHERE order_id = 1
SELECT tags[2] FROM orders WHERE order_id = 2
SELECT element_at(tags, 1), element_at(attributes, 'size'), cardinality(tags), cardinality(attributes) FROM orders ORDER BY order_id
SELECT map_keys(attributes), map_values(attributes) FROM orders WHERE order_id IN (3, 4, 5) ORDER BY order_id
SELECT transform(tags, t -> t || '-' || status) FROM orders WHERE order_id < 4 ORDER BY order_id
SELECT filter(tags, t -> t = 'new'), any_match(tags, t -> t = 'new') FROM orders ORDER BY order_id
SELECT reduce(tags, '', (s, t) -> s || coalesce(t, '?'), s -> s) FROM orders ORDER BY order_id
SELECT order_id, row_number() OVER (ORDER BY amount DESC, order_id) FROM orders ORDER BY 1
SELECT order_id, row_number() OVER (PARTITION BY status ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, rank() OVER (ORDER BY status), dense_rank() OVER (ORDER BY status) FROM orders ORDER BY 1
SELECT order_id, percent_rank() OVER (ORDER BY order_id), cume_dist() OVER (ORDER BY status) FROM orders ORDER BY 1
SELECT order_id, ntile(2) OVER (ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, lag(order_id) OVER (ORDER BY order_id), lead(order_id) OVER (ORDER BY order_id), lag(order_id, 2, -1) OVER (ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, first_value(amount) OVER (ORDER BY order_id), last_value(amount) OVER (ORDER BY order_id), nth_value(amount, 2) OVER (ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, last_value(amount) IGNORE NULLS OVER (ORDER BY order_id), lag(note) IGNORE NULLS OVER (ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, sum(amount) OVER (), sum(amount) OVER (ORDER BY order_id), sum(quantity) OVER (PARTITION BY status ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, sum(quantity) OVER (ORDER BY order_id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM orders ORDER BY 1
SELECT order_id, sum(quantity) OVER (ORDER BY order_id ROWS UNBOUNDED PRECEDING) FROM orders ORDER BY 1
SELECT order_id, sum(quantity) OVER (ORDER BY order_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM orders ORDER BY 1
SELECT order_id, sum(quantity) OVER (ORDER BY customer_id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY 1
SELECT order_id, sum(quantity) OVER (ORDER BY day RANGE BETWEEN INTERVAL '30' DAY PRECEDING AND CURRENT ROW) FROM orders ORDER BY 1
SELECT order_id, count(*) OVER (ORDER BY status GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY 1
SELECT order_id, avg(quantity) OVER (PARTITION BY status), count(*) OVER (PARTITION BY status), max(amount) OVER (PARTITION BY customer_id) FROM orders ORDER BY 1
SELECT order_id, sum(quantity) OVER w, count(*) OVER w FROM orders WINDOW w AS (PARTITION BY status ORDER BY order_id) ORDER BY 1
SELECT order_id, array_agg(order_id) OVER (ORDER BY order_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY 1
SELECT status, sum(sum(quantity)) OVER (ORDER BY status) FROM orders GROUP BY status ORDER BY 1
SELECT status, rank() OVER (ORDER BY sum(quantity) DESC) FROM orders GROUP BY status ORDER BY 1
SELECT order_id FROM orders WHERE row_number() OVER (ORDER BY order_id) = 1
SELECT row_number() FROM orders
SELECT order_id, sum(amount) OVER (ORDER BY order_id) FILTER (WHERE is_open) FROM orders
SELECT order_id, sum(quantity) FILTER (WHERE is_open) OVER (ORDER BY order_id) FROM orders ORDER BY 1
SELECT order_id, count(DISTINCT status) OVER () FROM orders
SELECT order_id, sum(quantity) OVER nope FROM orders
SELECT date_trunc('month', created_at), count(*) FROM orders GROUP BY 1 ORDER BY 1
SELECT date_trunc('day', updated), hour(updated) FROM orders ORDER BY 1
SELECT CAST(created_at AS date), CAST(created_at AS varchar), CAST(created_at AS timestamp) FROM orders ORDER BY order_id
SELECT created_at AT TIME ZONE 'Europe/Berlin' FROM orders ORDER BY order_id
SELECT hour(created_at AT TIME ZONE 'America/New_York'), date_trunc('day', created_at AT TIME ZONE 'America/New_York') FROM orders ORDER BY order_id
SELECT date_diff('day', created_at, TIMESTAMP '2024-03-01 00:00:00 UTC') FROM orders ORDER BY order_id
SELECT date_diff('day', day, DATE '2024-03-01'), date_diff('month', day, DATE '2024-03-01') FROM orders ORDER BY order_id
SELECT date_add('day', quantity, day) FROM orders ORDER BY order_id
SELECT day + INTERVAL '1' MONTH, created_at + INTERVAL '1' DAY, updated - INTERVAL '1' HOUR FROM orders ORDER BY order_id
SELECT format_datetime(created_at, 'yyyy-MM-dd'), date_format(created_at, '%Y-%m'), date_format(day, '%W') FROM orders ORDER BY order_id
SELECT to_unixtime(created_at), from_unixtime(order_id) FROM orders ORDER BY order_id
SELECT year(created_at), week(created_at), day_of_week(day) FROM orders ORDER BY order_id
SELECT to_iso8601(created_at), to_iso8601(day) FROM orders ORDER BY order_id
SELECT CAST(discount AS varchar), CAST(weight AS varchar), CAST(amount AS varchar), CAST(is_open AS varchar), CAST(quantity AS varchar) FROM orders ORDER BY order_id
SELECT CAST(amount AS integer), CAST(amount AS double), CAST(amount AS decimal(10,1)), CAST(discount AS decimal(12,4)) FROM orders ORDER BY order_id
SELECT round(amount, 1), round(discount, 2), floor(amount), ceil(amount), abs(amount), round(amount) FROM orders ORDER BY order_id
SELECT coalesce(note, status), nullif(status, 'open'), coalesce(customer_id, 0) FROM orders ORDER BY order_id
SELECT if(amount > 10, 'high', 'low'), CASE WHEN is_open THEN 1 WHEN NOT is_open THEN 0 END FROM orders ORDER BY order_id
SELECT to_hex(raw), length(raw), to_base64(raw) FROM orders ORDER BY order_id
SELECT upper(note), lower(note), length(note), substr(note, 2, 3), reverse(note) FROM orders ORDER BY order_id
SELECT split(email, '@'), split_part(email, '@', 1), strpos(email, '@'), regexp_extract(email, '@(.*)', 1) FROM customers ORDER BY customer_id
SELECT name || ' of ' || tenant, concat(name, '/', tenant), concat_ws(' ', name, email) FROM customers ORDER BY customer_id
SELECT regexp_replace(email, '@.*'), regexp_like(email, 'example'), regexp_count(email, 'e') FROM customers ORDER BY customer_id
SELECT json_extract_scalar(payload, '$.user.name'), json_extract(payload, '$.items') FROM events ORDER BY event_id
SELECT event_id, json_array_length(json_extract(payload, '$.items')), CAST(json_extract_scalar(payload, '$.amount') AS double) FROM events WHERE event_id <= 3 ORDER BY event_id
SELECT event_id, item FROM events CROSS JOIN UNNEST(CAST(json_extract(payload, '$.items') AS array(varchar))) AS t (item) ORDER BY 1, 2
SELECT json_parse(payload) FROM events
SELECT CAST(json_parse(payload) AS map(varchar, json)) FROM events WHERE event_id = 1
SELECT * FROM (SELECT order_id, row_number() OVER (PARTITION BY status ORDER BY created_at DESC) AS rn FROM orders) WHERE rn = 1 ORDER BY order_id
SELECT tenant, count(*) AS n, sum(score) AS total, avg(score) AS mean FROM customers GROUP BY tenant HAVING count(*) >= 1 ORDER BY n DESC, tenant
SELECT count(*) FILTER (WHERE vip), count(*) FILTER (WHERE NOT vip), count(*) FILTER (WHERE vip IS NULL) FROM customers
SELECT sum(if(vip, 1, 0)) FROM customers
SELECT max(joined) - min(joined) FROM customers
SELECT sum(CASE WHEN vip THEN score END) / sum(score) FROM customers
SELECT score, count(*) FROM customers GROUP BY score ORDER BY score
SELECT nope
SELECT nope FROM orders
SELECT o.nope FROM orders o
SELECT x.order_id FROM orders o
SELECT orders.order_id FROM orders o
SELECT * FROM nowhere
SELECT * FROM nowhere.nothing
SELECT *
SELECT x.* FROM orders
SELECT 1 FROM
SELECT FROM orders
SELECT 1 +
SELECT (1
SELECT 'abc
SELECT 1 2
SELECT a b c FROM orders
SELEC 1
SELECT 1; SELECT 2
SELECT count(*) FROM orders LIMIT -1
SELECT "order_id" FROM "orders" WHERE "order_id" = 1
SELECT `order_id` FROM orders
SELECT order_id FROM orders WHERE status == 'open'
SELECT order_id FROM orders QUALIFY row_number() OVER (ORDER BY order_id) = 1
SELECT order_id::varchar FROM orders
SELECT TOP 1 order_id FROM orders
SELECT order_id FROM orders LIMIT 1, 2
SELECT status, order_id FROM orders GROUP BY ALL
SELECT * EXCEPT (order_id) FROM orders
SELECT ifnull(1, 2)
SELECT nvl(1, 2)
SELECT getdate()
SELECT datediff('day', DATE '2024-01-01', DATE '2024-01-02')
SELECT isnull(1)
SELECT len('a')
SELECT 'a' + 'b'
SELECT 1 || 2
SELECT TRUE + 1
SELECT sum(status) FROM orders
SELECT avg(day) FROM orders
SELECT max(attributes) FROM orders
SELECT order_id FROM orders ORDER BY attributes
SELECT count(order_id, status) FROM orders
SELECT lower(status, 1) FROM orders
SELECT abs('a')
SELECT length(order_id) FROM orders
SELECT CAST(order_id AS nope) FROM orders
SELECT CAST(tags AS varchar) FROM orders
SELECT date_trunc('day', status) FROM orders
SELECT order_id IN (SELECT order_id, status FROM orders) FROM orders
SELECT CASE WHEN order_id THEN 1 END FROM orders
SELECT transform(tags, 1) FROM orders
SELECT x -> x
SELECT INTERVAL '1' FROM orders
SELECT EXTRACT(nope FROM day) FROM orders
SELECT order_id FROM orders o JOIN customers c
SELECT order_id FROM orders WHERE order_id = 1 ORDER BY nope
SELECT grouping(status) FROM orders
""",
    "types": r"""
SELECT weight + 1, weight * weight, weight / 2, -weight, weight % 1 FROM orders ORDER BY order_id
SELECT weight * quantity, weight + amount, weight * discount FROM orders ORDER BY order_id
SELECT CAST(weight AS double), CAST(weight AS decimal(10,2)) FROM orders WHERE order_id IN (1, 2, 7) ORDER BY order_id
SELECT sum(weight), min(weight), max(weight), count(weight) FROM orders WHERE order_id <> 3
SELECT abs(weight), floor(weight), round(weight) FROM orders WHERE order_id <> 3 ORDER BY order_id
SELECT quantity + quantity, quantity - 1, -quantity, quantity * order_id, quantity % 5 FROM orders ORDER BY order_id
SELECT quantity * 1.5, quantity / 2.0, quantity + amount, quantity + discount FROM orders ORDER BY order_id
SELECT amount * amount, amount / amount, amount - discount FROM orders WHERE amount <> 0 ORDER BY order_id
SELECT amount * discount, amount / discount FROM orders WHERE discount > 0 ORDER BY order_id
SELECT sum(amount * quantity), sum(amount / 2), avg(amount * 2), sum(amount * discount) FROM orders
SELECT sum(quantity) / count(*), sum(amount) / sum(quantity), sum(amount) * 100 / 7 FROM orders
SELECT customer_id / 3, customer_id % 3, customer_id * 1e0 FROM customers ORDER BY 1, 2
SELECT CAST(created_at AS time), CAST(updated AS time), CAST(updated AS date), CAST(updated AS varchar) FROM orders ORDER BY order_id
SELECT CAST(day AS timestamp), CAST(day AS timestamp with time zone), CAST(updated AS timestamp(0)) FROM orders ORDER BY order_id
SELECT date_trunc('week', day), date_trunc('hour', updated), date_trunc('year', created_at) FROM orders ORDER BY order_id
SELECT extract(hour FROM updated), extract(dow FROM created_at), second(updated), millisecond(updated) FROM orders ORDER BY order_id
SELECT raw || X'01', raw = X'616263', raw IS NULL, raw > X'00' FROM orders ORDER BY order_id
SELECT raw FROM orders WHERE raw IS NOT NULL ORDER BY raw
SELECT min(raw), max(raw), count(DISTINCT raw) FROM orders
SELECT is_open, count(*), max(is_open) FROM orders GROUP BY is_open ORDER BY is_open
SELECT discount, count(*) FROM orders GROUP BY discount ORDER BY discount
SELECT weight, count(*) FROM orders GROUP BY weight ORDER BY weight
SELECT DISTINCT weight FROM orders ORDER BY weight DESC
SELECT attributes, tags, address FROM orders ORDER BY order_id
SELECT map_agg(name, score), map_agg(customer_id, name) FROM customers
SELECT array_agg(score ORDER BY customer_id), array_agg(vip ORDER BY name DESC) FROM customers
SELECT array_agg(joined ORDER BY joined), array_agg(customer_id ORDER BY score NULLS FIRST, customer_id) FROM customers
SELECT tenant, array_agg(DISTINCT score ORDER BY score) FROM customers GROUP BY tenant ORDER BY tenant
SELECT listagg(name, '; ') WITHIN GROUP (ORDER BY name DESC) FROM customers
SELECT tenant, listagg(name, '') WITHIN GROUP (ORDER BY name) FROM customers GROUP BY tenant ORDER BY tenant
SELECT corr(customer_id, score), covar_pop(customer_id, score), regr_slope(score, customer_id) FROM customers
SELECT stddev(score), var_pop(score), avg(score), sum(score) FROM customers
SELECT max_by(name, score), min_by(name, joined), max_by(name, joined) FROM customers WHERE score IS NOT NULL
SELECT max_by(score, joined), min_by(email, customer_id) FROM customers
SELECT min(email), max(email), min(name), max(name) FROM customers
SELECT name, score, rank() OVER (ORDER BY score DESC NULLS LAST) FROM customers ORDER BY 3, 1
SELECT name, sum(score) OVER (PARTITION BY tenant ORDER BY customer_id) FROM customers ORDER BY customer_id
SELECT name, avg(score) OVER (ORDER BY customer_id ROWS 2 PRECEDING) FROM customers ORDER BY customer_id
SELECT name, max(score) OVER (ORDER BY joined DESC) FROM customers ORDER BY customer_id
SELECT name, lag(joined, 1, DATE '2000-01-01') OVER (ORDER BY joined) FROM customers ORDER BY joined
SELECT name, first_value(name) OVER (PARTITION BY tenant ORDER BY score DESC) FROM customers ORDER BY customer_id
SELECT name, ntile(2) OVER (ORDER BY name), cume_dist() OVER (ORDER BY name) FROM customers ORDER BY name
SELECT order_id, sum(amount) OVER (ORDER BY day RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND CURRENT ROW) FROM orders ORDER BY order_id
SELECT order_id, count(*) OVER (PARTITION BY customer_id ORDER BY order_id RANGE UNBOUNDED PRECEDING) FROM orders ORDER BY order_id
SELECT tenant, vip, count(*) FROM customers GROUP BY ROLLUP (tenant, vip) ORDER BY tenant, vip, 3
SELECT tenant, grouping(tenant, vip), sum(score) FROM customers GROUP BY GROUPING SETS ((tenant), (vip), ()) ORDER BY 2, 1, 3
SELECT tenant, count(*) FROM customers GROUP BY CUBE (tenant) ORDER BY 2 DESC, 1
SELECT upper(tenant) AS t, lower(name), length(email), reverse(name) FROM customers ORDER BY customer_id
SELECT name FROM customers WHERE name LIKE '%o%' OR email LIKE '%.org' ORDER BY name
SELECT name FROM customers WHERE email NOT LIKE '%example.com' ORDER BY name
SELECT split(name, 'n'), split_part(email, '.', -1) FROM customers
SELECT lpad(CAST(customer_id AS varchar), 5, '0'), rpad(name, 6, '.') FROM customers ORDER BY 1
SELECT concat_ws('/', tenant, email, name), coalesce(email, name), nullif(tenant, 'north') FROM customers ORDER BY customer_id
SELECT regexp_extract(email, '^(.+)@(.+)$', 2), regexp_replace(name, '[A-Z]', '_'), regexp_like(name, '^[A-C]') FROM customers ORDER BY customer_id
SELECT format('%s:%d', name, customer_id) FROM customers ORDER BY customer_id
SELECT to_hex(md5(to_utf8(name))), to_base64(to_utf8(tenant)), from_utf8(to_utf8(name)) FROM customers ORDER BY customer_id
SELECT levenshtein_distance(name, tenant), strpos(email, '.'), codepoint(CAST(substr(name, 1, 1) AS varchar(1))) FROM customers ORDER BY customer_id
SELECT translate(name, 'aeiou', '12345'), replace(tenant, 'th', 'TH'), starts_with(name, 'A') FROM customers ORDER BY customer_id
SELECT word FROM customers CROSS JOIN UNNEST(split(email, '.')) AS t (word) ORDER BY word
SELECT name, part, n FROM customers CROSS JOIN UNNEST(split(name, 'n')) WITH ORDINALITY AS t (part, n) ORDER BY 1, 3
SELECT c.name, o.order_id, o.amount FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id AND o.amount > 50 ORDER BY 1, 2
SELECT tenant, (SELECT count(*) FROM orders o JOIN customers c2 ON o.customer_id = c2.customer_id WHERE c2.tenant = c.tenant) FROM customers c GROUP BY tenant ORDER BY 1
SELECT name FROM customers c WHERE (SELECT sum(amount) FROM orders o WHERE o.customer_id = c.customer_id) > 10 ORDER BY 1
SELECT typeof(weight), typeof(quantity), typeof(raw), typeof(updated), typeof(address), typeof(attributes), typeof(discount) FROM orders LIMIT 1
SELECT typeof(sum(amount)), typeof(avg(amount)), typeof(sum(quantity)), typeof(avg(quantity)), typeof(count(*)), typeof(max(day)), typeof(sum(weight)) FROM orders
SELECT typeof(amount * quantity), typeof(amount / quantity), typeof(amount + 1), typeof(quantity + 1), typeof(weight * 2) FROM orders LIMIT 1
SELECT at, at + INTERVAL '1' HOUR, date_diff('second', at, at + INTERVAL '1' DAY) FROM events ORDER BY event_id
SELECT date_trunc('minute', at), date_format(at, '%H:%i'), format_datetime(at, 'yyyy/MM/dd'), to_unixtime(at) FROM events ORDER BY event_id
SELECT date_diff('day', lag(at) OVER (ORDER BY at), at) FROM events ORDER BY at
SELECT kind, min(at), max(at), max(at) - min(at) FROM events GROUP BY kind ORDER BY kind
SELECT year_of_week(at), week(at), day_of_year(at), last_day_of_month(at) FROM events ORDER BY event_id
SELECT sequence(1, event_id), repeat(kind, 2), slice(split(kind, 'i'), 1, 1) FROM events ORDER BY event_id
SELECT zip(ARRAY[event_id], ARRAY[kind]), MAP(ARRAY[kind], ARRAY[event_id]) FROM events ORDER BY event_id
SELECT reduce(sequence(1, event_id), BIGINT '0', (s, x) -> s + x, s -> s) FROM events ORDER BY event_id
SELECT transform(sequence(1, 3), x -> x * event_id), filter(sequence(1, 5), x -> x > event_id) FROM events ORDER BY event_id
SELECT json_extract_scalar(payload, '$.user.id'), json_extract(payload, '$.user.name'), json_size(payload, '$.items') FROM events WHERE event_id < 4 ORDER BY event_id
SELECT bitwise_and(event_id, 3), to_base(event_id, 2), power(event_id, 2), sqrt(event_id) FROM events ORDER BY event_id
SELECT greatest(event_id, 3), least(kind, 'm'), if(event_id > 2, kind), abs(event_id - 3) FROM events ORDER BY event_id
SELECT round(CAST(event_id AS double) / 3, 2), truncate(event_id / 2e0), round(event_id * 1.25, 1), ceiling(event_id / 2.0) FROM events ORDER BY event_id
""",
}


def cases() -> dict[str, list[str]]:
    """Topic → statements; an expression's statement is SELECT and the expression."""
    found: dict[str, list[str]] = {}
    for topic, text in _EXPRESSIONS.items():
        lines = [line for line in text.strip().splitlines() if line.strip()]
        expressions = [one.strip() for line in lines for one in _split(line)]
        found[topic] = [f"SELECT {one}" for one in dict.fromkeys(expressions)]
    for topic, text in _STATEMENTS.items():
        found[topic] = list(dict.fromkeys(line for line in text.strip().splitlines() if line.strip()))
    return found


def _split(line: str) -> list[str]:
    """Expressions between semicolons that stand outside quotes."""
    parts, inside = [""], False
    for char in line:
        inside ^= char == "'"
        if char == ";" and not inside:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part.strip()]
