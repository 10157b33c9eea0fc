"""What ``make check`` knows of the Bicep files: syntax, names, and the app's settings.

The Bicep compiler knows far more; it comes with azd and is in no package registry.
"""
