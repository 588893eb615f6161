-- decision_times_daily: one row per day, site, banner and variant: sums over the logarithms of decision times
-- grain: date, site, banner_id, variant   owner: product analytics
-- incremental: date
-- In whole thousandths of ln(1 + ms), so that a sum is the same in whichever order it is taken. Kept counts
-- are of events removed since.
with timed as (
    select
        "date",
        site,
        banner_id,
        variant,
        round(1000 * ln(1 + decision_ms))::bigint as log_ms
    from staging.events
    where kind = 'decision' and surface = 'banner' and variant <> '' and decision_ms is not null
    union all
    select
        kept."date",
        kept.site,
        kept.banner_id,
        kept.variant,
        round(1000 * ln(1 + kept.one_ms))::bigint as log_ms
    from (
        select
            *,
            unnest(decision_ms) as one_ms
        from kept.prompts
        where variant <> '' and (known_at is null or known_at <= (select run.as_of from staging.run as run))
    ) as kept
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
