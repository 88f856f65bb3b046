-- gold.customer_metrics
-- key: tenant_id, dt
with mailbox as (
    select id, tenant_id, created_at, lower(btrim(email)) as email from core_customer
),
person as (
    select id, tenant_id, (created_at at time zone 'UTC')::date as created_on, first_value(id) over (
               partition by tenant_id, case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end
               order by created_at, id
           ) as canonical_id
    from mailbox
),
purchase as (
    select o.tenant_id, coalesce(p.canonical_id, o.customer_id) as customer_id, subtotal + tax + shipping as total,
           (order_date at time zone 'UTC')::date as dt, lower(btrim(status)) = 'completed' as completed
    from core_order o
    left join person p on p.id = o.customer_id
    where lower(btrim(status)) in ('pending', 'paid', 'shipped', 'completed', 'cancelled', 'refunded')
      and order_date is not null and subtotal >= 0 and tax >= 0 and shipping >= 0
),
arrivals as (
    select tenant_id, created_on as dt, count(*) as new_customers from person where id = canonical_id group by 1, 2
),
sales as (
    select tenant_id, dt,
           count(distinct customer_id)                          as ordering_customers,
           count(distinct customer_id) filter (where completed) as buyers,
           coalesce(sum(total) filter (where completed), 0)     as revenue
    from purchase
    group by tenant_id, dt
),
debuts as (
    select tenant_id, dt, count(*) as first_time_buyers
    from (select tenant_id, customer_id, min(dt) as dt from purchase where completed group by 1, 2) as first_buy
    group by tenant_id, dt
),
daily as (
    select tenant_id, dt,
           coalesce(new_customers, 0)      as new_customers,
           coalesce(ordering_customers, 0) as ordering_customers,
           coalesce(buyers, 0)             as buyers,
           coalesce(first_time_buyers, 0)  as first_time_buyers,
           coalesce(revenue, 0)            as revenue
    from arrivals
    full join sales using (tenant_id, dt)
    left join debuts using (tenant_id, dt)
),
running as (
    select *,
           sum(new_customers) over upto                                                                as total_customers,
           sum(new_customers) over (partition by tenant_id order by dt range interval '29 days' preceding) as new_30d,
           sum(first_time_buyers) over upto                                                            as buyers_to_date,
           sum(revenue) over upto                                                                      as revenue_to_date
    from daily
    window upto as (partition by tenant_id order by dt)
)
select tenant_id, dt, new_customers,
       total_customers::bigint                                          as total_customers,
       new_30d::bigint                                                  as new_customers_30d,
       ordering_customers, buyers, first_time_buyers,
       buyers - first_time_buyers                                       as returning_buyers,
       buyers_to_date::bigint                                           as buyers_to_date,
       revenue::numeric(18, 2)                                          as revenue,
       revenue_to_date::numeric(18, 2)                                  as revenue_to_date,
       revenue_to_date::float8 / nullif(total_customers, 0)::float8     as revenue_per_customer
from running
order by tenant_id, dt
