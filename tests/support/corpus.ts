import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));

/**
 * The path of a file or folder of the corpus that lies beside the repository, or undefined where it is not there:
 * tests that need it are then skipped.
 */
export function corpusPath(relative: string): string | undefined {
  const path = join(root, relative);
  return existsSync(path) ? path : undefined;
}
