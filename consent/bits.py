"""Reading numbers out of the base64url text that consent strings are written in."""

from __future__ import annotations

import base64
import binascii


class NotBits(ValueError):
    """The text is not base64url, or ends before the field that is due."""


class Bits:
    """The bits of one segment, read from the front. Six bits a character; padding is not used."""

    def __init__(self, text: str) -> None:
        """Raises NotBits where `text` is not base64url."""
        if not text or not text.isascii():
            raise NotBits("expected base64url text")
        try:
            raw = base64.b64decode(text.encode() + b"A" * (-len(text) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            raise NotBits("expected base64url text") from None
        self._left = len(text) * 6
        self._value = int.from_bytes(raw) >> (len(raw) * 8 - self._left)

    def take(self, width: int) -> int:
        """The next `width` bits as a number. Raises NotBits at the end of the text."""
        if width > self._left:
            raise NotBits("it ends too early")
        self._left -= width
        return (self._value >> self._left) & ((1 << width) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.take(1))

    def members(self, width: int) -> frozenset[int]:
        """The next `width` bits as a set of positions, from 1."""
        value = self.take(width)
        return frozenset(place for place in range(1, width + 1) if value >> (width - place) & 1)

    def letters(self, count: int) -> str:
        """The next letters, six bits each, A being 0."""
        return "".join(chr(ord("A") + self.take(6)) for _ in range(count))

    def fibonacci(self) -> int:
        """The next number in Fibonacci coding, which ends with two ones."""
        total, this, following, before = 0, 1, 2, False
        while True:
            bit = self.flag()
            if bit and before:
                return total
            total += this if bit else 0
            this, following, before = following, this + following, bit
