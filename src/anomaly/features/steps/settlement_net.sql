-- One row a settlement, its refunds netted against it; a full refund leaves none.
-- needs: settlement, charge, screened
WITH kept AS (
    SELECT
        s.*,
        coalesce(s.is_refund, false) AS refunds,
        CASE
            WHEN coalesce(s.is_refund, false)
            THEN coalesce(s.original_settlement_id, s.settlement_id)
            ELSE s.settlement_id
        END AS net_id
    FROM settlement s
    LEFT JOIN screened x ON s.settlement_id = x.settlement_id
    WHERE x.settlement_id IS NULL
),
lines AS (
    SELECT
        k.net_id,
        sum(CASE WHEN c.fee_category IN ('09', '10', '11') THEN c.line_amount END)
            AS drug_fee,
        sum(CASE WHEN c.fee_category IN ('03', '04') THEN c.line_amount END)
            AS exam_fee,
        sum(CASE WHEN c.fee_category = '08' THEN c.line_amount END)
            AS consumable_fee
    FROM charge c
    JOIN kept k ON c.settlement_id = k.settlement_id
    GROUP BY k.net_id
),
net AS (
    SELECT
        net_id,
        max(CASE WHEN NOT refunds THEN visit_id END) AS visit_id,
        max(CASE WHEN NOT refunds THEN insured_id END) AS insured_id,
        max(CASE WHEN NOT refunds THEN institution_id END) AS institution_id,
        max(CASE WHEN NOT refunds THEN visit_class END) AS visit_class,
        max(CASE WHEN NOT refunds THEN institution_district END)
            AS institution_district,
        max(CASE WHEN NOT refunds THEN hospital_level END) AS hospital_level,
        sum(total_fee) AS total_fee,
        sum(fund_pay) AS fund_pay
    FROM kept
    GROUP BY net_id
)
SELECT
    n.net_id AS settlement_id,
    n.visit_id,
    n.insured_id,
    n.institution_id,
    n.visit_class,
    n.institution_district,
    n.hospital_level,
    n.total_fee,
    n.fund_pay,
    coalesce(l.drug_fee, 0) AS drug_fee,
    coalesce(l.exam_fee, 0) AS exam_fee,
    coalesce(l.consumable_fee, 0) AS consumable_fee,
    {month} AS month
FROM net n
LEFT JOIN lines l ON n.net_id = l.net_id
WHERE n.visit_id IS NOT NULL AND n.total_fee > 0
