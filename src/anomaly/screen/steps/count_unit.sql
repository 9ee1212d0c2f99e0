-- Settlements with items counted in another unit, tablets for boxes, than elsewhere.
-- needs: charge, settlement
WITH coded AS (
    SELECT
        c.settlement_id,
        s.institution_id,
        c.national_item_code,
        c.quantity,
        c.line_amount
    FROM charge c
    JOIN settlement s ON c.settlement_id = s.settlement_id
    WHERE c.national_item_code IS NOT NULL AND s.institution_id IS NOT NULL
),
used AS (
    SELECT
        institution_id,
        national_item_code,
        count(*) AS lines,
        sum(quantity) AS quantity,
        sum(line_amount) AS amount
    FROM coded
    WHERE quantity > 0 AND line_amount > 0
    GROUP BY institution_id, national_item_code
),
beside AS (
    SELECT
        *,
        sum(lines) OVER (PARTITION BY national_item_code) - lines AS other_lines,
        sum(quantity) OVER (PARTITION BY national_item_code) - quantity
            AS other_quantity,
        sum(amount) OVER (PARTITION BY national_item_code) - amount AS other_amount
    FROM used
),
compared AS (
    SELECT
        institution_id,
        national_item_code,
        CAST(quantity AS DOUBLE) / lines
            / (CAST(other_quantity AS DOUBLE) / other_lines) AS size_ratio,
        CAST(amount AS DOUBLE) / CAST(quantity AS DOUBLE)
            / (CAST(other_amount AS DOUBLE) / CAST(other_quantity AS DOUBLE))
            AS price_ratio
    FROM beside
    WHERE lines >= {unit_lines} AND other_lines >= {unit_lines}
),
-- Many times as many at as many times less: the money is right, the count is not.
wrong AS (
    SELECT institution_id, national_item_code
    FROM compared
    WHERE (
            (size_ratio >= {unit_times} AND price_ratio * {unit_times} <= 1)
            OR (size_ratio * {unit_times} <= 1 AND price_ratio >= {unit_times})
        )
        AND size_ratio * price_ratio BETWEEN 0.5 AND 2
)
SELECT DISTINCT c.settlement_id, 'count_unit_error' AS artefact
FROM coded c
JOIN wrong w ON c.institution_id = w.institution_id
    AND c.national_item_code = w.national_item_code
