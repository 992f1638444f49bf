"""Where a person's ZIP code and a study's sites lie, and how far apart they are.

Offline, from the table of US ZIP codes in the package `zipcodes`: a ZIP code is a point in the middle of its area, a city the middle of its
ZIP codes. The registry's own points are the centers of cities. So a distance is good to some miles, and says what it was measured to.
What is not in the table has no place: there is no nearest spelling and no guess, and no table outside the United States.
"""

from __future__ import annotations

import math
import re
import statistics
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from wayline.trials.study import OPEN_LATER, OPEN_NOW, Site, Study

EARTH_RADIUS_MILES = 3958.8
# Studies that a person can ask to join, now or soon. One that enrolls by invitation takes only people whom it asks itself.
OPEN_TO_NEW_PEOPLE = OPEN_NOW | OPEN_LATER
# A second name of a place counts only where all its ZIP codes lie together: banks and crossroads have the same name in many places.
FARTHEST_FOR_A_SECOND_NAME_MILES = 30.0

Precision = Literal["city center", "ZIP area"]

_ZIP_CODE = re.compile(r"\s*([0-9]{5})(?:[-\s]?[0-9]{4})?\s*")
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHE = re.compile(r"['’`]")
_SHORT_WORDS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "n": "north", "s": "south", "e": "east", "w": "west"}
_STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO", "connecticut": "CT",
    "delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID", "illinois": "IL",
    "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA", "maine": "ME", "maryland": "MD",
    "massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS", "missouri": "MO", "montana": "MT", "nebraska": "NE",
    "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ", "new mexico": "NM", "new york": "NY", "north carolina": "NC",
    "north dakota": "ND", "ohio": "OH", "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI",
    "south carolina": "SC", "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT", "virginia": "VA",
    "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
    "american samoa": "AS", "guam": "GU", "northern mariana islands": "MP", "puerto rico": "PR", "virgin islands": "VI",
}  # fmt: skip
_UNITED_STATES = frozenset({"unitedstates", "unitedstatesofamerica", "usa", "us"})
# The registry lists these as countries of their own.
_COUNTRIES_IN_THE_TABLE = {
    "puertorico": "PR", "guam": "GU", "americansamoa": "AS", "northernmarianaislands": "MP", "virginislandsus": "VI",
    "usvirginislands": "VI",
}  # fmt: skip


class Point(NamedTuple):
    """A place on Earth, in degrees; north and east are positive."""

    latitude: float
    longitude: float


class Located(NamedTuple):
    """A point, and what it is the middle of."""

    point: Point
    precision: Precision


@dataclass(frozen=True, slots=True)
class SiteDistance:
    """The nearest open site. `status_known` is False where the site's own status is not told and the study's stands for it."""

    site: Site
    miles: float
    precision: Precision
    status_known: bool


def miles_between(one: Point, other: Point) -> float:
    """The great circle distance in miles, on a round Earth."""
    latitudes = math.radians(one.latitude), math.radians(other.latitude)
    north = math.sin((latitudes[1] - latitudes[0]) / 2) ** 2
    east = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    half_chord = math.sqrt(min(1.0, north + math.cos(latitudes[0]) * math.cos(latitudes[1]) * east))
    return 2 * EARTH_RADIUS_MILES * math.asin(half_chord)


def point_of_zip(zip_code: str) -> Point | None:
    """The middle of a US ZIP code's area; `77030` and `77030-1234` are the same. None where the table does not hold it."""
    match = _ZIP_CODE.fullmatch(zip_code)
    return _table().zip_codes.get(match[1]) if match else None


class ZipTable:
    """The points of all ZIP codes as arrays, to be kept between runs: making the table anew takes some tenths of a second."""

    def __init__(self, codes: NDArray[np.int64], points: NDArray[np.float64]) -> None:
        """`codes` are the five digits as whole numbers, rising; `points` (n, 2) in degrees. ValueError where they do not fit together."""
        if points.shape != (len(codes), 2) or np.any(np.diff(codes) <= 0):
            raise ValueError("the table of ZIP codes does not fit together")
        self.codes, self.points = codes, points

    @classmethod
    @cache
    def whole(cls) -> ZipTable:
        """The table of the package `zipcodes`, made once a process."""
        rows = sorted((int(code), point) for code, point in _table().zip_codes.items())
        return cls(np.asarray([code for code, _ in rows], dtype=np.int64), np.asarray([point for _, point in rows], dtype=np.float64))

    def point_of(self, zip_code: str) -> Point | None:
        """As `point_of_zip`."""
        match = _ZIP_CODE.fullmatch(zip_code)
        if match is None:
            return None
        place = int(np.searchsorted(self.codes, int(match[1])))
        if place == len(self.codes) or self.codes[place] != int(match[1]):
            return None
        return Point(*self.points[place].tolist())


@lru_cache(maxsize=50_000)
def point_of_city(city: str, state: str | None) -> Point | None:
    """The middle of a US city's ZIP codes. The state is a name or its two letters, and may stand in `city` ("Houston, Texas") instead.

    None where no state is told, or the table does not hold the city: there is a Portland in many states.
    """
    words = _words(city)
    code = state_code(state) if state else None
    if code is None and "," in city and not state:
        code = state_code(city.rpartition(",")[2])
    if code is None:
        return None
    cities = _table().cities
    return cities.get((code, _squeezed(words))) or cities.get((code, _squeezed(_without_state(words, code))))


def state_code(state: str) -> str | None:
    """The two letters of a state, a territory or DC, from its name or its letters; None where it is none of them."""
    words = _words(state, spell_out=False)
    code = "".join(words).upper()
    return code if code in _STATES.values() else _STATES.get(" ".join(words))


def locate(site: Site) -> Located | None:
    """Where a site lies: by its own coordinates, else its ZIP code, else its city and state. None where none of them is known.

    Only sites in the United States and its territories are looked up: five digits mean another place elsewhere.
    """
    if site.latitude is not None and site.longitude is not None:
        return Located(Point(site.latitude, site.longitude), "city center")
    return _looked_up(site.city, site.state, site.zip, site.country)


def open_sites(study: Study) -> Iterator[tuple[Site, bool]]:
    """Each site of a study that is open to new people, and whether that is the site's own status or the study's.

    A study that says it is closed has no open site, whatever is still written beside its sites. A study that says nothing of itself has
    those whose own status says so.
    """
    if study.overall_status is not None and study.overall_status not in OPEN_TO_NEW_PEOPLE:
        return
    for site in study.sites:
        if site.status in OPEN_TO_NEW_PEOPLE:
            yield site, True
        elif site.status is None and study.overall_status is not None:
            yield site, False


def nearest_open_site(study: Study, from_point: Point) -> SiteDistance | None:
    """The nearest site that is open to new people; None where no open site has a known place.

    Of several in the same city, the first whose own status is told.
    """
    found: list[SiteDistance] = []
    for site, status_known in open_sites(study):
        located = locate(site)
        if located is not None:
            found.append(SiteDistance(site, miles_between(from_point, located.point), located.precision, status_known))
    return min(found, key=lambda one: (one.miles, not one.status_known), default=None)


class SiteTable:
    """Where the open sites of many studies lie, as one array: made once for a mirror, asked for every person."""

    def __init__(self, studies: Iterable[Study]) -> None:
        counts, points = [], []
        for study in studies:
            here = open_points(study)
            counts.append(len(here))
            points.extend(here)
        self.points = np.asarray(points, dtype=np.float64).reshape(-1, 2)  # degrees, end to end
        self.counts = np.asarray(counts, dtype=np.int64)
        self._points = PointTable(self.points, self.counts)

    def miles_to_nearest(self, from_point: Point) -> NDArray[np.float64]:
        """For each study, in the order given: miles to its nearest open site, NaN where none has a known place."""
        return self._points.miles_to_nearest(from_point)


class PointTable:
    """Points of many owners: `counts[n]` of them belong to owner n, in order."""

    def __init__(self, points: Iterable[tuple[float, float]] | NDArray[np.float64], counts: Iterable[int]) -> None:
        counted = np.fromiter(counts, dtype=np.intp)
        self._directions = _on_the_unit_ball(points)
        self._owners = np.flatnonzero(counted)
        self._starts = (np.cumsum(counted) - counted)[self._owners]
        self._number_of_owners = len(counted)

    def miles_to_nearest(self, from_point: Point) -> NDArray[np.float64]:
        """For each owner: miles to its nearest point, NaN where it has none."""
        miles = np.full(self._number_of_owners, np.nan)
        if len(self._owners):
            cosines = self._directions @ _on_the_unit_ball([from_point])[0]
            miles[self._owners] = _miles_of_cosines(np.maximum.reduceat(cosines, self._starts))
        return miles


def open_points(study: Study) -> list[Point]:
    """The places of a study's open sites, each place once."""
    located = (locate(site) for site, _ in open_sites(study))
    return list(dict.fromkeys(one.point for one in located if one is not None))


def all_open_places_known(study: Study) -> bool:
    """Whether every site that may be open has a known place; True where the study says that it is closed."""
    if study.overall_status is not None and study.overall_status not in OPEN_TO_NEW_PEOPLE:
        return True
    if not study.sites or (study.overall_status is None and any(site.status is None for site in study.sites)):
        return False
    return all(locate(site) is not None for site, _ in open_sites(study))


class _Table(NamedTuple):
    zip_codes: Mapping[str, Point]
    cities: Mapping[tuple[str, str], Point]  # by the state's two letters and the squeezed name


class _Row(TypedDict):
    """What is read of a row of `zipcodes`."""

    zip_code: str
    zip_code_type: str
    city: str
    acceptable_cities: list[str]
    unacceptable_cities: list[str]
    lat: str
    long: str


@lru_cache(maxsize=50_000)
def _looked_up(city: str | None, state: str | None, zip_code: str | None, country: str | None) -> Located | None:
    squeezed_country = "".join(_words(country or "", spell_out=False))
    territory = _COUNTRIES_IN_THE_TABLE.get(squeezed_country)
    if territory is None and squeezed_country not in _UNITED_STATES:
        return None
    point = point_of_zip(zip_code) if zip_code else None
    if point is not None:
        return Located(point, "ZIP area")
    point = point_of_city(city, territory or state) if city else None
    return Located(point, "city center") if point else None


@cache
def _table() -> _Table:
    """Read once a process, at first use (some tenths of a second). State by state: all rows at once would take a quarter of a gigabyte."""
    zip_codes: dict[str, Point] = {}
    cities: dict[tuple[str, str], Point] = {}
    for code in _STATES.values():
        rows = [(row, Point(float(row["lat"]), float(row["long"]))) for row in _rows_of_state(code)]
        rows = [(row, point) for row, point in rows if point != (0, 0)]  # the table's word for "not known"
        zip_codes.update((row["zip_code"], point) for row, point in rows)
        cities.update(((code, name), point) for name, point in _cities_of(rows).items())
    return _Table(zip_codes, cities)


def _rows_of_state(code: str) -> list[_Row]:
    import zipcodes

    rows: list[_Row] = zipcodes.filter_by_state(code)  # type: ignore[no-untyped-call]
    return rows


def _cities_of(rows: list[tuple[_Row, Point]]) -> dict[str, Point]:
    """The middle of each city of one state, by squeezed name. A city's own name goes before a second name for part of another."""
    own: dict[str, list[tuple[_Row, Point]]] = {}
    second: dict[str, list[tuple[_Row, Point]]] = {}
    for row, point in rows:
        own.setdefault(row["city"], []).append((row, point))
        for name in row["acceptable_cities"] + row["unacceptable_cities"]:
            second.setdefault(name, []).append((row, point))
    own, second = _by_squeezed_name(own), _by_squeezed_name(second)
    cities = {name: _middle(places) for name, places in own.items()}
    for name, places in second.items():
        if name not in cities and _lie_together(places):
            cities[name] = _middle(places)
    return cities


def _by_squeezed_name(places: dict[str, list[tuple[_Row, Point]]]) -> dict[str, list[tuple[_Row, Point]]]:
    squeezed: dict[str, list[tuple[_Row, Point]]] = {}
    for name, here in places.items():
        squeezed.setdefault(_squeezed(_words(name)), []).extend(here)
    return squeezed


def _lie_together(places: list[tuple[_Row, Point]]) -> bool:
    if len(places) == 1:
        return True
    middle = _middle(places)
    return all(miles_between(middle, point) <= FARTHEST_FOR_A_SECOND_NAME_MILES for _, point in places)


def _middle(places: list[tuple[_Row, Point]]) -> Point:
    """The median of the areas where mail is brought; of boxes and single buildings only where there are no others."""
    points = [point for row, point in places if row["zip_code_type"] == "STANDARD"] or [point for _, point in places]
    if len(points) == 1:
        return points[0]
    return Point(statistics.median(point.latitude for point in points), statistics.median(point.longitude for point in points))


def _words(name: str, spell_out: bool = True) -> list[str]:
    """A name's words without case, accents and signs; "St." and "Ft." in full."""
    plain = name.lower()
    if not plain.isascii():
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    words = _WORD.findall(_APOSTROPHE.sub("", plain))
    return [_SHORT_WORDS.get(word, word) for word in words] if spell_out else words


def _squeezed(words: list[str]) -> str:
    """Words as one: "O'Fallon" is "O Fallon", "The Bronx" is "Bronx", "Travis Air Force Base" is "Travis AFB"."""
    return "".join(words[1:] if words[:1] == ["the"] else words).replace("airforcebase", "afb")


def _without_state(words: list[str], code: str) -> list[str]:
    """A city's words without the name or letters of its state at the end: "Houston Texas", "Washington D C"."""
    name = next(name for name, letters in _STATES.items() if letters == code)
    for ending in (name.split(), [code.lower()], list(code.lower())):
        if words[-len(ending) :] == ending and len(words) > len(ending):
            return words[: -len(ending)]
    return words


def _on_the_unit_ball(points: Iterable[tuple[float, float]] | NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) directions from the middle of the Earth, for (latitude, longitude) in degrees."""
    degrees = np.asarray(points if isinstance(points, np.ndarray) else list(points), dtype=np.float64).reshape(-1, 2)
    latitudes, longitudes = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    across = np.cos(latitudes)
    return np.column_stack((across * np.cos(longitudes), across * np.sin(longitudes), np.sin(latitudes)))


def _miles_of_cosines(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    return EARTH_RADIUS_MILES * np.arccos(np.clip(cosines, -1.0, 1.0))
