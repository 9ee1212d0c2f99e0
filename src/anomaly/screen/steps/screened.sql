-- Settlements that are artefacts of recording: kept in the store, compared with nobody.
-- needs: settlement, charge, responsible_doctor, doctor, unknown_id, shared_code, count_unit, neighbour_code
WITH billed AS (
    SELECT
        s.settlement_id,
        s.visit_id,
        s.institution_id,
        s.insured_id,
        s.visit_class,
        s.settled_at,
        s.total_fee,
        coalesce(s.is_refund, false) AS is_refund,
        r.doctor_id,
        d.doctor_id IS NOT NULL AS in_master
    FROM settlement s
    LEFT JOIN responsible_doctor r ON s.visit_id = r.visit_id
    LEFT JOIN doctor d ON r.doctor_id = d.doctor_id
),
-- An id that no master knows and several institutions bill under is nobody.
shared_id AS (
    SELECT doctor_id
    FROM billed
    WHERE doctor_id IS NOT NULL AND NOT in_master
        AND EXISTS (SELECT 1 FROM doctor)
    GROUP BY doctor_id
    HAVING count(DISTINCT institution_id) >= {shared_id_institutions}
),
no_doctor AS (
    SELECT settlement_id, 'placeholder_doctor' AS artefact
    FROM billed
    WHERE visit_class IN ('outpatient', 'inpatient')
        AND (
            -- An export without doctors says nothing about anyone.
            (doctor_id IS NULL AND EXISTS (
                SELECT 1 FROM responsible_doctor WHERE doctor_id IS NOT NULL
            ))
            OR regexp_matches(upper(doctor_id), '{placeholder_pattern}')
            OR doctor_id IN (SELECT doctor_id FROM shared_id)
        )
),
-- The same person, place, second and amount again under a new number.
repeated AS (
    SELECT
        settlement_id,
        institution_id,
        CAST(settled_at AS DATE) AS settled_on,
        nth_of_visit > 1 AS same_visit
    FROM (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY insured_id, institution_id, visit_class, settled_at, total_fee
                ORDER BY settlement_id
            ) AS nth,
            row_number() OVER (
                PARTITION BY visit_id, settled_at, total_fee ORDER BY settlement_id
            ) AS nth_of_visit
        FROM billed
        WHERE NOT is_refund
    ) numbered
    WHERE nth > 1
),
-- One visit is not paid twice in a second; other repeats must come in a batch,
-- for two equal tickets in a second are conduct, which the rules look at.
reuploaded AS (
    SELECT r.settlement_id, 'reuploaded_batch' AS artefact
    FROM repeated r
    LEFT JOIN (
        SELECT institution_id, settled_on
        FROM repeated
        GROUP BY institution_id, settled_on
        HAVING count(*) >= {reupload_settlements}
    ) b ON r.institution_id = b.institution_id AND r.settled_on = b.settled_on
    WHERE r.same_visit OR b.institution_id IS NOT NULL
),
-- The category most institutions bill an item under is taken as the right one.
item_category AS (
    SELECT national_item_code, fee_category
    FROM (
        SELECT
            national_item_code,
            fee_category,
            row_number() OVER (
                PARTITION BY national_item_code
                ORDER BY count(DISTINCT institution_id) DESC, fee_category
            ) AS nth
        FROM charge
        WHERE national_item_code IS NOT NULL
        GROUP BY national_item_code, fee_category
    ) ranked
    WHERE nth = 1
),
line_category AS (
    SELECT
        c.settlement_id,
        c.institution_id,
        c.fee_category <> i.fee_category AS differs
    FROM charge c
    JOIN item_category i ON c.national_item_code = i.national_item_code
),
mismapped AS (
    SELECT DISTINCT l.settlement_id, 'code_map_error' AS artefact
    FROM line_category l
    JOIN (
        SELECT institution_id
        FROM line_category
        GROUP BY institution_id
        HAVING sum(CASE WHEN differs THEN 1 ELSE 0 END) >= {mismapped_lines}
            AND avg(CASE WHEN differs THEN 1e0 ELSE 0e0 END) >= {mismapped_share}
    ) b ON l.institution_id = b.institution_id
    WHERE l.differs
),
-- A settlement is listed once, under the first reason that takes it out.
found AS (
    SELECT settlement_id, 1 AS priority, artefact FROM reuploaded
    UNION ALL
    SELECT settlement_id, 2 AS priority, artefact FROM no_doctor
    UNION ALL
    SELECT settlement_id, 3 AS priority, artefact FROM unknown_id
    UNION ALL
    SELECT settlement_id, 4 AS priority, artefact FROM shared_code
    UNION ALL
    SELECT settlement_id, 5 AS priority, artefact FROM mismapped
    UNION ALL
    SELECT settlement_id, 6 AS priority, artefact FROM count_unit
    UNION ALL
    SELECT settlement_id, 7 AS priority, artefact FROM neighbour_code
)
SELECT
    b.settlement_id,
    b.institution_id,
    b.doctor_id,
    b.total_fee,
    f.artefact
FROM (
    SELECT
        settlement_id,
        artefact,
        row_number() OVER (PARTITION BY settlement_id ORDER BY priority) AS nth
    FROM found
) f
JOIN billed b ON f.settlement_id = b.settlement_id
WHERE f.nth = 1
