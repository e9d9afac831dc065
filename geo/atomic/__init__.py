"""Atomic output: a file, a folder or an edition is there complete, or it is as it was.

`files` writes single files and folders in a `draft` beside them; `together` writes files that must
fit each other, and reads them.
"""
