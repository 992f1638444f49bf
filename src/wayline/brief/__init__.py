"""The sheet for the visit: what is known, what is not, what to ask; as a page, a PDF, a FHIR document and plain text."""
