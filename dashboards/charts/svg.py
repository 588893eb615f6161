"""The SVG that comes from the renderer, made fit for a page: shorter, named, and the same in every process."""

from __future__ import annotations

import re
from html import escape

_NOISE = re.compile(r' (?:aria-hidden|aria-roledescription|role|pointer-events)="[^"]*"')
_EMPTY = re.compile(r'<path class="(?:background|foreground)"[^>]*/>')
_GEOMETRY = re.compile(r' (?:transform|d|x|y|x2|y2)="[^"]*"')
_LONG = re.compile(r"(\d+\.\d\d)\d+")
_LABELLED = re.compile(r'<path aria-label="([^"]*)"([^>]*)/>')
_ROOT = re.compile(r'^<svg [^>]*viewBox="([^"]*)">')


def tidy(svg: str, name: str, summary: str) -> str:
    """One image with a text for those who do not see it, a tooltip per mark, and ids that are the same each time.

    `name` must be unique on the page. The result is safe to put into one: the renderer escapes every text.
    """
    svg = _EMPTY.sub("", _NOISE.sub("", svg))
    svg = _GEOMETRY.sub(lambda attribute: _LONG.sub(r"\1", attribute.group()), svg)
    svg = _LABELLED.sub(r"<path\2><title>\1</title></path>", svg)
    # Ids count up through the life of the renderer, and several charts share a page.
    for number, given in enumerate(dict.fromkeys(re.findall(r'id="([^"]+)"', svg))):
        unique = f"{name}-{number}"
        svg = svg.replace(f'id="{given}"', f'id="{unique}"').replace(f"url(#{given})", f"url(#{unique})")
    return _ROOT.sub(
        lambda root: (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(summary)}"'
            f' viewBox="{root.group(1)}">'
        ),
        svg,
    )
