-- One row a district: persons enrolled there this month, and their stays anywhere.
-- needs: enrolment, visit_fact
WITH enrolled AS (
    SELECT insured_district AS district, count(DISTINCT insured_id) AS persons
    FROM enrolment
    WHERE insured_district IS NOT NULL
        AND (enrolled_from IS NULL OR enrolled_from < {month} + INTERVAL 1 MONTH)
        AND (enrolled_to IS NULL OR enrolled_to >= {month})
    GROUP BY insured_district
),
stay AS (
    SELECT insured_district AS district, count(*) AS stays
    FROM visit_fact
    WHERE visit_class = 'inpatient'
    GROUP BY insured_district
)
SELECT
    e.district,
    e.persons,
    coalesce(s.stays, 0) AS stays,
    {month} AS month
FROM enrolled e
LEFT JOIN stay s ON e.district = s.district
