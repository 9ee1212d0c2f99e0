-- One row a place: fee lines of bills that count, and those sent in long after.
-- needs: charge, settlement_net
SELECT
    s.institution_id,
    s.visit_class,
    count(*) AS lines,
    sum(
        CASE
            WHEN date_diff('second', c.charged_at, c.uploaded_at)
                > {late_upload_hours} * 3600 THEN 1
            ELSE 0
        END
    ) AS late_lines,
    {month} AS month
FROM charge c
JOIN settlement_net s ON c.settlement_id = s.settlement_id
WHERE c.charged_at IS NOT NULL AND c.uploaded_at IS NOT NULL
GROUP BY s.institution_id, s.visit_class
