"""Checks who calls a hook: by the secret itself, or by a signature that only its owner can make. Pure functions.

| caller | header | what is signed |
| --- | --- | --- |
| anybody | `Authorization: Bearer SECRET` | nothing: the secret itself is sent |
| anybody | `X-Newsbot-Signature: sha256=HEX`, `X-Newsbot-Timestamp: SECONDS` | the seconds, a full stop, the body |
| Ghost | `X-Ghost-Signature: sha256=HEX, t=MILLISECONDS` | the body, the milliseconds; before July 2024 the body |
| WordPress | `X-WP-Webhook-Signature: BASE64` | the body (SHA-256) |
| Superdesk | `X-Superdesk-Signature: sha1=HEX` | the body |

A signature with a time is valid for WINDOW. One without a time stays valid, so a call of that kind is told from an
older one by the version of its article.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.records import HookKind

WINDOW: Final = timedelta(minutes=5)  # that the clocks of a caller and the bot may be apart
EXPECTED: Final = (
    'expected the secret of a hook of this name: "Authorization: Bearer SECRET", or "X-Newsbot-Signature: sha256=HEX"'
    ' with "X-Newsbot-Timestamp: SECONDS"'
)
_GHOST: Final = re.compile(r"sha256=([0-9a-f]{64})\s*,\s*t=([0-9]{1,15})", re.IGNORECASE | re.ASCII)
_NEWSBOT: Final = re.compile(r"sha256=([0-9a-f]{64})", re.IGNORECASE | re.ASCII)
_SUPERDESK: Final = re.compile(r"(sha1|sha256)=([0-9a-f]{40,64})", re.IGNORECASE | re.ASCII)
_BEARER: Final = re.compile(r"Bearer\s+(\S+)\s*", re.IGNORECASE | re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,12}")


class NotAuthorized(Exception):
    """A call has no secret and no signature, or a wrong one."""

    def __init__(self) -> None:
        super().__init__(EXPECTED)


class OutOfTime(Exception):
    """A signature is right, and its time is too long ago, or to come."""


@dataclass(frozen=True, slots=True)
class _Proof:
    """What a call brings to prove that its sender knows the secret."""

    given: bytes
    expected: Callable[[bytes], bytes]  # from the secret
    signed_at: datetime | None = None  # the time that is part of what is signed


def has_proof(headers: Mapping[str, str]) -> bool:
    """Returns whether a call has a header that may prove its sender, so that its body is worth reading."""
    return any(name in headers for name in ("Authorization", _NEWSBOT_HEADER, *_OWN_HEADERS))


def check_sender(
    kind: HookKind, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> str | None:
    """Check that the sender of a call knows one of the secrets. `headers` ignores the case of names.

    Returns what tells this call from any other one, or None if nothing does: the call was not signed together with
    its time. Raises NotAuthorized and OutOfTime. How long this takes depends on the call and on the number of secrets
    alone, so nobody learns from it which hooks there are.
    """
    found = _proofs(headers, body)
    decisive = next((name for name, of in _OWN_HEADERS.items() if of is kind and name in found), None)
    if decisive is None:
        decisive = _NEWSBOT_HEADER if _NEWSBOT_HEADER in found else "Authorization"
    accepted: _Proof | None = None
    for name, proofs in found.items():
        for proof in proofs:
            matches = [hmac.compare_digest(proof.given, proof.expected(secret.encode())) for secret in secrets]
            if any(matches) and name == decisive and accepted is None:
                accepted = proof
    if accepted is None:
        raise NotAuthorized
    if accepted.signed_at is None:
        return None
    if abs(now - accepted.signed_at) > WINDOW:
        raise OutOfTime(
            f"the signed time is {accepted.signed_at:%Y-%m-%dT%H:%M:%SZ} and it is {now:%Y-%m-%dT%H:%M:%SZ} here;"
            f" expected at most {WINDOW.total_seconds():.0f} s between them: sign anew, and check the clock"
        )
    return accepted.given.hex()


def _proofs(headers: Mapping[str, str], body: bytes) -> dict[str, list[_Proof]]:
    """Returns the proofs in each header that is there. A second header does not make up for a wrong one."""
    found = {name: _OWN_PROOFS[name](headers[name].strip(), body) for name in _OWN_HEADERS if name in headers}
    if _NEWSBOT_HEADER in headers:
        seconds = headers.get("X-Newsbot-Timestamp", "").strip()
        found[_NEWSBOT_HEADER] = _newsbot(headers[_NEWSBOT_HEADER].strip(), seconds, body)
    if "Authorization" in headers:
        found["Authorization"] = _bearer(headers["Authorization"])
    return found


def _bearer(said: str) -> list[_Proof]:
    found = _BEARER.fullmatch(said)
    if not found:
        return []
    given = found[1].encode(errors="surrogateescape")  # a header may have bytes that are no text
    # Digests are compared, since a comparison of the texts could tell how long the secret is.
    return [_Proof(_digest(b"", given), lambda secret: _digest(b"", secret))]


def _newsbot(said: str, seconds: str, body: bytes) -> list[_Proof]:
    found = _NEWSBOT.fullmatch(said)
    if not found or not _SECONDS.fullmatch(seconds):
        return []
    signed = seconds.encode() + b"." + body
    return [_Proof(bytes.fromhex(found[1]), lambda secret: _digest(secret, signed), _time(int(seconds)))]


def _ghost(said: str, body: bytes) -> list[_Proof]:
    found = _GHOST.fullmatch(said)
    if not found:
        return []
    given, signed = bytes.fromhex(found[1]), body + found[2].encode()
    return [
        _Proof(given, lambda secret: _digest(secret, signed), _time(int(found[2]) / 1000)),
        _Proof(given, lambda secret: _digest(secret, body)),  # the time is not signed, and may be anybody's
    ]


def _wordpress(said: str, body: bytes) -> list[_Proof]:
    try:
        given = base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        return []
    return [_Proof(given, lambda secret: _digest(secret, body))]


def _superdesk(said: str, body: bytes) -> list[_Proof]:
    found = _SUPERDESK.fullmatch(said)
    if not found or len(found[2]) % 2:
        return []
    method = found[1].lower()
    return [_Proof(bytes.fromhex(found[2]), lambda secret: _digest(secret, body, method))]


_NEWSBOT_HEADER: Final = "X-Newsbot-Signature"
_OWN_HEADERS: Final = {
    "X-Ghost-Signature": HookKind.GHOST,
    "X-WP-Webhook-Signature": HookKind.WORDPRESS,
    "X-Superdesk-Signature": HookKind.SUPERDESK,
}
_OWN_PROOFS: Final[Mapping[str, Callable[[str, bytes], list[_Proof]]]] = {
    "X-Ghost-Signature": _ghost,
    "X-WP-Webhook-Signature": _wordpress,
    "X-Superdesk-Signature": _superdesk,
}


def _digest(secret: bytes, signed: bytes, method: str = "sha256") -> bytes:
    # hmac.digest would hold the other threads up, and the event loop with them.
    return hmac.new(secret, signed, method).digest()


def _time(seconds: float) -> datetime:
    """Returns a time, or one that is out of any window if the calendar does not have it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.min.replace(tzinfo=UTC)
