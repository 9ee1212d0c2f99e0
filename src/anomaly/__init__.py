"""Analysis toolkit for medical-insurance fund supervision."""
