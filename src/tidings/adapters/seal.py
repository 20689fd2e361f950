"""Sealed values that travel through other people's hands: itsdangerous, the one place that knows.

What is sealed can be read by everybody who has it, and made by nobody without the instance's key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode

# Nothing that we seal comes near; whatever is longer is not ours, and is not looked into.
LONGEST = 4096
# Bytes. Compressing what is shorter gains next to nothing, and takes longer than all the rest.
WORTH_COMPRESSING = 120


class _Serializer(URLSafeSerializer):
    def dump_payload(self, obj: object) -> bytes:
        plain = self.serializer.dumps(obj, **self.serializer_kwargs).encode()
        if len(plain) < WORTH_COMPRESSING:
            return base64_encode(plain)
        return super().dump_payload(obj)


class Seal:
    """The `Seal` port. A value sealed for one purpose opens for no other."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._by_purpose: dict[str, URLSafeSerializer] = {}

    def close(self, purpose: str, values: Sequence[object]) -> str:
        """The values, in characters that stand in an address without being escaped."""
        return str(self._for(purpose).dumps(list(values)))

    def open(self, purpose: str, sealed: str) -> Sequence[object] | None:
        """What was sealed for that purpose; None if it was not, or not by us."""
        if len(sealed) > LONGEST:
            return None
        try:
            values = self._for(purpose).loads(sealed)
        except (BadData, ValueError, RecursionError):
            return None
        return values if isinstance(values, list) else None

    def _for(self, purpose: str) -> URLSafeSerializer:
        known = self._by_purpose.get(purpose)
        if known is None:
            # The key of a purpose is derived once, rather than for every value.
            salt, sha256 = f"tidings {purpose}", hashlib.sha256
            signer = Signer(self._secret, salt, key_derivation="hmac", digest_method=sha256)
            known = _Serializer(
                signer.derive_key(),
                signer_kwargs={"digest_method": sha256, "key_derivation": "none"},
            )
            self._by_purpose[purpose] = known
        return known
