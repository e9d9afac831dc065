"""``POST /v1/price/batch``: the prices of many points in one request."""
