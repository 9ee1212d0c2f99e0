"""Artefacts of recording, found first: what is screened is compared with nobody."""
