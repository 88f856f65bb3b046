-- gold.mrr_metrics
-- key: tenant_id, month
with running as (
    select tenant_id, monthly_amount, started_at,
           case when lower(btrim(status)) = 'cancelled' then coalesce(cancelled_at, updated_at) end as churned_at
    from core_subscription
    where lower(btrim(status)) in ('active', 'past_due', 'cancelled')
      and started_at is not null and monthly_amount >= 0
),
sub as (
    select tenant_id, monthly_amount,
           date_trunc('month', started_at at time zone 'UTC')::date as started,
           date_trunc('month', churned_at at time zone 'UTC')::date as churned
    from running
    where churned_at is null or churned_at >= started_at
),
span as (
    select tenant_id, generate_series(min(started), greatest(max(started), max(churned)), interval '1 month')::date as month
    from sub
    group by tenant_id
),
counted as (
    select tenant_id, month,
           count(*) filter (where started < month and (churned is null or churned >= month))              as opening,
           coalesce(sum(monthly_amount) filter (where started < month and (churned is null or churned >= month)), 0)
                                                                                                          as opening_mrr,
           count(*) filter (where started = month)                                                        as new,
           coalesce(sum(monthly_amount) filter (where started = month), 0)                                as new_mrr,
           count(*) filter (where churned = month)                                                        as lost,
           coalesce(sum(monthly_amount) filter (where churned = month), 0)                                as lost_mrr,
           count(*) filter (where started <= month and (churned is null or churned > month))              as active,
           coalesce(sum(monthly_amount) filter (where started <= month and (churned is null or churned > month)), 0)
                                                                                                          as mrr
    from span
    join sub using (tenant_id)
    group by tenant_id, month
)
select tenant_id, month,
       opening                                              as opening_subscriptions,
       opening_mrr::numeric(18, 2)                          as opening_mrr,
       new                                                  as new_subscriptions,
       new_mrr::numeric(18, 2)                              as new_mrr,
       lost                                                 as churned_subscriptions,
       lost_mrr::numeric(18, 2)                             as churned_mrr,
       active                                               as active_subscriptions,
       mrr::numeric(18, 2)                                  as mrr,
       (12 * mrr)::numeric(18, 2)                           as arr,
       lost::float8 / nullif(opening, 0)::float8            as churn_rate,
       lost_mrr::float8 / nullif(opening_mrr, 0)::float8    as mrr_churn_rate
from counted
order by tenant_id, month
