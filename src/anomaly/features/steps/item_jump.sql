-- By how much each day's price left the mean of the seven days of sale before it.
-- needs: item_day
-- months: 0, -1
WITH dated AS (
    SELECT
        institution_id,
        national_item_code,
        day,
        price,
        month,
        avg(price) OVER (
            PARTITION BY institution_id, national_item_code
            ORDER BY day, month ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING
        ) AS usual_price
    FROM item_day
)
SELECT
    institution_id,
    national_item_code,
    day,
    abs(price / usual_price - 1) AS jump,
    {month} AS month
FROM dated
WHERE month = {month} AND usual_price > 0
