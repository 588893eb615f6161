-- changes: one row per day and site, of what the events that are about to be removed add to changes_daily
-- grain: date, site, known_at   owner: product analytics
-- The sums are those of marts/changes_daily.sql.
select
    gone."date",
    gone.site,
    count(*) filter (where gone.kind = 'reopen') as reopens,
    count(*) filter (where decisions.is_change) as changed,
    count(*) filter (where decisions.is_withdrawal) as withdrawals,
    count(*) filter (where not decisions.is_change) as renewals,
    gone.known_at
from gone
left join staging.decided as decisions
    on
        gone.topic_id = decisions.topic_id
        and gone.partition = decisions.partition
        and gone."offset" = decisions."offset"
where gone.kind = 'reopen' or decisions.topic_id is not null
group by all
