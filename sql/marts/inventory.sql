-- inventory: one row per item of storage that a site declares or that was seen there, and how the two agree
-- grain: site, name, type, domain   owner: compliance
-- A declared pattern is one row of its own, seen where a name that fits was; each such name is a row as well. Of rows
-- of one item the longest lifetime and the first other value count; an item without a name is called by its row.
with declared as (
    select
        site,
        coalesce(name, 'unnamed ' || type || ' (row ' || row_no || ')') as name,
        any_value(name_regex) as name_regex,
        type,
        min(domain) as domain,
        arg_min(party, row_no) as party,
        arg_min(provider, row_no) as provider,
        arg_min(category, row_no) as category,
        arg_max(lifetime, coalesce(lifetime_longest_s, 0)) as lifetime
    from policy.storage_items
    group by site, coalesce(name, 'unnamed ' || type || ' (row ' || row_no || ')'), type
),

seen as (
    select
        site,
        name,
        type,
        domain,
        min(party) as party,
        min(observed_category) as category,
        max(lifetime_s) as lifetime_s,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        sum(observations)::bigint as observations
    from staging.storage_daily
    group by site, name, type, domain
),

names as (
    select distinct
        site,
        name
    from seen
),

matches as (
    select
        names.site,
        names.name,
        declared.name as declared_name,
        declared.type as declared_type
    from names
    inner join declared
        on
            names.site = declared.site
            and (names.name = declared.name or regexp_full_match(names.name, declared.name_regex))
    qualify row_number() over (
        partition by names.site, names.name
        order by names.name <> declared.name, -length(declared.name), declared.name, declared.type
    ) = 1
),

observed as (
    select
        seen.site,
        seen.name,
        seen.type,
        seen.domain,
        coalesce(seen.party, declared.party) as party,
        declared.provider,
        declared.category as declared_category,
        seen.category as observed_category,
        declared.lifetime as declared_lifetime,
        seen.lifetime_s as observed_lifetime_s,
        seen.first_seen,
        seen.last_seen,
        seen.observations,
        if(declared.name is null, 'undeclared', 'declared_and_seen') as status
    from seen
    left join matches on seen.site = matches.site and seen.name = matches.name
    left join declared
        on
            matches.site = declared.site
            and matches.declared_name = declared.name
            and matches.declared_type = declared.type
),

unseen as (
    select
        declared.site,
        declared.name,
        declared.type,
        coalesce(declared.domain, '') as domain,
        declared.party,
        declared.provider,
        declared.category as declared_category,
        null::varchar as observed_category,
        declared.lifetime as declared_lifetime,
        null::bigint as observed_lifetime_s,
        min(seen.first_seen) as first_seen,
        max(seen.last_seen) as last_seen,
        coalesce(sum(seen.observations), 0)::bigint as observations,
        if(count(seen.name) = 0, 'declared_not_seen', 'declared_and_seen') as status
    from declared
    left join seen
        on declared.site = seen.site and regexp_full_match(seen.name, declared.name_regex)
    where
        not exists (
            select 1
            from matches
            where
                matches.site = declared.site
                and matches.name = declared.name
                and matches.declared_type = declared.type
        )
    group by all
)

select * from observed
union all by name
select * from unseen
