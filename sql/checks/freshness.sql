-- freshness: one row where nothing has been received for 24 hours before the as-of time
-- grain: as_of   owner: data engineering
-- checks: marts.meta   severity: WARN
select
    as_of,
    newest_received
from marts.meta
where newest_received is null or newest_received < as_of - interval 24 hours
