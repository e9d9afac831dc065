-- What other programs read: layers for GIS, and the price at a point.

CREATE VIEW landprice.current_region AS
    SELECT
        r.id, e.id AS edition_id, e.city, e.valuation_date, e.effective_from, e.in_force,
        r.code, r.use, r.use_name, r.bound_east, r.bound_west, r.bound_south, r.bound_north,
        r.standard_parcel, r.parcel_location, r.right_type, r.parcel_area_m2, r.plot_ratio,
        r.development, r.tenure_years, r.ground_price_cny_m2, r.floor_price_cny_m2,
        r.geometry_source, r.placement,
        r.accuracy_east_m, r.accuracy_west_m, r.accuracy_south_m, r.accuracy_north_m,
        e.attribution, r.geom
    FROM landprice.current_edition AS e
    JOIN landprice.region AS r ON r.edition = e.sha256;

COMMENT ON VIEW landprice.current_region IS '当前发布的标定区域（主键 id）；只看今天执行的，请筛选 in_force。';

CREATE VIEW landprice.current_parcel AS
    SELECT
        r.id, e.id AS edition_id, e.city, e.valuation_date, e.effective_from, e.in_force,
        r.code, r.use, r.use_name, r.standard_parcel, r.parcel_location, r.parcel_area_m2,
        r.ground_price_cny_m2, r.floor_price_cny_m2, e.attribution, r.parcel AS geom
    FROM landprice.current_edition AS e
    JOIN landprice.region AS r ON r.edition = e.sha256
    WHERE r.parcel IS NOT NULL;

COMMENT ON VIEW landprice.current_parcel IS '当前发布的标准宗地，点位为其所在的路口（主键 id）；不详的没有。';
CREATE VIEW landprice.current_line AS
    SELECT
        l.id, e.id AS edition_id, e.city, e.valuation_date, e.effective_from, e.in_force,
        l.name, l.kind, l.axis, l.accuracy_m, l.source, e.attribution, l.geom
    FROM landprice.current_edition AS e
    JOIN landprice.line AS l ON l.edition = e.sha256;

COMMENT ON VIEW landprice.current_line IS '当前发布的界线（主键 id）。';

CREATE TYPE landprice.price AS (
    edition_id text,
    city text,
    document text,
    valuation_date date,
    effective_from date,
    code text,
    use text,
    use_name text,
    ground_price_cny_m2 integer,
    floor_price_cny_m2 integer,
    plot_ratio double precision,
    tenure_years integer,
    right_type text,
    development text,
    standard_parcel text,
    bound_east text,
    bound_west text,
    bound_south text,
    bound_north text,
    geometry_source text,
    placement text,
    accuracy_east_m double precision,
    accuracy_west_m double precision,
    accuracy_south_m double precision,
    accuracy_north_m double precision,
    attribution text
);

COMMENT ON TYPE landprice.price IS '某点的标定地价：图形中含有该点的一个标定区域。';

-- A closed polygon holds a point where no part of the point lies outside it: '******F**'. That is
-- what ST_Covers means too, but ST_Relate is decided by GEOS with exact signs, as the program
-- decides it. ST_Covers and ST_Intersects compute on which side of an edge a point lies in plain
-- floating point: of 30 000 points beside edges of 30 km they place 11 on the wrong side.
CREATE FUNCTION landprice.price_at(
    lon double precision, lat double precision, use text DEFAULT NULL, as_of date DEFAULT NULL
) RETURNS SETOF landprice.price
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT
            e.id, e.city, e.document, e.valuation_date, e.effective_from,
            r.code, r.use, r.use_name, r.ground_price_cny_m2, r.floor_price_cny_m2,
            r.plot_ratio, r.tenure_years, r.right_type, r.development, r.standard_parcel,
            r.bound_east, r.bound_west, r.bound_south, r.bound_north,
            r.geometry_source, r.placement,
            r.accuracy_east_m, r.accuracy_west_m, r.accuracy_south_m, r.accuracy_north_m,
            e.attribution
        FROM landprice.editions_on(price_at.as_of) AS e
        JOIN landprice.region AS r ON r.edition = e.sha256
        WHERE r.geom && ST_SetSRID(ST_Point(price_at.lon, price_at.lat), 4490)
            AND ST_Relate(
                r.geom, ST_SetSRID(ST_Point(price_at.lon, price_at.lat), 4490), '******F**'
            )
            AND (price_at.use IS NULL OR price_at.use IN (r.use, r.use_name))
        ORDER BY e.admin_code, r.use, r.code;
    END;

COMMENT ON FUNCTION landprice.price_at IS
    '某点的标定地价。lon、lat 为 CGCS2000（或 WGS84）经纬度；use 为用途代码或名称，默认全部；as_of 为查询日，'
    '默认北京时间今天。返回图形（含边界）中含有该点的标定区域，取该日执行的一期。界线多为推定，请看 accuracy 各列。';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA landprice FROM PUBLIC;

-- A column of a view or type means what the column of its name in a table means.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT pair.name, column_.attname, col_description(source.attrelid, source.attnum) AS meaning
        FROM (VALUES
            (1, 'current_publication', 'publication'), (2, 'current_publication', 'activation'),
            (1, 'current_edition', 'edition'),
            (1, 'current_region', 'region'), (2, 'current_region', 'edition'),
            (1, 'current_parcel', 'region'), (2, 'current_parcel', 'edition'),
            (1, 'current_line', 'line'), (2, 'current_line', 'edition'),
            (1, 'price', 'region'), (2, 'price', 'edition'),
            (3, 'current_region', 'current_edition'), (4, 'current_region', 'publication_edition'),
            (3, 'current_parcel', 'current_edition'), (4, 'current_parcel', 'publication_edition'),
            (3, 'current_line', 'current_edition'), (4, 'current_line', 'publication_edition'),
            (4, 'price', 'publication_edition')
        ) AS pair (rank, name, source)
        JOIN pg_attribute AS column_
            ON column_.attrelid = ('landprice.' || pair.name)::regclass AND column_.attnum > 0
        JOIN pg_attribute AS source
            ON source.attrelid = ('landprice.' || pair.source)::regclass
            AND source.attname = column_.attname
        ORDER BY pair.rank DESC  -- what comes first in the list is said last, and stays
    LOOP
        EXECUTE format(
            'COMMENT ON COLUMN landprice.%I.%I IS %L', one.name, one.attname, one.meaning
        );
    END LOOP;
END
$$;

COMMENT ON COLUMN landprice.current_parcel.geom IS '标准宗地所在的路口，CGCS2000 经纬度';
