def profile_json(p): return {"name":p.name}
