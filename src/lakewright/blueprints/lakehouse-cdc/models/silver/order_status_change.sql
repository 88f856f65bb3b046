/* lakewright
kind: incremental_by_key
key: [order_id, change]
scope: order_id
partition_by: month
owner: sales
description: "Every status an order has had, one row per change, from Bronze's change log."
columns:
  order_id: {type: bigint, description: Identifier from the source.}
  change: {type: int, description: "Number of the change in the order's history, from 1."}
  tenant_id: {type: bigint, description: Tenant that the order had then.}
  from_status: {type: string, description: "Status before; NULL for the first that is known, and after a deletion."}
  to_status: {type: string, description: Status from then on.}
  changed_at: {type: timestamp, description: "Commit of the change; for a row of the full load, its last change in the source."}
  month: {type: date, description: First day of the month of changed_at.}
  lsn: {type: bigint, description: Position of the commit in the source.}
  is_observed: {type: boolean, description: "Whether the change itself was seen, not only found by the full load."}
  is_valid_transition: {type: boolean, description: Whether an order may go this way; the first status always may.}
checks:
  - name: status_known
    expect: to_status IN ('pending', 'paid', 'shipped', 'completed', 'cancelled', 'refunded')
    on_failure: warn
    message: status is not one we know
  - {name: transition_valid, expect: is_valid_transition, on_failure: warn, message: an order does not go this way}
*/
WITH states AS (
  SELECT
    id AS order_id,
    tenant_id,
    NULLIF(LOWER(TRIM(status)), '') AS status,
    CASE WHEN _seq < 0 THEN COALESCE(updated_at, _commit_ts) ELSE _commit_ts END AS changed_at,
    _lsn AS lsn,
    _seq AS seq,
    (Op = 'I' AND _seq >= 0) OR _old_key IS NOT NULL AS is_new
  FROM changes.core_order
  WHERE Op IN ('I', 'U')
),

neighbours AS (
  SELECT
    order_id,
    tenant_id,
    CASE WHEN NOT is_new THEN LAG(status) OVER (PARTITION BY order_id ORDER BY lsn, seq) END AS from_status,
    status AS to_status,
    changed_at,
    lsn,
    seq,
    is_new OR ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY lsn, seq) = 1 AS is_first
  FROM states
)

SELECT
  order_id,
  ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY lsn, seq) AS change,
  tenant_id,
  from_status,
  to_status,
  changed_at,
  TRUNC(changed_at, 'MONTH') AS month,
  lsn,
  seq >= 0 AS is_observed,
  is_first OR COALESCE(
    CASE from_status
      WHEN 'pending' THEN to_status IN ('paid', 'cancelled')
      WHEN 'paid' THEN to_status IN ('shipped', 'cancelled', 'refunded')
      WHEN 'shipped' THEN to_status IN ('completed', 'refunded')
      WHEN 'completed' THEN to_status = 'refunded'
      WHEN 'cancelled' THEN to_status = 'refunded'
    END,
    FALSE
  ) AS is_valid_transition
FROM neighbours
WHERE is_first OR NOT (from_status <=> to_status)
