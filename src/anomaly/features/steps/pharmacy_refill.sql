-- One row a pharmacy, person and drug of this month: was it bought here before?
-- needs: item_fact
-- months: 0, -1, -2, -3
SELECT
    institution_id,
    insured_id,
    national_item_code,
    CASE
        WHEN min(month) < {month} OR count(DISTINCT charged_on) > 1 THEN 1
        ELSE 0
    END AS is_refill,
    {month} AS month
FROM item_fact
WHERE visit_class = 'pharmacy' AND is_drug = 1 AND national_item_code IS NOT NULL
GROUP BY institution_id, insured_id, national_item_code
HAVING max(month) = {month}
