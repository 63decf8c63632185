export { isLoopback, readConfig, type ServerConfig } from './config.ts'
export { createLogger } from './logger.ts'
export { type RunningServer, type ServerOptions, startServer } from './server.ts'
export { DEFAULT_RATES, type Rates } from './service.ts'
