"""Where a fact can be told: the address of its step, of its group's page, or of the liver's pages, with the field as fragment."""

from __future__ import annotations

from django.urls import reverse

from wayline.library import library

# Lists that are told on pages of their own.
_OWN_PAGES = {"liver.lesions": "liver-tumors", "liver.earlier_scans": "liver-scans", "labs.earlier_results": "liver-blood-tests"}


def place_to_tell(fact_id: str) -> str:
    """The address where the visitor can tell or change this fact."""
    content = library()
    if fact_id in _OWN_PAGES:
        return reverse(_OWN_PAGES[fact_id])
    if fact_id.endswith("_lln"):  # asked together with a whole report
        return reverse("liver-add-tests")
    fragment = fact_id.replace(".", "-")
    step = content.steps.step_of_fact.get(fact_id)
    if step is not None:
        return f"{reverse('step', args=[step])}#{fragment}"
    return f"{reverse('group', args=[content.vocabulary[fact_id].group])}#{fragment}"
