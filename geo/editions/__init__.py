"""Editions of several years and cities: which one answers, and how they are published."""
