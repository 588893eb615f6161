"""How the contract's strings look, in compiled code: each function is one of its patterns."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ingestion.recognizer.tables import LANGUAGE, REGION, SHA256, SUBJECT

Bytes = npt.NDArray[np.uint8]
NOT = -1
# By byte, and without a branch: what a hexadecimal digit is worth, or 99; whether it may be in a subject.
_DIGITS = np.array([int(chr(byte), 16) if chr(byte) in string.hexdigits else 99 for byte in range(256)], np.uint8)
_OF_SUBJECT = np.array([chr(byte) in string.ascii_letters + string.digits + "_-" for byte in range(256)])

# Without counted references (nothing here keeps an array) and inlined: 2.4 instead of 11 µs a record.
compiled: Any = njit(_nrt=False, forceinline=True)


@compiled
def is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@compiled
def is_upper(byte: int) -> bool:
    return 65 <= byte <= 90


@compiled
def is_letter(byte: int) -> bool:
    return 97 <= byte | 32 <= 122


@compiled
def number(data: Bytes, at: int, digits: int) -> int:
    """The number that so many decimal digits make, or NOT."""
    value = 0
    for i in range(at, at + digits):
        if not is_digit(data[i]):
            return NOT
        value = value * 10 + data[i] - 48
    return value


@compiled
def read_uuid(data: Bytes, at: int, length: int, out: Bytes) -> bool:
    """Fill the 16 bytes of `out`; whether it is one."""
    if length != 36 or data[at + 8] != 45 or data[at + 13] != 45 or data[at + 18] != 45 or data[at + 23] != 45:
        return False
    worst = 0
    for place in range(16):
        dashes = (place >= 4) + (place >= 6) + (place >= 8) + (place >= 10)
        i = at + 2 * place + dashes
        high, low = _DIGITS[data[i]], _DIGITS[data[i + 1]]
        worst |= high | low
        out[place] = high << 4 | low
    return worst < 16


@compiled
def days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@compiled
def read_offset(data: Bytes, at: int, end: int) -> int:
    """Minutes ahead of UTC of `Z` or `+hh:mm`, or 9999."""
    if data[at] | 32 == 122:
        return 0 if at + 1 == end else 9999
    if (data[at] != 43 and data[at] != 45) or at + 6 != end or data[at + 3] != 58:
        return 9999
    hours, minutes = number(data, at + 1, 2), number(data, at + 4, 2)
    if hours < 0 or hours > 14 or minutes < 0 or minutes > 59:
        return 9999
    ahead = hours * 60 + minutes
    return -ahead if data[at] == 45 else ahead


@compiled
def read_time(data: Bytes, at: int, length: int) -> int:
    """Microseconds since 1970 of an RFC 3339 time, or NOT."""
    if length < 20 or data[at + 4] != 45 or data[at + 7] != 45 or data[at + 13] != 58 or data[at + 16] != 58:
        return NOT
    if data[at + 10] | 32 != 116 and data[at + 10] != 32:
        return NOT
    year, month, day = number(data, at, 4), number(data, at + 5, 2), number(data, at + 8, 2)
    hour, minute, second = number(data, at + 11, 2), number(data, at + 14, 2), number(data, at + 17, 2)
    if year < 1970 or month < 1 or month > 12 or day < 1 or day > days_in(year, month):
        return NOT
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return NOT
    i, end = at + 19, at + length
    fraction, scale = 0, 1_000_000
    if data[i] == 46:
        i += 1
        while i < end and is_digit(data[i]) and scale > 1:
            fraction = fraction * 10 + data[i] - 48
            scale //= 10
            i += 1
        if scale == 1_000_000 or i == end:
            return NOT
    ahead = read_offset(data, i, end)
    if ahead == 9999:
        return NOT
    # Days since 1970 in the Gregorian calendar, with years that begin in March.
    years = year - 1 if month <= 2 else year
    days = 365 * years + years // 4 - years // 100 + years // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719_469
    return ((days * 24 + hour) * 60 + minute - ahead) * 60_000_000 + second * 1_000_000 + fraction * scale


@compiled
def is_subject(data: Bytes, at: int, length: int) -> bool:
    if not 8 <= length <= 64:
        return False
    good = True
    for i in range(at, at + length):
        good &= _OF_SUBJECT[data[i]]
    return good


@compiled
def is_region(data: Bytes, at: int, length: int) -> bool:
    if length < 2 or length == 3 or length > 6 or not is_upper(data[at]) or not is_upper(data[at + 1]):
        return False
    for i in range(at + 3, at + length):
        if not (is_upper(data[i]) or is_digit(data[i])):
            return False
    return length == 2 or data[at + 2] == 45


@compiled
def is_language(data: Bytes, at: int, length: int) -> bool:
    run, least = 0, 2
    for i in range(at, at + length):
        if data[i] == 45:
            if run < least:
                return False
            run, least = 0, 1
        elif is_letter(data[i]) or (least == 1 and is_digit(data[i])):
            run += 1
            if run > 8:
                return False
        else:
            return False
    return run >= least


@compiled
def is_sha256(data: Bytes, at: int, length: int) -> bool:
    if length != 64:
        return False
    worst = 0
    for i in range(at, at + length):
        worst |= _DIGITS[data[i]]
    return worst < 16


@compiled
def has_form(data: Bytes, at: int, length: int, form: int) -> bool:
    """Whether a string that stays text looks as it must."""
    if form == SUBJECT:
        return is_subject(data, at, length)
    if form == REGION:
        return is_region(data, at, length)
    if form == LANGUAGE:
        return is_language(data, at, length)
    return form == SHA256 and is_sha256(data, at, length)
