"""What a file is that could not be read as a record, in plain words, and what its owner can do.

Told by its content alone. These words are for people; the reader's own message, with the place in the file, stands beside them.
"""

from __future__ import annotations

import io
import re
import zipfile

_START = 4_000  # bytes that are looked at
_HEALTH_FILE = "Download your health record from the portal as a file for computers: FHIR, C-CDA, XML or JSON."
_PASTE_OR_FILE = f"{_HEALTH_FILE} Or copy the words of a report and paste them."
_AGAIN = "Download it once more from where you got it. Do not open or change it before you bring it in."

_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"\xd0\xcf\x11\xe0", "a Word or Excel document"),
    (b"7z\xbc\xaf", "a packed file of another kind"),
    (b"Rar!", "a packed file of another kind"),
)
_PACKED_DOCUMENTS = (
    ("word/", "a Word document"),
    ("xl/", "an Excel table"),
    ("ppt/", "a PowerPoint document"),
    ("content.xml", "a text document"),
    ("index/", "a Pages document"),
)
_WEB_PAGE = re.compile(rb"\s*(?:<\?xml[^>]{0,300}>\s*)?(?:<!--[^>]{0,400}-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def what_it_is(data: bytes) -> str:
    """One file in plain words: what it is, and what can be done. For a file of which the reader has already said that it cannot be read."""
    bare = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = bare[:_START]
    kind = next((kind for sign, kind in _SIGNS if start.startswith(sign)), None) or _by_place(data)
    if kind is not None:
        return f"This is {kind}. It cannot be read here. {_PASTE_OR_FILE}"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_zip(data)
    if data.startswith(b"\x1f\x8b"):
        return f"This is a packed file, but it is damaged or holds no health record. {_AGAIN}"
    if b"DICM" in data[128:132]:
        return f"This is an image of a scan (DICOM). It cannot be read here. {_PASTE_OR_FILE}"
    if start.startswith(b"MSH|"):
        return f"This is a message between hospitals’ computers (HL7 version 2). It cannot be read here. {_HEALTH_FILE}"
    text = start.replace(b"\x00", b"")  # text of two bytes a letter tells its kind all the same
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text[2:]
    if _WEB_PAGE.match(text):
        return (
            "This is a web page, not a health record. "
            f"A portal may have shown an error or a sign-in page when you saved it. {_PASTE_OR_FILE}"
        )
    if text.startswith(b"<"):
        return _of_xml(data)
    if text.startswith((b"{", b"[")):
        return _of_json(data)
    if _is_text(data):
        return (
            "This is plain text, not a health record that a computer wrote. "
            f"If it is a report, copy its words and paste them. {_HEALTH_FILE}"
        )
    return f"This is no kind of file that can be read here. {_PASTE_OR_FILE}"


def _by_place(data: bytes) -> str | None:
    """Kinds whose sign does not stand at the start."""
    if data[4:8] == b"ftyp":
        return "a picture" if data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif") else "a video or sound file"
    is_bitmap = data[:2] == b"BM" and data[6:10] == bytes(4)
    return "a picture" if is_bitmap or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") else None


def _of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, RecursionError):
        return f"This is a zip file, but it is damaged or cut off. {_AGAIN}"
    kind = next((kind for start, kind in _PACKED_DOCUMENTS if any(name.startswith(start) for name in names)), None)
    if kind is not None and not any(name.endswith((".json", ".ndjson")) for name in names):
        return f"This is {kind}. It cannot be read here. {_PASTE_OR_FILE}"
    return f"This is a zip file, but it could not be read as a health record. {_HEALTH_FILE}"


def _of_xml(data: bytes) -> str:
    start = data[:20_000].replace(b"\x00", b"")
    if b"<HealthData" in start:
        return (
            "This is export.xml, a part of what an iPhone exports. It holds only what the phone measured. "
            "Bring in the whole export.zip, just as the phone made it."
        )
    if b"http://hl7.org/fhir" in start:
        return "This is a health record as FHIR, but written as XML. It cannot be read here. Ask for the same record as JSON."
    if b"ClinicalDocument" in start:
        return f"This is a health record (C-CDA), but a part of it is broken. {_AGAIN}"
    return f"This is an XML file, but not a health record. {_HEALTH_FILE}"


def _of_json(data: bytes) -> str:
    if b"resourceType" in data[:200_000].replace(b"\x00", b""):
        return f"This looks like a health record (FHIR), but a part of it is broken or missing. {_AGAIN}"
    return f"This is a file for computers (JSON), but not a health record. {_HEALTH_FILE}"


def _is_text(data: bytes) -> bool:
    sample = data[:_START].replace(b"\x00", b"") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data[:_START]
    return bool(sample) and not any(byte < 9 or 13 < byte < 32 for byte in sample)
