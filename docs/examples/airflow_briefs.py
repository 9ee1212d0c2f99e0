"""The monthly briefs as an Airflow DAG: one mapped task a district.

Needs Airflow 3, apache-airflow-providers-papermill and anomaly in the workers'
environment. The working-day rule is the policy's own: the DAG wakes daily and goes
on only on the day on which the briefs are due.
"""

import shutil
from pathlib import Path

import pendulum
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.sdk import dag, task

STORE = "/srv/anomaly/store"
OUT = "/srv/anomaly/briefs"
NOTEBOOK = "/srv/anomaly/notebooks/district_brief.ipynb"
LANGUAGE = "zh"
# As in policy/schedule.toml: hour, minute, and the days on which a run may fall.
ZONE = "Asia/Shanghai"
SCHEDULE = "30 6 1-12 * *"


@dag(
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=ZONE),
    catchup=False,
    max_active_runs=1,
    tags=["anomaly"],
)
def monthly_briefs():
    @task.short_circuit
    def is_due() -> bool:
        """Go on only on the day that the rule names."""
        from anomaly.briefs.due import due_day, timing

        today = pendulum.now(ZONE).date()
        return today == due_day(timing(Path(STORE)), today.replace(day=1))

    @task
    def districts() -> list[dict]:
        """Bring the month up to date once; say what each district's task is given."""
        import anomaly
        from anomaly.briefs.due import month_of, reported, timing
        from anomaly.periods import month_text

        rule = timing(Path(STORE))
        month = month_text(reported(rule, month_of(rule, pendulum.now(ZONE))))
        store = anomaly.open_store(STORE)
        store.prepare(month)
        given = []
        for code in store.districts()["district"]:
            folder = Path(OUT) / month / code
            # Nothing of an earlier run may be typeset where this one fails.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            parameters = {
                "store": STORE,
                "district": code,
                "month": month,
                "language": LANGUAGE,
                "out": str(folder),
            }
            output = str(folder / f"{code}.ipynb")
            given.append({"output_nb": output, "parameters": parameters})
        return given

    @task(trigger_rule="all_done")
    def typeset(given: dict) -> str:
        """Make the PDF of a district, whatever became of the others' notebooks."""
        from anomaly.briefs import make_pdf

        folder = Path(given["parameters"]["out"])
        path = folder / f"{folder.name}.pdf"
        path.write_bytes(make_pdf(folder))
        return str(path)

    made = districts()
    rendered = PapermillOperator.partial(
        task_id="render",
        input_nb=NOTEBOOK,
        kernel_name="python3",
        max_active_tis_per_dagrun=2,
    ).expand_kwargs(made)
    is_due() >> made
    rendered >> typeset.expand(given=made)


monthly_briefs()
