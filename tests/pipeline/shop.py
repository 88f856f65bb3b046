"""Models of every shape over three small tables."""

from __future__ import annotations

TABLES = {
    "customer": {"id": "bigint", "tenant_id": "bigint", "email": "string", "city": "string"},
    "order": {
        "id": "bigint",
        "tenant_id": "bigint",
        "customer_id": "bigint",
        "status": "string",
        "total": "decimal(12,2)",
        "placed_at": "timestamp",
        "notes": "string",
    },
    "event": {"id": "bigint", "tenant_id": "bigint", "customer_id": "bigint", "kind": "string", "at": "timestamp"},
}

SILVER_ORDER = """
/* lakewright
kind: incremental_by_key
key: order_id
partition_by: [tenant_id, month]
columns:
  order_id: bigint
  tenant_id: bigint
  month: string
  customer_id: bigint
  status: string
  total: decimal(12,2)
  placed_at: timestamp
  notes: string
checks:
  - {name: total_not_negative, expect: total >= 0, on_failure: quarantine}
  - {name: has_notes, expect: notes IS NOT NULL, on_failure: warn}
*/
SELECT id AS order_id, tenant_id, date_format(placed_at, 'yyyy-MM') AS month, customer_id, status, total, placed_at,
  notes
FROM bronze.order
"""

SILVER_CUSTOMER = """
/* lakewright
kind: incremental_by_key
key: customer_id
partition_by: tenant_id
columns: {customer_id: bigint, tenant_id: bigint, email: string, city: string}
*/
SELECT id AS customer_id, tenant_id, lower(email) AS email, city FROM bronze.customer
"""

SILVER_PERSON = """
/* lakewright
kind: incremental_by_key
key: email
columns: {email: string, customer_id: bigint, city: string}
*/
SELECT email, customer_id, city FROM (
  SELECT lower(email) AS email, id AS customer_id, city,
    row_number() OVER (PARTITION BY lower(email) ORDER BY id DESC) AS place
  FROM bronze.customer WHERE email IS NOT NULL
) AS ranked WHERE place = 1
"""

SILVER_EVENT = """
/* lakewright
kind: incremental_by_key
key: event_id
columns: {event_id: bigint, tenant_id: bigint, customer_id: bigint, kind: string, at: timestamp}
*/
SELECT id AS event_id, tenant_id, customer_id, kind, at FROM bronze.event
"""

GOLD_DAILY = """
/* lakewright
kind: incremental_by_key
key: [tenant_id, day]
columns: {tenant_id: bigint, day: date, orders: bigint, revenue: "decimal(22,2)"}
*/
SELECT tenant_id, CAST(placed_at AS date) AS day, count(*) AS orders,
  sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) AS revenue
FROM silver.order GROUP BY tenant_id, CAST(placed_at AS date)
"""

GOLD_CUSTOMER = """
/* lakewright
kind: incremental_by_key
key: customer_id
columns: {customer_id: bigint, city: string, orders: bigint, spent: "decimal(22,2)", events: bigint}
*/
WITH spending AS (
  SELECT customer_id, count(*) AS orders, sum(total) AS spent FROM silver.order GROUP BY customer_id
), activity AS (
  SELECT customer_id, count(*) AS events FROM silver.event GROUP BY customer_id
)
SELECT c.customer_id, c.city, coalesce(s.orders, 0) AS orders,
  coalesce(s.spent, 0) AS spent, coalesce(a.events, 0) AS events
FROM silver.customer AS c
LEFT JOIN spending AS s ON s.customer_id = c.customer_id
LEFT JOIN activity AS a ON a.customer_id = c.customer_id
"""

GOLD_CITY = """
/* lakewright
kind: incremental_by_key
key: city
columns: {city: string, orders: bigint, revenue: "decimal(22,2)"}
*/
SELECT c.city, count(*) AS orders, sum(o.total) AS revenue
FROM silver.order AS o JOIN silver.customer AS c ON c.customer_id = o.customer_id
GROUP BY c.city
"""

GOLD_SESSION = """
/* lakewright
kind: incremental_by_key
key: [customer_id, session]
scope: customer_id
columns: {customer_id: bigint, session: bigint, started: timestamp, events: bigint}
*/
WITH marked AS (
  SELECT customer_id, at, event_id,
    CASE WHEN unix_seconds(at) - unix_seconds(lag(at) OVER (PARTITION BY customer_id ORDER BY at, event_id)) <= 1800
      THEN 0 ELSE 1 END AS starts
  FROM silver.event WHERE customer_id IS NOT NULL
), numbered AS (
  SELECT customer_id, at, sum(starts) OVER (PARTITION BY customer_id ORDER BY at, event_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
  FROM marked
)
SELECT customer_id, CAST(session AS bigint) AS session, min(at) AS started, count(*) AS events
FROM numbered GROUP BY customer_id, session
"""

GOLD_BOTH = """
/* lakewright
kind: incremental_by_key
key: customer_id
columns: {customer_id: bigint, orders: bigint, events: bigint}
*/
SELECT coalesce(o.customer_id, e.customer_id) AS customer_id, coalesce(o.n, 0) AS orders, coalesce(e.n, 0) AS events
FROM (SELECT customer_id, count(*) AS n FROM silver.order WHERE customer_id IS NOT NULL GROUP BY customer_id) AS o
FULL OUTER JOIN (
  SELECT customer_id, count(*) AS n FROM silver.event WHERE customer_id IS NOT NULL GROUP BY customer_id
) AS e ON o.customer_id = e.customer_id
"""

GOLD_RANK = """
/* lakewright
kind: full
key: tenant_id
columns: {tenant_id: bigint, revenue: "decimal(22,2)", place: int}
*/
SELECT tenant_id, revenue, CAST(rank() OVER (ORDER BY revenue DESC, tenant_id) AS int) AS place
FROM (SELECT tenant_id, sum(total) AS revenue FROM silver.order GROUP BY tenant_id) AS t
"""

GOLD_DAY = """
/* lakewright
kind: incremental_by_time
time_column: day
key: day
lookback_days: 2
columns: {day: date, orders: bigint, three_days: bigint}
*/
WITH daily AS (
  SELECT CAST(placed_at AS date) AS day, count(*) AS orders FROM silver.order GROUP BY CAST(placed_at AS date)
)
SELECT d.day, d.orders, sum(e.orders) AS three_days
FROM daily AS d JOIN daily AS e ON e.day BETWEEN date_sub(d.day, 2) AND d.day
GROUP BY d.day, d.orders
"""

PAID = """
/* lakewright
kind: view
columns: {order_id: bigint, tenant_id: bigint, total: "decimal(12,2)"}
*/
SELECT order_id, tenant_id, total FROM silver.order WHERE status = 'paid'
"""

GOLD_PAID = """
/* lakewright
kind: incremental_by_key
key: tenant_id
columns: {tenant_id: bigint, paid: "decimal(22,2)"}
*/
SELECT p.tenant_id, sum(p.total) AS paid FROM silver.paid AS p GROUP BY p.tenant_id
"""

SILVER_STATUS = """
/* lakewright
kind: incremental_by_key
key: [order_id, place]
scope: order_id
columns: {order_id: bigint, place: int, was: string, status: string, op: string}
*/
SELECT id AS order_id, row_number() OVER (PARTITION BY id ORDER BY _lsn, _seq) AS place,
  lag(status) OVER (PARTITION BY id ORDER BY _lsn, _seq) AS was, status, Op AS op
FROM changes.order WHERE Op <> 'T'
"""

GOLD_ACTIVITY = """
/* lakewright
kind: incremental_by_key
key: tenant_id
columns: {tenant_id: bigint, changes: bigint, orders: bigint}
*/
SELECT l.tenant_id, l.n AS changes, coalesce(o.n, 0) AS orders
FROM (SELECT tenant_id, count(*) AS n FROM changes.order GROUP BY tenant_id) AS l
LEFT JOIN (SELECT tenant_id, count(*) AS n FROM silver.order GROUP BY tenant_id) AS o ON o.tenant_id = l.tenant_id
"""

MODELS = {
    "silver.status": SILVER_STATUS,
    "gold.activity": GOLD_ACTIVITY,
    "silver.order": SILVER_ORDER,
    "silver.customer": SILVER_CUSTOMER,
    "silver.person": SILVER_PERSON,
    "silver.event": SILVER_EVENT,
    "silver.paid": PAID,
    "gold.daily": GOLD_DAILY,
    "gold.customer": GOLD_CUSTOMER,
    "gold.city": GOLD_CITY,
    "gold.session": GOLD_SESSION,
    "gold.both": GOLD_BOTH,
    "gold.rank": GOLD_RANK,
    "gold.day": GOLD_DAY,
    "gold.paid": GOLD_PAID,
}
