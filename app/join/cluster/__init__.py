"""The join of a table with an edition, spread over the workers of a Dask cluster.

The table is cut into parts of about a million rows. Each part is a task: it is read, answered and
written as one Parquet file, which is the same whenever and wherever that is done. So what a lost
worker had not finished another one begins anew.

Dask, and fsspec which comes with it, are imported where they are used: most installations do
without them.
"""
