-- One row a bill, order, item, doctor and day: quantity and yuan, refunds taken off.
-- needs: charge, netted
WITH billed AS (
    SELECT
        n.net_id AS settlement_id,
        c.doctor_id,
        c.order_no,
        c.order_dept,
        c.national_item_code,
        c.fee_category,
        CAST(c.charged_at AS DATE) AS charged_on,
        c.charged_at,
        c.quantity,
        c.line_amount,
        c.line_fully_self,
        c.unit_price,
        c.price_cap,
        c.supply_days,
        c.is_restricted,
        c.is_negotiated,
        upper(coalesce(c.catalog_item_name, c.local_item_name, '')) AS item_name
    FROM charge c
    JOIN netted n ON c.settlement_id = n.settlement_id
)
SELECT
    settlement_id,
    doctor_id,
    order_no,
    order_dept,
    national_item_code,
    fee_category,
    charged_on,
    min(charged_at) AS charged_at,
    sum(quantity) AS quantity,
    sum(line_amount) AS line_amount,
    sum(line_fully_self) AS line_fully_self,
    max(unit_price) AS unit_price,
    max(price_cap) AS price_cap,
    max(supply_days) AS supply_days,
    max(CASE WHEN is_restricted THEN 1 WHEN NOT is_restricted THEN 0 END)
        AS is_restricted,
    max(CASE WHEN is_negotiated THEN 1 WHEN NOT is_negotiated THEN 0 END)
        AS is_negotiated,
    max(item_name) AS item_name,
    {month} AS month
FROM billed
GROUP BY
    settlement_id,
    doctor_id,
    order_no,
    order_dept,
    national_item_code,
    -- Without a national code the name tells items apart.
    CASE WHEN national_item_code IS NULL THEN item_name END,
    fee_category,
    charged_on
HAVING sum(line_amount) <> 0 OR sum(quantity) <> 0
