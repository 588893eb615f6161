-- filter_values: one row per value that a filter can take
-- grain: filter, value   owner: product analytics
-- A site with a policy and no event yet is a value too; its pages say that nothing was prompted.
with prompted as (
    select distinct
        site,
        region,
        platform,
        banner_version
    from prompts_daily
),

found as (
    select distinct
        site,
        severity,
        rule_id,
        jurisdiction,
        status
    from findings
)

select
    'site' as filter,
    site as value
from prompted
union
select
    'site' as filter,
    site as value
from sites
union
select
    'site' as filter,
    site as value
from data_quality_daily
where site <> ''
union
select
    'site' as filter,
    site as value
from found
union
select
    'region' as filter,
    region as value
from prompted
union
select
    'platform' as filter,
    platform as value
from prompted
union
select
    'banner_version' as filter,
    banner_version as value
from prompted
union
select distinct
    'category' as filter,
    category as value
from opt_in_daily
union
select
    'severity' as filter,
    severity as value
from found
union
select
    'rule' as filter,
    rule_id as value
from found
union
select
    'rule' as filter,
    rule_id as value
from rules
union
select
    'jurisdiction' as filter,
    jurisdiction as value
from found
union
select distinct
    'jurisdiction' as filter,
    jurisdiction as value
from expiry_forecast
union
select
    'status' as filter,
    status as value
from found
order by filter, value
