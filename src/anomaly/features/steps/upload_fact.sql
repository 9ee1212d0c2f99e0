-- One row a settlement of an institution: was its list sent, in time, and sound.
-- needs: settlement_net, list_upload
SELECT
    s.settlement_id,
    s.institution_id,
    s.visit_class,
    CASE
        WHEN u.settlement_id IS NOT NULL THEN 1
        WHEN n.uploads > 0 THEN 0
    END AS is_uploaded,
    CASE WHEN u.qc_passed THEN 1 WHEN NOT u.qc_passed THEN 0 END AS is_sound,
    CASE
        WHEN u.uploaded_at IS NULL THEN NULL
        WHEN date_diff('second', s.settled_at, u.uploaded_at)
            > {late_upload_hours} * 3600 THEN 1
        ELSE 0
    END AS is_late,
    {month} AS month
FROM settlement_net s
LEFT JOIN list_upload u ON s.settlement_id = u.settlement_id
CROSS JOIN (SELECT count(*) AS uploads FROM list_upload) n
WHERE s.visit_class <> 'pharmacy'
