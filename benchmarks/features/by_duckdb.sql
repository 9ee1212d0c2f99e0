-- The workload by hand: all months at once over views of the Parquet files.
CREATE TEMP TABLE net AS
SELECT
    CASE WHEN is_refund THEN original_settlement_id ELSE settlement_id END AS bill_id,
    month,
    max(CASE WHEN NOT coalesce(is_refund, false) THEN visit_id END) AS visit_id,
    max(CASE WHEN NOT coalesce(is_refund, false) THEN insured_id END) AS insured_id,
    max(CASE WHEN NOT coalesce(is_refund, false) THEN visit_class END) AS visit_class,
    sum(total_fee) AS fee
FROM settlement
GROUP BY ALL
HAVING sum(total_fee) > 0;

CREATE TEMP TABLE bill AS
SELECT
    n.*,
    v.attending_doctor_id AS doctor_id,
    v.admitted_at,
    v.discharged_at
FROM net n
JOIN visit v ON n.visit_id = v.visit_id AND n.month = v.month;

CREATE TEMP TABLE bill_item AS
SELECT
    b.month,
    b.doctor_id,
    b.insured_id,
    c.national_item_code,
    c.fee_category,
    CAST(c.charged_at AS DATE) AS day,
    sum(c.quantity) AS quantity,
    sum(c.line_amount) AS amount
FROM charge c
JOIN settlement s ON c.settlement_id = s.settlement_id AND c.month = s.month
JOIN bill b
    ON CASE WHEN s.is_refund THEN s.original_settlement_id ELSE s.settlement_id END
    = b.bill_id AND s.month = b.month
GROUP BY ALL;

COPY (
    WITH fees AS (
        SELECT
            month,
            doctor_id,
            count(DISTINCT visit_id) AS visits,
            count(DISTINCT insured_id) AS patients,
            sum(fee) AS fee
        FROM bill
        WHERE doctor_id IS NOT NULL
        GROUP BY ALL
    ),
    items AS (
        SELECT
            month,
            doctor_id,
            national_item_code,
            sum(amount) FILTER (WHERE fee_category IN ('09', '10', '11')) AS drug_fee,
            sum(amount) FILTER (WHERE fee_category IN ('03', '04')) AS exam_fee
        FROM bill_item
        WHERE doctor_id IS NOT NULL
        GROUP BY ALL
    ),
    shares AS (
        SELECT
            month,
            doctor_id,
            coalesce(sum(drug_fee), 0) AS drug_fee,
            coalesce(sum(exam_fee), 0) AS exam_fee,
            coalesce(max(drug_fee), 0) AS top_drug_fee
        FROM items
        GROUP BY ALL
    ),
    doctors AS (
        SELECT
            f.*,
            coalesce(s.drug_fee, 0) AS drug_fee,
            coalesce(s.exam_fee, 0) AS exam_fee,
            coalesce(s.top_drug_fee, 0) AS top_drug_fee
        FROM fees f
        LEFT JOIN shares s USING (month, doctor_id)
    )
    SELECT
        n.month,
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
        CAST(n.fee AS DOUBLE) / CAST(p.fee AS DOUBLE) - 1 AS growth
    FROM doctors n
    LEFT JOIN doctors p
        ON n.doctor_id = p.doctor_id AND p.month = n.month - INTERVAL 1 YEAR
) TO '{out}/doctor_growth.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (
    WITH days AS (
        SELECT month, insured_id, national_item_code, day, sum(quantity) AS quantity
        FROM bill_item
        WHERE fee_category IN ('09', '10', '11')
            AND national_item_code IS NOT NULL
            AND date_trunc('month', day) = month
        GROUP BY ALL
    ),
    rolled AS (
        SELECT
            month,
            insured_id,
            sum(quantity) OVER (
                PARTITION BY insured_id, national_item_code
                ORDER BY day
                RANGE BETWEEN INTERVAL 29 DAYS PRECEDING AND CURRENT ROW
            ) AS in_30_days
        FROM days
    )
    SELECT month, insured_id, max(in_30_days) AS most_in_30_days
    FROM rolled
    GROUP BY ALL
) TO '{out}/person_drug.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (
    WITH stay AS (
        SELECT
            month,
            visit_id,
            insured_id,
            min(admitted_at) AS admitted_at,
            max(discharged_at) AS discharged_at
        FROM bill
        WHERE visit_class = 'inpatient'
        GROUP BY ALL
    )
    SELECT a.month, a.insured_id, count(*) AS overlapping_stays
    FROM stay a
    JOIN stay b ON a.insured_id = b.insured_id
        AND a.visit_id <> b.visit_id
        AND a.admitted_at < b.discharged_at
        AND b.admitted_at < a.discharged_at
        AND b.month BETWEEN a.month - INTERVAL 2 MONTHS AND a.month
    GROUP BY ALL
) TO '{out}/person_overlap.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (
    SELECT a.month, a.line_id, b.line_id AS other_line_id
    FROM charge a
    JOIN charge b ON a.month = b.month
        AND a.insured_id = b.insured_id
        AND a.institution_id = b.institution_id
        AND a.national_item_code = b.national_item_code
        AND a.charged_at = b.charged_at
        AND a.quantity = b.quantity
        AND a.line_amount = b.line_amount
        AND a.line_id < b.line_id
    WHERE a.line_amount > 0
) TO '{out}/duplicate_pair.parquet' (FORMAT parquet, COMPRESSION zstd);
