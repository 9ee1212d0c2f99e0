-- One row a person and drug of this month: days supplied over days gone by.
-- needs: item_fact
-- months: 0, -1, -2
WITH bought AS (
    SELECT insured_id, national_item_code, charged_on, supply_days, month
    FROM item_fact
    WHERE is_drug = 1 AND supply_days > 0 AND national_item_code IS NOT NULL
        AND visit_class <> 'inpatient' AND charged_on IS NOT NULL
)
SELECT
    insured_id,
    national_item_code,
    sum(supply_days) AS supply_days,
    greatest(
        date_diff('day', min(charged_on), CAST({month} + INTERVAL 1 MONTH AS DATE)),
        {supply_days_at_least}
    ) AS elapsed_days,
    {month} AS month
FROM bought
GROUP BY insured_id, national_item_code
HAVING max(month) = {month}
