-- meta: the one row that says what this snapshot knows
-- grain: as_of   owner: data engineering
select
    run.as_of,
    max(received.event_time) as newest_event,
    max(received.received_at) as newest_received,
    count(received.event_id) as events,
    1 as schema_version
from staging.run as run
left join staging.received as received on true
group by run.as_of
