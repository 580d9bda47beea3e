def report(f,j): return 0
