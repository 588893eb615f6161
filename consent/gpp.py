"""IAB GPP strings: which sections they hold, and what the US sections opt out of.

Layout: IAB Tech Lab, «GPP consent string specification» and its sections. Python has no decoder that is kept up, so
this one is ours, and held by vectors that the IAB's own encoder made. Of a US section only what decides a category is
read: sale, sharing, targeted advertising, and the Global Privacy Control.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from consent import tcf
from consent.bits import Bits, NotBits

_TYPE, _VERSION = 3, 1
_GPC_SEGMENT = 1
_NOT_APPLICABLE, _OPTED_OUT = 0, 1

SECTIONS = {
    2: "tcfeuv2", 5: "tcfcav1", 6: "uspv1", 7: "usnat", 8: "usca", 9: "usva", 10: "usco", 11: "usut", 12: "usct",
    13: "usfl", 14: "usmt", 15: "usor", 16: "ustx", 17: "usde", 18: "usia", 19: "usne", 20: "usnh", 21: "usnj",
    22: "ustn", 23: "usmn", 24: "usmd", 25: "usin", 26: "usky", 27: "usri",
}  # fmt: skip
# Where in a section's core the two bits of each answer begin. Most states share one layout.
_USUAL = {"sale": 12, "targeted_advertising": 14}
_LAYOUTS: dict[str, dict[str, int]] = {
    "usnat": {"sale": 18, "sharing": 20, "targeted_advertising": 22},
    "usca": {"sale": 12, "sharing": 14},
    **{key: {"sale": 14, "targeted_advertising": 16} for key in ("usut", "usia")},
    **{key: {"sale": 16, "targeted_advertising": 18} for key in ("usin", "usky", "usmd", "usri")},
}


class NotGppString(ValueError):
    """The text is no GPP string; says what was expected, and never holds the text."""


@dataclass(frozen=True)
class UsSection:
    """A US section. `opted_out`: sale, sharing, targeted_advertising → True, False, or None where it does not apply."""

    name: str
    opted_out: dict[str, bool | None]
    gpc: bool | None  # None: the section does not say


@dataclass(frozen=True)
class GppString:
    """What a GPP string says; `unknown` are the ids of sections that this product does not read."""

    tcf: tcf.TcString | None = None
    us: list[UsSection] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)

    @property
    def gpc(self) -> bool | None:
        """Global Privacy Control: set where any section says so, None where none says anything."""
        said = [section.gpc for section in self.us if section.gpc is not None]
        return any(said) if said else None

    @property
    def categories(self) -> dict[str, bool] | None:
        """The canonical categories, or None where no section decides any.

        The EU section decides as its TC string does. The US sections decide marketing alone, which is granted unless
        sale, sharing or targeted advertising is opted out of; an answer that does not apply decides nothing.
        """
        answers = [out for section in self.us for out in section.opted_out.values() if out is not None]
        if self.tcf is not None:
            categories = self.tcf.categories
            return categories | {"marketing": categories["marketing"] and not any(answers)}
        return {"necessary": True, "marketing": not any(answers)} if answers else None


def decode(text: str) -> GppString:
    """Read a GPP string. Raises NotGppString."""
    header, *sections = text.split("~")
    try:
        ids = _ids(Bits(header))
        if len(ids) != len(sections):
            raise NotGppString(f"expected {len(ids)} sections, as its header says; came {len(sections)}")
        return _read(dict(zip(ids, sections, strict=True)))
    except (NotBits, tcf.NotTcString) as error:
        raise NotGppString(f"expected a GPP string: {error}") from None


def _ids(bits: Bits) -> list[int]:
    kind, version = bits.take(6), bits.take(6)
    if (kind, version) != (_TYPE, _VERSION):
        raise NotGppString(f"expected a GPP header of type {_TYPE} and version {_VERSION}; came {kind} and {version}")
    ids: list[int] = []
    for _ in range(bits.take(12)):
        is_range = bits.flag()
        first = (ids[-1] if ids else 0) + bits.fibonacci()
        last = first + bits.fibonacci() if is_range else first
        if last > max(SECTIONS) + 1_000:
            raise NotGppString("expected section ids of the IAB's list")
        ids.extend(range(first, last + 1))
    return ids


def _read(sections: dict[int, str]) -> GppString:
    string: tcf.TcString | None = None
    us: list[UsSection] = []
    unknown: list[int] = []
    for number, text in sections.items():
        name = SECTIONS.get(number)
        if name is None or name == "tcfcav1":  # Canada's express and implied consent is another model
            unknown.append(number)
        elif name == "tcfeuv2":
            string = tcf.decode(text)
        elif name == "uspv1":
            us.append(_us_privacy(text))
        else:
            us.append(_us(name, text))
    return GppString(string, us, unknown)


def _us_privacy(text: str) -> UsSection:
    if len(text) != 4 or text[0] != "1" or any(mark not in "YN-" for mark in text[1:]):
        raise NotGppString("expected a US Privacy string: 1 and three of Y, N and -")
    return UsSection("uspv1", {"sale": {"Y": True, "N": False}.get(text[2])}, None)


def _us(name: str, text: str) -> UsSection:
    core, *others = text.split(".")
    opted_out: dict[str, bool | None] = {}
    for answer, start in _LAYOUTS.get(name, _USUAL).items():
        bits = Bits(core)
        bits.take(start)
        value = bits.take(2)
        opted_out[answer] = None if value == _NOT_APPLICABLE else value == _OPTED_OUT
    return UsSection(name, opted_out, _gpc(others))


def _gpc(segments: list[str]) -> bool | None:
    for segment in segments:
        bits = Bits(segment)
        if bits.take(2) == _GPC_SEGMENT:
            return bits.flag()
    return None
