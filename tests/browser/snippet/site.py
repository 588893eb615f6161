"""A shop with a consent banner, served on a free port: one page for each platform, /<platform>?options.

Options: `version` (of the banner, which tells one visit from another), `late` (the snippet comes after the banner),
`layer` (a data layer is there before), `sandbox` (no cookies and no web storage), `denied` (the page denies
by itself), `csp` (the collector is forbidden),
`endpoint` (instead of the collector's own). The platform `none` has no banner.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).resolve().parent
BANNERS = HERE.parent / "banners" / "node_modules"
SCRIPTS = {
    "none": (),
    "klaro": ("/stubs/klaro.js", "/npm/klaro/dist/klaro.js"),
    "cookieconsent": ("/npm/vanilla-cookieconsent/dist/cookieconsent.umd.js", "/stubs/cookieconsent.js"),
}
DENIED = "{categories: {necessary: true, marketing: false}}"
STYLE = '<link rel="stylesheet" href="/npm/vanilla-cookieconsent/dist/cookieconsent.css">'
LATE = (
    "setTimeout(() => {{ const tag = document.createElement('script'); {attributes} document.head.append(tag) }}, 700)"
)


def page(platform: str, collector: str, options: dict[str, str]) -> str:
    """The HTML of a page; without `late` the snippet comes first, as the docs advise."""
    data = {"site": f"{platform}.example", "bannerVersion": options.get("version", "")}
    if "endpoint" in options:
        data["endpoint"] = options["endpoint"]
    if platform == "gcm":
        data["banner"] = "#mine"
    src = f"{collector}/v1/consent.js"
    if "late" in options:
        values = "".join(f"tag.dataset.{name} = '{value}';" for name, value in data.items())
        tag, late = "", f"<script>{LATE.format(attributes=f'{values} tag.src = {src!r};')}</script>"
    else:
        names = {"bannerVersion": "banner-version"}
        values = " ".join(f'data-{names.get(name, name)}="{value}"' for name, value in data.items())
        tag, late = f'<script async src="{src}" {values}></script>', ""
    before = "<script>window.dataLayer = []</script>" if "layer" in options else ""
    if "denied" in options:
        before = f"<script>window.consentAnalytics = [['decision', {DENIED}]]</script>"
    sources = SCRIPTS.get(platform, ("/stubs/banner.js", f"/stubs/{platform}.js"))
    scripts = "".join(f'<script src="{source}"></script>' for source in sources)
    style = STYLE if platform == "cookieconsent" else ""
    head = f'<meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">{style}{before}{tag}'
    body = f'<p>Shop</p><button id="settings">Cookie settings</button>{scripts}{late}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


@contextmanager
def shop(collector: str) -> Iterator[str]:
    """The address of the shop, whose pages tell this collector."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            options = dict(parse_qsl(url.query, keep_blank_values=True))
            headers = {"content-type": "text/html; charset=utf-8"}
            if "sandbox" in options:
                headers["content-security-policy"] = "sandbox allow-scripts"
            if "csp" in options:
                headers["content-security-policy"] = (
                    f"connect-src 'self'; script-src 'self' 'unsafe-inline' {collector}"
                )
            folder, _, name = url.path[1:].partition("/")
            if folder in ("stubs", "npm"):
                body = ((HERE / "stubs" if folder == "stubs" else BANNERS) / name).read_bytes()
                headers["content-type"] = "text/css" if name.endswith(".css") else "text/javascript"
            else:
                body = page(folder, collector, options).encode()
            self.send_response(200)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
