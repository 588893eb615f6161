-- scope: one row per site and jurisdiction that the site's declarations are judged under
-- grain: site, jurisdiction   owner: compliance
-- The site's own (the organisation's default where it names none), those it says it serves, and those its visitors
-- come from; an audit names its own list instead. A site seen in events alone has no policy, and still has visitors.
with owned as (
    select
        site,
        coalesce(jurisdiction, 'default') as jurisdiction
    from policy.sites
),

served as (
    select
        site,
        jurisdiction
    from policy.site_jurisdictions
),

observed as (
    select distinct
        site,
        jurisdiction
    from staging.jurisdictions_daily
),

asked as (
    select
        owned.site,
        unnest(run.jurisdictions) as jurisdiction
    from owned
    cross join staging.run as run
    where run.jurisdictions is not null
),

judged as (
    select
        site,
        jurisdiction
    from asked
    union
    select
        owned.site,
        owned.jurisdiction
    from owned
    cross join staging.run as run
    where run.jurisdictions is null
    union
    select
        served.site,
        served.jurisdiction
    from served
    cross join staging.run as run
    where run.jurisdictions is null
    union
    select
        observed.site,
        observed.jurisdiction
    from observed
    cross join staging.run as run
    where run.jurisdictions is null
)

select
    judged.site,
    judged.jurisdiction,
    coalesce(judged.jurisdiction = owned.jurisdiction, false) as is_own
from judged
left join owned on judged.site = owned.site
