"""The join of a table with an edition on a Dask cluster.

The table is cut into parts of about a million rows. Each part is a task: it is read, answered and
written as one Parquet file, with the same bytes whenever and wherever that is done. So another
worker can repeat what a lost worker had not finished.

Dask, and fsspec which comes with it, are imported where they are used: most installations do
without them.
"""
