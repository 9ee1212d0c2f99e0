"""Detectors in scikit-learn's manner: lower score, more abnormal."""

from anomaly.detectors.pattern import PatternScore
from anomaly.detectors.robust_z import RobustZScore

__all__ = ["PatternScore", "RobustZScore"]
