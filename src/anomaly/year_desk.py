"""The part of a workspace that settles the year: points, campaigns, assessment."""

from anomaly.inspection_desk import InspectionDesk


class YearDesk(InspectionDesk):
    """What `Workspace` says of credit points and of a year."""
