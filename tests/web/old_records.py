"""Records as earlier versions wrote them: form 1, one seal over everything."""

from __future__ import annotations

import json
import os
from datetime import date
from typing import Any

from wayline.web.models import VaultRecord
from wayline.web.sealing import FORM_1, KEY_BYTES, derived, form_1_id, sealed_with


def record_of_form_1(document: dict[str, Any], last_used_on: date) -> bytes:
    """Store a document in form 1; returns its key."""
    key = os.urandom(KEY_BYTES)
    record_id = form_1_id(key)
    plain = json.dumps(document).encode()
    padded = plain + b" " * (-len(plain) % 4096)
    sealed = sealed_with(derived(key, FORM_1 + b" sealing key"), padded, FORM_1 + record_id.encode())
    VaultRecord.objects.create(id=record_id, sealed=sealed, last_used_on=last_used_on)
    return key
