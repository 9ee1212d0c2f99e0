-- Bed-days of an institution's stays that ended this month, and those it has beds for.
-- needs: stay_fact, institution, calendar
WITH used AS (
    SELECT institution_id, sum(bed_days) AS bed_days
    FROM stay_fact
    GROUP BY institution_id
)
SELECT
    u.institution_id,
    u.bed_days,
    i.approved_beds * d.days AS capacity,
    {month} AS month
FROM used u
JOIN institution i ON u.institution_id = i.institution_id
CROSS JOIN (SELECT sum(in_month) AS days FROM calendar) d
WHERE i.approved_beds > 0
