-- One row a doctor, person, item, category and day after refunds: quantity and yuan.
-- needs: charge, settlement, bill
SELECT
    b.doctor_id,
    b.insured_id,
    c.national_item_code,
    c.fee_category,
    CAST(c.charged_at AS DATE) AS day,
    sum(c.quantity) AS quantity,
    sum(c.line_amount) AS amount,
    {month} AS month
FROM charge c
JOIN settlement s ON c.settlement_id = s.settlement_id
JOIN bill b
    ON CASE WHEN s.is_refund THEN s.original_settlement_id ELSE s.settlement_id END
    = b.bill_id
GROUP BY
    b.doctor_id,
    b.insured_id,
    c.national_item_code,
    c.fee_category,
    CAST(c.charged_at AS DATE)
