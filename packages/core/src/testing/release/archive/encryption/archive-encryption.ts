import type { NamedContent } from '../archive.js';
import type { ReleaseArchive } from '../options.js';
import { refused } from '../refused.js';
import { mostEncryptedBytes } from './cbc-content.js';
import type { EncryptionInput } from './input.js';
import { longestRar4Password } from './keys.js';

/** What the programs take. */
const usualRoundsLog2 = { rar5: 15, '7z': 19 };

/**
 * How an archive is to be encrypted, if at all. @param seed salts and the like follow from it
 * @throws ConfigInvalidError when it cannot be
 */
export function encryptionOf(
  archive: ReleaseArchive,
  members: readonly NamedContent[],
  seed: string,
): EncryptionInput | undefined {
  const { format, password, encrypt = 'data', keyRoundsLog2 } = archive;
  if (keyRoundsLog2 !== undefined && format !== 'rar5' && format !== '7z')
    throw refused('keyRoundsLog2', 'is for RAR 5 and 7z only');
  if (password === undefined) {
    if (archive.encrypt !== undefined) throw refused('encrypt', 'needs a password');
    if (keyRoundsLog2 !== undefined) throw refused('keyRoundsLog2', 'needs a password');
    return undefined;
  }
  if (format !== 'rar5' && format !== 'rar4' && format !== '7z') throw refused('password', 'is for RAR and 7z only');
  if (format === 'rar4' && password.length > longestRar4Password)
    throw refused('password', `must have ${longestRar4Password} characters at the most for RAR 4`);
  if (members.some(({ content }) => content.size > mostEncryptedBytes))
    throw refused('password', `is for files of ${mostEncryptedBytes / 2 ** 30} GiB at the most`);
  const roundsLog2 = keyRoundsLog2 ?? (format === 'rar4' ? 0 : usualRoundsLog2[format]);
  return { password, hidesHeaders: encrypt === 'headers', keyRoundsLog2: roundsLog2, seed };
}
