"""All lines drawn some hundreds of times, in the proportions in which the layouts are plausible.

``observed`` turns what was observed into numbers; ``courses`` says how lines bend and draws them,
``plausibility`` how plausible the positions of all lines are together, and ``sampler`` draws
positions by Markov chains. ``layouts`` holds the result and asks it where a place lies.
"""
