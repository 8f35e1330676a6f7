"""What is written as text, and what is wrong with it: ids, codes, card numbers, addresses, JSON, names near others."""
