"""Who is compared to whom, and how surprising a value is among its peers."""

from anomaly.peers.evidence import evidence

__all__ = ["evidence"]
