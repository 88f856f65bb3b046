-- gold.fact_invoice, grouped by tenant_id, month, reconciliation: rows, sum_<column>, true_<column>
-- key: tenant_id, month, reconciliation
with mailbox as (
    select id, tenant_id, created_at, lower(btrim(email)) as email from core_customer
),
person as (
    select id, first_value(id) over (
               partition by tenant_id, case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end
               order by created_at, id
           ) as canonical_id
    from mailbox
),
bill as (
    select tenant_id, customer_id, due_date, amount_due, coalesce(amount_paid, 0) as paid,
           lower(btrim(status))     as status,
           (issued_at at time zone 'UTC')::date as dt,
           (paid_at at time zone 'UTC')::date   as paid_on
    from core_invoice
),
reconciled as (
    select *,
           case when status in ('draft', 'void') then 'not_billed'
                when paid > amount_due then 'overpaid'
                when status = 'uncollectible' then 'written_off'
                when status = 'paid' and paid < amount_due then 'paid_short'
                when status = 'paid' then 'settled'
                when paid >= amount_due then 'paid_but_open'
                when paid > 0 then 'part_paid'
                else 'unpaid'
           end as reconciliation
    from bill
    where status in ('draft', 'open', 'paid', 'void', 'uncollectible')
      and dt is not null and amount_due >= 0 and paid >= 0
)
select r.tenant_id,
       date_trunc('month', dt)::date                                                     as month,
       reconciliation,
       count(*)                                                                          as rows,
       sum(coalesce(p.canonical_id, r.customer_id))::bigint                              as sum_customer_id,
       sum(amount_due)::numeric(18, 2)                                                   as sum_amount_due,
       sum(paid)::numeric(18, 2)                                                         as sum_amount_paid,
       coalesce(sum(greatest(amount_due - paid, 0)) filter (where status in ('open', 'uncollectible')), 0)
           ::numeric(18, 2)                                                              as sum_outstanding,
       coalesce(sum(paid_on - dt), 0)::bigint                                            as sum_days_to_pay,
       coalesce(sum(greatest(paid_on - due_date, 0)) filter (where paid_on is not null and due_date is not null), 0)
           ::bigint                                                                      as sum_days_overdue,
       count(*) filter (where reconciliation not in ('overpaid', 'paid_short', 'paid_but_open')) as true_is_reconciled
from reconciled r
left join person p on p.id = r.customer_id
group by r.tenant_id, month, reconciliation
order by r.tenant_id, month, reconciliation
