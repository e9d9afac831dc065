-- What the files of an edition say, as rows for GIS. Files hold WGS84, the tables CGCS2000
-- (EPSG:4490) with the same numbers, longitude first: the two systems differ by centimetres, and
-- everything here is known to metres at best.

CREATE TABLE landprice.region (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edition text NOT NULL REFERENCES landprice.edition (sha256),
    code text NOT NULL CHECK (code ~ '^[0-9A-Z][0-9A-Z._-]{0,30}$'),
    use text NOT NULL CHECK (use ~ '^[a-z][a-z0-9_]{0,30}$'),
    use_name text NOT NULL CHECK (use_name <> ''),
    bound_east text NOT NULL CHECK (bound_east <> ''),
    bound_west text NOT NULL CHECK (bound_west <> ''),
    bound_south text NOT NULL CHECK (bound_south <> ''),
    bound_north text NOT NULL CHECK (bound_north <> ''),
    standard_parcel text CHECK (standard_parcel <> ''),
    parcel_location text CHECK (parcel_location <> ''),
    right_type text CHECK (right_type <> ''),
    parcel_area_m2 double precision CHECK (parcel_area_m2 > 0 AND parcel_area_m2 < 'infinity'),
    plot_ratio double precision CHECK (plot_ratio > 0 AND plot_ratio < 'infinity'),
    development text CHECK (development <> ''),
    tenure_years integer CHECK (tenure_years > 0),
    ground_price_cny_m2 integer NOT NULL CHECK (ground_price_cny_m2 > 0),
    floor_price_cny_m2 integer CHECK (floor_price_cny_m2 > 0),
    geometry_source text NOT NULL
        CHECK (geometry_source IN ('schematic', 'centrelines', 'official')),
    placement text NOT NULL CHECK (placement IN ('tied', 'free')),
    accuracy_east_m double precision NOT NULL
        CHECK (accuracy_east_m >= 0 AND accuracy_east_m < 'infinity'),
    accuracy_west_m double precision NOT NULL
        CHECK (accuracy_west_m >= 0 AND accuracy_west_m < 'infinity'),
    accuracy_south_m double precision NOT NULL
        CHECK (accuracy_south_m >= 0 AND accuracy_south_m < 'infinity'),
    accuracy_north_m double precision NOT NULL
        CHECK (accuracy_north_m >= 0 AND accuracy_north_m < 'infinity'),
    geom geometry(MultiPolygon, 4490) NOT NULL,
    parcel geometry(Point, 4490) CHECK (NOT ST_IsEmpty(parcel)),
    UNIQUE (edition, code),
    CONSTRAINT region_geom_valid CHECK (NOT ST_IsEmpty(geom) AND ST_IsValid(geom)),
    CONSTRAINT region_geom_in_degrees CHECK (
        ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180
        AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90
    )
);
CREATE INDEX region_geom ON landprice.region USING gist (geom);

COMMENT ON TABLE landprice.region IS
    '标定区域。坐标为 CGCS2000（EPSG:4490，经度在前）；文件中为 WGS84，两者相差厘米级，按相等处理。';
COMMENT ON COLUMN landprice.region.id IS '行号，供 GIS 软件用作主键';
COMMENT ON COLUMN landprice.region.edition IS '所属的一期（landprice.edition.sha256）';
COMMENT ON COLUMN landprice.region.code IS '标定区域编号';
COMMENT ON COLUMN landprice.region.use IS '用途（代码），如 commercial、residential、industrial';
COMMENT ON COLUMN landprice.region.use_name IS '用途名称，如 商服用地';
COMMENT ON COLUMN landprice.region.bound_east IS '东至';
COMMENT ON COLUMN landprice.region.bound_west IS '西至';
COMMENT ON COLUMN landprice.region.bound_south IS '南至';
COMMENT ON COLUMN landprice.region.bound_north IS '北至';
COMMENT ON COLUMN landprice.region.standard_parcel IS '标准宗地名称';
COMMENT ON COLUMN landprice.region.parcel_location IS '土地位置';
COMMENT ON COLUMN landprice.region.right_type IS '权利类型';
COMMENT ON COLUMN landprice.region.parcel_area_m2 IS '土地面积（平方米）';
COMMENT ON COLUMN landprice.region.plot_ratio IS '设定容积率';
COMMENT ON COLUMN landprice.region.development IS '设定开发程度';
COMMENT ON COLUMN landprice.region.tenure_years IS '设定使用年期（年）';
COMMENT ON COLUMN landprice.region.ground_price_cny_m2 IS '地面单价（元/平方米）';
COMMENT ON COLUMN landprice.region.floor_price_cny_m2 IS '楼面单价（元/平方米）；空为不公布';
COMMENT ON COLUMN landprice.region.geometry_source IS
    '图形来源：schematic 由公告文字推定，centrelines 由道路中心线，official 官方图形';
COMMENT ON COLUMN landprice.region.placement IS '定位：tied 位置有依据，free 位置没有依据';
COMMENT ON COLUMN landprice.region.accuracy_east_m IS '东界线精度（米）';
COMMENT ON COLUMN landprice.region.accuracy_west_m IS '西界线精度（米）';
COMMENT ON COLUMN landprice.region.accuracy_south_m IS '南界线精度（米）';
COMMENT ON COLUMN landprice.region.accuracy_north_m IS '北界线精度（米）';
COMMENT ON COLUMN landprice.region.geom IS '区域图形，CGCS2000 经纬度';
COMMENT ON COLUMN landprice.region.parcel IS '标准宗地所在的路口，CGCS2000 经纬度；空为不详';

CREATE TABLE landprice.line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edition text NOT NULL REFERENCES landprice.edition (sha256),
    name text NOT NULL CHECK (name <> ''),
    kind text NOT NULL CHECK (kind IN ('road', 'rail', 'river', 'planned')),
    axis text NOT NULL CHECK (axis IN ('ns', 'ew')),
    accuracy_m double precision NOT NULL CHECK (accuracy_m >= 0 AND accuracy_m < 'infinity'),
    source text NOT NULL CHECK (source <> ''),
    geom geometry(LineString, 4490) NOT NULL
        CHECK (NOT ST_IsEmpty(geom) AND ST_IsValid(geom)),
    UNIQUE (edition, name)
);
CREATE INDEX line_geom ON landprice.line USING gist (geom);

COMMENT ON TABLE landprice.line IS '界线（道路、铁路、河流）。坐标同标定区域。';
COMMENT ON COLUMN landprice.line.id IS '行号，供 GIS 软件用作主键';
COMMENT ON COLUMN landprice.line.edition IS '所属的一期（landprice.edition.sha256）';
COMMENT ON COLUMN landprice.line.name IS '界线';
COMMENT ON COLUMN landprice.line.kind IS '界线类型：road 道路，rail 铁路，river 河流，planned 规划道路';
COMMENT ON COLUMN landprice.line.axis IS '走向：ns 南北，ew 东西';
COMMENT ON COLUMN landprice.line.accuracy_m IS '界线精度（米）';
COMMENT ON COLUMN landprice.line.source IS '界线位置的依据';
COMMENT ON COLUMN landprice.line.geom IS '界线图形，CGCS2000 经纬度';
