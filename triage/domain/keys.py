"""Keys as values: which one seals, which ones open."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class KeyRing:
    """The first data key seals, all open. The index key is separate, so that
    rotating data keys never breaks look-up."""

    data_keys: Mapping[str, bytes]
    """Key id to 32 bytes, the newest first."""
    index_key: bytes

    @property
    def sealing_key_id(self) -> str:
        return next(iter(self.data_keys))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.data_keys)})"


def read_keys(text: str) -> dict[str, bytes]:
    """Read `id:base64[,id:base64...]`, each key 32 bytes. Raises ValueError with the reason."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, colon, encoded = part.strip().partition(":")
        if not colon or not key_id.isalnum() or len(key_id) > 32:
            raise ValueError("write it as id:base64[,id:base64...], the id letters and digits")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ValueError(f"key {key_id} is not base64") from None
        if len(key) != 32:
            raise ValueError(f"key {key_id} has {len(key)} bytes, 32 are needed")
        if key_id in keys:
            raise ValueError(f"key id {key_id} stands twice")
        keys[key_id] = key
    return keys
