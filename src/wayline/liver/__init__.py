"""The liver: its tumors, blood tests and scans, drawn and measured. Knows no file format, network or clock."""
