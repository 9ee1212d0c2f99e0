-- Settlements of doctors or places that their master does not know, where it knows most.
-- needs: settlement, responsible_doctor, doctor, institution, pharmacy
WITH billed AS (
    SELECT
        s.settlement_id,
        CASE WHEN r.doctor_id IS NOT NULL AND s.visit_class IN ('outpatient', 'inpatient')
            THEN CASE WHEN d.doctor_id IS NOT NULL THEN 1e0 ELSE 0e0 END
        END AS knows_doctor,
        CASE WHEN s.institution_id IS NOT NULL
            THEN CASE WHEN i.institution_id IS NOT NULL OR p.pharmacy_id IS NOT NULL
                THEN 1e0 ELSE 0e0 END
        END AS knows_place
    FROM settlement s
    LEFT JOIN responsible_doctor r ON s.visit_id = r.visit_id
    LEFT JOIN doctor d ON r.doctor_id = d.doctor_id
    LEFT JOIN institution i ON s.institution_id = i.institution_id
    LEFT JOIN pharmacy p ON s.institution_id = p.pharmacy_id
),
-- A master that lacks many was not exported whole: that is a gap, not their fault.
covered AS (
    SELECT avg(knows_doctor) AS doctors, avg(knows_place) AS places FROM billed
)
SELECT
    b.settlement_id,
    CASE WHEN b.knows_place = 0 AND c.places >= {master_share}
        THEN 'unknown_institution' ELSE 'unknown_doctor' END AS artefact
FROM billed b
CROSS JOIN covered c
WHERE (b.knows_place = 0 AND c.places >= {master_share})
    OR (b.knows_doctor = 0 AND c.doctors >= {master_share})
