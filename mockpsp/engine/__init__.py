"""The only doors to state, and what stands behind them: commands run, time moves, gateways route and pay out."""
