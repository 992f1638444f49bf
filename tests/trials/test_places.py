"""Where ZIP codes, cities and sites lie, which site is open, and how far it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trials.making import site_of, study_of
from wayline.trials.places import (
    Point,
    PointTable,
    SiteTable,
    all_open_places_known,
    locate,
    miles_between,
    nearest_open_site,
    open_sites,
    point_of_city,
    point_of_zip,
    state_code,
)

HOUSTON = Point(29.76, -95.37)
DALLAS = Point(32.78, -96.80)
BOSTON = Point(42.36, -71.06)

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("77030", HOUSTON),
        (" 77030 ", HOUSTON),
        ("77030-1234", HOUSTON),
        ("77030 1234", HOUSTON),
        ("770301234", HOUSTON),
        ("02115", BOSTON),
        ("00901", Point(18.47, -66.11)),
        ("20892", Point(39.0, -77.1)),
    ],
)
def test_a_zip_code_lies_in_its_area(typed: str, near: Point) -> None:
    point = point_of_zip(typed)
    assert point is not None
    assert miles_between(point, near) < 10


@pytest.mark.parametrize(
    "typed", ["", "00000", "99999", "7703", "2115", "770300", "77030-12", "7703O", "Houston", "SW1A 1AA", "٧٧٠٣٠", "77030\n77031", "09009"]
)
def test_what_is_no_known_zip_code_has_no_place(typed: str) -> None:
    assert point_of_zip(typed) is None


@pytest.mark.parametrize(
    ("city", "state", "near"),
    [
        ("Houston", "Texas", HOUSTON),
        ("HOUSTON", "TX", HOUSTON),
        ("houston,", "tx", HOUSTON),
        ("Houston, Texas", None, HOUSTON),
        ("Houston, TX", None, HOUSTON),
        ("Houston, Texas", "Texas", HOUSTON),
        ("Houston TX", "TX", HOUSTON),
        ("Boston", "Massachusetts", BOSTON),
        ("New York", "New York", Point(40.75, -73.98)),
        ("New York City", "NY", Point(40.75, -73.98)),
        ("The Bronx", "New York", Point(40.85, -73.87)),
        ("Washington", "District of Columbia", Point(38.9, -77.03)),
        ("Washington D.C.", "D.C.", Point(38.9, -77.03)),
        ("Washington, DC", None, Point(38.9, -77.03)),
        ("St. Louis", "MO", Point(38.63, -90.25)),
        ("Saint Louis", "Missouri", Point(38.63, -90.25)),
        ("Ft. Worth", "Texas", Point(32.75, -97.33)),
        ("Fort Worth", "Texas", Point(32.75, -97.33)),
        ("Mt. Kisco", "NY", Point(41.2, -73.73)),
        ("N. Chicago", "Illinois", Point(42.33, -87.84)),
        ("Bayamón", "Puerto Rico", Point(18.38, -66.16)),
        ("Bayamon", "PR", Point(18.38, -66.16)),
        ("Coeur d'Alene", "Idaho", Point(47.7, -116.79)),
        ("Lee’s Summit", "Missouri", Point(38.91, -94.37)),
        ("Winston-Salem", "North Carolina", Point(36.1, -80.25)),
        ("McLean", "Virginia", Point(38.94, -77.19)),
        ("Travis Air Force Base", "California", Point(38.27, -121.94)),
        ("Kansas City", "Kansas", Point(39.11, -94.68)),
        ("Orlando", "Florida", Point(28.54, -81.37)),
    ],
)
def test_a_city_is_found_in_every_usual_spelling(city: str, state: str | None, near: Point) -> None:
    point = point_of_city(city, state)
    assert point is not None
    assert miles_between(point, near) < 12


@pytest.mark.parametrize(
    ("city", "state"),
    [
        ("Portland", None),  # Oregon, Maine and more
        ("Houston", "Ontario"),
        ("Houston", ""),
        ("Hoston", "Texas"),  # no nearest spelling: another town may have that name
        ("Houston", "Vermont"),
        ("Multiple Locations", "Texas"),
        ("Bank of America", "California"),  # a second name that stands for buildings in several cities
        ("", "Texas"),
        ("Texas", "Texas Texas"),
    ],
)
def test_an_unknown_city_has_no_place(city: str, state: str | None) -> None:
    assert point_of_city(city, state) is None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Texas", "TX"),
        ("tx", "TX"),
        ("D.C.", "DC"),
        ("West Virginia", "WV"),
        ("PUERTO RICO", "PR"),
        ("Texass", None),
        ("T", None),
        ("", None),
    ],
)
def test_a_state_is_known_by_its_name_or_letters(written: str, code: str | None) -> None:
    assert state_code(written) == code


@pytest.mark.parametrize(
    ("one", "other", "miles"),
    [
        (HOUSTON, HOUSTON, 0),
        (HOUSTON, DALLAS, 225),
        (Point(40.7128, -74.0060), Point(51.5074, -0.1278), 3461),  # New York to London
        (Point(0, 179), Point(0, -179), 138),  # over the date line
        (Point(90, 0), Point(-90, 0), math.pi * 3958.8),
        (Point(0, 0), Point(0, 180), math.pi * 3958.8),
    ],
)
def test_miles_follow_the_great_circle(one: Point, other: Point, miles: float) -> None:
    assert miles_between(one, other) == pytest.approx(miles, abs=1.5)


@given(points, points)
def test_miles_are_the_same_both_ways_and_never_beyond_half_the_earth(one: Point, other: Point) -> None:
    assert miles_between(one, other) == pytest.approx(miles_between(other, one))
    assert 0 <= miles_between(one, other) <= math.pi * 3958.8 + 0.001


@given(points, points, points)
def test_a_way_round_is_never_shorter(one: Point, other: Point, between: Point) -> None:
    assert miles_between(one, other) <= miles_between(one, between) + miles_between(between, other) + 0.01


@pytest.mark.parametrize(
    ("site", "near", "precision"),
    [
        (site_of("Houston", "Texas", zip="02115", at=(32.78, -96.80)), DALLAS, "city center"),  # its own point goes first
        (site_of("Houston", "Texas", zip="02115"), BOSTON, "ZIP area"),  # then its ZIP code
        (site_of("Houston", "Texas", zip="99999"), HOUSTON, "city center"),  # an unknown one says nothing
        (site_of("Houston", "Texas"), HOUSTON, "city center"),
        (site_of("Houston", "Texas", "USA"), HOUSTON, "city center"),
        (site_of("San Juan", None, "Puerto Rico"), Point(18.4, -66.07), "city center"),
        (site_of("San Juan", "Puerto Rico", "United States"), Point(18.4, -66.07), "city center"),
        (site_of("Paris", None, "France", at=(48.85, 2.35)), Point(48.85, 2.35), "city center"),
    ],
)
def test_a_site_lies_where_its_best_word_says(site: object, near: Point, precision: str) -> None:
    located = locate(site)  # type: ignore[arg-type]
    assert located is not None
    assert miles_between(located.point, near) < 15
    assert located.precision == precision


@pytest.mark.parametrize(
    "site",
    [
        site_of(),
        site_of("Houston"),
        site_of(None, "Texas"),
        site_of("Berlin", "Maryland", "Germany"),
        site_of("Berlin", None, "Germany", zip="10115"),  # five digits, but not a ZIP code
        site_of("Houston", "Texas", None),  # a country that is not told is not the United States
        site_of("Tbilisi", "Georgia", "Georgia"),
    ],
)
def test_a_site_without_a_known_place_is_nowhere(site: object) -> None:
    assert locate(site) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("study", "site", "found"),
    [
        ("RECRUITING", "RECRUITING", True),
        ("RECRUITING", "NOT_YET_RECRUITING", True),
        ("NOT_YET_RECRUITING", None, False),
        ("RECRUITING", None, False),
        ("AVAILABLE", None, False),
        (None, "RECRUITING", True),
        (None, "AVAILABLE", True),
        # closed, or not told to be open
        ("RECRUITING", "COMPLETED", None),
        ("RECRUITING", "TEMPORARILY_CLOSED_TO_ACCRUAL", None),
        ("RECRUITING", "ACTIVE_NOT_RECRUITING", None),
        ("RECRUITING", "ENROLLING_BY_INVITATION", None),
        ("ENROLLING_BY_INVITATION", None, None),
        ("ENROLLING_BY_INVITATION", "RECRUITING", None),
        ("COMPLETED", "RECRUITING", None),  # left over from before
        ("COMPLETED", None, None),
        ("SUSPENDED", None, None),
        ("UNKNOWN", None, None),
        ("A NEW WORD", "RECRUITING", None),
        ("RECRUITING", "A NEW WORD", None),
        (None, None, None),
    ],
)
def test_a_site_is_open_where_it_or_its_study_says_so(study: str | None, site: str | None, found: bool | None) -> None:
    asked = study_of(1, overall_status=study, sites=(site_of("Houston", "Texas", status=site),))
    nearest = nearest_open_site(asked, HOUSTON)
    assert (nearest.status_known if nearest else None) is found
    assert len(list(open_sites(asked))) == (found is not None)


def test_the_nearest_open_site_is_found_not_the_nearest_closed_one() -> None:
    closed = site_of("Houston", "Texas", status="COMPLETED")
    near = site_of("Dallas", "Texas", status="RECRUITING")
    far = site_of("Boston", "Massachusetts", status="RECRUITING")
    nearest = nearest_open_site(study_of(1, overall_status="RECRUITING", sites=(far, closed, near)), HOUSTON)
    assert nearest is not None
    assert nearest.site is near
    assert nearest.miles == pytest.approx(225, abs=12)
    assert nearest.precision == "city center"


def test_of_two_sites_in_one_city_the_one_with_its_own_status_is_named() -> None:
    untold = site_of("Dallas", "Texas", facility="First")
    told = site_of("Dallas", "Texas", facility="Second", status="RECRUITING")
    nearest = nearest_open_site(study_of(1, overall_status="RECRUITING", sites=(untold, told)), HOUSTON)
    assert nearest is not None
    assert nearest.site is told


def test_no_site_and_no_known_place_give_no_distance() -> None:
    assert nearest_open_site(study_of(1, overall_status="RECRUITING"), HOUSTON) is None
    assert nearest_open_site(study_of(1, overall_status="RECRUITING", sites=(site_of("Lyon", None, "France"),)), HOUSTON) is None


@pytest.mark.parametrize(
    ("status", "sites", "known"),
    [
        ("RECRUITING", (site_of("Houston", "Texas"),), True),
        ("RECRUITING", (site_of("Houston", "Texas"), site_of("Lyon", None, "France")), False),
        ("RECRUITING", (site_of("Houston", "Texas"), site_of("Lyon", None, "France", status="COMPLETED")), True),
        ("RECRUITING", (), False),
        ("COMPLETED", (), True),
        (None, (site_of("Houston", "Texas"),), False),
        (None, (site_of("Houston", "Texas", status="RECRUITING"),), True),
        (None, (), False),
    ],
)
def test_all_open_places_are_known_only_where_no_site_is_left_out(status: str | None, sites: tuple[object, ...], known: bool) -> None:
    assert all_open_places_known(study_of(1, overall_status=status, sites=sites)) is known


_SITES = st.lists(
    st.builds(
        lambda at, status: site_of(country="France", at=at, status=status),
        st.one_of(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), st.just((None, None))),
        st.sampled_from([None, "RECRUITING", "COMPLETED"]),
    ),
    max_size=4,
)


@given(st.lists(st.tuples(st.sampled_from([None, "RECRUITING", "COMPLETED"]), _SITES), max_size=6), points)
def test_the_table_of_all_sites_answers_as_each_study_alone(told: list[tuple[str | None, list[object]]], home: Point) -> None:
    studies = [study_of(number, overall_status=status, sites=tuple(sites)) for number, (status, sites) in enumerate(told)]
    alone = [nearest_open_site(study, home) for study in studies]
    expected = [one.miles if one else math.nan for one in alone]
    # An angle near 0 or half a circle loses digits in its cosine: some hundred feet.
    np.testing.assert_allclose(SiteTable(studies).miles_to_nearest(home), expected, atol=0.05)


def test_a_table_without_studies_and_studies_without_sites_are_fine() -> None:
    assert SiteTable([]).miles_to_nearest(HOUSTON).shape == (0,)
    assert np.isnan(PointTable([], [0, 0]).miles_to_nearest(HOUSTON)).all()
    assert PointTable([HOUSTON, DALLAS], [0, 2, 0]).miles_to_nearest(DALLAS).tolist()[1] == pytest.approx(0, abs=0.01)
