-- undecided_daily: one row per day, rule, site and reason: how many events a rule could not judge
-- grain: date, rule_id, site, jurisdiction, why   owner: compliance
-- incremental: date
-- They are no findings: something that would have to be known is not.
with rules_on_categories as (
    select unnest(['storage_before_consent', 'storage_after_refusal_or_withdrawal']) as rule_id
),

undecided as (
    select
        seen."date",
        rules_on_categories.rule_id,
        seen.site,
        seen.jurisdiction,
        'storage whose category nobody tells' as why
    from staging.storage_observed as seen
    cross join rules_on_categories
    where seen.category is null
    union all
    select
        seen."date",
        if(coalesce(seen.type, 'cookie') = 'cookie', 'undeclared_cookie', 'noncookie_storage_undeclared') as rule_id,
        seen.site,
        seen.jurisdiction,
        'storage of a site without a policy on file' as why
    from staging.storage_observed as seen
    where not seen.has_inventory
    union all
    select
        seen."date",
        'lifetime_over_declared' as rule_id,
        seen.site,
        seen.jurisdiction,
        'storage declared without a lifetime, or with two' as why
    from staging.storage_observed as seen
    where seen.is_declared and seen.lifetime_s is not null and seen.declared_kind is null
    union all
    select
        events."date",
        'gpc_ignored' as rule_id,
        events.site,
        events.jurisdiction,
        'a decision that does not say whether the browser had opted out' as why
    from staging.events as events
    inner join policy.duties as duties
        on events.jurisdiction = duties.jurisdiction and duties.duty = 'honour_gpc'
    where
        events.kind = 'decision'
        and events.gpc is null
        and events."date" >= coalesce(duties.effective_from, events."date")
    union all
    select
        events."date",
        'change_without_reconsent' as rule_id,
        events.site,
        events.jurisdiction,
        'a decision under a version that the policy does not list' as why
    from staging.events as events
    left join policy.versions as versions
        on events.site = versions.site and events.policy_version = versions.policy_version
    where
        events.kind = 'decision'
        and versions.site is null
        and events.site in (select listed.site from policy.versions as listed)
    union all
    select
        events."date",
        'tc_string_stale' as rule_id,
        events.site,
        events.jurisdiction,
        'a TC string that cannot be read' as why
    from staging.events as events
    inner join staging.tc_strings as strings on events.tc_string = strings.tc_string
    where events.kind in ('decision', 'replay') and not strings.is_valid
    union all
    select
        events."date",
        'promise_provider_never_for' as rule_id,
        events.site,
        events.jurisdiction,
        'an observation that does not say which banner it belongs to' as why
    from staging.events as events
    inner join policy.promises as promises
        on
            events.site = promises.site
            and promises.promise = 'provider_never_for'
            and promises.banner_ids is not null
    where events.kind = 'observation' and events.banner_id = ''
)

select
    "date",
    rule_id,
    site,
    jurisdiction,
    why,
    count(*) as undecidable
from undecided
group by all
