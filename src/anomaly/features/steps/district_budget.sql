-- One row a district with a budget: spent and planned since January, and what is left.
-- needs: district_fund, budget
-- months: 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11
WITH spent AS (
    SELECT
        district,
        sum(
            CASE
                WHEN extract(year FROM month) = extract(year FROM {month})
                THEN fund_pay
            END
        ) AS this_year,
        sum(fund_pay) AS all_months,
        count(*) AS months
    FROM district_fund
    GROUP BY district
),
-- The months of this year that hold settlements.
held AS (
    SELECT DISTINCT substr(CAST(month AS VARCHAR), 1, 7) AS month
    FROM district_fund
    WHERE extract(year FROM month) = extract(year FROM {month})
),
planned AS (
    SELECT
        b.district,
        sum(b.budget) AS budget,
        max(CASE
            WHEN b.month = substr(CAST({month} AS VARCHAR), 1, 7) THEN b.balance
        END) AS balance
    FROM budget b
    JOIN held h ON b.month = h.month
    GROUP BY b.district
)
SELECT
    s.district,
    s.this_year,
    p.budget,
    p.balance,
    CAST(s.all_months / s.months AS DECIMAL(18, 2)) AS mean_month,
    {month} AS month
FROM spent s
JOIN planned p ON s.district = p.district
