-- funnel: one row per layer of the banner: how far those who saw it went
-- grain: layer   owner: product analytics
select
    layer,
    cast(sum(shown) as bigint) as shown,
    cast(sum(interacted) as bigint) as interacted,
    cast(sum(chose) as bigint) as chose,
    cast(sum(granted_any) as bigint) as granted_any,
    cast(sum(granted_all) as bigint) as granted_all
from funnel_daily
where ($site is null or site = $site)
group by layer
order by layer
