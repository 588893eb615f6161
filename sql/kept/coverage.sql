-- coverage: one row per grain of coverage_daily, of what the replays that are about to be removed add to it
-- grain: date, site, platform, region, category, known_at   owner: product analytics
-- Whether a replay was under a valid consent is told as in marts/coverage_daily.sql.
with standing as (
    select
        subject_key,
        decided_at,
        valid_until
    from staging.decided
    where decided_at is distinct from next_decided_at
),

entries as (
    select
        gone."date",
        gone.site,
        gone.platform,
        gone.region,
        gone.known_at,
        standing.valid_until is null or gone.event_time < standing.valid_until as is_valid,
        unnest(map_entries(gone.categories)) as entry
    from gone
    asof left join standing
        on
            gone.subject_key = standing.subject_key
            and gone.event_time >= standing.decided_at
    where gone.kind = 'replay'
)

select
    "date",
    site,
    platform,
    region,
    entry.key as category,
    count(*) filter (where entry.value and is_valid) as consented,
    known_at
from entries
group by all
