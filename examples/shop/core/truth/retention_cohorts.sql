-- gold.retention_cohorts
-- key: tenant_id, cohort_month, months_since
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
monthly as (
    select o.tenant_id, coalesce(p.canonical_id, o.customer_id) as customer_id,
           date_trunc('month', order_date at time zone 'UTC')::date as month, sum(subtotal + tax + shipping) as revenue
    from core_order o
    left join person p on p.id = o.customer_id
    where lower(btrim(status)) = 'completed' and order_date is not null
      and subtotal >= 0 and tax >= 0 and shipping >= 0
    group by 1, 2, 3
),
since as (
    select *, min(month) over (partition by tenant_id, customer_id) as cohort_month from monthly
),
cohort as (
    select tenant_id, cohort_month, month, count(*) as active_customers, sum(revenue) as revenue,
           12 * (extract(year from month) - extract(year from cohort_month))
               + extract(month from month) - extract(month from cohort_month) as months_since
    from since
    group by tenant_id, cohort_month, month
)
select tenant_id, cohort_month,
       months_since::int                                                                        as months_since,
       first_value(active_customers) over own                                                   as cohort_size,
       active_customers,
       active_customers::float8 / (first_value(active_customers) over own)::float8              as retention_rate,
       revenue::numeric(18, 2)                                                                  as revenue
from cohort
window own as (partition by tenant_id, cohort_month order by month)
order by tenant_id, cohort_month, months_since
