"""What requests say: their schemas, the rows their ids mean, and what is made of them before the engine is asked."""
