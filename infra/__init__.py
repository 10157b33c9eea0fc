"""Bicep for azd, and ``infra.check``, which reads it where no Bicep compiler is at hand."""
