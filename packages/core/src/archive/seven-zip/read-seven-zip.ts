import { ArchiveUnsupportedError, PasswordError } from '../../errors/index.js';
import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../archive.js';
import { type ArchiveWindow, archiveWindow } from './archive-window.js';
import { type ContentPassword, contentPassword, type PlacedFolder } from './content-password.js';
import { type EndHeader, readEndHeader } from './end-header.js';
import { folderRecipe, packedStreams } from './folder-recipe.js';
import { encryptionOf, noKeys } from './keys.js';
import { type FolderContent, listMembers } from './members.js';
import { sevenZipError } from './seven-zip-error.js';
import {
  isProgram,
  longestPrefixBytes,
  readStartHeader,
  type StartHeader,
  sevenZipSignature,
  startHeaderBytes,
} from './start-header.js';

/** What is read first, in bytes: more than the start header, for it comes along anyway. */
const headBytes = 4096;

/**
 * What is inside a 7z archive (7-Zip's "7zFormat.txt"), by two reads as a rule: its start and its end. Members are recipes
 * of volume 0, the archive itself; those of one solid folder share the very same recipe of the folder.
 * @param input the archive, of a split one all volumes joined
 * @throws ArchiveUnsupportedError when it is no 7z archive, damaged, incomplete or beyond the limits
 * @throws PasswordError when its header is encrypted and no password opens it
 */
export async function readSevenZip(input: ArchiveInput, options: ReadArchiveOptions): Promise<ArchiveListing> {
  const window = archiveWindow(input, options);
  const start = await findStart(window);
  if (start.headerBytes === 0) return { format: '7z', members: [], warnings: [] };
  const header = await readEndHeader(input, window, start, options);
  const warnings: string[] = [];
  const folders = await readContents(input, header, window, start, options, warnings);
  const anti = header.files.filter(({ isAnti }) => isAnti).length;
  if (anti > 0) warnings.push(`${anti} marks that delete files were left out`);
  return { format: '7z', members: await listMembers(header.files, folders), warnings };
}

async function findStart(window: ArchiveWindow): Promise<StartHeader> {
  let head = await window.read(0, headBytes);
  if (sevenZipSignature(head) === undefined && isProgram(head)) head = await window.read(0, longestPrefixBytes);
  const start = readStartHeader(head);
  if (start) return start;
  const what = sevenZipSignature(head) === undefined ? 'there is no 7z archive' : 'the start header is damaged';
  throw sevenZipError('damaged', what);
}

async function readContents(
  input: ArchiveInput,
  { streams, opened }: EndHeader,
  window: ArchiveWindow,
  start: StartHeader,
  options: ReadArchiveOptions,
  warnings: string[],
): Promise<FolderContent[]> {
  const packed = packedStreams(streams, start.start + startHeaderBytes);
  const folders = streams.folders.map((folder, at) => ({
    folder,
    packed: packed[at] as PlacedFolder['packed'],
    subStreams: streams.subStreams[at] as PlacedFolder['subStreams'],
  }));
  const password = await passwordOf(input, folders, opened, window, options);
  if (password && !(password instanceof Error) && !password.isProved)
    warnings.push('the password could not be checked: no member is small enough');
  const contents: FolderContent[] = [];
  for (const placed of folders) contents.push(await folderContent(placed, window, password));
  return contents;
}

/** The password of the members, or why there is none; `undefined` when none is needed. */
async function passwordOf(
  input: ArchiveInput,
  folders: readonly PlacedFolder[],
  opened: EndHeader['opened'],
  window: ArchiveWindow,
  options: ReadArchiveOptions,
): Promise<ContentPassword | Error | undefined> {
  if (!folders.some(({ folder }) => encryptionOf(folder).length > 0)) return undefined;
  if (opened) return { keys: opened, isProved: true };
  return contentPassword(input, folders, window, options).catch(refusalOf);
}

async function folderContent(
  { folder, packed, subStreams }: PlacedFolder,
  window: ArchiveWindow,
  password: ContentPassword | Error | undefined,
): Promise<FolderContent> {
  const isEncrypted = encryptionOf(folder).length > 0;
  try {
    // What is wrong apart from the password is said first: no password helps against it.
    const plain = folderRecipe(folder, packed, window.size, noKeys);
    if (!isEncrypted) return { content: plain, isEncrypted, subStreams };
    if (password === undefined || password instanceof Error) return { refusal: password, isEncrypted, subStreams };
    const content = folderRecipe(folder, packed, window.size, await password.keys.of(folder));
    return { content, isEncrypted, subStreams };
  } catch (error) {
    return { refusal: refusalOf(error), isEncrypted, subStreams };
  }
}

/** What stands in the way of members, but not of the listing; anything else is thrown on. */
function refusalOf(error: unknown): Error {
  if (error instanceof ArchiveUnsupportedError || error instanceof PasswordError) return error;
  throw error;
}
