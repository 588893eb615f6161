"""The report: the right week, the right numbers, the same bytes twice, nothing from elsewhere."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import published
import pytest

from consent.errors import ConsentError, SnapshotMissing
from consent.settings import Settings
from dashboards.reports import Period, Report
from dashboards.reports import write_report as make_report


def write_report(
    settings: Settings, out: Path, period: str | None = None, formats: tuple[str, ...] = ("html", "csv")
) -> list[Path]:
    return make_report(settings, Report(period=period, formats=tuple(formats))).save(out)


def test_the_default_is_the_last_whole_week(settings: Settings, tmp_path: Path) -> None:
    files = write_report(settings, tmp_path)
    assert [file.name for file in files] == [
        "consent_2026-W46_report.html",
        "consent_2026-W46_opt_in.csv",
        "consent_2026-W46_prompts.csv",
        "consent_2026-W46_findings.csv",
        "consent_2026-W46_expiry.csv",
    ]
    page = files[0].read_text(encoding="utf-8")
    assert "Marketing opt-in is 23.9%, down 6.1 points on the 7 days before." in page
    assert "385 of 1,610 prompts" in page
    assert "is not over in the data" not in page
    assert all(len(file.read_text().splitlines()) > 1 for file in files)


def test_two_runs_are_the_same_bytes(settings: Settings, tmp_path: Path) -> None:
    first, second = (write_report(settings, tmp_path / name) for name in ("one", "two"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_it_carries_everything_and_nobody(settings: Settings, tmp_path: Path) -> None:
    for file in write_report(settings, tmp_path):
        text = file.read_text(encoding="utf-8")
        assert published.SUBJECT not in text
        if file.suffix == ".html":
            assert "<script" not in text
            assert "<link" not in text
            assert not re.findall(r'(?:src|href)="(?!#)', text)
            assert text.count("<svg") == 4
            assert "@import" not in text
            assert "url(" not in text.replace("url(#", "")


def test_a_month_that_is_not_over_says_so(settings: Settings, tmp_path: Path) -> None:
    (page,) = write_report(settings, tmp_path, "2026-11", ("html",))
    text = page.read_text(encoding="utf-8")
    assert "November 2026" in text
    assert "This period is not over in the data." in text


def test_a_period_before_the_data_is_empty(settings: Settings, tmp_path: Path) -> None:
    (page,) = write_report(settings, tmp_path, "2025-W01", ("html",))
    assert "Nobody was prompted in this period." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("period", ["2026-W54", "2026-13", "last week", "2026", "2026-W4", "0000-01"])
def test_a_wrong_period_names_what_is_expected(settings: Settings, tmp_path: Path, period: str) -> None:
    with pytest.raises(ConsentError, match="expected an ISO week such as 2026-W46 or a month such as 2026-10"):
        write_report(settings, tmp_path, period)


def test_what_cannot_be_made_is_one_clear_line(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match="after the data's last day, 2026-11-15"):
        write_report(settings, tmp_path, "2026-W47")
    with pytest.raises(ConsentError, match="format docx: expected html or pdf or csv"):
        write_report(settings, tmp_path, None, ("docx",))
    (tmp_path / "file").touch()
    with pytest.raises(ConsentError, match="cannot write the report"):
        write_report(settings, tmp_path / "file")
    with pytest.raises(SnapshotMissing):
        write_report(Settings.load(home=tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("last_day", "week"),
    [("2026-11-15", "2026-W46"), ("2026-11-16", "2026-W46"), ("2026-11-21", "2026-W46"), ("2027-01-03", "2026-W53")],
)
def test_a_week_counts_once_its_sunday_is_over(last_day: str, week: str) -> None:
    assert Period.last("weekly", date.fromisoformat(last_day)) == Period.parse(week)


@pytest.mark.parametrize(
    ("last_day", "month"), [("2026-11-30", "2026-11"), ("2026-12-30", "2026-11"), ("2027-01-01", "2026-12")]
)
def test_a_month_counts_once_its_last_day_is_over(last_day: str, month: str) -> None:
    assert Period.last("monthly", date.fromisoformat(last_day)) == Period.parse(month)


def test_the_one_before_is_of_the_same_kind() -> None:
    assert Period.parse("2027-W01").before == Period.parse("2026-W53")
    assert Period.parse("2027-01").before == Period.parse("2026-12")


def test_each_audience_gets_its_part(settings: Settings) -> None:
    product, compliance = (
        make_report(settings, Report(audience=audience, formats=("html", "csv")))
        for audience in ("product", "compliance")
    )
    assert sorted(product.files) == ["opt_in.csv", "prompts.csv", "report.html"]
    assert sorted(compliance.files) == ["expiry.csv", "findings.csv", "report.html"]
    assert product.name == "consent_2026-W46_product"
    assert b'id="open"' not in product.files["report.html"]
    assert b'id="open"' in compliance.files["report.html"]
    assert b'id="rates"' not in compliance.files["report.html"]


def test_one_site_alone(settings: Settings) -> None:
    whole, one = (make_report(settings, Report(site=site, formats=("html", "csv"))) for site in (None, "a.example"))
    assert len(one.files["opt_in.csv"].splitlines()) < len(whole.files["opt_in.csv"].splitlines())
    assert one.name == "consent_2026-W46_a.example"
    with pytest.raises(ConsentError, match="site 'nowhere': expected one of"):
        make_report(settings, Report(site="nowhere"))


def test_another_language_has_its_own_numbers_and_words(settings: Settings) -> None:
    written = make_report(settings, Report(language="nb", formats=("html",)))
    page = written.files["report.html"].decode()
    assert written.name == "consent_2026-W46_nb"
    assert '<html lang="nb">' in page
    assert "23,9 %" in page.replace("\N{NO-BREAK SPACE}", " ")
    with pytest.raises(ConsentError, match="language xx: expected en or nb"):
        make_report(settings, Report(language="xx"))
