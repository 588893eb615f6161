-- decision_times_daily: one row per day, site, banner and variant: sums over the logarithms of decision times
-- grain: date, site, banner_id, variant   owner: product analytics
-- incremental: date
-- In whole thousandths of ln(1 + ms), so that a sum is the same in whichever order it is taken.
with timed as (
    select
        "date",
        site,
        banner_id,
        variant,
        round(1000 * ln(1 + decision_ms))::bigint as log_ms
    from staging.events
    where kind = 'decision' and surface = 'banner' and variant <> '' and decision_ms is not null
)

select
    "date",
    site,
    banner_id,
    variant,
    count(*) as timed,
    sum(log_ms)::bigint as log_ms,
    sum(log_ms * log_ms)::bigint as log_ms_squared
from timed
group by all
