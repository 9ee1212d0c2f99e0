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
        coalesce(c.national_item_code, upper(coalesce(
            c.catalog_item_name, c.local_item_name, ''
        ))) AS item,
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
-- What is taken back is taken off the last day that it was charged on, of the same
-- doctor where there is a choice: refunds are often entered by another.
taken_back AS (
    SELECT
        b.line_id,
        p.doctor_id,
        p.charged_on,
        row_number() OVER (
            PARTITION BY b.line_id
            ORDER BY
                CASE WHEN b.doctor_id = p.doctor_id THEN 0 ELSE 1 END,
                p.charged_on DESC,
                p.doctor_id,
                p.line_id
        ) AS nth
    FROM billed b
    JOIN billed p ON b.visit_id = p.visit_id
        AND b.item = p.item
        AND b.fee_category = p.fee_category
        AND p.charged_on <= b.charged_on
    WHERE b.line_amount < 0 AND p.line_amount > 0
),
placed AS (
    SELECT
        b.visit_id,
        CASE WHEN t.line_id IS NULL THEN b.doctor_id ELSE t.doctor_id END AS doctor_id,
        b.national_item_code,
        b.fee_category,
        coalesce(t.charged_on, b.charged_on) AS charged_on,
        b.item_name,
        b.local_item_name,
        b.line_id,
        CASE WHEN t.line_id IS NULL THEN b.charged_at END AS charged_at,
        b.quantity,
        b.line_amount,
        b.unit_price,
        b.price_cap,
        b.supply_days,
        b.line_fully_self,
        b.is_takehome,
        b.is_restricted,
        b.net_id,
        b.is_refund
    FROM billed b
    LEFT JOIN taken_back t ON b.line_id = t.line_id AND t.nth = 1
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
    FROM placed
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
    -- A sentence needs a subject.
    coalesce(nullif(d.item_name, ''), d.national_item_code, '未命名项目') AS item_name,
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
