-- The role that other programs read with: the operator grants it to their logins. Roles belong to
-- the whole cluster, so an operator may have made it, and may make it later.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'landprice_reader') THEN
        IF (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
            CREATE ROLE landprice_reader NOLOGIN;
            COMMENT ON ROLE landprice_reader IS '标定地价只读角色：授予需要查询的数据库用户。';
        ELSE
            RAISE NOTICE 'the role landprice_reader is missing and % may not create roles: let an'
                ' administrator run CREATE ROLE landprice_reader NOLOGIN, then publish again',
                current_user;
            RETURN;
        END IF;
    END IF;
    GRANT USAGE ON SCHEMA landprice TO landprice_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA landprice TO landprice_reader;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA landprice TO landprice_reader;
END
$$;
