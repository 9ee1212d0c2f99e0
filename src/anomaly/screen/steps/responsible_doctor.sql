-- Who answers for a visit: the attending doctor, else the one with the largest sum.
-- needs: visit, charge, settlement
-- months: 0, -1, -2
-- A visit settled more than once stands in the month of its first settlement.
WITH settled AS (
    SELECT DISTINCT visit_id FROM settlement WHERE month = {month}
),
billed AS (
    SELECT c.visit_id, c.doctor_id, sum(c.line_amount) AS amount
    FROM charge c
    JOIN settled s ON c.visit_id = s.visit_id
    WHERE c.doctor_id IS NOT NULL
    GROUP BY c.visit_id, c.doctor_id
),
largest AS (
    SELECT visit_id, doctor_id
    FROM (
        SELECT
            visit_id,
            doctor_id,
            row_number() OVER (
                PARTITION BY visit_id ORDER BY amount DESC, doctor_id
            ) AS nth
        FROM billed
    ) ranked
    WHERE nth = 1
)
SELECT
    v.visit_id,
    coalesce(v.attending_doctor_id, l.doctor_id) AS doctor_id,
    coalesce(v.discharge_dept, v.admit_dept) AS department
FROM visit v
JOIN settled s ON v.visit_id = s.visit_id
LEFT JOIN largest l ON v.visit_id = l.visit_id
