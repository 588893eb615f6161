-- meta: the one row that says what this snapshot knows
-- grain: as_of   owner: data engineering
select
    run.as_of,
    max(received.newest_event) as newest_event,
    max(received.newest_received) as newest_received,
    coalesce(sum(received.accepted), 0)::bigint as events,
    1 as schema_version
from staging.run as run
left join staging.received_daily as received on true
group by run.as_of
