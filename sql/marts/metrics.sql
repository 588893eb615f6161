-- metrics: one row per metric of the registry: what it is called, what it means and how it is computed
-- grain: place   owner: product analytics
-- Numerator, denominator and null_when are formulas over sums of the columns of `relation`; made from
-- policies/metrics.yaml, as are the rates everywhere else.
select
    name,
    title,
    description,
    unit,
    numerator,
    denominator,
    formula,
    excludes,
    source,
    relation,
    null_when,
    presets,
    place
from policy.metrics
