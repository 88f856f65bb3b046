"""Statements that were written before the dialect was tuned and are kept out of its development.

They are measured by `python -m tests.query.athena.sql.held_out`, never looked at one by one.
"""

# ruff: noqa: E501 (one case a line)

HELD_OUT = """
SELECT status, count(*) AS n, sum(amount) AS total FROM orders GROUP BY status ORDER BY status
SELECT order_id, amount FROM orders WHERE amount BETWEEN 10 AND 100 ORDER BY order_id
SELECT customer_id, max(amount) FROM orders GROUP BY customer_id HAVING count(*) > 1 ORDER BY 1
SELECT date_trunc('month', day) AS month, count(*) FROM orders GROUP BY date_trunc('month', day) ORDER BY 1
SELECT date_trunc('week', created_at), sum(quantity) FROM orders GROUP BY 1 ORDER BY 1
SELECT c.name, o.order_id FROM customers c LEFT JOIN orders o ON c.customer_id = o.customer_id ORDER BY c.name, o.order_id
SELECT c.name, count(o.order_id) FROM customers c LEFT JOIN orders o USING (customer_id) GROUP BY c.name ORDER BY 2 DESC, 1
SELECT name FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL) ORDER BY name
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id AND o.amount > 50) ORDER BY name
SELECT order_id, row_number() OVER (PARTITION BY customer_id ORDER BY amount DESC, order_id) AS rn FROM orders ORDER BY order_id
SELECT order_id, rank() OVER (ORDER BY status) r, dense_rank() OVER (ORDER BY status) d FROM orders ORDER BY order_id
SELECT order_id, sum(amount) OVER (ORDER BY order_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY order_id
SELECT order_id, lag(amount) OVER (ORDER BY order_id) AS before, lead(amount, 2, 0) OVER (ORDER BY order_id) AS after2 FROM orders ORDER BY order_id
SELECT order_id, first_value(status) OVER (PARTITION BY customer_id ORDER BY order_id) FROM orders ORDER BY order_id
SELECT order_id, ntile(3) OVER (ORDER BY order_id) FROM orders ORDER BY order_id
SELECT order_id, avg(discount) OVER (PARTITION BY status) FROM orders ORDER BY order_id
SELECT * FROM (SELECT order_id, amount, row_number() OVER (ORDER BY amount DESC NULLS LAST, order_id) rn FROM orders) WHERE rn <= 3 ORDER BY rn
WITH totals AS (SELECT customer_id, sum(amount) t FROM orders GROUP BY customer_id) SELECT c.tenant, sum(t) FROM totals JOIN customers c ON c.customer_id = totals.customer_id GROUP BY c.tenant ORDER BY 1
WITH a AS (SELECT 1 x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b
SELECT status, customer_id, count(*) FROM orders GROUP BY ROLLUP (status, customer_id) ORDER BY 1, 2
SELECT status, grouping(status), sum(quantity) FROM orders GROUP BY GROUPING SETS ((status), ()) ORDER BY 2, 1
SELECT status, is_open, count(*) FROM orders GROUP BY CUBE (status, is_open) ORDER BY 1, 2, 3
SELECT t.tag, count(*) FROM orders CROSS JOIN UNNEST(tags) AS t (tag) GROUP BY t.tag ORDER BY 2 DESC, 1
SELECT order_id, tag, position FROM orders CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, position) ORDER BY order_id, position
SELECT order_id, k, v FROM orders CROSS JOIN UNNEST(attributes) AS t (k, v) ORDER BY 1, 2
SELECT order_id, tag FROM orders LEFT JOIN UNNEST(tags) AS t (tag) ON TRUE ORDER BY 1, 2
SELECT x FROM UNNEST(sequence(1, 5)) AS t (x)
SELECT n, m FROM UNNEST(ARRAY[1,2,3], ARRAY['a','b']) AS t (n, m)
SELECT a, b FROM UNNEST(ARRAY[ROW(1, 'x'), ROW(2, 'y')]) AS t (a, b)
SELECT address.city, count(*) FROM orders GROUP BY address.city ORDER BY 1
SELECT order_id, address.geo.lat FROM orders WHERE address.geo.lat > 50 ORDER BY 1
SELECT order_id, element_at(attributes, 'color') FROM orders ORDER BY order_id
SELECT order_id, cardinality(tags), contains(tags, 'new') FROM orders ORDER BY order_id
SELECT order_id, array_join(tags, ',') FROM orders ORDER BY order_id
SELECT order_id, filter(tags, t -> length(t) > 3) FROM orders ORDER BY order_id
SELECT order_id, transform(tags, t -> upper(t)) FROM orders ORDER BY order_id
SELECT reduce(ARRAY[1, 2, 3, 4], 0, (s, x) -> s + x, s -> s)
SELECT array_agg(order_id ORDER BY order_id) FROM orders
SELECT status, array_agg(DISTINCT customer_id ORDER BY customer_id) FROM orders GROUP BY status ORDER BY status
SELECT map_agg(order_id, status) FROM orders WHERE order_id < 4
SELECT max_by(order_id, amount), min_by(order_id, amount) FROM orders
SELECT count(DISTINCT customer_id), count(note), count(*) FROM orders
SELECT count_if(amount > 20), bool_or(is_open), bool_and(is_open) FROM orders
SELECT sum(amount) FILTER (WHERE status = 'open') FROM orders
SELECT avg(amount), avg(quantity), avg(discount) FROM orders
SELECT approx_distinct(customer_id) FROM orders
SELECT min(day), max(day), min(created_at), max(created_at) FROM orders
SELECT min(note), max(note) FROM orders
SELECT stddev(quantity), variance(quantity) FROM orders
SELECT corr(quantity, discount) FROM orders
SELECT listagg(status, ',') WITHIN GROUP (ORDER BY order_id) FROM orders WHERE order_id < 5
SELECT year(day), month(day), day(day), quarter(day), week(day), day_of_week(day), day_of_year(day) FROM orders WHERE order_id = 1
SELECT hour(created_at), minute(created_at), second(created_at) FROM orders WHERE order_id = 2
SELECT extract(year FROM created_at), extract(month FROM day) FROM orders WHERE order_id = 3
SELECT date_add('day', 7, day), date_add('month', -1, day) FROM orders WHERE order_id = 1
SELECT date_diff('day', DATE '2024-01-01', DATE '2024-03-01')
SELECT date_diff('month', DATE '2024-01-31', DATE '2024-02-29')
SELECT date_diff('hour', TIMESTAMP '2024-01-01 10:30:00', TIMESTAMP '2024-01-02 10:29:59')
SELECT date_diff('week', DATE '2024-01-01', DATE '2024-01-20'), date_diff('year', DATE '2020-02-29', DATE '2024-02-28')
SELECT day + INTERVAL '1' MONTH, day - INTERVAL '3' DAY FROM orders WHERE order_id = 1
SELECT created_at + INTERVAL '90' MINUTE FROM orders WHERE order_id = 1
SELECT created_at AT TIME ZONE 'America/New_York' FROM orders WHERE order_id = 1
SELECT format_datetime(created_at, 'yyyy-MM-dd HH:mm:ss') FROM orders ORDER BY order_id LIMIT 2
SELECT date_format(created_at, '%Y-%m-%d %H:%i:%s') FROM orders ORDER BY order_id LIMIT 2
SELECT date_format(day, '%d/%m/%Y') FROM orders ORDER BY order_id LIMIT 2
SELECT date_parse('2024-05-06 07:08:09', '%Y-%m-%d %H:%i:%s')
SELECT parse_datetime('2024-05-06', 'yyyy-MM-dd')
SELECT from_unixtime(1700000000)
SELECT to_unixtime(TIMESTAMP '2024-01-01 00:00:00 UTC')
SELECT from_iso8601_timestamp('2024-01-02T03:04:05Z')
SELECT from_iso8601_date('2024-02-29')
SELECT to_iso8601(TIMESTAMP '2024-01-02 03:04:05.678')
SELECT last_day_of_month(DATE '2024-02-10')
SELECT date('2024-02-10'), date(TIMESTAMP '2024-02-10 12:00:00')
SELECT CAST('2024-02-10' AS date), CAST('2024-02-10 10:00:00' AS timestamp)
SELECT CAST(created_at AS date), count(*) FROM orders GROUP BY CAST(created_at AS date) ORDER BY 1
SELECT CAST(created_at AS timestamp) FROM orders ORDER BY order_id LIMIT 1
SELECT CAST(created_at AS varchar), CAST(day AS varchar) FROM orders ORDER BY order_id LIMIT 2
SELECT current_date - DATE '2000-01-01' > INTERVAL '1' DAY
SELECT day FROM orders WHERE day >= DATE '2024-02-01' AND day < DATE '2024-03-01' ORDER BY day, order_id
SELECT order_id FROM orders WHERE created_at > TIMESTAMP '2024-02-01 00:00:00' ORDER BY 1
SELECT order_id FROM orders WHERE created_at >= TIMESTAMP '2024-02-01 00:00:00 UTC' ORDER BY 1
SELECT upper(status), lower('ABC'), length(status) FROM orders ORDER BY order_id LIMIT 2
SELECT substr(email, 1, strpos(email, '@') - 1) FROM customers ORDER BY customer_id
SELECT split_part(email, '@', 2) FROM customers ORDER BY customer_id
SELECT split(email, '@') FROM customers ORDER BY customer_id
SELECT regexp_extract(email, '@(.+)$', 1) FROM customers ORDER BY customer_id
SELECT regexp_replace(email, '[aeiou]', '*') FROM customers ORDER BY customer_id
SELECT regexp_like(email, '^[a-z]+@') FROM customers ORDER BY customer_id
SELECT name FROM customers WHERE name LIKE 'A%' OR name LIKE '%e' ORDER BY name
SELECT name FROM customers WHERE lower(name) LIKE '%an%' ORDER BY name
SELECT concat(name, ' <', email, '>') FROM customers ORDER BY customer_id
SELECT name || ' (' || tenant || ')' FROM customers ORDER BY customer_id
SELECT trim('  a b '), ltrim('  a'), rtrim('a  ')
SELECT replace('banana', 'an', 'o'), reverse('abc'), lpad('7', 3, '0'), rpad('x', 3, '-')
SELECT concat_ws('-', 'a', NULL, 'b')
SELECT starts_with('hello', 'he'), strpos('hello', 'l'), position('o' IN 'hello')
SELECT coalesce(note, 'none'), nullif(status, 'open') FROM orders ORDER BY order_id
SELECT CASE WHEN amount > 100 THEN 'big' WHEN amount > 20 THEN 'mid' ELSE 'small' END AS size, count(*) FROM orders GROUP BY 1 ORDER BY 1
SELECT CASE status WHEN 'open' THEN 1 ELSE 0 END FROM orders ORDER BY order_id
SELECT if(is_open, 'yes', 'no') FROM orders ORDER BY order_id
SELECT try_cast('abc' AS integer), try_cast('12' AS integer), try(1 / 0)
SELECT CAST(12.345 AS integer), CAST(2.5 AS integer), CAST('7' AS bigint)
SELECT CAST(amount AS double), CAST(discount AS varchar) FROM orders ORDER BY order_id
SELECT CAST(1.005 AS decimal(10,2)), CAST('1.005' AS decimal(10,2))
SELECT amount * 2, amount / 3, amount + 1, amount - 0.5, amount % 7 FROM orders WHERE order_id < 4 ORDER BY order_id
SELECT amount * discount FROM orders WHERE order_id < 4 ORDER BY order_id
SELECT quantity / 2, quantity * 1.5, quantity % 3 FROM orders ORDER BY order_id
SELECT 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7.0 / 2, 7e0 / 2
SELECT round(amount), round(amount, 1), floor(amount), ceil(amount), truncate(amount) FROM orders ORDER BY order_id
SELECT round(2.5e0), round(-2.5e0), round(1.2345e0, 2)
SELECT abs(-5), sign(-2.5), mod(10, 3), power(2, 10), sqrt(16), exp(0), ln(1), log10(100), log2(8)
SELECT greatest(1, 5, 3), least(2.5, 1.5), greatest('a', 'b')
SELECT 1 = 1.0, 'a' < 'b', NULL IS NULL, 1 IS DISTINCT FROM NULL
SELECT sum(quantity * amount) FROM orders
SELECT sum(CASE WHEN is_open THEN 1 ELSE 0 END) * 100.0 / count(*) FROM orders
SELECT json_extract_scalar(payload, '$.user.name') FROM events ORDER BY event_id
SELECT json_extract_scalar(payload, '$.amount') FROM events ORDER BY event_id
SELECT json_extract(payload, '$.user') FROM events WHERE event_id = 1
SELECT CAST(json_extract_scalar(payload, '$.amount') AS double) FROM events WHERE event_id < 3 ORDER BY event_id
SELECT json_array_length(json_extract(payload, '$.items')) FROM events ORDER BY event_id
SELECT kind, count(*) FROM events WHERE json_extract_scalar(payload, '$.user.name') = 'ann' GROUP BY kind ORDER BY kind
SELECT event_id, item FROM events CROSS JOIN UNNEST(CAST(json_extract(payload, '$.items') AS array(varchar))) AS t (item) ORDER BY 1, 2
SELECT json_format(json_parse('{"a": 1}'))
SELECT CAST(ARRAY[1, 2] AS json), CAST(MAP(ARRAY['a'], ARRAY[1]) AS json)
SELECT DISTINCT status FROM orders ORDER BY status
SELECT DISTINCT status, is_open FROM orders ORDER BY 1, 2
SELECT status FROM orders UNION SELECT tenant FROM customers ORDER BY 1
SELECT status FROM orders UNION ALL SELECT 'x' ORDER BY 1
SELECT customer_id FROM customers EXCEPT SELECT customer_id FROM orders ORDER BY 1
SELECT customer_id FROM customers INTERSECT SELECT customer_id FROM orders ORDER BY 1
SELECT order_id FROM orders ORDER BY order_id LIMIT 3
SELECT order_id FROM orders ORDER BY order_id OFFSET 2 LIMIT 2
SELECT order_id FROM orders ORDER BY order_id FETCH FIRST 2 ROWS ONLY
SELECT note FROM orders ORDER BY note
SELECT note FROM orders ORDER BY note DESC
SELECT note, order_id FROM orders ORDER BY note NULLS FIRST, order_id
SELECT o.*, c.name FROM orders o JOIN customers c ON o.customer_id = c.customer_id WHERE o.order_id = 1
SELECT a.order_id, b.order_id FROM orders a JOIN orders b ON a.customer_id = b.customer_id AND a.order_id < b.order_id ORDER BY 1, 2
SELECT c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) FROM customers c ORDER BY c.customer_id
SELECT name FROM customers WHERE score > (SELECT avg(score) FROM customers) ORDER BY name
SELECT order_id FROM orders WHERE amount >= ALL (SELECT amount FROM orders WHERE amount IS NOT NULL)
SELECT c.name, o.order_id FROM customers c FULL JOIN orders o ON o.customer_id = c.customer_id ORDER BY 1, 2
SELECT c.name, d.order_id FROM customers c CROSS JOIN LATERAL (SELECT o.order_id FROM orders o WHERE o.customer_id = c.customer_id) d ORDER BY 1, 2
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (id, name) ORDER BY id
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t
SELECT typeof(amount), typeof(tags), typeof(created_at), typeof(1.5), typeof('abc') FROM orders LIMIT 1
SELECT to_hex(md5(to_utf8('abc'))), to_hex(sha256(to_utf8('abc')))
SELECT to_base64(to_utf8('abc')), from_utf8(from_base64('YWJj'))
SELECT url_extract_host('https://example.com/a?b=c'), url_extract_parameter('https://example.com/a?b=c', 'b')
SELECT approx_percentile(quantity, 0.5) FROM orders
SELECT histogram(status) FROM orders
SELECT status, sum(amount) AS total, sum(sum(amount)) OVER () AS every FROM orders GROUP BY status ORDER BY 1
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2])['b'], map_keys(MAP(ARRAY['a'], ARRAY[1])), map_values(MAP(ARRAY['a'], ARRAY[1]))
SELECT ARRAY[1, 2] || ARRAY[3], array_distinct(ARRAY[1, 1, 2]), array_sort(ARRAY[3, 1, 2]), array_max(ARRAY[1, 3])
SELECT slice(ARRAY[1, 2, 3, 4], 2, 2), flatten(ARRAY[ARRAY[1], ARRAY[2]]), array_position(ARRAY[5, 6], 6)
SELECT array_intersect(ARRAY[1, 2], ARRAY[2, 3]), array_union(ARRAY[1], ARRAY[2]), array_except(ARRAY[1, 2], ARRAY[2])
SELECT any_match(ARRAY[1, 2], x -> x > 1), all_match(ARRAY[1, 2], x -> x > 1), none_match(ARRAY[1], x -> x > 1)
SELECT zip(ARRAY[1, 2], ARRAY['a', 'b']), repeat('x', 3)
SELECT transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1), map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)
SELECT ROW(1, 'a'), CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).y
SELECT nope FROM orders
SELECT order_id FROM missing_table
SELECT order_id, count(*) FROM orders
SELECT status AS s, count(*) FROM orders GROUP BY s
SELECT amount + status FROM orders
SELECT * FROM orders WHERE status = 1
SELECT foo(1)
SELEC 1
SELECT 1 FROM orders WHERE sum(amount) > 1
SELECT order_id FROM orders o JOIN customers c ON o.customer_id = c.customer_id WHERE customer_id = 1
SELECT CAST('x' AS integer)
SELECT 1 / 0
SELECT ARRAY[1, 2][3]
SELECT order_id FROM orders WHERE day = '2024-01-15'
SELECT count(*) FROM orders WHERE note LIKE '%a\\_b%' ESCAPE '\\'
SELECT day, sum(amount) OVER (ORDER BY day RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) FROM orders ORDER BY day, 2
SELECT last_value(order_id) OVER (ORDER BY order_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), nth_value(order_id, 2) OVER (ORDER BY order_id) FROM orders ORDER BY 1, 2
SELECT percent_rank() OVER (ORDER BY order_id), cume_dist() OVER (ORDER BY order_id) FROM orders ORDER BY 1
SELECT tenant, name, score FROM (SELECT c.*, rank() OVER (PARTITION BY tenant ORDER BY score DESC) AS r FROM customers c) x WHERE r = 1 ORDER BY tenant, name
SELECT tenant, array_join(array_agg(name ORDER BY name), '|') FROM customers GROUP BY tenant ORDER BY tenant
SELECT date_trunc('hour', at) h, kind, count(*) FROM events GROUP BY 1, 2 ORDER BY 1, 2
SELECT kind, min(at), max(at), date_diff('minute', min(at), max(at)) FROM events GROUP BY kind ORDER BY kind
SELECT week(at), year_of_week(at) FROM events ORDER BY event_id
SELECT sum(amount) / nullif(count(DISTINCT customer_id), 0) FROM orders
SELECT substr(note, 1, 3), length(note) FROM orders ORDER BY order_id
SELECT CAST(day AS timestamp), CAST(created_at AS time) FROM orders ORDER BY order_id LIMIT 2
SELECT bitwise_and(12, 10), bitwise_or(12, 10), from_base('ff', 16), to_base(255, 16)
SELECT translate('abc', 'ab', 'xy'), chr(65), codepoint('A'), levenshtein_distance('kitten', 'sitting')
SELECT word, count(*) FROM orders CROSS JOIN UNNEST(split(note, ' ')) AS t (word) GROUP BY word ORDER BY 2 DESC, 1
SELECT weight, weight * 2, CAST(weight AS double) FROM orders ORDER BY order_id
SELECT order_id, raw FROM orders ORDER BY order_id
SELECT updated, date_trunc('day', updated) FROM orders ORDER BY order_id
SELECT human_readable_seconds(96), format('%s is %d', 'a', 5)
SELECT tenant, count(*) FILTER (WHERE vip) AS vips, avg(score) FROM customers GROUP BY tenant ORDER BY tenant
SELECT date_trunc('quarter', joined), date_trunc('year', joined) FROM customers ORDER BY customer_id
SELECT name FROM customers WHERE vip AND joined > DATE '2020-01-01' AND tenant IN ('north', 'south') ORDER BY name
SELECT name FROM customers WHERE score IS NULL OR NOT vip ORDER BY name
SELECT sum(score), min(score), max(score) FROM customers WHERE tenant <> 'north'
SELECT customer_id, name AS full_name, 'x' AS "Odd Name" FROM customers ORDER BY full_name LIMIT 2
SELECT kind, json_extract_scalar(payload, '$["user"]["name"]') FROM events ORDER BY event_id
SELECT event_id FROM events WHERE at BETWEEN TIMESTAMP '2024-01-01 00:00:00 UTC' AND TIMESTAMP '2024-01-02 00:00:00 UTC' ORDER BY 1
"""
