-- first_choices: one row per site and subject: when a choice of theirs is first known to exist
-- grain: site, subject   owner: compliance
-- incremental: subject
-- A replay shows a decision made before records began.
with choices as (
    select
        site,
        subject,
        decided_at as chosen_at
    from staging.decisions
    union all
    select
        site,
        subject,
        event_time as chosen_at
    from staging.events
    where kind = 'replay'
)

select
    site,
    subject,
    min(chosen_at) as chosen_at
from choices
group by site, subject
