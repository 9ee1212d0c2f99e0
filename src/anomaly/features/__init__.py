"""Indicators: one number a unit and month, numerator and denominator apart."""
