"""Texts of reports that people paste: what they say of markers, cell type and blood tests, with the words it rests on."""
