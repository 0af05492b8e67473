"""Reading XML that came from outside."""

from __future__ import annotations

from xml.etree import ElementTree

from sandbox.s3.errors import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MAX_BYTES = 2 * 1024 * 1024


def parse(body: bytes, root_name: str) -> ElementTree.Element:
    """The root element, of that name, or MalformedXML."""
    # No document type, hence no entities: a bomb cannot be written without one.
    if len(body) > MAX_BYTES or b"<!DOCTYPE" in body:
        raise S3Error("MalformedXML", "the XML is too large or has a document type")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise S3Error("MalformedXML", "the XML is not well-formed") from None
    if root.tag.rpartition("}")[2] != root_name:
        raise S3Error("MalformedXML", f"{root_name} is expected")
    return root
