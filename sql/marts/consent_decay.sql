-- consent_decay: one row per site, category, month of the grant and age: how many of the grants still stood
-- grain: site, category, cohort, age_months   owner: product analytics
-- A grant is a decision that grants the category; it stands until the subject's next decision or the end of its
-- validity, whichever is earlier. Ages are whole months, up to those that every grant of the cohort has reached at the
-- as-of time, 24 at most. Kept counts are of events removed since.
with ended as ( -- few distinct rows, since calendar months are dear to count
    select
        set_id,
        decided_at::date as decided_on,
        least(valid_until, next_decided_at)::date as ended_on,
        least(valid_until, next_decided_at)::time < decided_at::time as is_part_of_day,
        count(*) as decisions
    from staging.decided
    group by all
),

decided as (
    select
        ended.set_id,
        ended.decisions,
        date_trunc('month', ended.decided_on)::date as cohort,
        date_diff('month', ended.decided_on, run.as_of) - 1 as oldest,
        least(date_sub('month', ended.decided_on + to_seconds(ended.is_part_of_day::int), ended.ended_on), 24)
            as stood
    from ended
    cross join staging.run as run
),

grouped as (
    select
        set_id,
        cohort,
        oldest,
        stood,
        sum(decisions) as decisions
    from decided
    where oldest >= 0
    group by all
),

entries as (
    select
        category_sets.site,
        grouped.cohort,
        grouped.oldest,
        grouped.stood,
        grouped.decisions,
        unnest(map_entries(category_sets.categories)) as entry
    from grouped
    inner join staging.category_sets as category_sets on grouped.set_id = category_sets.set_id
),

grants as (
    select
        site,
        entry.key as category,
        cohort,
        oldest,
        stood,
        sum(decisions) as granted
    from entries
    where entry.value and entry.key <> 'necessary'
    group by all
    union all
    select
        kept.site,
        kept.category,
        kept.cohort,
        date_diff('month', kept.cohort, run.as_of) - 1 as oldest,
        kept.stood,
        kept.granted
    from kept.grants as kept
    inner join staging.run as run on kept.known_at is null or kept.known_at <= run.as_of
),

ages as (
    select unnest(range(0, 25)) as age_months
)

select
    grants.site,
    grants.category,
    grants.cohort,
    ages.age_months,
    sum(grants.granted)::bigint as granted,
    coalesce(sum(grants.granted) filter (where grants.stood >= ages.age_months), 0)::bigint as standing
from grants
inner join ages on grants.oldest >= ages.age_months
group by all
