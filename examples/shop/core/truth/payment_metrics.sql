-- gold.payment_metrics
-- key: tenant_id, dt
with bill as (
    select tenant_id, due_date, amount_due, coalesce(amount_paid, 0) as paid,
           lower(btrim(status))     as status,
           (issued_at at time zone 'UTC')::date as dt,
           (paid_at at time zone 'UTC')::date   as paid_on
    from core_invoice
),
billed as (
    select *, case when status = 'paid' then 0 else greatest(amount_due - paid, 0) end as outstanding
    from bill
    where status in ('open', 'paid', 'uncollectible') and dt is not null and amount_due >= 0 and paid >= 0
)
select tenant_id, dt,
       count(*)                                                                    as invoices,
       sum(amount_due)::numeric(18, 2)                                             as amount_due,
       sum(paid)::numeric(18, 2)                                                   as amount_paid,
       sum(outstanding)::numeric(18, 2)                                            as outstanding,
       count(*) filter (where status = 'paid')                                     as paid_invoices,
       count(*) filter (where paid_on > due_date)                                  as late_invoices,
       count(*) filter (where paid > amount_due
                           or status = 'paid' and paid < amount_due
                           or status = 'open' and paid >= amount_due)              as unreconciled_invoices,
       coalesce(sum(outstanding) filter (where status = 'uncollectible'), 0)::numeric(18, 2) as written_off,
       sum(paid)::float8 / nullif(sum(amount_due), 0)::float8                      as collection_rate,
       sum(paid_on - dt)::float8 / nullif(count(paid_on), 0)::float8               as avg_days_to_pay
from billed
group by tenant_id, dt
order by tenant_id, dt
