"""From order and observations to lines on the ground, each with its accuracy.

``evidence`` reads what was observed; ``positions`` gives each line one position by mixed-integer
program, ``bends`` its course, ``accuracy`` how far it may be off; ``schematic`` runs the three.
``ensemble`` draws many layouts instead of one. ``named_lines``, ``aliases`` and ``files`` read and
write lines.
"""
