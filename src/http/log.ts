import type { Logger } from 'pino';

/** The structured log of the process: events with ids; never documents, cookies, tokens or query strings. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
