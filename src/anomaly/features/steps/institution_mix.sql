-- One row an institution and fee category: yuan.
-- needs: item_fact
SELECT
    institution_id,
    fee_category,
    sum(amount) AS amount,
    {month} AS month
FROM item_fact
WHERE visit_class <> 'pharmacy'
GROUP BY institution_id, fee_category
HAVING sum(amount) > 0
