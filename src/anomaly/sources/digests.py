"""Personal values are kept as keyed digests: equal ones meet, none can be read.

The key is the bureau's: in the environment, or handed over; never in the store.
"""

import hmac
import os
import re
from collections.abc import Callable, Mapping

from anomaly.errors import UsageError
from anomaly.sources.checks import BLANKS

KEY_VARIABLE = "ANOMALY_KEY"
# With a key that can be guessed, telephones can be tried out one by one.
KEY_BYTES = 16
HEX_DIGITS = 32
# No value: what is normalised is in upper case.
KEY_WORD = b"the key of this store"
# What people type where they know no telephone is shorter, or one digit throughout.
PHONE_DIGITS = 7
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DIGITS_LOST = re.compile(r"\d(\.\d+)?E\+?\d{1,2}")


def given_key() -> bytes:
    """Return the key from the environment, empty where there is none.

    UsageError for one that is too short to keep a secret.
    """
    key = os.environ.get(KEY_VARIABLE, "").encode()
    if 0 < len(key) < KEY_BYTES:
        raise UsageError(
            f"{KEY_VARIABLE}: a key of {len(key)} characters",
            expected=f"{KEY_BYTES} or more, drawn at random",
            todo="keep it outside the store; digests of two keys never meet",
        )
    return key


def keyed_digest(content: bytes, key: bytes) -> str | None:
    """Return a digest (HMAC-SHA256, 32 hex digits) that only who has the key can make.

    None without a key: an unkeyed digest of an identity number, or of a line that
    holds one, could be guessed.
    """
    if not key:
        return None
    return hmac.digest(key, content, "sha256").hex()[:HEX_DIGITS]


def key_mark(key: bytes) -> str:
    """Return by what a store knows its key again; '' without a key."""
    return keyed_digest(KEY_WORD, key) or ""


def plain_number(text: str) -> str:
    """Return an identity number without blanks, in upper case and plain characters.

    '' for what is none: one character throughout, or digits lost to an exponent.
    """
    plain = text.translate(_PLAIN).strip(BLANKS).upper()
    is_none = len(set(plain)) < 2 or _DIGITS_LOST.fullmatch(plain)
    return "" if is_none else plain


def plain_phone(text: str) -> str:
    """Return the digits of a telephone; '' where they are too few to be one."""
    digits = re.sub(r"[^0-9]", "", plain_number(text))
    return digits if len(digits) >= PHONE_DIGITS and len(set(digits)) > 1 else ""


# How a column's values are made alike; any other holds identity numbers.
PLAIN: Mapping[str, Callable[[str], str]] = {"phone": plain_phone}


def digest_of(column: str, text: str | None, key: bytes) -> str | None:
    """Return the digest of a cell of a column; None where it holds nothing."""
    plain = PLAIN.get(column, plain_number)(text or "")
    return keyed_digest(plain.encode(), key) if plain else None
