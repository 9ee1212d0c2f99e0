-- One row a pharmacy and digit: how far the share of tickets that begin with it lies off.
-- needs: pharmacy_ticket
WITH digit AS (
    SELECT digit FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS t (digit)
),
begun AS (
    SELECT
        institution_id,
        tickets,
        -- The first digit of the amount in fen is that of the amount in yuan.
        CAST(
            substr(
                CAST(CAST(CAST(total_fee AS DECIMAL(18, 2)) * 100 AS BIGINT) AS VARCHAR),
                1,
                1
            ) AS INTEGER
        ) AS digit
    FROM pharmacy_ticket
),
counted AS (
    SELECT institution_id, digit, sum(tickets) AS tickets
    FROM begun
    GROUP BY institution_id, digit
),
whole AS (
    SELECT institution_id, sum(tickets) AS tickets
    FROM counted
    GROUP BY institution_id
)
SELECT
    w.institution_id,
    d.digit,
    coalesce(b.tickets, 0) AS tickets,
    -- Benford's law: a digit d begins log10(1 + 1 / d) of amounts that nobody made up.
    CAST(
        abs(
            CAST(coalesce(b.tickets, 0) AS DOUBLE) / w.tickets
            - ln(1 + CAST(1 AS DOUBLE) / d.digit) / ln(10)
        ) AS DECIMAL(18, 9)
    ) AS deviation,
    {month} AS month
FROM whole w
CROSS JOIN digit d
LEFT JOIN counted b ON w.institution_id = b.institution_id AND d.digit = b.digit
