"""Evidence bundles: a zip that shows one person's decisions, or one finding, to somebody who has nothing of ours."""

from consent.evidence.bundle import bundle as bundle
