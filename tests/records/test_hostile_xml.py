"""Hostile, broken and cut XML: refused in words, with a line where there is one, quickly and in bounded memory; never another exception."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.helpers import shared_folder
from tests.records.ccda_documents import (
    CCDA,
    LOINC,
    SECRET_NAME,
    SNOMED,
    allergy,
    coded,
    document,
    drug,
    lab,
    medication,
    observation,
    panel,
    person,
    pq,
    problem,
    procedure,
    read,
    relative,
    section,
    uncoded,
)
from wayline.reading import WaylineError
from wayline.records import safe_xml
from wayline.records.safe_xml import DEEPEST_ELEMENT, LARGEST_XML_BYTES, LONGEST_ATTRIBUTE, MOST_ELEMENTS, read_xml

MANY_MB = 300_000_000
BOMB = "<!DOCTYPE lolz [" + "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10 if at else "lol"}">' for at in range(12)) + "]>"

WHOLE = document(
    section(
        "problems",
        problem(coded("276803003", SNOMED, "Adenocarcinoma of esophagus"), state="55561003", author="20260401"),
        problem(uncoded('<reference value="#p1"/>'), negated=True),
        text='<list><item ID="p1">Liver metastases</item></list>',
    ),
    section("results", panel(lab("718-7", "Hgb", pq("12.9", "g/dL"), limits=("12", "16"), unit="g/dL"))),
    section("medications", medication(drug("32592", "oxaliplatin"), high="20260901")),
    section("procedures", procedure(coded("45900003", SNOMED, "Esophagectomy", tag="code"))),
    section("allergies", allergy(drug("32592", "oxaliplatin"))),
    section("family", relative(observation(coded("75323-6", LOINC, tag="code"), coded("94381002", SNOMED)))),
    section("assessment", text="<paragraph>Stable.</paragraph>"),
)


def refusal(raw: bytes) -> str:
    """The message with which XML is refused, without the file's own name."""
    with pytest.raises(WaylineError) as caught:
        read_xml(raw, "record.xml")
    message = str(caught.value)
    assert message.startswith(("record.xml: ", "record.xml, line "))
    assert SECRET_NAME not in message
    assert len(message) < 300
    return message.removeprefix("record.xml").lstrip(":, ")


# --- Tricks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
        "<!DOCTYPE a [<!ENTITY % a \"<!ENTITY &#x25; b SYSTEM 'file:///etc/passwd'>\"> %a;]>",
        f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE a PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "c">]>',
        "<!DOCTYPE a>",
    ],
)
def test_a_document_type_is_refused_before_the_parser_sees_it(prolog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_be_called(*_: object) -> None:
        raise AssertionError("the parser was called")

    monkeypatch.setattr(safe_xml, "_parsed", must_not_be_called)
    for before in ("", '<?xml version="1.0"?>\n', "<!-- <!DOCTYPE is no harm here -->\n", "<?pi ?>\n", "\ufeff"):
        raw = f"{before}{prolog}<a>&x;</a>"
        assert "document type declaration (DOCTYPE)" in refusal(raw.encode())
        assert refusal(raw.encode()).startswith(f"line {before.count(chr(10)) + 1}:")
        assert "document type declaration" in refusal(raw.replace("\ufeff", "").encode("utf-16"))


@pytest.mark.parametrize("raw", [b"<a>&x;</a>", b"<a b='&x;'/>", b"<a>&nbsp;</a>"])
def test_entities_that_nobody_declared_are_refused(raw: bytes) -> None:
    assert "which XML does not know" in refusal(raw)


def test_the_five_entities_and_numbers_are_read() -> None:
    assert read_xml(b"<a>&lt;&amp;&#65;&#x42;<![CDATA[<!DOCTYPE x>]]></a>", "x").text == "<&AB<!DOCTYPE x>"


def test_nothing_is_included() -> None:
    raw = b"<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd' parse='text'/></a>"
    assert "root:" not in "".join(map(str, read_xml(raw, "x").itertext()))


# --- Too much -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"<a>" * (DEEPEST_ELEMENT + 1) + b"</a>" * (DEEPEST_ELEMENT + 1), "nested deeper than 100 levels"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, "nested deeper than 100 levels"),
        (b"<a>" * 1_000_000, "more than 400,000 elements"),
        (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "more than 400,000 elements"),
        (b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>", "more than 400,000 elements"),
        (b"<a b='" + b"x" * (LONGEST_ATTRIBUTE + 1) + b"'/>", "an attribute of more than 50,000 characters"),
        (b"<a b='" + b"x" * 11_000_000 + b"'/>", "far too long"),
        (b"<a>" + b"x" * 11_000_000 + b"</a>", "far too long"),
        (b"<a>" + b"x" * 9_000_001 + b"</a>", "a text of more than 9,000,000 characters"),
        (b"<a " + b" ".join(b"a%d=''" % at for at in range(3_001)) + b"/>", "more than 3,000 attributes"),
        (b" " * (LARGEST_XML_BYTES + 1), "larger than 40,000,000 bytes"),
        (b"<a>" + b"<!---->" * 1_000_000 + b"</a>", "more than 400,000 elements"),
    ],
)
def test_too_much_is_refused_in_bounded_memory(raw: bytes, message: str) -> None:
    tracemalloc.start()
    try:
        assert message in refusal(raw)
        assert tracemalloc.get_traced_memory()[1] < MANY_MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "raw",
    [
        b"<a>" * DEEPEST_ELEMENT + b"</a>" * DEEPEST_ELEMENT,
        b"<a b='" + b"x" * LONGEST_ATTRIBUTE + b"'/>",
        b"<a>" + b"<b/>" * 1_000 + b"</a>",
        b"<a " + b" ".join(b"a%d=''" % at for at in range(3_000)) + b"/>",
    ],
)
def test_as_much_as_is_allowed_is_read(raw: bytes) -> None:
    assert read_xml(raw, "x").tag == "a"


# --- Not what it says -----------------------------------------------------------------------------------------------

UMLAUT = '<?xml version="1.0"{}?>\n<a>ä</a>'


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\t ", "the file is empty"),
        (b"Dear doctor", "line 1: this is text, not XML"),
        (b"\n\n  {}", "line 3: this is JSON, not XML"),
        (b"%PDF-1.7", "this is a PDF document, not XML"),
        (b"PK\x03\x04", "this is a zip archive, not XML"),
        (b"MSH|^~\\&|", "this is an HL7 version 2 message, not XML"),
        (b"<!doctype html><p>404", "line 1: this is a web page (HTML)"),
        (b"<!-- x --><HTML><BODY>Error 500", "line 1: this is a web page (HTML)"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html/>", "document type declaration"),
        (b"<a>\x00</a>", "line 1: holds a zero byte"),
        (b"<a>\n\x07</a>", "line 2: holds a control character (0x0007)"),
        (UMLAUT.format("").encode("latin-1"), "line 2: the text is not UTF-8 (byte 25), though it is taken as such"),
        (UMLAUT.format(' encoding="UTF-8"').encode("latin-1"), "though it is declared as such"),
        (UMLAUT.format(' encoding="us-ascii"').encode(), "the text is not US-ASCII"),
        (UMLAUT.format(' encoding="UTF-16"').encode(), "line 1: declared as UTF-16, but written in another encoding"),
        (UMLAUT.format(' encoding="UTF-8"').encode("utf-16"), "line 1: declared as 'UTF-8', but written in UTF-16"),
        (UMLAUT.format(' encoding="UTF-7"').encode("utf-7"), "line 1: the encoding 'UTF-7' is not taken"),
        (UMLAUT.format(' encoding="IBM037"').encode("ascii", "replace"), "the encoding 'IBM037' is not taken"),
        (UMLAUT.format("").encode("utf-32"), "written in UTF-32"),
        (UMLAUT.format("").encode("utf-16")[:-1], "not whole UTF-16"),
        (b"<a>\xed\xa0\xbd</a>", "the text is not UTF-8"),
        (b"<a/><b/>", "something follows after the end of the document"),
        (b"<a><b></a>", "Opening and ending tag mismatch"),
        (b"<a b=1></a>", "line 1: not well-formed XML"),
        (b"<a b='1' b='2'></a>", "Attribute b redefined"),
        (b"<a x:b='1'></a>", "Namespace prefix x"),
        (b"<?xml version='1.0'?", "cut off: an instruction begins here"),
        (b"<!-- never", "cut off: a comment begins here"),
        (b"<a>\n<b>", "cut off: the document ends before it is whole"),
        (b"<a><![CDATA[", "cut off"),
        (b"<a b='", "cut off"),
    ],
)
def test_what_is_wrong_is_told(raw: bytes, message: str) -> None:
    assert message in refusal(raw)


@pytest.mark.parametrize(
    "raw",
    [
        UMLAUT.format("").encode(),
        UMLAUT.format("").encode("utf-8-sig"),
        UMLAUT.replace("?>\n", "?>").replace("<?xml", "\n<?xml").format("").encode(),
        UMLAUT.format(' encoding="utf8"').encode(),
        UMLAUT.format(' encoding="ISO-8859-1"').encode("latin-1"),
        UMLAUT.format(" encoding='windows-1252'").encode("cp1252"),
        UMLAUT.format("").encode("utf-16"),
        UMLAUT.format("").encode("utf-16-le"),
        UMLAUT.format("").encode("utf-16-be"),
        UMLAUT.format(' encoding="UTF-16"').encode("utf-16"),
    ],
)
def test_the_usual_encodings_are_read_and_lines_counted(raw: bytes) -> None:
    root = read_xml(raw, "x")
    assert (root.text, root.sourceline) == ("ä", 2)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_file(ending: str) -> None:
    raw = f"<?xml version='1.0'?>{ending}{ending * 20_000}<a>{ending}<b/></a>".encode()
    assert [one.sourceline for one in read_xml(raw, "x").iter()] == [20_002, 20_003]


# --- Whole documents that are damaged -------------------------------------------------------------------------------


def said_of(raw: bytes) -> str:
    """How a document is refused; `read` where it is taken. Any other exception fails the test."""
    try:
        read(raw)
    except WaylineError as error:
        return str(error).partition(": ")[2]
    return "read"


def test_a_document_cut_off_anywhere_is_never_taken() -> None:
    said = Counter(said_of(WHOLE[:length]).partition(":")[0].partition(" (")[0] for length in range(1, len(WHOLE.rstrip()), 500))
    assert set(said) == {"cut off"}


@pytest.mark.parametrize("name", ["CCD_2__CCD.xml", "Operative_Note__Operative_Note.xml"])
def test_a_published_sample_cut_off_anywhere_is_never_taken(name: str) -> None:
    path = shared_folder() / "data" / "patients" / "ccda" / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    raw = path.read_bytes()
    for length in range(500, len(raw) - 500, 500):
        assert said_of(raw[:length]).startswith("cut off")


_BYTES = st.binary(min_size=1, max_size=4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), _BYTES), min_size=1, max_size=4))
def test_any_bytes_changed_make_a_reading_or_an_error(changes: list[tuple[int, bytes]]) -> None:
    raw = bytearray(WHOLE)
    for at, put in changes:
        raw[at : at + len(put)] = put
    said_of(bytes(raw))


_WORDS = st.sampled_from(
    [
        *("", " ", "-1", "0", "1e999", "NaN", "999999999999999999999", "20260231", "00000000", "99991231", "é", "#p1", "#", "true", "PQ"),
        *(
            "IVL_PQ",
            "CD",
            "ST",
            "ED",
            "TS",
            "BL",
            "EVN",
            "INT",
            "completed",
            "UNK",
            "2.16.840.1.113883.6.96",
            "276803003",
            "kg",
            "{x}",
            "B64",
        ),
        "x" * 300,
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The whole document with some elements or attributes removed, changed, doubled or moved."""
    root = etree.fromstring(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        elements = [one for one in root.iter() if one is not root]
        if not elements:
            break
        one = draw(st.sampled_from(elements))
        parent = one.getparent()
        act = draw(st.sampled_from(["remove", "empty", "rename", "double", "move", "unset", "set", "text"]))
        if act == "remove":
            parent.remove(one)
        elif act == "empty":
            for child in list(one):
                one.remove(child)
        elif act == "rename":
            one.tag = draw(st.sampled_from([other.tag for other in elements]))
        elif act == "double":
            parent.append(etree.fromstring(etree.tostring(one)))
        elif act == "move":
            target = draw(st.sampled_from(elements))
            if one not in (target, *target.iterancestors()):
                target.append(one)
        elif act == "unset" and one.attrib:
            del one.attrib[draw(st.sampled_from(sorted(one.attrib)))]
        elif act == "set":
            names = [*one.attrib, "nullFlavor", "value", "unit", "code", "moodCode", "negationInd", "ID", "mediaType", "use"]
            one.set(draw(st.sampled_from(names)), draw(_WORDS))
        else:
            one.text = draw(_WORDS)
    return etree.tostring(root)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(damaged())
def test_any_part_removed_or_replaced_makes_a_reading_or_an_error(raw: bytes) -> None:
    said_of(raw)


def test_ids_that_stand_twice_point_nowhere() -> None:
    entry = problem(uncoded('<reference value="#p1"/>'))
    text = '<list><item ID="p1">Liver metastases</item><item ID="p1">No metastases</item></list>'
    assert [one.fact_id for one in read(document(section("problems", entry, text=text))).facts if "metastases" in one.fact_id] == []


def test_a_reference_to_itself_ends() -> None:
    entry = problem(uncoded('<reference value="#p1"/>'))
    text = '<content ID="p1"><content ID="p2"><reference value="#p1"/></content></content>'
    assert read(document(section("problems", entry, text=text))).counts["problem"] == 1


def test_many_references_to_one_long_text_stay_quick_and_short() -> None:
    """Each of many codes points to one long text: what is kept of it for each is short."""
    text = f'<paragraph ID="p1">{"liver " * 2_000}</paragraph>'
    entries = [problem(uncoded('<reference value="#p1"/>'), low=None) for _ in range(300)]
    reading = read(document(section("problems", *entries, text=text)))
    assert all(len(one.words) <= 210 for one in reading.not_understood)


def test_a_document_for_nobody_is_still_a_reading() -> None:
    assert read(document(target="")).people == 1
    assert read(document(target=person() * 3, kind=f"{CCDA}.9")).people == 1
