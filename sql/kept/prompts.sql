-- prompts: one row per grain of prompts_daily, of what the events that are about to be removed add to it
-- grain: date, site, platform, region, banner_id, banner_version, variant   owner: product analytics
-- Reads the temp table `removed`. The sums are those of marts/prompts_daily.sql.
with prompts as (
    select
        events.*,
        coalesce(decisions.is_withdrawal, false) as is_withdrawal,
        if(events.kind = 'decision' and events.surface = 'banner', events."action", null) as choice
    from staging.events as events
    semi join removed
        on
            events.topic_id = removed.topic_id
            and events.partition = removed.partition
            and events."offset" = removed."offset"
    left join staging.decisions as decisions
        on
            events.topic_id = decisions.topic_id
            and events.partition = decisions.partition
            and events."offset" = decisions."offset"
    where events.kind in ('impression', 'decision', 'dismissal')
)

select
    "date",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    count(*) filter (where kind = 'impression') as shown,
    count(choice) as choices,
    count(*) filter (where choice = 'accept_all') as accept_all,
    count(*) filter (where choice = 'reject_all') as reject_all,
    count(*) filter (where choice = 'save') as save,
    count(*) filter (where kind = 'dismissal') as dismissed,
    count(*) filter (where is_withdrawal) as withdrawals,
    list(decision_ms) filter (where choice is not null and decision_ms is not null) as decision_ms
from prompts
group by all
