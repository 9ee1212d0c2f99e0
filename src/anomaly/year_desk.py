"""The part of a workspace that settles the year: points, campaigns, assessment."""

from anomaly.campaign_desk import CampaignDesk


class YearDesk(CampaignDesk):
    """What `Workspace` says of credit points and of a year."""
