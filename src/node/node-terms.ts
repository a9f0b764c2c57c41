import type { Logger } from 'pino';

/** What a node is started from. */
export interface NodeTerms {
  /** Folder with node.json and keys/. */
  readonly folder: string;
  readonly anchorFile: string;
  readonly databaseUrl: string;
  readonly passphrase: string | undefined;
  readonly log: Logger;
  readonly clock: () => Date;
}
