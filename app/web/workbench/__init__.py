"""A page for the operator alone: observations are put in, and what they change is seen at once."""
