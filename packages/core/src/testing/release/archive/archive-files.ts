import { ConfigInvalidError } from '../../../errors/index.js';
import type { NamedContent } from './archive.js';
import { splitFile } from './split.js';
import { zipArchive } from './zip.js';

/** What the payload is packed into before it is posted. Members are stored as they are, neither compressed nor encrypted. */
export interface ReleaseArchive {
  /**
   * `zip`: one archive, with ZIP64 records where sizes ask for them; cut into `.zip.001`, … when it is larger than a
   * volume. `split`: no archive, every file is cut into `.001`, `.002`, …
   */
  readonly format: 'zip' | 'split';
  /** Bytes of every volume but the last. Required to split. @default everything in one volume */
  readonly volumeBytes?: number | undefined;
}

/**
 * What is posted instead of the payload.
 * @throws ConfigInvalidError when the payload cannot be packed so
 */
export function archiveFiles(
  name: string,
  members: readonly NamedContent[],
  archive: ReleaseArchive,
  postedMs: number,
): NamedContent[] {
  const { format, volumeBytes } = archive;
  switch (format) {
    case 'split':
      if (volumeBytes === undefined) throw refused('volumeBytes', 'is required to split');
      return members.flatMap((member) => splitFile(member, volumeBytes));
    case 'zip':
      return cut({ name: `${name}.zip`, content: zipArchive(members, postedMs) }, volumeBytes);
  }
}

/** An archive that knows nothing of volumes, in pieces when it is too large for one. */
function cut(whole: NamedContent, volumeBytes = Number.POSITIVE_INFINITY): NamedContent[] {
  return whole.content.size <= volumeBytes ? [whole] : splitFile(whole, volumeBytes);
}

function refused(path: string, message: string): ConfigInvalidError {
  return new ConfigInvalidError({ what: 'release options', issues: [{ path: `archive.${path}`, message }] });
}
