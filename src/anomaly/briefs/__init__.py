"""The monthly brief of a district: PDF, workbook, HTML, notebook and run record.

`render_briefs` makes them for many districts; the other names are what the
notebook template calls, and what an analyst may call in a session of their own.
Everything is loaded on first use: the command line must answer at once.
"""

from importlib import import_module

_HOMES = {
    "Facts": "facts",
    "Overview": "overview",
    "RunRecord": "record",
    "Table": "frames",
    "accounts_frame": "frames",
    "compose": "contents",
    "city_course": "overview_figures",
    "city_frames": "overview_frames",
    "conclusion_frame": "frames",
    "course": "figures",
    "course_frame": "frames",
    "coverage_frame": "frames",
    "districts": "overview_figures",
    "funnel": "figures",
    "gather": "facts",
    "gather_city": "overview",
    "headline_frame": "frames",
    "hits_frame": "frames",
    "inspection_frame": "frames",
    "items_frame": "frames",
    "leads_frame": "frames",
    "course_of_unit": "profile_figures",
    "make_pdf": "pdf",
    "ranking": "figures",
    "render_briefs": "render",
    "repairs_frame": "frames",
    "rules_frame": "frames",
    "stages_frame": "frames",
    "standing": "profile_figures",
    "tiers_frame": "frames",
    "write_assets": "assets",
    "write_notices": "notices",
    "write_case_file": "case_files",
    "write_integrity": "integrity",
    "write_overview": "overview_files",
    "write_profile": "profile_files",
    "write_workbook": "workbook",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'anomaly.briefs' has no attribute '{name}'")
    return getattr(import_module(f"anomaly.briefs.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
