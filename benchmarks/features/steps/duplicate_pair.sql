-- Two lines of one person, place, item, second, quantity and yuan, in one month.
-- needs: charge
SELECT a.line_id, b.line_id AS other_line_id, {month} AS month
FROM charge a
JOIN charge b ON a.insured_id = b.insured_id
    AND a.institution_id = b.institution_id
    AND a.national_item_code = b.national_item_code
    AND a.charged_at = b.charged_at
    AND a.quantity = b.quantity
    AND a.line_amount = b.line_amount
    AND a.line_id < b.line_id
WHERE a.line_amount > 0
