-- landed: the one row that says how much has landed so far
-- grain: landed   owner: data engineering
-- The next offsets of all partitions together, and the records that a replay has brought out of quarantine: a number
-- that grows whenever there is something new to count.
with offsets as (
    select coalesce(sum(next_offset), 0) as landed
    from raw.offsets
),

replays as (
    select count(*) as landed
    from raw.replays
    where outcome = 'accepted'
)

select (offsets.landed + replays.landed)::bigint as landed
from offsets
cross join replays
