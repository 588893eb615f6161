-- grants: one row per site, category, month of the grant and months it stood: grants that are about to be removed
-- grain: site, category, cohort, stood, known_at   owner: product analytics
-- For marts/consent_decay.sql. What had no end yet is taken to stand for as long as it is valid.
with decided as (
    select
        decisions.site,
        date_trunc('month', decisions.decided_at)::date as cohort,
        least(date_sub('month', decisions.decided_at, least(decisions.valid_until, decisions.next_decided_at)), 24)
            as stood,
        unnest(map_entries(decisions.categories)) as entry,
        gone.known_at
    from staging.decisions as decisions
    inner join gone
        on
            decisions.topic_id = gone.topic_id
            and decisions.partition = gone.partition
            and decisions."offset" = gone."offset"
)

select
    site,
    entry.key as category,
    cohort,
    stood,
    count(*) as granted,
    known_at
from decided
where entry.value and entry.key <> 'necessary'
group by all
