-- One row an institution and day of this month and the one before: who lay in its beds.
-- needs: stay_fact, institution, calendar
-- months: 0, -1, -2
-- Stays are known once settled: two months of days show those that ran over a month's
-- end as well, but for the last days of the later one.
WITH stay AS (
    SELECT
        institution_id,
        CAST(admitted_at AS DATE) AS first_day,
        -- The day of discharge is nobody's night; a stay of one day is that day's.
        greatest(
            CAST(admitted_at AS DATE),
            CAST(discharged_at AS DATE) - 1
        ) AS last_day
    FROM stay_fact
    WHERE admitted_at IS NOT NULL AND discharged_at IS NOT NULL
),
day AS (
    SELECT day
    FROM calendar
    WHERE month = {month} AND day >= {month} - INTERVAL 1 MONTH
)
SELECT
    s.institution_id,
    d.day,
    count(*) AS patients,
    max(i.approved_beds) AS beds,
    {month} AS month
FROM stay s
JOIN day d ON d.day BETWEEN s.first_day AND s.last_day
JOIN institution i ON s.institution_id = i.institution_id
WHERE i.approved_beds > 0
GROUP BY s.institution_id, d.day
