def digest(c,n): return "x"
