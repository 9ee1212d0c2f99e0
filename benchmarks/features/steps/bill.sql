-- One row a bill after refunds: whose, by whom, what it cost.
-- needs: settlement, visit
WITH net AS (
    SELECT
        CASE WHEN is_refund THEN original_settlement_id ELSE settlement_id END AS bill_id,
        max(CASE WHEN NOT coalesce(is_refund, false) THEN visit_id END) AS visit_id,
        max(CASE WHEN NOT coalesce(is_refund, false) THEN insured_id END) AS insured_id,
        max(CASE WHEN NOT coalesce(is_refund, false) THEN visit_class END) AS visit_class,
        sum(total_fee) AS fee
    FROM settlement
    GROUP BY CASE WHEN is_refund THEN original_settlement_id ELSE settlement_id END
    HAVING sum(total_fee) > 0
)
SELECT
    n.bill_id,
    n.visit_id,
    n.insured_id,
    n.visit_class,
    n.fee,
    v.attending_doctor_id AS doctor_id,
    v.admitted_at,
    v.discharged_at,
    {month} AS month
FROM net n
JOIN visit v ON n.visit_id = v.visit_id
