-- One row a place and drug that reports stock: settled beyond what it had.
-- needs: item_fact, stock
WITH settled AS (
    SELECT
        institution_id,
        visit_class = 'pharmacy' AS is_pharmacy,
        national_item_code,
        sum(quantity) AS quantity
    FROM item_fact
    WHERE national_item_code IS NOT NULL
    GROUP BY institution_id, visit_class = 'pharmacy', national_item_code
)
SELECT
    s.institution_id,
    CASE WHEN s.is_pharmacy THEN 'pharmacy' ELSE 'other' END AS visit_class,
    s.national_item_code,
    s.quantity,
    greatest(s.quantity - coalesce(k.opening, 0) - k.purchased, 0) AS missing_quantity,
    {month} AS month
FROM settled s
JOIN stock k ON s.institution_id = k.institution_id
    AND s.national_item_code = k.national_item_code
WHERE k.month = substr(CAST({month} AS VARCHAR), 1, 7)
    -- Of what is not known nothing is missing.
    AND k.purchased IS NOT NULL AND s.quantity IS NOT NULL
