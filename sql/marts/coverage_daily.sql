-- coverage_daily: one row per day, site, platform, region and category: how much traffic runs under a valid consent
-- grain: date, site, platform, region, category   owner: product analytics
-- incremental: date
-- A replay is consented where it grants the category and the subject's decision before it had not run out; where no
-- decision is on record, the replay is believed. Each day and site has the canonical categories and any other replayed.
-- Kept counts are of events removed since.
with standing as (
    select
        subject_key,
        decided_at,
        valid_until
    from staging.decided
    where decided_at is distinct from next_decided_at
),

replays as (
    select
        facts."date",
        facts.site,
        facts.context_id,
        facts.set_id,
        standing.valid_until is null or facts.event_time < standing.valid_until as is_valid
    from staging.facts as facts
    asof left join standing
        on
            facts.subject_key = standing.subject_key
            and facts.event_time >= standing.decided_at
    where facts.kind = 'replay'
),

numbered as (
    select
        "date",
        site,
        context_id,
        set_id,
        is_valid,
        count(*) as replays
    from replays
    group by all
),

counted as (
    select
        numbered."date",
        numbered.site,
        contexts.platform,
        contexts.region,
        numbered.set_id,
        numbered.is_valid,
        numbered.replays
    from numbered
    inner join staging.contexts as contexts on numbered.context_id = contexts.context_id
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
            replays
        from counted
        union all
        select * exclude (known_at)
        from kept.replays
        where known_at is null or known_at <= (select run.as_of from staging.run as run)
    ) as known
    group by all
),

entries as (
    select
        counted."date",
        counted.site,
        counted.platform,
        counted.region,
        counted.is_valid,
        counted.replays,
        unnest(map_entries(category_sets.categories)) as entry
    from counted
    inner join staging.category_sets as category_sets on counted.set_id = category_sets.set_id
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
            if(entry.value and is_valid, replays, 0) as consented
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
