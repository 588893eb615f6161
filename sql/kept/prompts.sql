-- prompts: one row per grain of prompts_daily, of what the events that are about to be removed add to it
-- grain: date, site, platform, region, banner_id, banner_version, variant, hour, known_at   owner: product analytics
-- The sums are those of marts/prompts_daily.sql.
with prompts as (
    select
        gone.*,
        coalesce(decisions.is_withdrawal, false) as is_withdrawal,
        if(gone.kind = 'decision' and gone.surface = 'banner', gone."action", null) as choice
    from gone
    left join staging.decided as decisions
        on
            gone.topic_id = decisions.topic_id
            and gone.partition = decisions.partition
            and gone."offset" = decisions."offset"
    where gone.kind in ('impression', 'decision', 'dismissal')
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
    list(decision_ms) filter (where choice is not null and decision_ms is not null) as decision_ms,
    "hour",
    known_at
from prompts
group by all
