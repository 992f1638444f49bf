"""The tables. A vault record is all that is kept of a visitor, and the server cannot read it."""

from __future__ import annotations

from django.db import models


class VaultRecord(models.Model):
    """One locked situation. `id` follows from the visitor's key but does not reveal it; `sealed` opens only with that key."""

    id = models.CharField(primary_key=True, max_length=64)
    sealed = models.BinaryField()
    last_used_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return "a vault record"
