-- From one visit of a day to the next: could anyone have come so far in the time?
-- needs: visit_fact, institution, pharmacy
WITH place AS (
    SELECT institution_id AS place_id, longitude, latitude FROM institution
    UNION ALL
    SELECT pharmacy_id AS place_id, longitude, latitude FROM pharmacy
),
seen AS (
    SELECT
        v.insured_id,
        v.visit_id,
        v.institution_id,
        v.settled_at,
        p.longitude,
        p.latitude,
        lag(v.settled_at) OVER person AS left_at,
        lag(v.institution_id) OVER person AS left_place,
        lag(p.longitude) OVER person AS left_longitude,
        lag(p.latitude) OVER person AS left_latitude
    FROM visit_fact v
    LEFT JOIN place p ON v.institution_id = p.place_id
    WHERE v.visit_class IN ('outpatient', 'pharmacy')
    WINDOW person AS (PARTITION BY v.insured_id ORDER BY v.settled_at, v.visit_id)
),
moved AS (
    SELECT
        insured_id,
        visit_id,
        institution_id,
        left_place,
        date_diff('second', left_at, settled_at) AS seconds,
        -- Kilometres over a few districts: a degree of latitude is 111.2 of them.
        sqrt(
            power((latitude - left_latitude) * 111.2, 2)
            + power(
                (longitude - left_longitude) * 111.2
                * cos(radians((latitude + left_latitude) / 2)),
                2
            )
        ) AS km,
        longitude IS NOT NULL AND latitude IS NOT NULL AS is_placed
    FROM seen
)
SELECT
    insured_id,
    visit_id,
    CASE
        WHEN NOT is_placed THEN NULL
        WHEN institution_id <> left_place
            AND km >= {move_km_at_least}
            AND km > {move_km_per_hour} * seconds / 3600.0 THEN 1
        ELSE 0
    END AS is_impossible,
    {month} AS month
FROM moved
