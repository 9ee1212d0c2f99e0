-- One row a pharmacy and prescribing doctor: purchases and yuan.
-- needs: item_fact
SELECT
    institution_id,
    doctor_id,
    count(DISTINCT visit_id) AS visits,
    sum(amount) AS amount,
    {month} AS month
FROM item_fact
WHERE visit_class = 'pharmacy' AND doctor_id IS NOT NULL
GROUP BY institution_id, doctor_id
