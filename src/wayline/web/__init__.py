"""The website: settings, pages, and the vault that keeps a visitor's situation locked."""
