-- processors: one row per processor that a site declares, and whether its data is protected there
-- grain: site, row_no   owner: compliance
-- is_protected: in the EEA, or elsewhere with a safeguard; null where country and safeguard do not tell.
with eea as (
    select unnest(string_split(
        'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK', ' '
    )) as country
)

select
    processors.site,
    processors.row_no,
    processors.line,
    processors.name,
    processors.country,
    case
        when eea.country is not null or processors.safeguard <> 'none' then true
        when processors.country is not null and processors.safeguard is not null then false
    end as is_protected
from policy.processors as processors
left join eea on processors.country = eea.country
