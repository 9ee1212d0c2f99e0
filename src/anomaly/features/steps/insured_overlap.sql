-- Purchases of this month while the same drug from another place still lasts: days.
-- needs: item_fact
-- months: 0, -1, -2
WITH bought AS (
    SELECT
        insured_id,
        national_item_code,
        institution_id,
        charged_on,
        visit_id,
        month,
        least(supply_days, 92) AS supply_days,
        date_diff('day', DATE '2000-01-01', charged_on) AS day_no
    FROM item_fact
    WHERE is_drug = 1 AND supply_days > 0 AND national_item_code IS NOT NULL
        AND visit_class <> 'inpatient' AND charged_on IS NOT NULL
),
own AS (
    SELECT * FROM bought WHERE month = {month}
),
-- How long the longest earlier supply from another place lasts.
covered AS (
    SELECT
        o.insured_id,
        o.visit_id,
        o.national_item_code,
        max(o.supply_days) AS supply_days,
        max(e.day_no + e.supply_days - o.day_no) AS left_days
    FROM own o
    JOIN bought e ON o.insured_id = e.insured_id
        AND o.national_item_code = e.national_item_code
        AND o.institution_id <> e.institution_id
        AND (e.day_no < o.day_no OR (e.day_no = o.day_no AND e.visit_id < o.visit_id))
    GROUP BY o.insured_id, o.visit_id, o.national_item_code
),
present AS (
    SELECT DISTINCT insured_id, visit_id, national_item_code FROM own
)
SELECT
    p.insured_id,
    p.visit_id,
    p.national_item_code,
    coalesce(greatest(least(c.left_days, c.supply_days), 0), 0) AS overlap_days,
    {month} AS month
FROM present p
LEFT JOIN covered c ON p.insured_id = c.insured_id
    AND p.visit_id = c.visit_id
    AND p.national_item_code = c.national_item_code
