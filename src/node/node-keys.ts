import { Refusal } from '../documents/refusal.ts';
import { KeyStoreError, type KeyStoreOptions, type NodeKeys, openKeyStore } from '../pki/key-store.ts';

/**
 * Opens a node's key folder.
 * @throws a Refusal with the key store's sentence when it cannot be used
 */
export async function openNodeKeys(folder: string, options: KeyStoreOptions): Promise<NodeKeys> {
  try {
    return await openKeyStore(folder, options);
  } catch (error) {
    if (error instanceof KeyStoreError) throw new Refusal('unavailable', error.code, error.message);
    throw error;
  }
}
