-- Settlements under a doctor's code that goes by many names: an account several use.
-- needs: settlement, visit, responsible_doctor
WITH named AS (
    SELECT DISTINCT
        v.attending_doctor_id AS doctor_id,
        trim(v.attending_doctor_name) AS doctor_name
    FROM visit v
    JOIN settlement s ON v.visit_id = s.visit_id
    WHERE v.attending_doctor_id IS NOT NULL AND trim(v.attending_doctor_name) <> ''
),
shared AS (
    SELECT doctor_id
    FROM named
    GROUP BY doctor_id
    HAVING count(*) >= {names_of_code}
)
SELECT s.settlement_id, 'shared_code' AS artefact
FROM settlement s
JOIN responsible_doctor r ON s.visit_id = r.visit_id
JOIN shared h ON r.doctor_id = h.doctor_id
