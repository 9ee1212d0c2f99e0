-- One row a lead of this month in the ledger, placed: confirmed, recovered?
-- needs: finding, institution, pharmacy, doctor
WITH placed AS (
    SELECT
        f.*,
        CASE
            WHEN f.unit_kind IN ('institution', 'pharmacy') THEN f.unit_id
            WHEN f.unit_kind = 'doctor' THEN d.institution_id
        END AS institution_id
    FROM finding f
    LEFT JOIN doctor d ON f.unit_kind = 'doctor' AND f.unit_id = d.doctor_id
    WHERE f.month = substr(CAST({month} AS VARCHAR), 1, 7)
)
SELECT
    f.unit_kind,
    f.unit_id,
    f.institution_id,
    CASE WHEN p.pharmacy_id IS NOT NULL THEN 'pharmacy' ELSE 'other' END AS visit_class,
    coalesce(i.district, p.district) AS district,
    CASE
        WHEN f.state IN ('confirmed', 'recovered', 'rectified', 'restored') THEN 1
        WHEN f.state IS NOT NULL THEN 0
    END AS is_confirmed,
    CASE WHEN f.state IS NOT NULL THEN f.amount END AS amount,
    CASE
        WHEN f.state IN ('confirmed', 'recovered', 'rectified', 'restored')
        THEN f.amount
    END AS confirmed_amount,
    CASE
        WHEN f.state IN ('recovered', 'rectified', 'restored') THEN f.amount
        WHEN f.state = 'confirmed' THEN 0
    END AS recovered_amount,
    {month} AS month
FROM placed f
LEFT JOIN institution i ON f.institution_id = i.institution_id
LEFT JOIN pharmacy p ON f.institution_id = p.pharmacy_id
