-- undecidable: one row per rule, site and reason for which it could not judge, and how often
-- grain: rule_id, site, jurisdiction, why   owner: compliance
-- What is not known is no finding. Events are counted one by one; of a declaration, each gap once.
with silent as (
    select
        sites.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        sites.withdrawal,
        count(banners.site) as banners,
        count(*) filter (where banners.site is not null and banners.reject_on_first_layer is null) as no_reject,
        count(*) filter (where banners.site is not null and not banners.has_toggles) as no_toggles,
        count(*) filter (where banners.site is not null and banners.passive_consent is null) as no_passive,
        count(banners.steps_to_grant + banners.steps_to_withdraw) as with_steps
    from policy.sites as sites
    left join policy.banners as banners on sites.site = banners.site
    group by sites.site, sites.jurisdiction, sites.withdrawal
),

gaps as (
    select
        'reject_missing_layer1' as rule_id,
        site,
        jurisdiction,
        if(banners = 0, 'no banner is described', 'a banner whose first layer is not described') as why,
        greatest(no_reject, if(banners = 0, 1, 0)) as undecidable
    from silent
    union all
    select
        'bundled_purposes' as rule_id,
        site,
        jurisdiction,
        if(banners = 0, 'no banner is described', 'a banner whose toggles are not described') as why,
        greatest(no_toggles, if(banners = 0, 1, 0)) as undecidable
    from silent
    union all
    select
        'preticked_or_passive' as rule_id,
        site,
        jurisdiction,
        if(banners = 0, 'no banner is described', 'a banner of which passive consent is not told') as why,
        greatest(no_passive, if(banners = 0, 1, 0)) as undecidable
    from silent
    union all
    select
        'withdrawal_harder' as rule_id,
        site,
        jurisdiction,
        'neither the steps to grant and withdraw nor a hard way are described' as why,
        1 as undecidable
    from silent
    where with_steps = 0 and coalesce(withdrawal not in ('contact', 'browser_settings'), true)
    union all
    select
        limits.rule_id,
        scope.site,
        scope.jurisdiction,
        'the site does not say how long it keeps ' || limits.what as why,
        1 as undecidable
    from (
        values
        ('ccpa_log_short', 'request_log_minimum', 'requests', 'its log of requests'),
        ('measurement_data_over_25m', 'measurement_retention', 'measurement', 'data of audience measurement')
    ) as limits (rule_id, limit_name, relation, what)
    inner join staging.limits as in_force
        on limits.limit_name = in_force.limit_name and not in_force.is_default and in_force.value is not null
    inner join staging.scope as scope on in_force.jurisdiction = scope.jurisdiction
    inner join policy.sites as sites on scope.site = sites.site
    left join policy.retention as retention
        on scope.site = retention.site and limits.relation = retention.relation
    where retention.site is null
    union all
    select
        'promise_processors_protected' as rule_id,
        sites.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        if(processors.site is null, 'no processor is declared', 'a processor without country or safeguard') as why,
        count(*) as undecidable
    from policy.promises as promises
    inner join policy.sites as sites on promises.site = sites.site
    left join staging.processors as processors on promises.site = processors.site
    where promises.promise = 'processors_protected' and processors.is_protected is null
    group by all
    union all
    select
        rule_id,
        site,
        jurisdiction,
        why,
        undecidable
    from staging.undecided_daily
)

select
    rule_id,
    site,
    jurisdiction,
    why,
    sum(undecidable)::bigint as undecidable
from gaps
where undecidable > 0
group by rule_id, site, jurisdiction, why
