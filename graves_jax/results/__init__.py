"""What was measured: records, and the paper's tables made of them."""
