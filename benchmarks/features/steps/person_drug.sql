-- One row a person: the most of one drug in thirty days that end in the month.
-- needs: drug_day
-- months: 0, -1, -2
WITH present AS (
    SELECT DISTINCT insured_id, national_item_code FROM drug_day WHERE month = {month}
),
rolled AS (
    SELECT
        d.insured_id,
        d.month,
        sum(d.quantity) OVER (
            PARTITION BY d.insured_id, d.national_item_code
            ORDER BY date_diff('day', DATE '2000-01-01', d.day)
            RANGE BETWEEN 29 PRECEDING AND CURRENT ROW
        ) AS in_30_days
    FROM drug_day d
    JOIN present p ON d.insured_id = p.insured_id
        AND d.national_item_code = p.national_item_code
    -- The thirty days that end on the first of March begin in January.
    WHERE d.day >= {month} - INTERVAL 29 DAY
)
SELECT insured_id, max(in_30_days) AS most_in_30_days, {month} AS month
FROM rolled
WHERE month = {month}
GROUP BY insured_id
