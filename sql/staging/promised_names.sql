-- promised_names: one row per promise about a provider and name of storage seen that belongs to the provider
-- grain: site, row_no, name   owner: compliance
-- The provider's are the items that the policy lists as its own, and those that the promise names. is_necessary: the
-- promise does not name it, and the policy lists it as necessary alone.
with seen as (
    select distinct
        site,
        name
    from staging.storage_daily
),

listed as (
    select
        promises.site,
        promises.row_no,
        seen.name,
        false as is_necessary
    from policy.promises as promises
    inner join policy.promise_names as names on promises.site = names.site and promises.row_no = names.row_no
    inner join seen on promises.site = seen.site and regexp_full_match(seen.name, names.name_regex)
    union all
    select
        promises.site,
        promises.row_no,
        seen.name,
        coalesce(items.category = 'necessary', false) as is_necessary
    from policy.promises as promises
    inner join policy.storage_items as items
        on
            promises.site = items.site
            and starts_with(lower(items.provider) || ' ', lower(promises.provider) || ' ')
    inner join seen
        on promises.site = seen.site and (items.name = seen.name or regexp_full_match(seen.name, items.name_regex))
)

select
    site,
    row_no,
    name,
    bool_and(is_necessary) as is_necessary
from listed
group by site, row_no, name
