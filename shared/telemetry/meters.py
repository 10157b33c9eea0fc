"""Metrics passed to OpenTelemetry, if the setting TELEMETRY_EXPORT asks for it.

The packages are optional (requirements-telemetry.txt): the log has every metric without them.
"""

import logging
import os
from collections.abc import Callable, Mapping
from importlib import import_module

_EXPORTERS = {
    "azuremonitor": ("azure.monitor.opentelemetry.exporter", "AzureMonitorMetricExporter"),
    "otlp": ("opentelemetry.exporter.otlp.proto.http.metric_exporter", "OTLPMetricExporter"),
}
"""Exporters by the setting's value: Application Insights, or an OpenTelemetry collector. Their
addresses are in the exporters' own settings: APPLICATIONINSIGHTS_… and OTEL_EXPORTER_OTLP_…."""

_ATTRIBUTES = ("service", "status", "trigger")
"""The attributes of a metric, each with few values. Ids are in the log."""

log = logging.getLogger("interkeep.telemetry")

Record = Callable[[int | float, Mapping[str, str]], None]


class Meters:
    """Instruments of OpenTelemetry's API, created on demand.

    :param meter: an ``opentelemetry.metrics.Meter``.
    """

    def __init__(self, meter: object) -> None:
        self._meter = meter
        self._made: dict[str, Record] = {}

    def record(self, measures: Mapping[str, int | float], about: Mapping[str, object]) -> None:
        """Record each metric, with the attributes of what it is about."""
        split = {name: str(about[name]) for name in _ATTRIBUTES if about.get(name) is not None}
        for name, value in measures.items():
            if name not in self._made:
                self._made[name] = self._instrument(name)
            self._made[name](value, split)

    def _instrument(self, name: str) -> Record:
        if name.endswith("_total"):
            add: Record = self._meter.create_counter(name).add  # type: ignore[attr-defined]
            return add
        if name.endswith("_duration_seconds"):
            histogram = self._meter.create_histogram(name, unit="s")  # type: ignore[attr-defined]
            keep: Record = histogram.record
            return keep
        gauge: Record = self._meter.create_gauge(name, unit="s").set  # type: ignore[attr-defined]
        return gauge


def meters_of(export: str | None, instance: str) -> Meters | None:
    """What receives metrics in addition to the log, by the setting TELEMETRY_EXPORT.

    If the packages are missing, this is logged, and the app continues: backups matter more.

    :param instance: distinguishes this process's counts from those of others.
    """
    if export is None:
        return None
    module, name = _EXPORTERS[export]
    try:
        exporter = import_module(module)
        sdk = import_module("opentelemetry.sdk.metrics")
        reading = import_module("opentelemetry.sdk.metrics.export")
        resources = import_module("opentelemetry.sdk.resources")
    except ImportError as error:
        log.error(
            "TELEMETRY_EXPORT: nothing is exported, %s is not installed. Add the lines of "
            "requirements-telemetry.txt to requirements.txt and deploy again, or leave the setting "
            "out; the log has every measure.",
            error.name,
        )
        return None
    try:
        # Only metrics: the host sends lines and requests already, and they would be counted twice.
        reader = reading.PeriodicExportingMetricReader(getattr(exporter, name)())
    except Exception as error:  # noqa: BLE001 - the app continues after any error here
        log.error("TELEMETRY_EXPORT: nothing is exported: %s", error)
        return None
    resource = resources.Resource.create({"service.instance.id": instance})
    if str(resource.attributes["service.name"]).startswith("unknown_service"):
        app = os.environ.get("WEBSITE_SITE_NAME") or "interkeep"
        resource = resource.merge(resources.Resource({"service.name": app}))
    return Meters(sdk.MeterProvider([reader], resource).get_meter("interkeep"))
