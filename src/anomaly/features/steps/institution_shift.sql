-- How far an institution's mix of fees lies from its own of the twelve months before.
-- needs: institution_mix
-- months: 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12
WITH mix AS (
    SELECT
        institution_id,
        fee_category,
        CAST(sum(CASE WHEN month = {month} THEN amount ELSE 0 END) AS DOUBLE) AS amount_now,
        CAST(sum(CASE WHEN month < {month} THEN amount ELSE 0 END) AS DOUBLE) AS amount_before
    FROM institution_mix
    GROUP BY institution_id, fee_category
),
whole AS (
    SELECT institution_id, sum(amount_now) AS amount_now, sum(amount_before) AS amount_before
    FROM mix
    GROUP BY institution_id
),
share AS (
    SELECT
        m.institution_id,
        m.amount_now / w.amount_now AS p,
        m.amount_before / w.amount_before AS q,
        (m.amount_now / w.amount_now + m.amount_before / w.amount_before) / 2 AS middle
    FROM mix m
    JOIN whole w ON m.institution_id = w.institution_id
    WHERE w.amount_now > 0 AND w.amount_before > 0
)
SELECT
    institution_id,
    -- Jensen and Shannon's divergence in bits: 0 the same mix, 1 nothing in common.
    CAST(greatest(0, sum(
        CASE WHEN p > 0 THEN p * ln(p / middle) ELSE 0 END
        + CASE WHEN q > 0 THEN q * ln(q / middle) ELSE 0 END
    ) / 2 / ln(2)) AS DECIMAL(18, 6)) AS divergence,
    {month} AS month
FROM share
GROUP BY institution_id
