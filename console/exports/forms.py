"""What can be exported, and in which form."""

from enum import StrEnum


class Format(StrEnum):
    """CSV for a French spreadsheet (`;`, UTF-8 with BOM), a workbook, or JSON."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class What(StrEnum):
    """What can be exported, and what its days are: of the cancellation, of the expiry, of the event,
    on which it lasted."""

    REFUSALS = "refus"
    CLIENTS = "clients"
    KPIS = "indicateurs"
    JOURNAL = "journal"
    PRESENCES = "presences"
