-- first_choices: one row per subject of a site: when a choice of theirs is first known to exist
-- grain: subject_key   owner: compliance
-- incremental: earliest
-- A replay shows a decision made before records began.
select
    subject_key,
    min(event_time) as chosen_at
from staging.facts
where kind in ('decision', 'replay')
group by subject_key
