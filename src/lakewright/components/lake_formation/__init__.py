"""AWS Lake Formation: who administers the lake, and which buckets it hands out data of."""
