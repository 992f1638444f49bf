"""Where a fact can be told: the address of its step, or of its group's page, with the field as fragment."""

from __future__ import annotations

from django.urls import reverse

from wayline.library import library

# Facts that are told as parts of others, or followed from them, are told there.
_TOLD_WITH = {"liver.lesions": "liver.lesion_count"}


def place_to_tell(fact_id: str) -> str:
    """The address where the visitor can tell or change this fact."""
    content = library()
    fact_id = _TOLD_WITH.get(fact_id, fact_id)
    fragment = fact_id.replace(".", "-")
    step = content.steps.step_of_fact.get(fact_id)
    if step is not None:
        return f"{reverse('step', args=[step])}#{fragment}"
    return f"{reverse('group', args=[content.vocabulary[fact_id].group])}#{fragment}"
