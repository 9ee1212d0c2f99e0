"""Who is where: nobody honest is in two places at once, by construction.

One cell per person and day. Whoever claims a cell has the person for that day; a
stay claims every day from admission to discharge.
"""

import numpy as np
import pandas as pd

from anomaly.sources.world.people import People

SPAN = 160


class Occupancy:
    """Claims on persons' days, for the current month and those that follow."""

    def __init__(self, persons: int, origin: int) -> None:
        self.origin = origin
        self.cells = np.zeros((persons, SPAN), dtype=bool)

    def advance(self, origin: int) -> None:
        """Forget the days before a new origin."""
        step = origin - self.origin
        self.cells[:, : SPAN - step] = self.cells[:, step:].copy()
        self.cells[:, SPAN - step :] = False
        self.origin = origin

    def claim(
        self, person: np.ndarray, day: np.ndarray, length: np.ndarray | None = None
    ) -> np.ndarray:
        """Claim days for persons; return which claims were granted.

        With a length, days `day` to `day + length` are claimed together.
        """
        offset = day - self.origin
        length = np.zeros(len(day), dtype=np.int64) if length is None else length
        granted = (person >= 0) & (offset >= 0) & (offset + length < SPAN)
        safe = np.where(granted, offset, 0)
        reach = int(length.max(initial=0))
        for step in range(reach + 1):
            covered = granted & (step <= length)
            spots = np.where(covered, safe + step, 0)
            granted &= ~(covered & self.cells[person, spots])
        granted &= self._first(person, safe, granted, single=reach == 0)
        for step in range(reach + 1):
            covered = granted & (step <= length)
            self.cells[person[covered], safe[covered] + step] = True
        return granted

    @staticmethod
    def _first(person, offset, granted, *, single: bool) -> np.ndarray:
        """Keep the first of those who ask for the same person in one batch."""
        key = person * SPAN + offset if single else person.copy()
        key = np.where(granted, key, -1 - np.arange(len(key)))
        keep = np.zeros(len(key), dtype=bool)
        keep[np.unique(key, return_index=True)[1]] = True
        return keep

    def seat(
        self,
        rng: np.random.Generator,
        people: People,
        events: pd.DataFrame,
        length: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw a free person for each event; -1 where none was found."""
        home, pool = events["home"].to_numpy(), events["pool"].to_numpy()
        day = events["day"].to_numpy()
        person = np.full(len(day), -1, dtype=np.int64)
        todo = np.arange(len(day))
        for _ in range(8):
            if not len(todo):
                break
            drawn = people.draw(rng, home[todo], pool[todo])
            reach = None if length is None else length[todo]
            granted = self.claim(drawn, day[todo], reach)
            person[todo[granted]] = drawn[granted]
            todo = todo[~granted]
        return person
