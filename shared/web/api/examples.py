"""Values for the parameters of routes, as the docs page shows them.

Bodies and queries of a route are in its declaration.
"""

PARAMETERS = {
    "service": "contoso-b2b",
    "section": "partners",
    "name": "Northwind",
    "agreement": "Northwind-Fabrikam",
    "batch": "Orders",
    "backup": "contoso-before-upgrade",
    "container": "contoso-before-upgrade",
    "account": "offsite",
    "id": "2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f",
    "restore": "contoso-b2b.2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f",
}
"""Of paths, by their names."""
