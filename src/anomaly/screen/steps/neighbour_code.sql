-- Settlements with an item picked beside the one meant: the next line of a drop-down.
-- needs: charge, settlement
WITH coded AS (
    SELECT
        c.settlement_id,
        s.institution_id,
        trim(c.local_item_name) AS local_name,
        c.national_item_code
    FROM charge c
    JOIN settlement s ON c.settlement_id = s.settlement_id
    WHERE c.national_item_code IS NOT NULL AND s.institution_id IS NOT NULL
        AND trim(c.local_item_name) <> ''
),
counted AS (
    SELECT institution_id, local_name, national_item_code, count(*) AS lines
    FROM coded
    GROUP BY institution_id, local_name, national_item_code
),
placed AS (
    SELECT
        *,
        sum(lines) OVER (PARTITION BY institution_id, local_name) AS all_lines,
        row_number() OVER (
            PARTITION BY institution_id, local_name
            ORDER BY lines DESC, national_item_code
        ) AS nth
    FROM counted
),
meant AS (
    SELECT institution_id, local_name, national_item_code
    FROM placed
    WHERE nth = 1 AND lines >= {neighbour_lines}
        AND CAST(lines AS DOUBLE) / all_lines >= {neighbour_share}
)
SELECT DISTINCT c.settlement_id, 'neighbour_code' AS artefact
FROM coded c
JOIN meant m ON c.institution_id = m.institution_id AND c.local_name = m.local_name
WHERE c.national_item_code <> m.national_item_code
    AND left(c.national_item_code, {neighbour_letters})
        = left(m.national_item_code, {neighbour_letters})
