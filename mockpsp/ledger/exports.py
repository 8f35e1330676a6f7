def balances_json(c,n): return {}
def journal_json(c,n): return []
def render(*a): return []
