"""Reading XML from strangers: one element tree, or an error that says what is wrong and on which line.

Whatever the text says, nothing is fetched and nothing is expanded: a document type declaration is refused before the parser sees it, and
with it every entity but the five that XML itself knows. The bytes are decoded here, strictly and in few encodings, so no second reading
of them is possible. Size, depth, counts and lengths are bounded.
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from wayline.reading import Place, WaylineError, shortened

LARGEST_XML_BYTES = 40_000_000
DEEPEST_ELEMENT = 100
MOST_ELEMENTS = 400_000
LONGEST_ATTRIBUTE = 50_000  # characters
LONGEST_TEXT = 9_000_000  # characters: a scanned page within a document
# Each element has one or two tags; what more there may be are comments.
_MOST_TAGS = 2 * MOST_ELEMENTS + 100_000
_MOST_ATTRIBUTES = 3_000  # of one element, name spaces included

_DECLARATION = re.compile(r"\s*<\?xml\s[^>]{0,300}?\?>")
_DECLARED = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s{0,20}=\s{0,20}[\"']([^\"'>]{1,40})[\"']")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16",
    "utf-16be": "utf-16",
}
_ENCODING_WORDS = {"utf-8": "UTF-8", "ascii": "US-ASCII", "latin-1": "ISO-8859-1", "cp1252": "Windows-1252"}
_OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "an RTF document",
    b"MSH|": "an HL7 version 2 message",
}
_BLANK = re.compile(r"\s*")
_NOT_A_LETTER_OF_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_xml(data: bytes, name: str, ends_early: tuple[str, str] | None = None) -> etree._Element:
    """The root element; every fault is a WaylineError. Comments and instructions to programs are left out.

    Lines of the tree are lines of the file, whatever ends them. `ends_early` names an outermost element that some sender is known to end
    too early, and the element that then follows behind it: such parts are read as if they stood within.
    """
    if len(data) > LARGEST_XML_BYTES:
        raise WaylineError(f"{name}: larger than {LARGEST_XML_BYTES:,} bytes; nothing was read")
    text = _decoded(data, name).replace("\r\n", "\n").replace("\r", "\n")
    _refuse_other_texts(text, name)
    _refuse_document_type(text, name)
    if text.count("<") > _MOST_TAGS:
        raise WaylineError(f"{name}: more than {MOST_ELEMENTS:,} elements; nothing was read")
    declaration = _DECLARATION.match(text)
    if declaration is not None:
        # The parser gets UTF-8, whatever the file was written in, and no blank lines before it, which some exports put there.
        text = "\n" * declaration[0].count("\n") + text[declaration.end() :]
    try:
        root = _parsed(text, name)
    except WaylineError:
        mended = text if ends_early is None else _with_its_end(text, *ends_early)
        if mended == text:
            raise
        root = _parsed(mended, name)
    _check_bounds(root, name)
    return root


def stylesheet_lines(data: bytes) -> list[int]:
    """The lines that ask for a style sheet. None is ever fetched; the reader may tell that they were there."""
    start = data[:20_000]
    return [start.count(b"\n", 0, match.start()) + 1 for match in re.finditer(rb"<\?xml-stylesheet\s", start)]


# --- From bytes to text ---------------------------------------------------------------------------------------------


def _decoded(data: bytes, name: str) -> str:
    if not data.strip():
        raise WaylineError(f"{name}: the file is empty")
    for start, what in _OTHER_FILES.items():
        if data.startswith(start):
            raise WaylineError(f"{name}: this is {what}, not XML")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, b"\0\0\0<", b"<\0\0\0")):
        raise WaylineError(f"{name}: written in UTF-32, which is not taken; save it as UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")):
        return _decoded_utf_16(data, name)
    bare = data.removeprefix(codecs.BOM_UTF8)
    declared = _DECLARED.match(bare.lstrip()[:400])
    written = declared[1].decode("ascii", "replace") if declared else "utf-8"
    encoding = _ENCODINGS.get(written.lower())
    if encoding is None:
        raise Place(name, 1).error(f"the encoding '{shortened(written)}' is not taken; save the file as UTF-8")
    if encoding == "utf-16":
        raise Place(name, 1).error("declared as UTF-16, but written in another encoding; save the file as UTF-8")
    try:
        text = bare.decode(encoding)
    except UnicodeDecodeError as error:
        line = bare.count(b"\n", 0, error.start) + 1
        raise Place(name, line).error(
            f"the text is not {_ENCODING_WORDS[encoding]} (byte {error.start}), though it is {'declared' if declared else 'taken'} as such"
        ) from None
    return _without_wrong_letters(text, name)


def _decoded_utf_16(data: bytes, name: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-16-le" if data.startswith(b"<\0") else "utf-16-be"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise WaylineError(f"{name}: the text is not whole UTF-16 (byte {error.start}); it may be cut off") from None
    declared = _DECLARED.match(text[:400].encode("ascii", "replace"))
    if declared is not None and _ENCODINGS.get(declared[1].decode("ascii").lower()) != "utf-16":
        raise Place(name, 1).error(f"declared as '{shortened(declared[1].decode('ascii'))}', but written in UTF-16")
    return _without_wrong_letters(text, name)


def _without_wrong_letters(text: str, name: str) -> str:
    wrong = _NOT_A_LETTER_OF_XML.search(text)
    if wrong is not None:
        line = text.count("\n", 0, wrong.start()) + 1
        what = "a zero byte" if wrong[0] == "\0" else f"a control character ({ord(wrong[0]):#06x})"
        raise Place(name, line).error(f"holds {what}, which no XML may hold; the file is damaged")
    return text


# --- Before the parser ----------------------------------------------------------------------------------------------


def _refuse_other_texts(text: str, name: str) -> None:
    start = text.lstrip()[:1000]
    if not start.startswith("<"):
        what = "JSON" if start[:1] in ("{", "[") else "text"
        raise Place(name, text[: len(text) - len(text.lstrip())].count("\n") + 1).error(f"this is {what}, not XML; XML starts with '<'")
    if re.match(r"(?:<!--[^>]{0,400}-->\s{0,50})?<(?:!doctype\s{1,50}html|html|head|body)\b", start, re.IGNORECASE):
        raise Place(name, 1).error("this is a web page (HTML), perhaps an error message that was saved in place of the record")


def _refuse_document_type(text: str, name: str) -> None:
    """Walk over what may stand before the first element. Entities can be declared nowhere else."""
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        for opening, closing, what in (("<!--", "-->", "a comment"), ("<?", "?>", "an instruction")):
            if text.startswith(opening, at):
                end = text.find(closing, at + len(opening))
                if end < 0:
                    raise Place(name, text.count("\n", 0, at) + 1).error(f"cut off: {what} begins here and never ends")
                at = end + len(closing)
                break
        else:
            break
    if text.startswith("<!", at):
        raise Place(name, text.count("\n", 0, at) + 1).error(
            "holds a document type declaration (DOCTYPE), which can hide files and endless texts; records need none; nothing was read"
        )


def _with_its_end(text: str, outermost: str, following: str) -> str:
    """The text with the end of its outermost element behind what follows it; unchanged where nothing follows."""
    end = re.search(rf"</{outermost}\s{{0,20}}>(?=\s{{0,1000}}<{following}[\s>])", text)
    return text if end is None else f"{text[: end.start()]}{text[end.end() :]}</{outermost}>"


def _parsed(text: str, name: str) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        is_whole = _is_closed(text)
        raise Place(name, max(error.lineno or 1, 1)).error(_in_words(error, is_whole)) from None
    except ValueError as error:
        raise WaylineError(f"{name}: not well-formed XML: {shortened(error)}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise WaylineError(f"{name}: holds a document type declaration (DOCTYPE); nothing was read")
    return root


def _is_closed(text: str) -> bool:
    """Whether the text ends with the end of its outermost element."""
    without_comments = re.sub(r"<!--.*?-->", "", text[:100_000], flags=re.DOTALL)
    outermost = re.search(r"<([^\s<>/?!][^\s<>/]{0,200})", without_comments)
    last = re.search(r"</([^<>\s]{1,200})\s{0,50}>\s{0,1000}\Z", text[-2_000:])
    return outermost is not None and last is not None and last[1] == outermost[1]


def _in_words(error: etree.XMLSyntaxError, is_whole: bool) -> str:
    said = re.sub(r",? line \d+, column \d+$", "", str(error.msg or "").strip()).strip()
    if "Excessive depth" in said:
        return f"nested deeper than {DEEPEST_ELEMENT} levels; nothing was read"
    if "Resource limit" in said:
        return "one text or value is far too long; nothing was read"
    if entity := re.match(r"Entity '([^']{1,60})' not defined", said):
        return f"uses '&{entity[1]};', which XML does not know"
    if "Extra content" in said:
        return "something follows after the end of the document, or it has no single outermost element"
    if not is_whole:
        return f"cut off: the document ends before it is whole ({shortened(said)})"
    return f"not well-formed XML: {shortened(said)}"


def _check_bounds(root: etree._Element, name: str) -> None:
    count = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        count, depth = count + 1, depth + 1
        if count > MOST_ELEMENTS:
            raise WaylineError(f"{name}: more than {MOST_ELEMENTS:,} elements; nothing was read")
        if depth > DEEPEST_ELEMENT:
            raise Place(name, element.sourceline or 1).error(f"nested deeper than {DEEPEST_ELEMENT} levels; nothing was read")
        if len(element.attrib) > _MOST_ATTRIBUTES:
            raise Place(name, element.sourceline or 1).error(f"an element with more than {_MOST_ATTRIBUTES:,} attributes; nothing was read")
        for value in element.attrib.values():
            if len(value) > LONGEST_ATTRIBUTE:
                raise Place(name, element.sourceline or 1).error(
                    f"an attribute of more than {LONGEST_ATTRIBUTE:,} characters; nothing was read"
                )
        if len(element.text or "") > LONGEST_TEXT or len(element.tail or "") > LONGEST_TEXT:
            raise Place(name, element.sourceline or 1).error(f"a text of more than {LONGEST_TEXT:,} characters; nothing was read")
