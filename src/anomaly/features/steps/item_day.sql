-- One row an institution or pharmacy, item and day: the mean price.
-- needs: item_fact
SELECT
    institution_id,
    national_item_code,
    charged_on AS day,
    CAST(sum(amount) AS DOUBLE) / CAST(sum(quantity) AS DOUBLE) AS price,
    {month} AS month
FROM item_fact
WHERE national_item_code IS NOT NULL AND charged_on IS NOT NULL
GROUP BY institution_id, national_item_code, charged_on
HAVING sum(quantity) > 0 AND sum(amount) > 0
