-- first_choices: one row per subject of a site: when a choice of theirs is first known to exist
-- grain: subject_key   owner: compliance
-- incremental: subject
-- A replay shows a decision made before records began.
with choices as (
    select
        subject_key,
        decided_at as chosen_at
    from staging.decisions
    union all
    select
        subject_key,
        event_time as chosen_at
    from staging.events
    where kind = 'replay'
)

select
    subject_key,
    min(chosen_at) as chosen_at
from choices
group by subject_key
