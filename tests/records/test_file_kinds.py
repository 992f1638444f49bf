"""What a file is that cannot be read as a record, in plain words, told by its content alone."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayline.records.file_kinds import what_it_is

PORTAL = "from the portal"


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "words " * 20)
    return file.getvalue()


KINDS = [
    ("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "This is a PDF", PORTAL),
    ("PDF behind blank lines", b"\n\n%PDF-1.4\n", "This is a PDF", "paste"),
    ("PNG", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is a picture", "paste"),
    ("JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF", "This is a picture", PORTAL),
    ("picture of a phone", b"\x00\x00\x00\x24ftypheic\x00\x00", "This is a picture", PORTAL),
    ("WebP", b"RIFF\x10\x00\x00\x00WEBPVP8 ", "This is a picture", PORTAL),
    ("video", b"\x00\x00\x00\x20ftypisom", "a video", PORTAL),
    ("Word", zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "This is a Word document", "paste"),
    ("Excel", zipped("[Content_Types].xml", "xl/workbook.xml"), "This is an Excel table", PORTAL),
    ("LibreOffice", zipped("mimetype", "content.xml"), "This is a text document", PORTAL),
    ("old Word", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word or Excel", PORTAL),
    ("RTF", b"{\\rtf1\\ansi Report}", "This is a text document", PORTAL),
    ("web page", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "This is a web page", PORTAL),
    ("web page in capitals", b"\xef\xbb\xbf <HTML><HEAD>", "This is a web page", PORTAL),
    ("web page as XML", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "This is a web page", PORTAL),
    ("iPhone's export.xml", b"<?xml version='1.0'?><!DOCTYPE HealthData [\n]><HealthData locale='en_US'>", "export.xml", "export.zip"),
    ("FHIR as XML", b'<Bundle xmlns="http://hl7.org/fhir"><id value="1"/></Bundle>', "as XML", "as JSON"),
    ("broken C-CDA", b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>', "C-CDA", "once more"),
    ("other XML", b"<note><to>you</to></note>", "not a health record", PORTAL),
    ("broken FHIR", b'{"resourceType": "Bundle", "entry": [', "broken or missing", "once more"),
    ("broken FHIR in UTF-16", '{"resourceType": "Bundle"'.encode("utf-16"), "broken or missing", "once more"),
    ("other JSON", b'{"hello": 1}', "not a health record", PORTAL),
    ("plain text", b"Dear colleague, thank you for seeing this person.", "This is plain text", "paste"),
    ("bitmap", b"BM\x36\x10\x00\x00\x00\x00\x00\x00", "This is a picture", PORTAL),
    ("text that begins as a bitmap does", b"BMI 24, weight stable.", "This is plain text", "paste"),
    ("text that begins as a zip does", b"PK parameters were drawn.", "This is plain text", "paste"),
    ("table of values", b"date,test,value\n2026-10-28,ALT,88\n", "This is plain text", PORTAL),
    ("text of an old PC", "Müdigkeit, 3 µmol".encode("latin-1"), "This is plain text", "paste"),
    ("zip of photos", zipped("IMG_1.jpg", "IMG_2.jpg"), "This is a zip file", PORTAL),
    ("damaged zip", zipped("a.json")[:-30], "damaged or cut off", "once more"),
    ("gzip", gzip.compress(b"hello"), "packed file", "once more"),
    ("scan", b"\x00" * 128 + b"DICM\x02\x00", "image of a scan", "paste"),
    ("HL7 version 2", b"MSH|^~\\&|LAB|", "HL7 version 2", PORTAL),
    ("anything else", b"\x00\x01\x02\x03", "no kind of file", PORTAL),
]


@pytest.mark.parametrize(("data", "what", "do"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_a_file_is_named_and_what_to_do_is_said(data: bytes, what: str, do: str) -> None:
    words = what_it_is(data)
    assert what in words
    assert do in words


def test_an_export_that_holds_a_document_beside_records_is_no_document() -> None:
    assert "This is a zip file" in what_it_is(zipped("word/document.xml", "Patient.json"))


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"<", b"{", b"\xff\xfe", b"\x1f\x8b", b"%PDF"]))
def test_any_bytes_get_whole_sentences(data: bytes, start: bytes) -> None:
    """None of them quotes the file: what stands in it may be about a person."""
    words = what_it_is(start + data)
    assert words.startswith("This ")
    assert words.endswith(".")
    assert all(len(sentence.split()) <= 20 for sentence in words.split(". "))
