"""What a network predicts with: one distribution a module, each of four verbs.

width(size): how many outputs of the network it takes.
parameters(raw): what raw outputs stand for, as its equations name it.
log_prob(raw, x): log density or probability of x in nats.
sample(key, raw): draws x; options that make it tidier or surer are its own.

Raw outputs are [..., width]; what stands before the last axis is kept.
"""
