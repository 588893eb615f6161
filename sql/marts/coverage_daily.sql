-- coverage_daily: one row per day, site, platform, region and category: how much traffic runs under a valid consent
-- grain: date, site, platform, region, category   owner: product analytics
-- incremental: date
-- A replay is consented where it grants the category and the subject's decision before it had not run out; where no
-- decision is on record, the replay is believed. Each day and site has the canonical categories and any other replayed.
-- Kept counts are of events removed since.
with standing as (
    select
        site,
        subject,
        decided_at,
        valid_until
    from staging.decisions
    where decided_at is distinct from next_decided_at
),

replays as (
    select
        events."date",
        events.site,
        events.platform,
        events.region,
        events.categories,
        standing.valid_until is null or events.event_time < standing.valid_until as is_valid
    from staging.events as events
    asof left join standing
        on
            events.site = standing.site
            and events.subject = standing.subject
            and events.event_time >= standing.decided_at
    where events.kind = 'replay'
),

totals as (
    select
        "date",
        site,
        platform,
        region,
        sum(replays)::bigint as replays
    from (
        select
            "date",
            site,
            platform,
            region,
            1 as replays
        from replays
        union all
        select * exclude (known_at)
        from kept.replays
        where known_at is null or known_at <= (select run.as_of from staging.run as run)
    ) as known
    group by all
),

entries as (
    select
        "date",
        site,
        platform,
        region,
        is_valid,
        unnest(map_entries(categories)) as entry
    from replays
),

granted as (
    select
        "date",
        site,
        platform,
        region,
        category,
        sum(consented)::bigint as consented
    from (
        select
            "date",
            site,
            platform,
            region,
            entry.key as category,
            (entry.value and is_valid)::int as consented
        from entries
        union all
        select * exclude (known_at)
        from kept.coverage
        where known_at is null or known_at <= (select run.as_of from staging.run as run)
    ) as known
    group by all
),

canonical as (select distinct policy.categories.category from policy.categories),

categories as (
    select distinct
        "date",
        site,
        category
    from granted
    union
    select distinct
        totals."date",
        totals.site,
        canonical.category
    from totals
    cross join canonical
)

select
    totals."date",
    totals.site,
    totals.platform,
    totals.region,
    categories.category,
    totals.replays,
    coalesce(granted.consented, 0) as consented
from totals
inner join categories on totals."date" = categories."date" and totals.site = categories.site
left join granted
    on
        totals."date" = granted."date"
        and totals.site = granted.site
        and totals.platform = granted.platform
        and totals.region = granted.region
        and categories.category = granted.category
