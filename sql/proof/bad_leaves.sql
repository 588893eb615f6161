-- bad_leaves: one row per leaf of some blocks that no longer is what was sealed, with what is wrong
-- grain: site, block, position   owner: compliance
-- Reads the temp tables `checked` (leaves of those blocks) and `records` (the decisions at their positions).
-- problem: changed | missing | unexplained (the record is gone, and no removal of it was ever sealed) | removal
select
    checked.site,
    checked.block,
    checked.position,
    checked.topic_id,
    checked.partition,
    checked."offset",
    case
        when checked.removes is not null then 'removal'
        when checked.salt is null then 'unexplained'
        when records.record is null then 'missing'
        else 'changed'
    end as problem
from checked
left join records
    on
        checked.topic_id = records.topic_id
        and checked.partition = records.partition
        and checked."offset" = records."offset"
left join proof.leaves as removals on checked.site = removals.site and checked.leaf = removals.removes
where
    case
        when checked.removes is not null
            then
                checked.leaf
                <> unhex(sha256('\x00'::blob || encode('removal:' || checked.cause || ':') || checked.removes))
        when checked.salt is null then removals.leaf is null
        when records.record is null then true
        else checked.leaf <> unhex(sha256('\x00'::blob || checked.salt || encode(records.record)))
    end
order by checked.site, checked.block, checked.position
