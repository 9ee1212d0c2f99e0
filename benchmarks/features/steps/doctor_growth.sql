-- One row a doctor: shares, cost per visit, growth on the same month last year.
-- needs: doctor_month
-- months: 0, -12
SELECT
    n.doctor_id,
    n.visits,
    n.patients,
    CAST(n.fee AS DOUBLE) / n.visits AS fee_per_visit,
    CAST(n.drug_fee AS DOUBLE) / CAST(n.fee AS DOUBLE) AS drug_share,
    CAST(n.exam_fee AS DOUBLE) / CAST(n.fee AS DOUBLE) AS exam_share,
    CASE
        WHEN n.drug_fee > 0
        THEN CAST(n.top_drug_fee AS DOUBLE) / CAST(n.drug_fee AS DOUBLE)
    END AS top_drug_share,
    CAST(n.fee AS DOUBLE) / CAST(p.fee AS DOUBLE) - 1 AS growth,
    {month} AS month
FROM doctor_month n
LEFT JOIN doctor_month p ON n.doctor_id = p.doctor_id AND p.month < {month}
WHERE n.month = {month}
