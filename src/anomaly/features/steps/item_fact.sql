-- One row a netted visit, item and ordering doctor: quantity, yuan, supply.
-- needs: line_net, settlement_net, visit_fact, doctor
SELECT
    v.visit_id,
    v.insured_id,
    v.institution_id,
    v.visit_class,
    v.district,
    v.level,
    coalesce(l.doctor_id, v.doctor_id) AS doctor_id,
    l.national_item_code,
    substr(l.national_item_code, 1, {class_length}) AS item_class,
    l.fee_category,
    CASE WHEN l.fee_category IN ({drug_categories}) THEN 1 ELSE 0 END AS is_drug,
    max(l.is_restricted) AS is_restricted,
    min(l.charged_at) AS charged_at,
    min(l.charged_on) AS charged_on,
    count(*) AS lines,
    sum(l.quantity) AS quantity,
    sum(l.line_amount) AS amount,
    sum(
        CASE
            -- What is given back has its sums below zero.
            WHEN abs(coalesce(l.line_fully_self, 0)) < abs(l.line_amount)
            THEN l.quantity
            ELSE 0
        END
    ) AS paid_quantity,
    max(l.price_cap) AS price_cap,
    sum(l.supply_days) AS supply_days,
    -- Known only where both the line and the master name a department's code.
    sum(
        CASE
            WHEN l.order_dept IS NULL OR d.practice_scope IS NULL THEN NULL
            WHEN substr(l.order_dept, 1, 3) <> substr(d.practice_scope, 1, 3) THEN 1
            ELSE 0
        END
    ) AS out_of_scope_lines,
    sum(
        CASE
            WHEN l.order_dept IS NOT NULL AND d.practice_scope IS NOT NULL THEN 1
        END
    ) AS scoped_lines,
    {month} AS month
FROM line_net l
JOIN settlement_net s ON l.settlement_id = s.settlement_id
JOIN visit_fact v ON s.visit_id = v.visit_id
LEFT JOIN doctor d ON coalesce(l.doctor_id, v.doctor_id) = d.doctor_id
GROUP BY
    v.visit_id,
    v.insured_id,
    v.institution_id,
    v.visit_class,
    v.district,
    v.level,
    coalesce(l.doctor_id, v.doctor_id),
    l.national_item_code,
    l.fee_category
