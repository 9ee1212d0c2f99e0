-- One row a netted visit, item, doctor and day, for rules: quantity, yuan, limits.
-- needs: charge, netted, settlement_net, episode
WITH billed AS (
    SELECT
        s.visit_id,
        c.doctor_id,
        c.national_item_code,
        c.fee_category,
        CAST(c.charged_at AS DATE) AS charged_on,
        upper(coalesce(c.catalog_item_name, c.local_item_name, '')) AS item_name,
        c.local_item_name,
        c.line_id,
        c.charged_at,
        c.quantity,
        c.line_amount,
        c.unit_price,
        c.price_cap,
        c.supply_days,
        c.line_fully_self,
        c.is_takehome,
        c.is_restricted,
        n.net_id,
        n.is_refund
    FROM charge c
    JOIN netted n ON c.settlement_id = n.settlement_id
    JOIN settlement_net s ON n.net_id = s.settlement_id
),
daily AS (
    SELECT
        visit_id,
        doctor_id,
        national_item_code,
        fee_category,
        charged_on,
        -- Without a national code the name tells items apart.
        max(item_name) AS item_name,
        max(local_item_name) AS local_name,
        max(net_id) AS settlement_id,
        max(CASE WHEN NOT is_refund THEN line_id END) AS line_id,
        min(charged_at) AS charged_at,
        sum(CASE WHEN line_amount > 0 THEN 1 WHEN line_amount < 0 THEN -1 ELSE 0 END)
            AS lines,
        sum(quantity) AS quantity,
        sum(line_amount) AS amount,
        sum(line_fully_self) AS fully_self,
        max(unit_price) AS unit_price,
        max(price_cap) AS price_cap,
        max(supply_days) AS supply_days,
        max(CASE WHEN is_takehome THEN 1 ELSE 0 END) AS is_takehome,
        max(CASE WHEN is_restricted THEN 1 ELSE 0 END) AS is_restricted
    FROM billed
    GROUP BY
        visit_id,
        doctor_id,
        national_item_code,
        CASE WHEN national_item_code IS NULL THEN item_name END,
        fee_category,
        charged_on
    HAVING sum(line_amount) > 0
)
SELECT
    d.visit_id,
    d.settlement_id,
    d.line_id,
    e.insured_id,
    e.institution_id,
    coalesce(d.doctor_id, e.doctor_id) AS doctor_id,
    e.visit_class,
    e.visit_type,
    e.level,
    e.sex,
    e.age,
    e.department,
    e.main_diagnosis,
    e.discharge_way,
    e.admitted_on,
    e.discharged_on,
    e.days,
    d.national_item_code,
    d.item_name,
    d.local_name,
    CASE WHEN d.fee_category IN ({drug_categories}) THEN 1 ELSE 0 END AS is_drug,
    d.fee_category,
    d.charged_on,
    d.charged_at,
    d.lines,
    d.quantity,
    d.amount,
    d.fully_self,
    d.unit_price,
    d.price_cap,
    d.supply_days,
    d.is_takehome,
    d.is_restricted,
    {month} AS month
FROM daily d
JOIN episode e ON d.visit_id = e.visit_id
