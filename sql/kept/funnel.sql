-- funnel: one row per grain of funnel_daily, of what the events that are about to be removed add to it
-- grain: date, site, platform, region, banner_id, banner_version, variant, layer, known_at   owner: product analytics
-- The sums are those of marts/funnel_daily.sql.
with steps as (
    select
        *,
        list_filter(map_entries(categories), lambda entry: entry.key <> 'necessary') as answers
    from gone
    where kind in ('impression', 'dismissal') or (kind = 'decision' and surface = 'banner')
)

select
    "date",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    layer,
    count(*) filter (where kind = 'impression') as shown,
    count(*) filter (where kind in ('decision', 'dismissal')) as interacted,
    count(*) filter (where kind = 'decision') as chose,
    count(*) filter (
        where kind = 'decision' and len(list_filter(answers, lambda entry: entry.value)) > 0
    ) as granted_any,
    count(*) filter (
        where
        kind = 'decision'
        and len(answers) > 0
        and len(list_filter(answers, lambda entry: entry.value)) = len(answers)
    ) as granted_all,
    known_at
from steps
group by all
