/* lakewright
kind: incremental_by_key
key: [subscription_id, change]
scope: subscription_id
partition_by: month
owner: finance
description: "Every status a subscription has had, one row per change, from Bronze's change log."
columns:
  subscription_id: {type: bigint, description: Identifier from the source.}
  change: {type: int, description: "Number of the change in the subscription's history, from 1."}
  tenant_id: {type: bigint, description: Tenant that the subscription had then.}
  from_status: {type: string, description: "Status before; NULL for the first that is known, and after a deletion."}
  to_status: {type: string, description: Status from then on.}
  changed_at: {type: timestamp, description: "Commit of the change; for a row of the full load, its last change in the source."}
  month: {type: date, description: First day of the month of changed_at.}
  lsn: {type: bigint, description: Position of the commit in the source.}
  is_observed: {type: boolean, description: "Whether the change itself was seen, not only found by the full load."}
  is_valid_transition: {type: boolean, description: Whether a subscription may go this way; the first status always may.}
checks:
  - name: status_known
    expect: to_status IN ('trialing', 'active', 'past_due', 'cancelled')
    on_failure: warn
    message: status is not one we know
  - {name: transition_valid, expect: is_valid_transition, on_failure: warn, message: a subscription does not go this way}
*/
WITH states AS (
  SELECT
    id AS subscription_id,
    tenant_id,
    NULLIF(LOWER(TRIM(status)), '') AS status,
    CASE WHEN _seq < 0 THEN COALESCE(updated_at, _commit_ts) ELSE _commit_ts END AS changed_at,
    _lsn AS lsn,
    _seq AS seq,
    (Op = 'I' AND _seq >= 0) OR _old_key IS NOT NULL AS is_new
  FROM changes.core_subscription
  WHERE Op IN ('I', 'U')
),

neighbours AS (
  SELECT
    subscription_id,
    tenant_id,
    CASE WHEN NOT is_new THEN LAG(status) OVER (PARTITION BY subscription_id ORDER BY lsn, seq) END AS from_status,
    status AS to_status,
    changed_at,
    lsn,
    seq,
    is_new OR ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY lsn, seq) = 1 AS is_first
  FROM states
)

SELECT
  subscription_id,
  ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY lsn, seq) AS change,
  tenant_id,
  from_status,
  to_status,
  changed_at,
  TRUNC(changed_at, 'MONTH') AS month,
  lsn,
  seq >= 0 AS is_observed,
  is_first OR COALESCE(
    CASE from_status
      WHEN 'trialing' THEN to_status IN ('active', 'cancelled')
      WHEN 'active' THEN to_status IN ('past_due', 'cancelled')
      WHEN 'past_due' THEN to_status IN ('active', 'cancelled')
    END,
    FALSE
  ) AS is_valid_transition
FROM neighbours
WHERE is_first OR NOT (from_status <=> to_status)
