"""The tables. A vault record is all that is kept of a visitor, and the server cannot read it.

`DO_NOTHING`: rows are deleted from the outside in by `wayline.web.lockbox`, in one transaction, without loading what they seal.
"""

from __future__ import annotations

from django.db import models


class VaultRecord(models.Model):
    """One locked record.

    In form 2, `id` is random and `sealed` is the ledger of keys, for the owner only. In form 1, `id` follows from the visitor's key
    without revealing it, and `sealed` is everything that was told.
    """

    id = models.CharField(primary_key=True, max_length=64)
    sealed = models.BinaryField()
    last_used_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return "a vault record"


class VaultPart(models.Model):
    """One part of a record, under a key of its own, from which `id` follows; which part it is stands nowhere in the clear."""

    id = models.CharField(primary_key=True, max_length=64)
    record = models.ForeignKey(VaultRecord, on_delete=models.DO_NOTHING, related_name="parts")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return "a part of a vault record"


class VaultHolder(models.Model):
    """One key of a record: `id` follows from it, `sealed` holds the keys of the parts it opens, `seen` its last use, sealed too."""

    id = models.CharField(primary_key=True, max_length=64)
    record = models.ForeignKey(VaultRecord, on_delete=models.DO_NOTHING, related_name="holders")
    sealed = models.BinaryField()
    seen = models.BinaryField()

    def __str__(self) -> str:
        return "a key of a vault record"


class WrongCodes(models.Model):
    """How many codes that open nothing were typed in one minute, by anybody; a day later the count is gone."""

    minute = models.DateTimeField(primary_key=True)
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} wrong codes"
