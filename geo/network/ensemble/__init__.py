"""All lines drawn some hundreds of times, in the proportions in which the layouts are plausible.

``observed`` turns what was observed into numbers; ``courses`` says how lines bend and draws them,
``plausibility`` how plausible the positions of all lines are together; ``sampler`` draws positions
by Markov chains, ``mixing`` tells whether they have mixed, and ``draw`` makes layouts of it all.
"""
