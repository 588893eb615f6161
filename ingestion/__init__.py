"""How events come in: the broker, its clients, the decoder and the loop that lands batches in the warehouse."""
