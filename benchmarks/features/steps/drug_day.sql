-- One row a person, drug and day: quantity.
-- needs: bill_item
SELECT
    insured_id,
    national_item_code,
    day,
    sum(quantity) AS quantity,
    {month} AS month
FROM bill_item
WHERE fee_category IN ('09', '10', '11')
    AND national_item_code IS NOT NULL
    AND date_trunc('month', day) = {month}
GROUP BY insured_id, national_item_code, day
