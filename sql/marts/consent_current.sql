-- consent_current: one row per site and subject: the consent that stands, and until when
-- grain: site, subject   owner: compliance
-- incremental: subject
-- A later policy version marked material makes an older consent outdated; a consent whose own version the policy
-- does not list is as old as its decision.
with latest as (
    select *
    from staging.decisions
    where next_decided_at is null
),

sets as (
    select
        set_id,
        categories::json as categories
    from staging.category_sets
),

material as (
    select
        versions.site,
        max(versions.effective_from) as effective_from
    from policy.versions as versions
    inner join staging.run as run on versions.effective_from <= run.as_of
    where versions.material
    group by versions.site
)

select
    latest.site,
    latest.subject,
    latest.jurisdiction,
    latest.decided_at,
    latest."action",
    latest."method",
    sets.categories,
    latest.banner_version,
    latest.policy_version,
    latest.valid_until,
    latest.validity_source,
    case
        when latest."action" = 'withdraw' and not coalesce(latest.has_grant, false) then 'withdrawn'
        when run.as_of >= latest.valid_until then 'expired'
        when material.effective_from > coalesce(versions.effective_from, latest.decided_at) then 'outdated'
        else 'active'
    end as state
from latest
cross join staging.run as run
left join sets on latest.set_id = sets.set_id
left join material on latest.site = material.site
left join policy.versions as versions
    on latest.site = versions.site and latest.policy_version = versions.policy_version
