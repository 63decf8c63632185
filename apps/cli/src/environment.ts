/** Everything that the environment says, read once and here alone. */

/** What Node itself may need in a process that is to know nothing of ours. */
const NEUTRAL = ['PATH', 'SystemRoot', 'TMPDIR', 'NODE_COMPILE_CACHE']

export const environment = Object.freeze({
  home: process.env['COMMONHOLD_HOME'],
  databaseUrl: process.env['DATABASE_URL'],
  rpcUrl: process.env['CHAIN_RPC_URL'],
  token: process.env['CHAIN_TOKEN'],
  /** For the server, which checks its own settings. */
  all: Object.freeze({ ...process.env }),
  neutral: Object.freeze(
    Object.fromEntries(NEUTRAL.map((name) => [name, process.env[name]])),
  ) satisfies NodeJS.ProcessEnv,
})
