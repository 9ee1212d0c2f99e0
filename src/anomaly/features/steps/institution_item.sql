-- One row an institution or pharmacy and item: quantity, price, peers' price, use.
-- needs: item_fact, visit_fact
WITH own AS (
    SELECT
        institution_id,
        visit_class = 'pharmacy' AS is_pharmacy,
        national_item_code,
        max(item_class) AS item_class,
        max(is_drug) AS is_drug,
        max(district) AS district,
        count(DISTINCT visit_id) AS visits,
        sum(lines) AS lines,
        sum(quantity) AS quantity,
        sum(amount) AS amount,
        max(price_cap) AS price_cap,
        sum(CASE WHEN is_restricted = 1 THEN paid_quantity WHEN is_restricted = 0
            THEN 0 END) AS restricted_quantity,
        sum(CASE WHEN is_restricted IS NOT NULL THEN quantity END) AS known_quantity
    FROM item_fact
    WHERE national_item_code IS NOT NULL
    GROUP BY institution_id, visit_class = 'pharmacy', national_item_code
),
all_visits AS (
    SELECT
        institution_id,
        visit_class = 'pharmacy' AS is_pharmacy,
        count(*) AS visits
    FROM visit_fact
    GROUP BY institution_id, visit_class = 'pharmacy'
),
priced AS (
    SELECT
        *,
        CASE WHEN quantity > 0 THEN CAST(amount AS DOUBLE) / CAST(quantity AS DOUBLE)
        END AS price
    FROM own
),
usual AS (
    SELECT district, national_item_code, median(price) AS district_price
    FROM priced
    GROUP BY district, national_item_code
),
totalled AS (
    SELECT
        *,
        sum(lines) OVER (PARTITION BY institution_id, is_pharmacy, item_class)
            AS class_lines,
        sum(quantity) OVER (PARTITION BY district, national_item_code)
            AS district_quantity
    FROM priced
)
SELECT
    t.institution_id,
    CASE WHEN t.is_pharmacy THEN 'pharmacy' ELSE 'other' END AS visit_class,
    t.national_item_code,
    t.item_class,
    t.is_drug,
    t.district,
    t.visits,
    v.visits AS all_visits,
    t.lines,
    t.quantity,
    t.amount,
    t.class_lines,
    t.district_quantity,
    t.restricted_quantity,
    t.known_quantity,
    t.price,
    u.district_price,
    t.price_cap,
    {month} AS month
FROM totalled t
JOIN all_visits v ON t.institution_id = v.institution_id
    AND t.is_pharmacy = v.is_pharmacy
LEFT JOIN usual u ON t.district = u.district
    AND t.national_item_code = u.national_item_code
WHERE t.quantity > 0
