"""A seeded synthetic prefecture in the national platform's raw layout.

Every person, doctor, institution and amount is invented; schemes are planted in it
and listed in ``truth.csv``, so that what a screen finds can be measured.
"""

from anomaly.sources.world.driver import write_world

__all__ = ["write_world"]
