-- One row a settlement that counts: was it reviewed, by whom, with what result.
-- needs: settlement_net, review, institution, pharmacy
SELECT
    s.settlement_id,
    coalesce(s.agency_id, r.agency_id) AS agency_id,
    s.institution_id,
    s.visit_class,
    coalesce(i.district, p.district, s.institution_district) AS district,
    s.fund_pay,
    -- Where no review was loaded nothing is known of any.
    CASE
        WHEN r.settlement_id IS NOT NULL THEN 1
        WHEN n.reviews > 0 THEN 0
    END AS is_reviewed,
    CASE WHEN r.settlement_id IS NOT NULL THEN s.fund_pay END AS reviewed_pay,
    CASE WHEN r.sampled_on_site THEN 1 WHEN NOT r.sampled_on_site THEN 0 END
        AS is_sampled,
    r.deducted,
    CASE WHEN r.appealed THEN 1 WHEN NOT r.appealed THEN 0 END AS is_appealed,
    CASE
        WHEN NOT r.appealed THEN NULL
        WHEN r.overturned THEN 1
        WHEN NOT r.overturned THEN 0
    END AS is_overturned,
    CASE WHEN s.manual_reimb_reason IS NOT NULL THEN 1 ELSE 0 END AS is_manual,
    date_diff('day', CAST(s.settled_at AS DATE), CAST(r.paid_at AS DATE)) AS pay_days,
    CASE
        WHEN r.reviewed_at IS NULL THEN NULL
        WHEN r.reviewed_at < {month} + INTERVAL 1 MONTH + INTERVAL {review_day} DAY
        THEN 1
        ELSE 0
    END AS is_in_time,
    r.operator_id,
    r.payee_id,
    {month} AS month
FROM settlement_net s
LEFT JOIN review r ON s.settlement_id = r.settlement_id
LEFT JOIN institution i ON s.institution_id = i.institution_id
LEFT JOIN pharmacy p ON s.institution_id = p.pharmacy_id
CROSS JOIN (SELECT count(*) AS reviews FROM review) n
