-- freshness: one row, what the snapshot holds and up to when
-- grain: none   owner: data engineering
select
    meta.as_of,
    meta.published_at,
    meta.newest_event,
    meta.newest_received,
    meta.events,
    meta.schema_version,
    meta.product_version,
    (select min(date) from prompts_daily) as first_day,
    (select max(date) from prompts_daily) as last_day
from meta
