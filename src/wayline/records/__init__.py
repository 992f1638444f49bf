"""Reading files from hospitals: the only place where their formats are known. Hands plain facts and arrays on."""
