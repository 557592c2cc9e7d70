import type { ReadArchiveOptions } from '../archive.js';
import { aesProperties } from './aes-properties.js';
import type { KeyOf } from './folder-recipe.js';
import type { Folder } from './folders.js';
import { methodId } from './methods.js';

/** The properties of the encryption of a folder, one for each time it is encrypted. */
export const encryptionOf = (folder: Folder): Uint8Array[] =>
  folder.coders.filter(({ method }) => method === methodId.aes).map(({ properties }) => properties);

/** Derives keys of one password, each once. */
export interface PasswordKeys {
  readonly password: string;
  /** The keys of a folder. @throws ArchiveUnsupportedError when they cost too much */
  of(folder: Folder): Promise<KeyOf>;
}

/** Keys out of a password. */
export function passwordKeys(password: string, options: ReadArchiveOptions): PasswordKeys {
  const keys = new Map<string, Uint8Array>();
  return {
    password,
    async of(folder) {
      for (const properties of encryptionOf(folder)) {
        const { salt, log2Count } = aesProperties(properties);
        const name = keyName(properties);
        if (!keys.has(name))
          keys.set(name, await options.keys.sevenZip({ password, salt, log2Count }, { signal: options.signal }));
      }
      return (properties) => keys.get(keyName(properties)) as Uint8Array;
    },
  };
}

/** Equal for properties that lead to the same key: the initialisation vector does not matter. */
function keyName(properties: Uint8Array): string {
  const { salt, log2Count } = aesProperties(properties);
  return `${log2Count} ${Buffer.from(salt).toString('hex')}`;
}

/** Keys of folders that are not encrypted. */
export const noKeys: KeyOf = () => new Uint8Array(32);
