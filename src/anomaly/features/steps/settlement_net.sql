-- One row a settlement, its refunds netted against it; a full refund leaves none.
-- needs: settlement, netted, line_net
WITH kept AS (
    SELECT s.*, n.net_id, n.is_refund AS refunds
    FROM settlement s
    JOIN netted n ON s.settlement_id = n.settlement_id
),
lines AS (
    SELECT
        settlement_id AS net_id,
        sum(CASE WHEN fee_category IN ({drug_categories}) THEN line_amount END)
            AS drug_fee,
        sum(CASE WHEN fee_category IN ({exam_categories}) THEN line_amount END)
            AS exam_fee,
        sum(CASE WHEN fee_category IN ({consumable_categories}) THEN line_amount END)
            AS consumable_fee,
        sum(CASE WHEN fee_category IN ({treatment_categories}) THEN line_amount END)
            AS treatment_fee,
        sum(CASE WHEN fee_category = '{surgery_category}' THEN line_amount END)
            AS surgery_fee,
        sum(
            CASE
                WHEN regexp_matches(national_item_code, '{ct_code}')
                    OR (
                        fee_category = '{scan_category}'
                        AND regexp_matches(item_name, '{ct_name}')
                    )
                THEN line_amount
            END
        ) AS ct_fee,
        sum(
            CASE
                WHEN regexp_matches(national_item_code, '{mri_code}')
                    OR (
                        fee_category = '{scan_category}'
                        AND regexp_matches(item_name, '{mri_name}')
                    )
                THEN line_amount
            END
        ) AS mri_fee,
        sum(
            CASE
                WHEN fee_category IN ({drug_categories})
                    AND (is_negotiated = 1 OR unit_price >= {dear_unit_price})
                THEN line_amount
            END
        ) AS dear_fee,
        sum(
            CASE
                WHEN regexp_matches(national_item_code, '{watch_code}') THEN quantity
            END
        ) AS watch_quantity,
        max(
            CASE
                WHEN regexp_matches(
                    national_item_code, '{watch_code}|{controlled_code}'
                ) THEN 1
                ELSE 0
            END
        ) AS has_watched,
        count(national_item_code) AS coded_lines
    FROM line_net
    GROUP BY settlement_id
),
net AS (
    SELECT
        net_id,
        max(CASE WHEN NOT refunds THEN visit_id END) AS visit_id,
        max(CASE WHEN NOT refunds THEN insured_id END) AS insured_id,
        max(CASE WHEN NOT refunds THEN institution_id END) AS institution_id,
        max(CASE WHEN NOT refunds THEN visit_class END) AS visit_class,
        max(CASE WHEN NOT refunds THEN visit_type END) AS visit_type,
        max(CASE WHEN NOT refunds THEN institution_district END)
            AS institution_district,
        max(CASE WHEN NOT refunds THEN insured_district END) AS insured_district,
        max(CASE WHEN NOT refunds THEN hospital_level END) AS hospital_level,
        max(CASE WHEN NOT refunds THEN sex END) AS sex,
        max(CASE WHEN NOT refunds THEN age END) AS age,
        max(CASE WHEN NOT refunds THEN birth_date END) AS birth_date,
        max(CASE WHEN NOT refunds THEN insurance_type END) AS insurance_type,
        max(CASE WHEN NOT refunds THEN settled_at END) AS settled_at,
        max(CASE WHEN NOT refunds THEN agency_id END) AS agency_id,
        max(CASE WHEN NOT refunds THEN manual_reimb_reason END)
            AS manual_reimb_reason,
        sum(total_fee) AS total_fee,
        sum(fund_pay) AS fund_pay,
        sum(fee_fully_self) AS fee_fully_self,
        sum(fee_over_limit) AS fee_over_limit,
        sum(fee_in_scope) AS fee_in_scope,
        sum(pay_account) AS pay_account
    FROM kept
    GROUP BY net_id
)
SELECT
    n.net_id AS settlement_id,
    n.visit_id,
    n.insured_id,
    n.institution_id,
    n.visit_class,
    n.visit_type,
    n.institution_district,
    n.insured_district,
    n.hospital_level,
    n.sex,
    coalesce(
        n.age,
        extract(year FROM n.settled_at) - extract(year FROM n.birth_date)
        - CASE
            WHEN extract(month FROM n.settled_at) * 100 + extract(day FROM n.settled_at)
                < extract(month FROM n.birth_date) * 100 + extract(day FROM n.birth_date)
            THEN 1
            ELSE 0
        END
    ) AS age,
    n.insurance_type,
    n.settled_at,
    n.agency_id,
    n.manual_reimb_reason,
    n.total_fee,
    n.fund_pay,
    n.fee_fully_self,
    n.fee_over_limit,
    n.fee_in_scope,
    n.pay_account,
    coalesce(l.drug_fee, 0) AS drug_fee,
    coalesce(l.exam_fee, 0) AS exam_fee,
    coalesce(l.consumable_fee, 0) AS consumable_fee,
    coalesce(l.treatment_fee, 0) AS treatment_fee,
    coalesce(l.surgery_fee, 0) AS surgery_fee,
    coalesce(l.ct_fee, 0) AS ct_fee,
    coalesce(l.mri_fee, 0) AS mri_fee,
    coalesce(l.dear_fee, 0) AS dear_fee,
    CASE WHEN l.coded_lines > 0 THEN coalesce(l.watch_quantity, 0) END
        AS watch_quantity,
    CASE WHEN l.coded_lines > 0 THEN l.has_watched END AS has_watched,
    {month} AS month
FROM net n
LEFT JOIN lines l ON n.net_id = l.net_id
WHERE n.visit_id IS NOT NULL AND n.total_fee > 0
