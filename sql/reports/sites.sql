-- sites: one row per site that has a policy or events, with what stands open there
-- grain: site   owner: compliance
with prompted as (
    select
        site,
        min(date) as first_day,
        max(date) as last_day,
        cast(sum(shown) as bigint) as shown,
        cast(sum(choices) as bigint) as choices
    from prompts_daily
    group by site
),

found as (
    select
        site,
        count(*) filter (where status in ('open', 'reopened')) as open_findings,
        count(*) filter (where status in ('open', 'reopened') and severity = 'critical') as critical
    from findings
    group by site
),

consents as (
    select
        site,
        count(*) filter (where state = 'active') as active
    from consent_current
    group by site
),

named as (
    select site from sites
    union
    select site from prompted
    union
    select site from found
)

select
    named.site,
    sites.name,
    sites.controller,
    sites.jurisdiction,
    sites.site is not null as has_policy,
    prompted.first_day,
    prompted.last_day,
    coalesce(prompted.shown, 0) as shown,
    coalesce(prompted.choices, 0) as choices,
    coalesce(found.open_findings, 0) as open_findings,
    coalesce(found.critical, 0) as critical,
    coalesce(consents.active, 0) as active
from named
left join sites on named.site = sites.site
left join prompted on named.site = prompted.site
left join found on named.site = found.site
left join consents on named.site = consents.site
order by coalesce(prompted.shown, 0) desc, named.site asc
limit 1000
