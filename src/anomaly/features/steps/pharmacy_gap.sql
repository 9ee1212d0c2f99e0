-- One row a pharmacy: the seconds to the next card that all but one in a hundred exceed.
-- needs: visit_fact
WITH swipe AS (
    SELECT
        institution_id,
        insured_id,
        settled_at,
        lag(insured_id) OVER shop AS before_id,
        lag(settled_at) OVER shop AS before_at
    FROM visit_fact
    WHERE visit_class = 'pharmacy'
    WINDOW shop AS (PARTITION BY institution_id ORDER BY settled_at, visit_id)
),
gap AS (
    SELECT institution_id, date_diff('second', before_at, settled_at) AS seconds
    FROM swipe
    WHERE insured_id <> before_id
),
ranked AS (
    SELECT
        institution_id,
        seconds,
        row_number() OVER (PARTITION BY institution_id ORDER BY seconds) AS nth,
        count(*) OVER (PARTITION BY institution_id) AS gaps
    FROM gap
)
SELECT institution_id, seconds, gaps, {month} AS month
FROM ranked
WHERE nth = ceil(gaps / 100.0)
