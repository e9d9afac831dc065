-- Editions by their content, and which of them are in force together.
-- Nothing here changes once it is written: what is in force is the last row of activation.

-- An administrator may have made the schema for a publisher that may make none.
DO $$
BEGIN
    IF to_regnamespace('landprice') IS NULL THEN
        CREATE SCHEMA landprice;
        COMMENT ON SCHEMA landprice IS '标定地价：各城市、各年度的公示成果。';
    END IF;
END
$$;

CREATE TABLE landprice.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE landprice.migration IS '已执行的建表脚本。';
COMMENT ON COLUMN landprice.migration.number IS '脚本编号';
COMMENT ON COLUMN landprice.migration.name IS '脚本文件名';
COMMENT ON COLUMN landprice.migration.applied_at IS '执行时间';

CREATE TABLE landprice.edition (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    id text NOT NULL CHECK (id ~ '^[0-9]{6}-[0-9]{4}$'),
    city text NOT NULL CHECK (city <> ''),
    admin_code text NOT NULL CHECK (admin_code ~ '^[0-9]{6}$'),
    title text NOT NULL CHECK (title <> ''),
    document text NOT NULL CHECK (document <> ''),
    valuation_date date NOT NULL,
    effective_from date NOT NULL,
    valid_to date CHECK (valid_to >= effective_from),
    publisher text NOT NULL CHECK (publisher <> ''),
    map_title text NOT NULL CHECK (map_title <> ''),
    map_compiler text NOT NULL CHECK (map_compiler <> ''),
    map_date text NOT NULL CHECK (map_date ~ '^[0-9]{4}-[0-9]{2}$'),
    attribution text NOT NULL,
    CHECK (id = admin_code || '-' || extract(year FROM valuation_date)::integer::text),
    UNIQUE (id, sha256)
);

COMMENT ON TABLE landprice.edition IS '一期标定地价（某城市某一年度的公示成果）。内容由 sha256 确定，写入后不再修改。';
COMMENT ON COLUMN landprice.edition.sha256 IS '本期全部文件的校验和：按文件名排序后 sha256sum 输出文本的 SHA-256';
COMMENT ON COLUMN landprice.edition.id IS '期号：行政区代码-估价期日的年份，如 411700-2022';
COMMENT ON COLUMN landprice.edition.city IS '城市';
COMMENT ON COLUMN landprice.edition.admin_code IS '行政区代码（六位）';
COMMENT ON COLUMN landprice.edition.title IS '公示信息表标题';
COMMENT ON COLUMN landprice.edition.document IS '文号';
COMMENT ON COLUMN landprice.edition.valuation_date IS '估价期日';
COMMENT ON COLUMN landprice.edition.effective_from IS '执行起始日';
COMMENT ON COLUMN landprice.edition.valid_to IS '有效期至；公告未写明时为空，到下一期执行为止';
COMMENT ON COLUMN landprice.edition.publisher IS '公布单位';
COMMENT ON COLUMN landprice.edition.map_title IS '图名，其中 {use} 处为用途';
COMMENT ON COLUMN landprice.edition.map_compiler IS '图件编制单位';
COMMENT ON COLUMN landprice.edition.map_date IS '图件编制年月，如 2022-12';
COMMENT ON COLUMN landprice.edition.attribution IS '数据来源署名，使用时须注明；空为无须署名';

CREATE TABLE landprice.edition_file (
    edition text NOT NULL REFERENCES landprice.edition (sha256),
    name text NOT NULL CHECK (name ~ '^[a-z0-9_]+\.[a-z0-9]+$'),
    sha256 text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (edition, name),
    CHECK (sha256 = encode(sha256(content), 'hex'))
);
-- Parquet is compressed already, and a file is always read whole.
ALTER TABLE landprice.edition_file ALTER COLUMN content SET STORAGE EXTERNAL;

COMMENT ON TABLE landprice.edition_file IS '一期成果的原始文件，逐字节保存。';
COMMENT ON COLUMN landprice.edition_file.edition IS '所属的一期（landprice.edition.sha256）';
COMMENT ON COLUMN landprice.edition_file.name IS '文件名，如 parcels.geojson';
COMMENT ON COLUMN landprice.edition_file.sha256 IS '文件内容的 SHA-256';
COMMENT ON COLUMN landprice.edition_file.content IS '文件内容';

CREATE TABLE landprice.publication (
    number integer PRIMARY KEY CHECK (number > 0),
    previous integer REFERENCES landprice.publication (number) CHECK (previous < number),
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE landprice.publication IS '一次发布：同时有效的若干期成果。每次发布编号加一，旧的发布保留以便回退。';
COMMENT ON COLUMN landprice.publication.number IS '发布编号，从 1 起';
COMMENT ON COLUMN landprice.publication.previous IS '发布之前有效的那次发布，回退时恢复它；空为没有';
COMMENT ON COLUMN landprice.publication.published_at IS '发布时间';
COMMENT ON COLUMN landprice.publication.published_by IS '发布者的数据库用户名';

CREATE TABLE landprice.publication_edition (
    publication integer NOT NULL REFERENCES landprice.publication (number),
    edition_id text NOT NULL,
    edition text NOT NULL,
    PRIMARY KEY (publication, edition_id),
    FOREIGN KEY (edition_id, edition) REFERENCES landprice.edition (id, sha256)
);

COMMENT ON TABLE landprice.publication_edition IS '各次发布包含哪些期；同一期号在一次发布中只有一份内容。';
COMMENT ON COLUMN landprice.publication_edition.publication IS '发布编号';
COMMENT ON COLUMN landprice.publication_edition.edition_id IS '期号';
COMMENT ON COLUMN landprice.publication_edition.edition IS '该期的内容（landprice.edition.sha256）';

CREATE TABLE landprice.activation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    publication integer NOT NULL REFERENCES landprice.publication (number),
    activated_at timestamptz NOT NULL DEFAULT now(),
    activated_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE landprice.activation IS '生效记录，只增不改：最后一行所指的发布当前有效，回退也是其中一行。';
COMMENT ON COLUMN landprice.activation.id IS '顺序号';
COMMENT ON COLUMN landprice.activation.publication IS '由此生效的发布编号';
COMMENT ON COLUMN landprice.activation.activated_at IS '生效时间';
COMMENT ON COLUMN landprice.activation.activated_by IS '操作者的数据库用户名';

CREATE VIEW landprice.current_publication AS
    SELECT p.number, p.previous, p.published_at, p.published_by, a.activated_at, a.activated_by
    FROM (SELECT * FROM landprice.activation ORDER BY id DESC LIMIT 1) AS a
    JOIN landprice.publication AS p ON p.number = a.publication;

COMMENT ON VIEW landprice.current_publication IS '当前有效的发布，一行；尚未发布时没有。';

CREATE FUNCTION landprice.editions_on(day date DEFAULT NULL) RETURNS SETOF landprice.edition
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM (
            SELECT DISTINCT ON (e.admin_code) e.*
            FROM landprice.current_publication AS p
            JOIN landprice.publication_edition AS pe ON pe.publication = p.number
            JOIN landprice.edition AS e ON e.sha256 = pe.edition
            WHERE e.effective_from <= coalesce(day, (now() AT TIME ZONE 'Asia/Shanghai')::date)
            ORDER BY e.admin_code, e.effective_from DESC, e.valuation_date DESC
        ) AS latest
        WHERE day IS NULL OR valid_to IS NULL OR valid_to >= day;
    END;

COMMENT ON FUNCTION landprice.editions_on IS
    '某日执行的各城市的一期：当前发布中执行起始日不晚于该日、且该日仍有效的最近一期；默认为北京时间今天，已过有效期的也算。';

CREATE VIEW landprice.current_edition AS
    SELECT e.*, e.sha256 IN (SELECT sha256 FROM landprice.editions_on()) AS in_force
    FROM landprice.current_publication AS p
    JOIN landprice.publication_edition AS pe ON pe.publication = p.number
    JOIN landprice.edition AS e ON e.sha256 = pe.edition;

COMMENT ON VIEW landprice.current_edition IS '当前发布包含的各期。';
COMMENT ON COLUMN landprice.current_edition.in_force IS '今天（北京时间）是否执行这一期';
