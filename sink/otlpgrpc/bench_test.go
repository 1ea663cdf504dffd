package otlpgrpc

const serverEnv = "OTLPGRPC_BENCH_SERVER"

func runServer() int { return 0 }
