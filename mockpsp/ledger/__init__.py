"""The merchant's books: accounts, posting rules, balances, exports."""
