"""Deals compared with the standard land price, drawn: charts, a report and a workbook.

``words`` says in both languages what they have in common. The map of deals is
`maps.interactive.deal_map`.
"""
