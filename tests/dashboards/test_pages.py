"""What the pages say: real numbers, under filters, of sites with unkind names, and before there is any data."""

from __future__ import annotations

import html
import re
import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import published
import pytest
from starlette.testclient import TestClient

from consent.settings import Settings
from dashboards.app import create_app

PAGES = ("/", "/findings", "/findings/c0ffee00c0ffee00c0ffee00c0ffee00", "/findings/f-script", "/quality")


def text_of(client: TestClient, address: str, **query: str) -> str:
    """A page's text, without tags, scripts of charts and runs of space."""
    answer = client.get(f"{address}?{urlencode(query)}" if query else address)
    assert answer.status_code == 200, answer.text
    return readable(answer.text)


def readable(page: str) -> str:
    body = re.sub(r"<svg.*?</svg>", " ", page.partition("<body>")[2], flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def test_the_rate_of_all_sites_is_a_sum_over_a_sum(client: TestClient) -> None:
    text = text_of(client, "/")
    # 7 x 40 + 90 + 15 granted, 7 x 100 + 900 + 10 prompts; the average of the sites' rates would be 66.7%.
    assert "23.9%" in text
    assert "385 of 1,610 prompts" in text
    assert "Marketing opt-in is 23.9%, down 6.1 points on the 7 days before." in text
    assert "64.2% 385 of 600 asked" not in text
    assert "60.2% 385 of 640 asked" in text


def test_a_site_changes_the_numbers_and_the_address_holds_it(client: TestClient) -> None:
    text = text_of(client, "/", site="a.example")
    assert "Marketing opt-in is 40.0%, up 10.0 points on the 7 days before." in text
    assert "280 of 700 prompts" in text
    page = client.get("/?site=a.example").text
    assert '<option value="a.example" selected>' in page
    assert "/data/opt_in.csv?site=a.example&amp;from=2026-08-18&amp;to=2026-11-15" in page


def test_a_filter_that_a_metric_cannot_heed_is_told(client: TestClient) -> None:
    asked = {"metric": "traffic_opt_in", "banner_version": "3", "site": "a.example"}
    told = "This metric does not tell apart by Banner version: that filter is left out here."
    assert told in text_of(client, "/rates", **asked)
    assert told not in text_of(client, "/rates", **asked | {"metric": "opt_in_rate"})


def test_days_narrow_the_view(client: TestClient) -> None:
    text = text_of(client, "/", site="a.example", **{"from": "2026-11-02", "to": "2026-11-08"})
    assert "Marketing opt-in is 30.0%." in text
    assert "210 of 700 prompts" in text
    assert "no rate before to compare with" in text


def test_rows_without_a_region_can_be_chosen(client: TestClient) -> None:
    assert "90 of 900 prompts" in text_of(client, "/", region="(none)")


def test_more_choices_than_prompts_leave_no_rate_over_prompts(client: TestClient) -> None:
    text = text_of(client, "/", site="gap.example")
    assert "Marketing has no opt-in rate: prompts are missing for 20 choices." in text
    assert "15 of 10 prompts" in text
    assert "75.0% 15 of 20 asked" in text
    assert "more choices than prompts arrived, so there is no rate over prompts here" in text
    assert "150.0%" not in text


def test_a_sum_that_hides_missing_prompts_says_so(client: TestClient) -> None:
    assert "In 1 row of this view" in text_of(client, "/")
    assert "of this view (a day" not in text_of(client, "/", site="a.example")


def test_few_prompts_are_said_to_be_few(client: TestClient) -> None:
    text = text_of(client, "/", site="gap.example", **{"from": "2026-11-15"})
    assert "too few prompts to say much" in text


def test_open_findings_expiry_and_freshness_are_on_the_overview(client: TestClient) -> None:
    text = text_of(client, "/", site="a.example")
    assert "Critical 1 1 0" in text
    assert "Low 1 0 1" in text  # the resolved one is not open
    assert "Marketing 3 8 15" not in text
    assert "Marketing 8 15 15" in text  # within 30, 60 and 90 days of 16 November
    assert "Counted as of 16 Nov 2026, 00:00 UTC" in text


def test_a_site_without_events_says_what_data_there_is(client: TestClient) -> None:
    text = text_of(client, "/", site="quiet.example")
    assert "Nobody was prompted in these days." in text
    assert "The data runs from 2 Nov 2026 to 15 Nov 2026" in text


def test_findings_narrow_by_each_filter(client: TestClient) -> None:
    assert "4 findings" in text_of(client, "/findings")
    assert "3 findings" in text_of(client, "/findings", site="a.example")
    assert "1 finding " in text_of(client, "/findings", severity="critical")
    assert "3 findings" in text_of(client, "/findings", rule="lifetime_over_cap")
    assert "1 finding " in text_of(client, "/findings", jurisdiction="FR")
    assert "No finding under these filters." in text_of(client, "/findings", severity="medium")
    page = client.get("/findings").text
    assert page.index("/findings/c0ffee00c0ffee00c0ffee00c0ffee00") < page.index("/findings/f-low")


def test_a_finding_shows_its_rule_limit_and_evidence(client: TestClient) -> None:
    text = text_of(client, "/findings/f-low")
    assert "Observed 10 years Allowed 13 months" in text
    assert "policies/sites/a.yaml, line 12" in text
    assert "S : read in the authority's or the standard's own text" in text
    assert "Guideline exceedance: goes past a recommendation that does not bind" in text
    text = text_of(client, "/findings/c0ffee00c0ffee00c0ffee00c0ffee00")
    assert "consent.events, partition 0, offset 42" in text
    assert "one person, whose id is not shown here" in text
    assert client.get("/findings/f-none").status_code == 404


def test_quality_shows_what_was_set_aside_and_why(client: TestClient) -> None:
    text = text_of(client, "/quality")
    assert "5 records set aside in these days." in text
    assert "15 Nov 2026 occurred_at: no offset 5 100 1400" in text
    assert "Bots 10 4.2% of accepted" in text  # of 200 + 40
    assert "245" in text


def test_quality_names_what_no_policy_knows_and_which_site_is_silent(client: TestClient) -> None:
    text = text_of(client, "/quality")
    assert "Unknown site gap.example gap.example 40 15 Nov 2026" in text
    assert "Unknown region XX a.example 7 15 Nov 2026" in text
    assert "Unknown category adverts a.example 6 15 Nov 2026" in text
    # By site: received, duplicates, bots, clock-skewed, late, unknown site, category, region, days without impressions.
    assert "a.example 200 4 10 1 2 0 6 7 0" in text
    assert "gap.example 40 0 0 0 0 40 0 0 1" in text
    assert (
        "gap.example 13 Nov 2026, 00:00 UTC 3 days a.example 15 Nov 2026, 21:00 UTC 3 h" in text
    )  # silent longest first
    narrowed = text_of(client, "/quality?site=a.example")
    assert "gap.example 13 Nov" not in narrowed
    assert "Unknown category adverts" in narrowed
    assert "Unknown site gap.example" not in narrowed
    assert "Ukjent region XX a.example" in text_of(client, "/quality?lang=nb")


@pytest.mark.parametrize("address", PAGES)
def test_no_page_shows_a_subject_or_lets_a_name_become_markup(client: TestClient, address: str) -> None:
    page = client.get(address).text
    assert published.SUBJECT not in page
    assert published.SCRIPT not in page
    assert "<script" not in page
    assert "<img" not in page


def test_a_site_called_like_a_script_is_a_site(client: TestClient) -> None:
    text = text_of(client, "/", site=published.SCRIPT)
    assert "90 of 900 prompts" in text
    assert f"Site {published.SCRIPT}" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("site=nowhere", "Site “nowhere” is not in the data. Choose one of:"),
        ("platform=fax", "Platform “fax” is not in the data. Choose one of: ios, web."),
        ("from=2026-13-01", "From “2026-13-01” is not a date: write year-month-day"),
        ("to=yesterday", "To “yesterday” is not a date"),
        ("from=20261101", "From “20261101” is not a date"),
        ("from=2026-11-10&to=2026-11-01", "From (2026-11-10) is after To (2026-11-01)"),
        ("site=a.example&site=gap.example", "Site is given 2 times"),
        ("site=%3Cb%3E", "Site “<b>” is not in the data"),
    ],
)
def test_a_filter_that_cannot_be_applied_is_explained(client: TestClient, query: str, said: str) -> None:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 400
    assert said in readable(answer.text)
    assert "Traceback" not in answer.text
    assert "<b>”" not in answer.text


@pytest.mark.parametrize("query", ["from=0001-01-01", "to=9999-12-31", "from=0001-01-01&to=0001-01-02"])
def test_far_away_days_are_only_empty(client: TestClient, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 200
    assert client.get(f"/quality?{query}").status_code == 200


def test_empty_fields_of_the_form_leave_the_address(client: TestClient) -> None:
    answer = client.get("/?site=a.example&region=&platform=&from=2026-11-02&to=", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?site=a.example&from=2026-11-02"


def test_before_the_first_refresh_the_page_says_what_to_do(empty: TestClient) -> None:
    answer = empty.get("/")
    assert answer.status_code == 200
    assert "consent refresh" in readable(answer.text)
    assert empty.get("/data/opt_in.csv").status_code == 503
    assert empty.get("/healthz").json() == {"status": "empty", "as_of": None}


def test_a_snapshot_that_is_not_ours_is_explained(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "snapshot.duckdb")) as connection:
        connection.execute("create table other (a integer)")
    client = TestClient(create_app(Settings.load(home=tmp_path)), base_url=published.ADDRESS)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "run `consent refresh`" in readable(answer.text)
    assert client.get("/healthz").status_code == 503


def test_a_swapped_snapshot_shows_up_at_the_next_request(tmp_path: Path) -> None:
    published.home(tmp_path)
    client = TestClient(create_app(Settings.load(home=tmp_path)), base_url=published.ADDRESS)
    assert "280 of 700" in text_of(client, "/", site="a.example")
    second = tmp_path / "snapshots" / "two.duckdb"
    shutil.copy(tmp_path / "snapshots" / "one.duckdb", second)
    with duckdb.connect(str(second)) as connection:
        connection.execute("update opt_in_daily set granted = 50 where site = 'a.example' and category = 'marketing'")
    (tmp_path / "new").symlink_to(Path("snapshots", "two.duckdb"))
    (tmp_path / "new").replace(tmp_path / "snapshot.duckdb")
    assert "350 of 700" in text_of(client, "/", site="a.example")


def test_a_page_that_is_kept_is_the_same_with_and_without_compression(client: TestClient) -> None:
    plain, packed = (client.get("/quality", headers={"accept-encoding": e}) for e in ("identity", "gzip"))
    assert plain.text == packed.text
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"


def test_data_that_has_grown_old_says_so(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for stale, hours in ((True, 0), (False, 10**6), (True, 0)):  # the page that is kept must not hide it
        monkeypatch.setattr("dashboards.pages.STALE", timedelta(hours=hours))
        assert ("This data is old." in client.get("/findings").text) is stale


def test_a_fault_of_ours_shows_no_trace(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.overview.overview", lambda *_: 1 / 0)
    client = TestClient(create_app(settings), base_url=published.ADDRESS, raise_server_exceptions=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("address", [*PAGES, "/data/opt_in.csv", "/static/style.css", "/nowhere", "/healthz"])
def test_every_answer_is_locked_down(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "cache-control" in headers


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_built_for_everyone(client: TestClient, address: str) -> None:
    page = client.get(address).text
    assert page.count("<h1>") == 1
    assert '<html lang="en">' in page
    assert '<a class="skip" href="#main">' in page
    assert "style=" not in page  # the policy would refuse it
    assert page.count("<table") == page.count("<caption")
    assert "<th>" not in page
    for control in re.findall(r'<(?:select|input)[^>]* id="([^"]+)"', page):
        assert f'<label for="{control}">' in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_if_counts_what_the_forecast_counts(client: TestClient) -> None:
    page = client.get("/expiry?under=FR&lang=en").text
    table = page[page.index('id="what-if"') : page.index('id="calendar"')]
    cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table)]
    # 180 days from 1 June end on 28 November, from 14 November after the 90 days; as it is, one ends on 20 December.
    assert cells[6:] == ["a.example", "Marketing", "0", "1", "1", "1"]
    page = client.get("/expiry?validity=3&category=marketing&jurisdiction=EU&lang=en").text
    table = page[page.index('id="what-if"') : page.index('id="calendar"')]
    counts = re.findall(r'<td class="n">(.*?)</td>', table)
    assert counts == ["1", "0", "0", "1"]  # 1 September is past, 14 February is the 91st day
