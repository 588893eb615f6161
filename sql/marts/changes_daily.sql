-- changes_daily: one row per day and site: who came back to a choice, and what became of it
-- grain: date, site   owner: product analytics
-- incremental: date
-- A later decision of a subject is a renewal where it says what the one before said, else a change; withdrawals are
-- counted as everywhere, and are changes too. Kept counts are of events removed since.
with reopened as (
    select
        "date",
        site,
        1 as reopens,
        0 as changed,
        0 as withdrawals,
        0 as renewals
    from staging.events
    where kind = 'reopen'
),

decided as (
    select
        decided_at::date as "date",
        site,
        0 as reopens,
        coalesce(is_change, false)::int as changed,
        is_withdrawal::int as withdrawals,
        coalesce(not is_change, false)::int as renewals
    from staging.decided
),

known as (
    select *
    from reopened
    union all
    select *
    from decided
    union all
    select * exclude (known_at)
    from kept.changes
    where known_at is null or known_at <= (select run.as_of from staging.run as run)
)

select
    "date",
    site,
    sum(reopens)::bigint as reopens,
    sum(changed)::bigint as changed,
    sum(withdrawals)::bigint as withdrawals,
    sum(renewals)::bigint as renewals
from known
group by all
