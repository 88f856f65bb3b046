-- gold.dim_date
-- key: dt
select d::date                            as dt,
       extract(year from d)::int          as year,
       extract(quarter from d)::int       as quarter,
       date_trunc('month', d)::date       as month,
       extract(month from d)::int         as month_number,
       extract(day from d)::int           as day,
       extract(isodow from d)::int        as iso_weekday,
       extract(isodow from d) in (6, 7)   as is_weekend
from generate_series(timestamp '2015-01-01', timestamp '2034-12-31', interval '1 day') as d
order by dt
