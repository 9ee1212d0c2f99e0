-- One row a person: the most spent from the account in seven days, and in an ordinary week.
-- needs: insured_day
-- months: 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11
WITH numbered AS (
    SELECT
        insured_id,
        day,
        month,
        pay_account,
        date_diff('day', DATE '2000-01-01', day) AS day_no
    FROM insured_day
),
week AS (
    SELECT
        insured_id,
        month,
        sum(pay_account) OVER (
            PARTITION BY insured_id ORDER BY day_no
            RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
        ) AS spent
    FROM numbered
),
mean AS (
    SELECT
        insured_id,
        sum(pay_account) AS spent,
        -- From the first of the months in which the person spent to the last day.
        date_diff(
            'day', CAST(min(month) AS DATE), CAST({month} + INTERVAL 1 MONTH AS DATE)
        ) AS days
    FROM numbered
    GROUP BY insured_id
)
SELECT
    m.insured_id,
    max(w.spent) AS most_in_a_week,
    max(CAST(7 * m.spent / m.days AS DECIMAL(18, 4))) AS mean_of_a_week,
    {month} AS month
FROM mean m
JOIN week w ON m.insured_id = w.insured_id AND w.month = {month}
GROUP BY m.insured_id
