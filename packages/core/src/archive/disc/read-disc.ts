import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../archive.js';
import { isLoss, messageOf } from '../losses.js';
import { damaged } from '../refusals.js';
import { readIso } from './iso/read-iso.js';
import { recognise } from './recognition.js';
import { readUdf } from './udf/read-udf.js';

/** Whether an input is the image of a disc with ISO 9660 or UDF on it. One read, 32 KiB from its beginning. */
export async function isDisc(input: ArchiveInput, options: RequestOptions): Promise<boolean> {
  const { hasIso, hasUdf } = await recognise(input, { signal: options.signal });
  return hasIso || hasUdf;
}

/**
 * What is on the image of a disc. Where UDF and ISO 9660 describe the same files, as on DVDs, UDF is gone by: it knows large
 * files and whole names. Recipes name volume 0: the input as it is given.
 * @throws ArchiveUnsupportedError when neither can be read
 */
export async function readDisc(input: ArchiveInput, options: ReadArchiveOptions): Promise<ArchiveListing> {
  const request = { signal: options.signal };
  const recognition = await recognise(input, request);
  const { hasIso, hasUdf } = recognition;
  if (!hasUdf && !hasIso) throw damaged('iso', `${input.name} is not the image of a disc`);
  if (!hasUdf) return readIso(input, recognition, request);
  try {
    const listing = await readUdf(input, request);
    if (!hasIso || listing.members.length > 0) return listing;
  } catch (error) {
    if (!hasIso || !isLoss(error, request)) throw error;
    const listing = await readIso(input, recognition, request);
    const warnings = [`UDF cannot be read, ISO 9660 is shown instead: ${messageOf(error)}`, ...listing.warnings];
    return { ...listing, warnings: warnings.slice(0, 100) };
  }
  return readIso(input, recognition, request);
}
