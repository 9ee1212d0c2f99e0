-- One row a doctor and item: what was ordered, and what peers' patients would take.
-- needs: item_fact, unit_doctor, doctor_person
WITH used AS (
    SELECT
        doctor_id,
        national_item_code,
        max(item_class) AS item_class,
        max(is_drug) AS is_drug,
        max(district) AS district,
        insured_id,
        sum(lines) AS lines,
        sum(quantity) AS quantity,
        sum(amount) AS amount,
        sum(CASE WHEN is_restricted = 1 THEN paid_quantity WHEN is_restricted = 0
            THEN 0 END) AS restricted_quantity,
        sum(CASE WHEN is_restricted IS NOT NULL THEN quantity END) AS known_quantity
    FROM item_fact
    WHERE visit_class <> 'pharmacy'
        AND doctor_id IS NOT NULL
        AND national_item_code IS NOT NULL
    GROUP BY doctor_id, national_item_code, insured_id
),
own AS (
    SELECT
        doctor_id,
        national_item_code,
        max(item_class) AS item_class,
        max(is_drug) AS is_drug,
        max(district) AS district,
        count(*) AS patients,
        sum(lines) AS lines,
        sum(quantity) AS quantity,
        sum(CAST(quantity AS DOUBLE) * quantity) AS square,
        sum(amount) AS amount,
        sum(restricted_quantity) AS restricted_quantity,
        sum(known_quantity) AS known_quantity
    FROM used
    GROUP BY doctor_id, national_item_code
),
doctor_size AS (
    SELECT
        p.doctor_id,
        coalesce(u.department, '?') AS department,
        coalesce(u.level, '?') AS level,
        count(*) AS patients
    FROM doctor_person p
    LEFT JOIN unit_doctor u ON p.doctor_id = u.unit_id
    GROUP BY p.doctor_id, coalesce(u.department, '?'), coalesce(u.level, '?')
),
peer_size AS (
    SELECT department, level, sum(patients) AS patients
    FROM doctor_size
    GROUP BY department, level
),
placed AS (
    SELECT o.*, d.department, d.level, d.patients AS all_patients
    FROM own o
    JOIN doctor_size d ON o.doctor_id = d.doctor_id
),
totalled AS (
    SELECT
        *,
        sum(quantity) OVER (PARTITION BY department, level, national_item_code)
            AS peer_quantity,
        sum(lines) OVER (PARTITION BY doctor_id, item_class) AS class_lines,
        sum(quantity) OVER (PARTITION BY district, national_item_code)
            AS district_quantity
    FROM placed
)
SELECT
    t.doctor_id,
    t.national_item_code,
    t.item_class,
    t.is_drug,
    t.district,
    t.patients,
    t.lines,
    t.quantity,
    t.amount,
    t.restricted_quantity,
    t.known_quantity,
    t.class_lines,
    t.district_quantity,
    -- One more patient, who takes as much as this doctor's do, keeps the sole
    -- user of an item on the list without an infinite ratio.
    CAST(t.all_patients * (
        CAST(t.peer_quantity - t.quantity AS DOUBLE)
        + CAST(t.quantity AS DOUBLE) / t.patients
    ) / (s.patients - t.all_patients + 1) AS DECIMAL(18, 4)) AS expected_quantity,
    -- Of the logarithm of a sum over patients who come by chance.
    CAST(t.square / (CAST(t.quantity AS DOUBLE) * t.quantity) AS DECIMAL(18, 9))
        AS log_variance,
    {month} AS month
FROM totalled t
JOIN peer_size s ON t.department = s.department AND t.level = s.level
WHERE t.quantity > 0
