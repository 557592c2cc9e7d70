import { ConfigInvalidError } from '../../../errors/index.js';

/** An option of an archive that cannot be. @param path its name */
export function refused(path: string, message: string): ConfigInvalidError {
  return new ConfigInvalidError({ what: 'release options', issues: [{ path: `archive.${path}`, message }] });
}
