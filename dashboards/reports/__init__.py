"""Reports: what the dashboard shows of a week or a month, as files that need neither the app nor a network."""

from dashboards.reports.contents import AUDIENCES
from dashboards.reports.period import Period
from dashboards.reports.report import FORMATS, Report, Written, write_report

__all__ = ["AUDIENCES", "FORMATS", "Period", "Report", "Written", "write_report"]
