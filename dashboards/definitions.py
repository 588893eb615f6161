"""What each number means: its name, its formula and what goes into it, in the current language."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.i18n import N_, translated


@dataclass(frozen=True)
class Definition:
    """A number's name, its formula and what goes into it; written in English, read in the current language."""

    key: str
    message_name: str
    message_formula: str
    message_text: str

    @property
    def name(self) -> str:
        """Opt-in rate."""
        return translated(self.message_name)

    @property
    def formula(self) -> str:
        """Granted ÷ prompts."""
        return translated(self.message_formula)

    @property
    def text(self) -> str:
        """What goes into it, and what does not."""
        return translated(self.message_text)


_LISTED = (
    Definition(
        "shown",
        N_("Prompts"),
        N_("count of impressions"),
        N_("Banners put before a visitor with no valid choice."),
    ),
    Definition(
        "choices",
        N_("Choices"),
        N_("count of decisions on the banner"),
        N_("Decisions made later do not count."),
    ),
    Definition(
        "opt_in_rate",
        N_("Opt-in rate"),
        N_("granted ÷ prompts"),
        N_(
            "Of everyone who was prompted, those who said yes to the category. Rates of several days or sites are"
            " sums divided by sums, never averages of rates."
        ),
    ),
    Definition(
        "interval",
        N_("95% interval"),
        N_("Wilson score interval"),
        N_("How far the rate could be from what it would be with many more prompts of the same kind."),
    ),
    Definition(
        "consent_rate",
        N_("Consent rate"),
        N_("granted ÷ asked"),
        N_("Of those who chose on the banner and were asked about the category, those who said yes."),
    ),
    Definition(
        "interaction_rate",
        N_("Interaction rate"),
        N_("choices ÷ prompts"),
        N_("Of all prompts, those answered."),
    ),
    Definition(
        "accept_all_rate",
        N_("Accept-all rate"),
        N_("accept all ÷ choices"),
        N_("Of all choices, those that accept everything."),
    ),
    Definition(
        "dismissed",
        N_("Dismissed"),
        N_("count of dismissals"),
        N_("Closed without a choice; part of “no choice”."),
    ),
    Definition(
        "no_choice",
        N_("No choice"),
        N_("prompts − choices"),
        N_("Prompts that nobody answered, dismissals included."),
    ),
    Definition(
        "withdrawals",
        N_("Withdrawals"),
        N_("count of decisions that take back a grant"),
        N_("On any surface: a withdraw, or a category granted before that becomes denied."),
    ),
    Definition(
        "impressions_missing",
        N_("Impressions missing"),
        N_("choices > prompts"),
        N_(
            "More choices than prompts arrived, so some prompts were never reported. Rates over prompts are then left"
            " out: they are not clipped and not guessed."
        ),
    ),
    Definition(
        "lift",
        N_("Lift"),
        N_("rate ÷ baseline's rate − 1"),
        N_("How much better or worse than the baseline variant, relative to it."),
    ),
    Definition(
        "p_value",
        N_("p-value"),
        N_("two-sided two-proportion z-test"),
        N_(
            "How often so large a difference would show by chance alone. Verdicts correct it for the number of"
            " variants (Holm, alpha 5%)."
        ),
    ),
    Definition(
        "sample_ratio_p",
        N_("Sample ratio"),
        N_("chi-square of prompts against the planned split"),
        N_("Below 0.001 the split went wrong, and the experiment says nothing."),
    ),
    Definition(
        "expiring",
        N_("Expiring"),
        N_("count of valid consents by the day they run out"),
        N_("One consent counts in each category it grants, so categories do not add up."),
    ),
    Definition("received", N_("Received"), N_("accepted + quarantined"), N_("Every record read from the topic.")),
    Definition(
        "quarantined",
        N_("Quarantined"),
        N_("count of refused records"),
        N_("Set aside whole, with the field that is wrong."),
    ),
    Definition(
        "duplicates",
        N_("Duplicates"),
        N_("repeats of an event id"),
        N_("The first counts in the rates, the rest not."),
    ),
    Definition("bots", N_("Bots"), N_("events marked as automated"), N_("Counted here only, never in a rate.")),
    Definition(
        "clock_skewed",
        N_("Clock-skewed"),
        N_("client time > 5 minutes ahead or > 7 days behind"),
        N_("The collector's time is used instead."),
    ),
    Definition(
        "late",
        N_("Late"),
        N_("received > 24 hours after the event"),
        N_("They change the day they belong to."),
    ),
    Definition(
        "unknown_site",
        N_("Unknown site"),
        N_("accepted, of a site that no policy file describes"),
        N_("They count; what is declared cannot be judged. Describe the site in policies/sites, or mend the sender."),
    ),
    Definition(
        "unknown_category",
        N_("Unknown category"),
        N_("accepted, with a category that no policy names"),
        N_("It counts under its own name; no rule knows what it needs. Name it in policies/categories.yaml."),
    ),
    Definition(
        "unknown_region",
        N_("Unknown region"),
        N_("accepted, from a region without a jurisdiction"),
        N_("Judged by the organisation's defaults. Give the region a jurisdiction in policies/jurisdictions.yaml."),
    ),
)

DEFINITIONS = {definition.key: definition for definition in _LISTED}
