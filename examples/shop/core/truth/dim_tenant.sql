-- gold.dim_tenant
-- key: tenant_id
select id                                              as tenant_id,
       lower(btrim(slug))                  as slug,
       nullif(btrim(name), '')             as name,
       nullif(lower(btrim(tier)), '')      as tier,
       is_active,
       (created_at at time zone 'UTC')::date           as created_on
from core_tenant
where btrim(slug) <> ''
order by tenant_id
